//! The description of the interface (`OpenAPI` 3.1), made from the calls and their messages.

use axum::http::StatusCode;
use kaibiao_wire::{JSON_TYPE, PROBLEM_TYPE, Problem, paths, schema};
use utoipa::{IntoResponses, OpenApi};

use super::{Answer, custody, json, login, lots, openings, submission};
use crate::socket;

/// What any call may answer instead.
#[derive(IntoResponses)]
pub(crate) enum Problems {
    /// What happened, what is safe, what to do. The labels that are never renamed have a file each in
    /// `fixtures/errors/`.
    #[response(status = "4XX", content_type = PROBLEM_TYPE)]
    #[allow(dead_code, reason = "only its schema is used")]
    Refused(Problem),
    /// A fault of the hall, or a hall that is too busy.
    #[response(status = "5XX", content_type = PROBLEM_TYPE)]
    #[allow(dead_code, reason = "only its schema is used")]
    Failed(Problem),
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "开标 Kaibiao: the hall",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        describe,
        lots::time,
        lots::list,
        lots::create,
        lots::status,
        lots::draft,
        lots::board,
        lots::post_board,
        lots::rehearse,
        lots::ceremony,
        lots::publish,
        lots::tender,
        lots::log,
        lots::checkpoint,
        lots::command,
        lots::record,
        lots::evidence,
        openings::openings,
        login::challenge,
        login::login,
        login::me,
        login::logout,
        login::private,
        submission::begin,
        submission::state,
        submission::slice,
        submission::commit,
        submission::receipt,
        custody::frozen,
        custody::cosign,
        custody::witness,
        custody::outage,
        custody::sign_freeze,
        custody::partials,
        custody::draw_partial,
        custody::journal,
        custody::destroyed,
        custody::refuse,
        socket::room,
    ),
    // What only the paths name is not found by itself.
    components(schemas(schema::BidPart, schema::LotId, schema::RandomId, schema::TenderId))
)]
struct Description;

/// This description.
#[utoipa::path(
    get,
    path = paths::DESCRIPTION,
    responses((status = 200, description = "done", body = Object, content_type = JSON_TYPE))
)]
pub(super) async fn describe() -> Answer {
    json(StatusCode::OK, &Description::openapi())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The calls that a source text describes: method and path.
    fn described(source: &str) -> BTreeSet<(String, String)> {
        let calls = source.split("#[utoipa::path(").skip(1).map(|call| {
            let mut items = call.split(',').map(str::trim);
            let method = items.next().unwrap().to_owned();
            (method, items.next().unwrap().strip_prefix("path = paths::").unwrap().to_owned())
        });
        calls.collect()
    }

    #[test]
    fn every_call_is_described_and_nothing_else() {
        let sources = [
            include_str!("custody.rs"),
            include_str!("description.rs").split("#[cfg(test)]").next().unwrap(),
            include_str!("login.rs"),
            include_str!("lots.rs"),
            include_str!("openings.rs"),
            include_str!("submission.rs"),
            include_str!("../socket.rs"),
        ];
        let described: BTreeSet<_> = sources.into_iter().flat_map(described).collect();
        let mut routed = BTreeSet::new();
        for route in include_str!("../api.rs").split(".route(paths::").skip(1) {
            let route = route.split('\n').next().unwrap();
            let (path, handlers) = route.split_once(',').unwrap();
            for method in ["get", "post", "put", "delete"] {
                if handlers.contains(&format!("{method}(")) {
                    routed.insert((method.to_owned(), path.to_owned()));
                }
            }
        }
        assert_eq!(described, routed);
        let description = serde_json::to_value(Description::openapi()).unwrap();
        let paths = description["paths"].as_object().unwrap();
        let operations = paths.values().map(|path| path.as_object().unwrap().len());
        assert_eq!(operations.sum::<usize>(), routed.len(), "each is in the list of this file");
    }

    /// `UPDATE=1` writes it anew.
    #[test]
    fn the_published_copy_is_this_description() {
        let path = kaibiao_testkit::workspace_root().join("docs/spec/openapi.json");
        let mut made = serde_json::to_string_pretty(&Description::openapi()).unwrap();
        made.push('\n');
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        let published = std::fs::read_to_string(&path).unwrap();
        assert!(published == made, "docs/spec/openapi.json is old: run this test with UPDATE=1");
    }
}
