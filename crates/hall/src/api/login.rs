//! Login: a statement, its signature, and the session that follows.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE, SET_COOKIE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use kaibiao_room::{LotBook, Member};
use kaibiao_types::{LotKey, Party};
use kaibiao_wire::{
    Carry, ChallengeAnswer, Label, LoginPost, Origin, PrivateText, RandomId, SessionAnswer,
    from_json, paths, schema,
};
use ring::digest::{SHA256, digest};

use super::{Answer, Problems, beside, blocking, json, key, lot_of};
use crate::front::Guard;
use crate::login::Sessions;
use crate::problem::Failure;

/// The most bytes of a signed statement, far above any certificate chain.
pub(super) const POST_MAX: usize = 256 * 1_024;

/// What logging in needs.
#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) book: Arc<LotBook>,
    pub(crate) guard: Arc<Guard>,
    pub(crate) sessions: Sessions,
}

type At = State<Arc<Login>>;

/// A statement to sign, good once and for this lot.
#[utoipa::path(
    post,
    path = paths::LOGIN_CHALLENGE,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    responses((status = 200, description = "done", body = ChallengeAnswer), Problems)
)]
pub(super) async fn challenge(
    State(login): At,
    path: Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let lot = lot_of(path)?;
    login.book.room(&lot)?;
    // By another name somebody else may stand in between and hand our statement on.
    let origin = login.guard.origin(&headers).ok_or_else(|| {
        let names: Vec<&str> = login.guard.own().iter().map(AsRef::as_ref).collect();
        let detail = format!("login is at {} only", names.join(", "));
        Failure::detailed(Label::ForeignOrigin, &detail)
    })?;
    let hall = login.book.hall();
    let made = login.sessions.challenge(origin, &lot, hall.random.for_signatures(), hall.now())?;
    Ok(not_kept(json(StatusCode::OK, &made)?))
}

/// Begins a session with a signed statement.
#[utoipa::path(
    post,
    path = paths::LOGIN,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    request_body = LoginPost,
    responses((status = 200, description = "done", body = SessionAnswer), Problems)
)]
pub(super) async fn login(
    State(login): At,
    path: Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let lot = lot_of(path)?;
    let post: LoginPost = from_json(&body)?;
    let secure = login.guard.origin(&headers).is_some_and(Origin::is_secure);
    let of = lot.clone();
    let opened = beside(move || {
        let hall = login.book.hall();
        let statement = login.sessions.check(&post, &of, hall.now())?;
        let signed = post.statement_b64.as_slice();
        let member = login.book.member(&of, signed, post.cms_b64.as_slice())?;
        let opened =
            login.sessions.open(&statement, member, hall.random.for_signatures(), hall.now())?;
        Ok((opened, post.carry))
    });
    let (mut session, carry) = opened.await?;
    if carry == Carry::Bearer {
        return Ok(not_kept(json(StatusCode::OK, &session)?));
    }
    let token = session.token.take().unwrap_or_default();
    let mut answer = not_kept(json(StatusCode::OK, &session)?);
    answer.headers_mut().insert(SET_COOKIE, cookie(&lot, secure, &token, "")?);
    Ok(answer)
}

/// Whose session the request carries.
#[utoipa::path(
    get,
    path = paths::ME,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    responses((status = 200, description = "done", body = SessionAnswer), Problems)
)]
pub(super) async fn me(
    State(login): At,
    path: Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let found = lot_of(path).map(|lot| seat(&login, &lot, &headers));
    match found {
        Ok(Some((session, _))) => {
            json(StatusCode::OK, &session).map_or_else(Failure::into_response, not_kept)
        }
        Ok(None) => no_session(),
        Err(failure) => failure.into_response(),
    }
}

/// The text of a private message, for host, supervisor and its author. A session may read it.
#[utoipa::path(
    get,
    path = paths::PRIVATE,
    params(
        ("tender" = schema::TenderId, Path),
        ("lot" = schema::LotId, Path),
        ("index" = u64, Path)
    ),
    responses((status = 200, description = "done", body = PrivateText), Problems)
)]
pub(super) async fn private(
    State(login): At,
    Path((tender, lot, index)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Answer {
    let lot = key(&tender, &lot)?;
    let index: u64 = index.parse().map_err(|_| Failure::new(Label::UnknownPath))?;
    let Some((session, _)) = seat(&login, &lot, &headers) else { return Ok(no_session()) };
    let reader =
        Member { role: session.role, party: Party { code: session.code, name: session.name } };
    let text = blocking(move || login.book.private_text(&lot, index, &reader)).await?;
    Ok(not_kept(json(StatusCode::OK, &text)?))
}

/// Ends the session.
#[utoipa::path(
    post,
    path = paths::LOGOUT,
    params(("tender" = schema::TenderId, Path), ("lot" = schema::LotId, Path)),
    responses((status = 204, description = "done"), Problems)
)]
pub(super) async fn logout(
    State(login): At,
    path: Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let lot = lot_of(path)?;
    let Some((_, token)) = seat(&login, &lot, &headers) else { return Ok(no_session()) };
    login.sessions.close(&token);
    let secure = login.guard.origin(&headers).is_some_and(Origin::is_secure);
    let gone = [(SET_COOKIE, cookie(&lot, secure, "", "; Max-Age=0")?)];
    Ok((StatusCode::NO_CONTENT, gone).into_response())
}

/// Whose session a request of a lot carries, and its secret.
fn seat(login: &Login, lot: &LotKey, headers: &HeaderMap) -> Option<(SessionAnswer, String)> {
    let token = token(lot, headers)?;
    let session = login.sessions.of(token, lot, login.book.hall().now())?;
    Some((session, token.to_owned()))
}

fn token<'a>(lot: &LotKey, headers: &'a HeaderMap) -> Option<&'a str> {
    if let Some(carried) = headers.get(AUTHORIZATION) {
        return carried.to_str().ok()?.strip_prefix("Bearer ");
    }
    let names = [name(lot, true), name(lot, false)];
    let cookies = headers.get_all(COOKIE).iter().filter_map(|field| field.to_str().ok());
    let mut pairs =
        cookies.flat_map(|field| field.split("; ")).filter_map(|one| one.split_once('='));
    pairs.find(|(name, _)| names.iter().any(|own| own == name)).map(|(_, token)| token)
}

/// The name of the cookie: one for each lot. With TLS no other site or path can set it (`__Host-`).
fn name(lot: &LotKey, secure: bool) -> String {
    let digest = digest(&SHA256, format!("{}/{}", lot.tender, lot.lot).as_bytes());
    let short = RandomId::new(digest.as_ref().first_chunk().copied().unwrap_or_default());
    format!("{}kaibiao-{short}", if secure { "__Host-" } else { "" })
}

fn cookie(lot: &LotKey, secure: bool, token: &str, rest: &str) -> Result<HeaderValue, Failure> {
    let (name, only) = (name(lot, secure), if secure { "; Secure" } else { "" });
    let text = format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict{only}{rest}");
    HeaderValue::try_from(text).map_err(|_| Failure::new(Label::Internal))
}

fn no_session() -> Response {
    let mut answer = Failure::new(Label::NoSession).into_response();
    answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    answer
}

fn not_kept(mut answer: Response) -> Response {
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
