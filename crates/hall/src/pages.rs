//! The pages, embedded in the program.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use kaibiao_room::LotBook;
use kaibiao_wire::Label;
use rust_embed::RustEmbed;

use crate::problem::Failure;

/// The folder `web/hall`.
#[derive(RustEmbed)]
#[folder = "../../web/hall"]
struct Assets;

pub(crate) fn routes() -> Router<Arc<LotBook>> {
    Router::new()
        .route("/", get(|| async { asset("index.html") }))
        .route("/lots/{tender}/{lot}", get(|| async { asset("lot.html") }))
        .route("/assets/{name}", get(|Path(name): Path<String>| async move { asset(&name) }))
        .route("/favicon.ico", get(|| async { asset("icon.svg") }))
}

/// A path that is not there.
pub(crate) async fn unknown(uri: Uri) -> Failure {
    Failure::detailed(Label::UnknownPath, uri.path())
}

fn asset(name: &str) -> Response {
    let Some(file) = Assets::get(name) else {
        return Failure::detailed(Label::UnknownPath, name).into_response();
    };
    let kind = match name.rsplit_once('.').map(|(_, end)| end) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, file.data.into_owned()).into_response()
}
