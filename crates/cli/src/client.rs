//! The HTTP side of every command that talks to a hall.

use std::time::Duration;

use kaibiao_wire::{Exit, JSON_TYPE, Label, Problem, SLICE_TYPE, from_json, to_json};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Certificate, Client, Method, RequestBuilder, Response, StatusCode, Url, redirect};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::args::AtHall;
use crate::failure::Failure;
use crate::line::{self, Room, Roots};

/// The most bytes of an ordinary answer.
const ANSWER_MAX: usize = 64 << 20;
/// The most bytes of a problem.
const PROBLEM_MAX: usize = 64 << 10;

/// A connection that nobody uses is left after this time: a proxy may forget it sooner than we do.
const IDLE: Duration = Duration::from_secs(15);

/// A hall, by its address.
#[derive(Clone, Debug)]
pub(crate) struct Hall {
    base: String,
    url: Url,
    roots: Option<Roots>,
    http: Client,
    /// For what may take minutes.
    patient: Client,
    session: Option<HeaderValue>,
}

impl Hall {
    /// The hall that the command line names.
    pub(crate) fn at(at: &AtHall) -> Result<Self, Failure> {
        Self::new(&at.hall, Roots::load(at)?)
    }

    /// A hall at `http://…`, or at `https://…` with those who may vouch for it.
    pub(crate) fn new(address: &str, roots: Option<Roots>) -> Result<Self, Failure> {
        let bad = |why: &str| Failure::new(Label::Usage, format!("--hall {address}: {why}"));
        let url = Url::parse(address).map_err(|error| bad(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.path() != "/" || url.query().is_some() {
            return Err(bad("give the address as https://hall.example or http://127.0.0.1:8080"));
        }
        if url.scheme() == "https" && roots.is_none() {
            return Err(bad("name the certificates that may vouch for it with --tls-root FILE"));
        }
        let pem = roots.as_ref().map_or(&b""[..], Roots::pem);
        let certificates = Certificate::from_pem_bundle(pem);
        let certificates = certificates.map_err(|error| bad(&error.to_string()))?;
        let http = client(&url, certificates.clone(), Duration::from_mins(1))?;
        let patient = client(&url, certificates, Duration::from_mins(4))?;
        let base = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { base, url, roots, http, patient, session: None })
    }

    /// The same hall, asked with a session.
    pub(crate) fn with_session(mut self, token: &[u8]) -> Result<Self, Failure> {
        let header = HeaderValue::from_bytes(&[b"Bearer ", token].concat());
        let bad = |_| Failure::new(Label::BadInput, "the file of the session holds no session");
        let mut header = header.map_err(bad)?;
        header.set_sensitive(true);
        self.session = Some(header);
        Ok(self)
    }

    /// Enters a live room; `None` if it was not reached.
    pub(crate) async fn enter(&self, path: &str) -> Option<Room> {
        line::enter(&self.url, self.roots.as_ref(), path).await
    }

    /// The address without a slash at its end.
    pub(crate) fn address(&self) -> &str {
        &self.base
    }

    /// `GET` of a JSON body.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        Ok(from_json(&self.get_bytes(path, ANSWER_MAX).await?)?)
    }

    /// `GET` of exact bytes.
    pub(crate) async fn get_bytes(&self, path: &str, max: usize) -> Result<Vec<u8>, Failure> {
        body(self.send(self.request(Method::GET, path)).await?, max).await
    }

    /// `GET` whose body the caller reads piece by piece.
    pub(crate) async fn get_stream(&self, path: &str) -> Result<Response, Failure> {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST` of a JSON body with a JSON answer.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        message: &impl Serialize,
    ) -> Result<T, Failure> {
        let request = self
            .request(Method::POST, path)
            .header(CONTENT_TYPE, JSON_TYPE)
            .body(to_json(message)?);
        Ok(from_json(&body(self.send(request).await?, ANSWER_MAX).await?)?)
    }

    /// `POST` without a body.
    pub(crate) async fn post_empty<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let answer = self.send(self.request(Method::POST, path)).await?;
        Ok(from_json(&body(answer, ANSWER_MAX).await?)?)
    }

    /// `POST` without a body, whose answer has none.
    pub(crate) async fn post_for_nothing(&self, path: &str) -> Result<(), Failure> {
        self.send(self.request(Method::POST, path)).await.map(|_| ())
    }

    /// `PUT` of raw bytes with a JSON answer. On a slow line the bytes take long, and in a rush they
    /// wait for their turn, so the answer may come late.
    pub(crate) async fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        bytes: Vec<u8>,
    ) -> Result<T, Failure> {
        let request = self.patient.put(format!("{}{path}", self.base));
        let request = request.header(CONTENT_TYPE, SLICE_TYPE).body(bytes);
        Ok(from_json(&body(self.send(request).await?, ANSWER_MAX).await?)?)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.session {
            Some(session) => request.header(AUTHORIZATION, session.clone()),
            None => request,
        }
    }

    /// Sends a request; an answer other than success is its problem.
    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let answer = request.send().await.map_err(|error| self.unreachable(&error))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let bytes = body(answer, PROBLEM_MAX).await?;
        Err(problem(status, &bytes))
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        Failure::caused(Label::HallUnreachable, error).at(&self.base)
    }
}

/// A client that gives up when nothing comes for so long.
fn client(url: &Url, certificates: Vec<Certificate>, silence: Duration) -> Result<Client, Failure> {
    let mut builder = Client::builder()
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(silence)
        .pool_idle_timeout(IDLE)
        .tls_certs_only(certificates)
        .redirect(redirect::Policy::none());
    if is_loopback(url) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| Failure::caused(Label::Internal, &error))
}

/// The problem that an answer carries; one that carries none comes from something in between.
fn problem(status: StatusCode, bytes: &[u8]) -> Failure {
    from_json::<Problem>(bytes).map_or_else(
        |_| {
            let label = if status.is_server_error() { Label::Busy } else { Label::HallUnreachable };
            Failure::new(label, format!("HTTP status {status} without a problem of the hall"))
        },
        Failure::from,
    )
}

async fn body(mut answer: Response, max: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(None) => return Ok(bytes),
            Ok(Some(chunk)) if bytes.len().saturating_add(chunk.len()) > max => {
                let detail = format!("the hall answers with more than {max} bytes");
                return Err(Failure::new(Label::TooLarge, detail));
            }
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Err(error) => return Err(Failure::caused(Label::HallUnreachable, &error)),
        }
    }
}

/// Whether an address is on this machine; no proxy stands before it.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Tries again, with growing waits, what failed for the network or a busy hall.
pub(crate) async fn retry<T, F>(tries: u32, mut attempt: impl FnMut() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut wait = Duration::from_millis(250);
    for _ in 1..tries {
        match attempt().await {
            Err(failure) if failure.exit() == Exit::Network => tokio::time::sleep(wait).await,
            done => return done,
        }
        wait = (wait * 2).min(Duration::from_secs(8));
    }
    attempt().await
}
