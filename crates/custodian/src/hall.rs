//! The hall as a custodian sees it: typed calls, bounded answers. Nothing that it says is believed
//! here.

use std::time::Duration;

use kaibiao_types::LotKey;
use kaibiao_wire::{
    Accepted, BODY_LEN_MAX, BoardAnswer, BoardMessage, BoardPost, CosignaturePost, DestructionPost,
    DraftAnswer, FreezeSignaturePost, FrozenAnswer, JSON_TYPE, JournalPost, JsonError, Label,
    LotList, OutagePost, Problem, SignedBody, TenderAnswer, from_json, paths, to_json,
};
use reqwest::{Certificate, Client, Method, Response, Url, header, redirect};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::CustodianError;

/// The most bytes of a log answer or of the frozen bids: 64 MiB.
const LARGE_MAX: usize = 64 << 20;
/// The most bytes of a checkpoint, of a problem and of an acknowledgement: 64 KiB.
const SMALL_MAX: usize = 64 << 10;
/// How long a call may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// A connection that nobody uses is left after this time: a proxy may forget it sooner than we do.
const IDLE: Duration = Duration::from_secs(15);
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The calls of one hall.
#[derive(Clone, Debug)]
pub(crate) struct Hall {
    client: Client,
    base: Url,
}

/// Why a call gave nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HallError {
    /// The answer is not the JSON of its call.
    #[error("the answer of the hall is malformed")]
    Json(#[from] JsonError),
    /// The hall refuses and says why.
    #[error("the hall answers {}: {}", .0.label, .0.en)]
    Problem(Box<Problem>),
    /// The answer has more bytes than the call may give.
    #[error("the answer of the hall is longer than {0} bytes")]
    TooLarge(usize),
    /// The answer is neither a success nor a problem.
    #[error("the hall answers with status {0}")]
    Status(u16),
    /// The hall was not reached, or the connection broke.
    #[error("the hall was not reached")]
    Unreachable(#[from] reqwest::Error),
}

impl HallError {
    /// Whether the hall says that there is nothing there yet.
    pub(crate) fn is_not_ready(&self) -> bool {
        let not_yet = [Label::NotReady, Label::TooEarly, Label::UnknownLot];
        matches!(self, Self::Problem(problem) if not_yet.contains(&problem.label))
    }

    /// Whether the hall does not want what was sent, and will not want it the next time.
    pub(crate) fn is_refusal(&self) -> bool {
        match self {
            Self::Problem(problem) => problem.http_status() < 500,
            Self::Status(status) => *status < 500,
            Self::Json(_) | Self::TooLarge(_) | Self::Unreachable(_) => false,
        }
    }
}

impl Hall {
    /// A client for the hall at an address, and PEM of the certificates that may vouch for it.
    pub(crate) fn new(address: &str, tls_root: Option<&[u8]>) -> Result<Self, CustodianError> {
        let wrong = || CustodianError::Hall(address.to_owned());
        let base = Url::parse(address).map_err(|_| wrong())?;
        let plain = match base.scheme() {
            "http" => true,
            "https" => false,
            _ => return Err(wrong()),
        };
        let bare = base.path() == "/" && base.query().is_none() && base.username().is_empty();
        if !bare || base.host_str().is_none() {
            return Err(wrong());
        }
        // TLS needs one library of cryptography for the process. Whoever installed one first wins.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let roots = Certificate::from_pem_bundle(tls_root.unwrap_or_default());
        let roots = roots.map_err(|_| CustodianError::TlsRoot)?;
        if roots.is_empty() && !plain {
            return Err(CustodianError::TlsRoot);
        }
        let mut builder = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .pool_idle_timeout(IDLE)
            .redirect(redirect::Policy::none())
            .tls_certs_only(roots);
        if is_loopback(&base) {
            builder = builder.no_proxy();
        }
        Ok(Self { client: builder.build().map_err(CustodianError::Client)?, base })
    }

    /// All lots.
    pub(crate) async fn lots(&self) -> Result<LotList, HallError> {
        self.get_json(paths::LOTS, BODY_LEN_MAX).await
    }

    /// The draft of a lot.
    pub(crate) async fn draft(&self, lot: &LotKey) -> Result<DraftAnswer, HallError> {
        self.get_json(&paths::draft(lot), BODY_LEN_MAX).await
    }

    /// The board of a ceremony from a message on; from 0, the whole.
    pub(crate) async fn board(&self, lot: &LotKey, since: u64) -> Result<BoardAnswer, HallError> {
        self.get_json(&paths::since(&paths::board(lot), since), BODY_LEN_MAX).await
    }

    /// Puts a message on the board.
    pub(crate) async fn post_board(
        &self,
        lot: &LotKey,
        post: &BoardPost,
    ) -> Result<BoardMessage, HallError> {
        self.post_json(&paths::board(lot), post, BODY_LEN_MAX).await
    }

    /// The published tender.
    pub(crate) async fn tender(&self, lot: &LotKey) -> Result<TenderAnswer, HallError> {
        self.get_json(&paths::tender(lot), BODY_LEN_MAX).await
    }

    /// The newest checkpoint.
    pub(crate) async fn checkpoint(&self, lot: &LotKey) -> Result<String, HallError> {
        let bytes = self.get(&paths::checkpoint(lot), SMALL_MAX, Cut::Refuse).await?;
        // A note that is not UTF-8 fails as a note, with the label of its reader.
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Whole lines of the log from an index on; as many as one answer may hold.
    pub(crate) async fn log(&self, lot: &LotKey, since: u64) -> Result<Vec<u8>, HallError> {
        let mut bytes =
            self.get(&paths::since(&paths::log(lot), since), LARGE_MAX, Cut::Allow).await?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        bytes.truncate(whole);
        Ok(bytes)
    }

    /// The frozen bids.
    pub(crate) async fn frozen(&self, lot: &LotKey) -> Result<FrozenAnswer, HallError> {
        self.get_json(&paths::frozen(lot), LARGE_MAX).await
    }

    /// Sends a cosignature.
    pub(crate) async fn post_cosignature(
        &self,
        lot: &LotKey,
        post: &CosignaturePost,
    ) -> Result<Accepted, HallError> {
        self.post_json(&paths::cosignatures(lot), post, SMALL_MAX).await
    }

    /// Sends a countersignature of the freeze.
    pub(crate) async fn post_freeze_signature(
        &self,
        lot: &LotKey,
        post: &FreezeSignaturePost,
    ) -> Result<Accepted, HallError> {
        self.post_json(&paths::freeze_signatures(lot), post, SMALL_MAX).await
    }

    /// Sends partial decryptions.
    pub(crate) async fn post_partials(
        &self,
        lot: &LotKey,
        post: &SignedBody,
    ) -> Result<Accepted, HallError> {
        self.post_json(&paths::partials(lot), post, SMALL_MAX).await
    }

    /// Sends the answer to a draw.
    pub(crate) async fn post_draw_partial(
        &self,
        lot: &LotKey,
        post: &SignedBody,
    ) -> Result<Accepted, HallError> {
        self.post_json(&paths::draw_partials(lot), post, SMALL_MAX).await
    }

    /// Hands the signed journal over.
    pub(crate) async fn post_journal(
        &self,
        lot: &LotKey,
        post: &JournalPost,
    ) -> Result<Accepted, HallError> {
        self.post_json(&paths::journals(lot), post, SMALL_MAX).await
    }

    /// Sends an attested outage.
    pub(crate) async fn post_outage(
        &self,
        lot: &LotKey,
        post: &OutagePost,
    ) -> Result<Accepted, HallError> {
        self.post_json(&paths::outages(lot), post, SMALL_MAX).await
    }

    /// Sends the statement of destruction.
    pub(crate) async fn post_destruction(
        &self,
        lot: &LotKey,
        post: &DestructionPost,
    ) -> Result<Accepted, HallError> {
        self.post_json(&paths::destructions(lot), post, SMALL_MAX).await
    }

    /// Sends a refusal.
    pub(crate) async fn post_refusal(
        &self,
        lot: &LotKey,
        post: &SignedBody,
    ) -> Result<Accepted, HallError> {
        self.post_json(&paths::refusals(lot), post, SMALL_MAX).await
    }

    async fn get_json<T: DeserializeOwned>(&self, path: &str, max: usize) -> Result<T, HallError> {
        Ok(from_json(&self.get(path, max, Cut::Refuse).await?)?)
    }

    async fn get(&self, path: &str, max: usize, cut: Cut) -> Result<Vec<u8>, HallError> {
        let response = self.client.request(Method::GET, self.url(path)).send().await?;
        answer(response, max, cut).await
    }

    async fn post_json<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        max: usize,
    ) -> Result<T, HallError> {
        let request = self
            .client
            .request(Method::POST, self.url(path))
            .header(header::CONTENT_TYPE, JSON_TYPE)
            .body(to_json(body)?);
        Ok(from_json(&answer(request.send().await?, max, Cut::Refuse).await?)?)
    }

    /// Paths of `wire` begin with a slash and hold nothing that needs escaping, so that the address
    /// with a path is a URL like the address alone.
    fn url(&self, path: &str) -> Url {
        self.base.join(path).unwrap_or_else(|_| self.base.clone())
    }
}

/// What to do with an answer that is longer than its bound.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Cut {
    /// Take what fits.
    Allow,
    /// Refuse it.
    Refuse,
}

/// The body of a success, or the problem.
async fn answer(response: Response, max: usize, cut: Cut) -> Result<Vec<u8>, HallError> {
    let status = response.status();
    if status.is_success() {
        return body(response, max, cut).await;
    }
    let bytes = body(response, SMALL_MAX, Cut::Refuse).await?;
    match from_json::<Problem>(&bytes) {
        Ok(problem) => Err(HallError::Problem(Box::new(problem))),
        Err(_) => Err(HallError::Status(status.as_u16())),
    }
}

/// Reads at most `max` bytes, whatever length the hall announces.
async fn body(mut response: Response, max: usize, cut: Cut) -> Result<Vec<u8>, HallError> {
    let mut out = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = max.saturating_sub(out.len());
        match chunk.get(..room) {
            Some(fits) if chunk.len() > room => {
                out.extend_from_slice(fits);
                return if cut == Cut::Allow { Ok(out) } else { Err(HallError::TooLarge(max)) };
            }
            _ => out.extend_from_slice(&chunk),
        }
    }
    Ok(out)
}

fn is_loopback(base: &Url) -> bool {
    let host = base.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_scheme_and_a_host() {
        for good in ["http://127.0.0.1:8443", "http://hall.example/", "http://[::1]:80"] {
            assert!(Hall::new(good, None).is_ok(), "{good}");
        }
        let https =
            |pem: &[u8]| Hall::new("https://hall.example", Some(pem)).err().map(|e| e.label());
        for none in [&b""[..], b"no certificate"] {
            assert_eq!(https(none), Some("E_TLS_ROOT"));
        }
        assert_eq!(
            Hall::new("https://hall.example", None).err().map(|e| e.label()),
            Some("E_TLS_ROOT")
        );
        for bad in [
            "",
            "hall.example",
            "ftp://hall.example",
            "http://hall.example/api",
            "http://hall.example/?a=b",
            "http://user@hall.example",
            "file:///etc/passwd",
        ] {
            let label = Hall::new(bad, None).err().map(|error| error.label());
            assert_eq!(label, Some("E_HALL_ADDRESS"), "{bad}");
        }
    }

    /// A hall that answers every call with so many bytes of lines.
    async fn talkative(bytes: usize) -> Hall {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let lines: Vec<u8> = b"a line\n".iter().copied().cycle().take(bytes).collect();
        let router = axum::Router::new().fallback(move || async move { lines });
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Hall::new(&address, None).unwrap()
    }

    #[tokio::test]
    async fn answers_are_bounded_whatever_the_hall_sends() {
        let lot = LotKey {
            tender: kaibiao_types::TenderId::parse("T").unwrap(),
            lot: kaibiao_types::LotId::parse("L").unwrap(),
        };
        let small = talkative(SMALL_MAX).await;
        assert_eq!(small.checkpoint(&lot).await.unwrap().len(), SMALL_MAX);
        assert!(matches!(small.lots().await, Err(HallError::Json(_))));
        let large = talkative(LARGE_MAX + 5).await;
        assert!(matches!(large.checkpoint(&lot).await, Err(HallError::TooLarge(SMALL_MAX))));
        assert!(matches!(large.frozen(&lot).await, Err(HallError::TooLarge(LARGE_MAX))));
        // Of the log what fits is taken, in whole lines; the rest is asked for again.
        let lines = large.log(&lot, 0).await.unwrap();
        assert_eq!(lines.len(), LARGE_MAX / 7 * 7);
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let loopback = |address: &str| is_loopback(&Url::parse(address).unwrap());
        for yes in ["http://localhost:1", "http://127.0.0.1", "http://127.9.9.9", "http://[::1]"] {
            assert!(loopback(yes), "{yes}");
        }
        for no in ["http://localhost.example", "http://10.0.0.1", "http://[::2]"] {
            assert!(!loopback(no), "{no}");
        }
    }
}
