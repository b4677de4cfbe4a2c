//! Asks a time-stamping authority over HTTP (RFC 3161, 3.4).

use std::time::Duration;

use kaibiao_pki::limits::TIME_STAMP_BYTES_MAX;
use kaibiao_wire::Label;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, Response, Url, redirect};

use crate::client::{is_loopback, retry};
use crate::failure::Failure;

/// What a request is sent as.
pub(crate) const QUERY: &str = "application/timestamp-query";
/// What an answer is sent as.
pub(crate) const REPLY: &str = "application/timestamp-reply";

/// How long one attempt may take altogether.
const ATTEMPT: Duration = Duration::from_secs(30);
/// How often it is tried.
const TRIES: u32 = 3;

/// The answer of the authority at `http://…` or `https://…` to a request in DER; not judged.
pub(crate) async fn ask(address: &str, request: &[u8]) -> Result<Vec<u8>, Failure> {
    let wrong = |why: &str| Failure::new(Label::Usage, format!("--tsa {address}: {why}"));
    let url = Url::parse(address).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("give the address as https://tsa.example/ or http://127.0.0.1:3161"));
    }
    let http = client(&url)?;
    let attempt = || async {
        let post = http.post(url.clone()).header(CONTENT_TYPE, QUERY).header(ACCEPT, REPLY);
        let answer = post.body(request.to_vec()).send().await;
        body(answer.map_err(|error| Failure::caused(Label::TsaUnreachable, &error))?).await
    };
    retry(TRIES, attempt).await.map_err(|failure| failure.at(address))
}

fn client(url: &Url) -> Result<Client, Failure> {
    let mut builder = Client::builder()
        .connect_timeout(Duration::from_secs(10))
        .timeout(ATTEMPT)
        .redirect(redirect::Policy::none());
    if url.scheme() == "http" {
        // Without TLS the machine's certificate store is not needed.
        builder = builder.tls_certs_only([]);
    }
    if is_loopback(url) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| Failure::caused(Label::Internal, &error))
}

/// The body of a success with the right media type, of bounded length.
async fn body(mut answer: Response) -> Result<Vec<u8>, Failure> {
    let unusable = |detail: String| Failure::new(Label::TsaUnreachable, detail);
    if !answer.status().is_success() {
        return Err(unusable(format!("HTTP status {}", answer.status())));
    }
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case(REPLY) {
        return Err(unusable(format!("it answers with {kind:?}, not with {REPLY}")));
    }
    let mut bytes = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(None) => return Ok(bytes),
            Ok(Some(chunk)) if bytes.len().saturating_add(chunk.len()) > TIME_STAMP_BYTES_MAX => {
                let detail = format!("it answers with more than {TIME_STAMP_BYTES_MAX} bytes");
                return Err(Failure::new(Label::TooLarge, detail));
            }
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Err(error) => return Err(Failure::caused(Label::TsaUnreachable, &error)),
        }
    }
}
