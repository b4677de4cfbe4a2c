//! Numbers for whoever runs the hall, on a listener of their own.
//!
//! Ruling 25 decides what is here: before a deadline no number may tell who submits, or how many. So
//! nothing is labelled by lot, tender or bidder, only requests on routes that have no part in handing
//! a bid in are counted, only appends to the public logs are timed, and what intake costs in bytes,
//! memory or queues is left out. The reasons stand in `docs/operator/monitoring.md`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use kaibiao_room::{LotBook, Vitals};
use kaibiao_wire::{Label, paths};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;

use crate::problem::Failure;

/// The routes whose requests are counted. No program calls one of them to hand a bid in; a route that
/// is not here is not counted, so a new one tells nothing until somebody has thought about it.
const COUNTED: &[&str] = &[
    "/",
    "/lots/{tender}/{lot}",
    "/assets/{name}",
    paths::DESCRIPTION,
    paths::TIME,
    paths::LOTS,
    paths::OPENINGS,
    paths::LOT,
    paths::DRAFT,
    paths::BOARD,
    paths::REHEARSALS,
    paths::CEREMONY,
    paths::PUBLISH,
    paths::LOG,
    paths::CHECKPOINT,
    paths::ROOM,
    paths::FROZEN,
    paths::COSIGNATURES,
    paths::WITNESS_COSIGNATURES,
    paths::OUTAGES,
    paths::FREEZE_SIGNATURES,
    paths::PARTIALS,
    paths::DRAW_PARTIALS,
    paths::JOURNALS,
    paths::DESTRUCTIONS,
    paths::REFUSALS,
    paths::RECORD,
    paths::EVIDENCE,
];

/// Upper bounds in seconds.
const REQUEST_WITHIN: [f64; 9] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 2.5, 10.0];
const APPEND_WITHIN: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5];

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels<const N: usize> = [(&'static str, &'static str); N];
type Histograms<const N: usize> = Family<Labels<N>, Histogram, fn() -> Histogram>;

/// All numbers.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Labels<3>, Counter>,
    took: Histograms<2>,
    appends: Histogram,
    lots: Family<Labels<1>, Gauge>,
    entries: Gauge,
    readers: Gauge,
    stopped: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let requests = Family::default();
        let took = Histograms::new_with_constructor(|| Histogram::new(REQUEST_WITHIN));
        let appends = Histogram::new(APPEND_WITHIN);
        let lots = Family::default();
        let (entries, readers, stopped) = (Gauge::default(), Gauge::default(), Gauge::default());
        let started = Gauge::<f64, AtomicU64>::default();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        started.set(now.as_secs_f64());
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);

        let mut registry = Registry::default();
        let all = &mut registry;
        all.register(
            "kaibiao_http_requests",
            "Requests on routes that have no part in handing a bid in",
            requests.clone(),
        );
        all.register(
            "kaibiao_http_request_duration_seconds",
            "Time to the head of the answer, for the same requests",
            took.clone(),
        );
        all.register(
            "kaibiao_log_append_seconds",
            "Time until appended log lines were durable",
            appends.clone(),
        );
        all.register("kaibiao_log_entries", "Entries of all opening logs", entries.clone());
        all.register("kaibiao_lots", "Lots in each phase", lots.clone());
        all.register("kaibiao_room_readers", "Live readers of all logs", readers.clone());
        all.register("kaibiao_rooms_stopped", "Rooms that wait for a restart", stopped.clone());
        all.register("kaibiao_build", "The version of the program", build);
        all.register("process_start_time_seconds", "Start of the process, Unix time", started);
        Self { registry, requests, took, appends, lots, entries, readers, stopped }
    }

    /// An append to a log is durable.
    pub(crate) fn appended(&self, took: Duration) {
        self.appends.observe(took.as_secs_f64());
    }

    fn answered(
        &self,
        method: &'static str,
        route: &'static str,
        status: StatusCode,
        took: Duration,
    ) {
        let route = ("route", route);
        let method = ("method", method);
        self.requests.get_or_create(&[method, route, ("status", class(status))]).inc();
        self.took.get_or_create(&[method, route]).observe(took.as_secs_f64());
    }

    /// The text that is asked for.
    fn text(&self, vitals: &Vitals) -> Result<String, std::fmt::Error> {
        for (phase, lots) in &vitals.phases {
            set(&self.lots.get_or_create(&[("phase", phase.name())]), *lots);
        }
        set(&self.entries, vitals.entries);
        set(&self.readers, vitals.readers);
        set(&self.stopped, vitals.stopped);
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

fn set(gauge: &Gauge<i64, AtomicI64>, value: impl TryInto<i64>) {
    gauge.set(value.try_into().unwrap_or(i64::MAX));
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        _ => "other",
    }
}

/// Counts a request by its route as the table of routes has it, never by what is asked for.
pub(crate) async fn meter(
    State(metrics): State<Arc<Metrics>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let route = path.and_then(|path| COUNTED.iter().find(|route| **route == path.as_str()));
    let Some(route) = route else { return next.run(request).await };
    let (method, begun) = (name(request.method()), Instant::now());
    let response = next.run(request).await;
    metrics.answered(method, route, response.status(), begun.elapsed());
    response
}

/// Answers `GET /metrics` until it is dropped.
pub(crate) async fn listen(listener: TcpListener, metrics: Arc<Metrics>, book: Arc<LotBook>) {
    let app = Router::new().route("/metrics", get(expose)).with_state((metrics, book));
    if let Err(error) = axum::serve(listener, app).await {
        tracing::error!(%error, "the metrics are not served any more");
    }
}

async fn expose(
    State((metrics, book)): State<(Arc<Metrics>, Arc<LotBook>)>,
) -> Result<Response, Failure> {
    // Beside the async threads: it waits for a room that is just being started.
    let text = tokio::task::spawn_blocking(move || metrics.text(&book.vitals())).await;
    let Ok(Ok(text)) = text else { return Err(Failure::new(Label::Internal)) };
    Ok(([(CONTENT_TYPE, HeaderValue::from_static(OPEN_METRICS))], text).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a bidder's program calls to hand a bid in (`kaibiao submit` fetches the tender file), and
    /// commands and logins, which bidders sign too.
    const OF_BIDDERS: &[&str] = &[
        "paths::TENDER",
        "paths::SUBMISSIONS",
        "paths::UPLOAD",
        "paths::SLICE",
        "paths::COMMIT",
        "paths::RECEIPT",
        "paths::COMMANDS",
        "paths::LOGIN_CHALLENGE",
        "paths::LOGIN",
        "paths::ME",
        "paths::LOGOUT",
        "paths::PRIVATE",
    ];

    #[test]
    fn every_route_is_counted_or_left_out_on_purpose() {
        let counted = include_str!("metrics.rs").split("];").next().unwrap();
        let mut routes = 0;
        for rest in include_str!("api.rs").split(".route(").skip(1) {
            let route = rest.split(',').next().unwrap();
            let here = counted.contains(&format!("    {route},\n"));
            assert_ne!(here, OF_BIDDERS.contains(&route), "{route}");
            routes += 1;
        }
        assert_eq!(routes, COUNTED.len() - 3 + OF_BIDDERS.len());
    }

    #[test]
    fn requests_appends_and_rooms_are_told_in_numbers() {
        let metrics = Metrics::new();
        let second = Duration::from_secs(1);
        metrics.answered("GET", paths::LOG, StatusCode::OK, second);
        metrics.answered("GET", paths::LOG, StatusCode::CONFLICT, second);
        metrics.answered("GET", paths::ROOM, StatusCode::SWITCHING_PROTOCOLS, second);
        metrics.appended(Duration::from_millis(3));
        let phases =
            vec![(kaibiao_opening::Phase::Receiving, 2), (kaibiao_opening::Phase::Closed, 0)];
        let text = metrics.text(&Vitals { phases, entries: 12, readers: 3, stopped: 1 }).unwrap();
        let log = r#"method="GET",route="/api/v1/lots/{tender}/{lot}/log""#;
        for line in [
            format!(r#"kaibiao_http_requests_total{{{log},status="2xx"}} 1"#),
            format!(r#"kaibiao_http_requests_total{{{log},status="4xx"}} 1"#),
            format!(r#"kaibiao_http_request_duration_seconds_bucket{{le="0.5",{log}}} 0"#),
            format!("kaibiao_http_request_duration_seconds_count{{{log}}} 2"),
            r#"kaibiao_log_append_seconds_bucket{le="0.0025"} 0"#.to_owned(),
            r#"kaibiao_log_append_seconds_bucket{le="0.005"} 1"#.to_owned(),
            "kaibiao_log_entries 12".to_owned(),
            r#"kaibiao_lots{phase="receiving"} 2"#.to_owned(),
            r#"kaibiao_lots{phase="closed"} 0"#.to_owned(),
            "kaibiao_room_readers 3".to_owned(),
            "kaibiao_rooms_stopped 1".to_owned(),
            format!(r#"kaibiao_build_info{{version="{}"}} 1"#, env!("CARGO_PKG_VERSION")),
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(text.ends_with("# EOF\n"), "{text}");
    }
}
