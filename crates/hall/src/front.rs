//! What stands before every call: whose it is, from which page it comes, and whether it is one too many.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{HOST, HeaderName, ORIGIN, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use kaibiao_wire::{Label, Origin, paths};

use crate::limits::{Act, Gate, Place};
use crate::problem::Failure;
use crate::tls::Tls;

/// Live rooms that one address may have open, unless the operator says otherwise.
pub const SOCKETS_PER_ADDRESS: u32 = 200;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// How the hall meets the network.
#[derive(Clone, Debug)]
pub struct Front {
    /// Certificate and key; without them the hall speaks plain HTTP.
    pub tls: Option<Tls>,
    /// The addresses by which people reach the hall. Without one: where it listens.
    pub origins: Vec<Origin>,
    /// The proxy whose `X-Forwarded-For` is believed.
    pub behind_proxy: Option<IpAddr>,
    /// Live rooms that one address may have open.
    pub sockets_per_address: u32,
}

impl Default for Front {
    fn default() -> Self {
        let sockets_per_address = SOCKETS_PER_ADDRESS;
        Self { tls: None, origins: Vec::new(), behind_proxy: None, sockets_per_address }
    }
}

impl Front {
    /// The origins of a hall that listens at an address.
    pub(crate) fn own(&self, address: SocketAddr) -> Vec<Origin> {
        if !self.origins.is_empty() {
            return self.origins.clone();
        }
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let (ip, port) = (address.ip(), address.port());
        let mut hosts = vec![address.to_string()];
        if ip.is_unspecified() {
            hosts = vec![format!("127.0.0.1:{port}"), format!("[::1]:{port}")];
        }
        if ip.is_loopback() || ip.is_unspecified() {
            hosts.push(format!("localhost:{port}"));
        }
        hosts.iter().filter_map(|host| Origin::parse(&format!("{scheme}://{host}")).ok()).collect()
    }
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// The address that a request counts for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller(IpAddr);

/// Looks at every call.
#[derive(Debug)]
pub(crate) struct Guard {
    own: Vec<Origin>,
    proxy: Option<IpAddr>,
    gate: Arc<Gate>,
}

impl Guard {
    pub(crate) const fn new(own: Vec<Origin>, proxy: Option<IpAddr>, gate: Arc<Gate>) -> Self {
        Self { own, proxy, gate }
    }

    /// The hall's own origin by which a request came; `None` if the hall does not go by that name.
    pub(crate) fn origin(&self, headers: &HeaderMap) -> Option<&Origin> {
        let host = headers.get(HOST)?.to_str().ok()?;
        self.own.iter().find(|own| own.at(host).as_ref() == Ok(own))
    }

    pub(crate) fn own(&self) -> &[Origin] {
        &self.own
    }

    /// A live room for an address, if it has not too many.
    pub(crate) fn socket(&self, caller: Caller) -> Option<Place> {
        self.gate.socket(caller.0)
    }

    /// Only the named proxy is believed, and of what it says only what it has added itself.
    fn caller(&self, request: &Request) -> Caller {
        let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
        let forwarded = || {
            let last = request.headers().get_all(FORWARDED_FOR).iter().next_back()?;
            last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
        };
        let caller = if peer.is_some() && peer == self.proxy { forwarded().or(peer) } else { peer };
        // Every connection has a peer; without one all would count for one address.
        Caller(caller.unwrap_or(IpAddr::from([0, 0, 0, 0])))
    }

    /// Whether a page of another site asks. A page that came by the name which the request has is our
    /// own, also if we do not know the name: what a name decides is asked at login.
    fn is_foreign(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(ORIGIN) else { return false };
        let Some(origin) = origin.to_str().ok().and_then(|text| Origin::parse(text).ok()) else {
            return true;
        };
        let same = |host: &HeaderValue| self.own.first()?.at(host.to_str().ok()?).ok();
        !self.own.contains(&origin) && headers.get(HOST).and_then(same).as_ref() != Some(&origin)
    }
}

/// Refuses pages of other sites and what is too much.
pub(crate) async fn guard(
    State(guard): State<Arc<Guard>>,
    mut request: Request,
    next: Next,
) -> Response {
    if guard.is_foreign(request.headers()) {
        return Failure::new(Label::ForeignOrigin).into_response();
    }
    let caller = guard.caller(&request);
    if let Some(act) = act(&request)
        && let Err(wait) = guard.gate.ask(caller.0, act, Instant::now())
    {
        return too_many(wait);
    }
    request.extensions_mut().insert(caller);
    next.run(request).await
}

/// As what a request is counted. Reading is not, nor are the slices of an upload.
fn act(request: &Request) -> Option<Act> {
    if request.method() != Method::POST {
        return None;
    }
    Some(match request.extensions().get::<MatchedPath>()?.as_str() {
        paths::LOGIN_CHALLENGE => Act::Challenge,
        paths::LOGIN => Act::Login,
        paths::COMMANDS => Act::Command,
        paths::SUBMISSIONS | paths::COMMIT => Act::Submission,
        _ => Act::Message,
    })
}

/// One too many; it may come again after a while.
pub(crate) fn too_many(wait: Duration) -> Response {
    let mut answer = Failure::new(Label::TooManyRequests).into_response();
    let seconds = wait.as_secs().saturating_add(1);
    answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    answer
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn guard_of(own: &[&str], proxy: Option<&str>) -> Guard {
        let own = own.iter().map(|text| Origin::parse(text).unwrap()).collect();
        let proxy = proxy.map(|text| text.parse().unwrap());
        Guard::new(own, proxy, Arc::new(Gate::new(1)))
    }

    fn request(peer: &str, headers: &[(&str, &str)]) -> Request {
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer(peer.parse().unwrap()));
        request
    }

    #[test]
    fn only_the_named_proxy_says_for_whom_it_asks() {
        let caller = |proxy, peer: &str, headers: &[(&str, &str)]| {
            guard_of(&[], proxy).caller(&request(peer, headers)).0.to_string()
        };
        let said = ("x-forwarded-for", "198.51.100.9, 192.0.2.7");
        assert_eq!(caller(None, "203.0.113.1", &[said]), "203.0.113.1");
        assert_eq!(caller(Some("127.0.0.1"), "203.0.113.1", &[said]), "203.0.113.1");
        assert_eq!(caller(Some("127.0.0.1"), "127.0.0.1", &[said]), "192.0.2.7");
        // Of several fields the last is the proxy's own.
        let two = [said, ("x-forwarded-for", "192.0.2.8")];
        assert_eq!(caller(Some("127.0.0.1"), "127.0.0.1", &two), "192.0.2.8");
        for bad in ["", "unknown", "192.0.2.7,", "192.0.2.7:80"] {
            let bad = ("x-forwarded-for", bad);
            assert_eq!(caller(Some("127.0.0.1"), "127.0.0.1", &[bad]), "127.0.0.1");
        }
    }

    #[test]
    fn pages_of_others_are_told_from_our_own() {
        let guard = guard_of(&["https://hall.example"], None);
        let foreign =
            |headers: &[(&str, &str)]| guard.is_foreign(request("192.0.2.1", headers).headers());
        assert!(!foreign(&[("host", "hall.example")]));
        assert!(!foreign(&[("host", "10.0.0.5:8080"), ("origin", "https://hall.example")]));
        assert!(!foreign(&[("host", "10.0.0.5:8080"), ("origin", "https://10.0.0.5:8080")]));
        for origin in [
            "https://evil.example",
            "https://hall.example.evil.example",
            "https://hall.example:8443",
            "http://hall.example.",
            "null",
            "",
            "https://hall.example/x",
        ] {
            assert!(foreign(&[("host", "hall.example"), ("origin", origin)]), "{origin}");
        }
        assert!(foreign(&[("host", "10.0.0.5:8080"), ("origin", "http://10.0.0.5:8080")]));
        assert!(foreign(&[("origin", "https://evil.example")]));
    }

    #[test]
    fn a_hall_goes_by_the_names_that_it_was_given() {
        let address = "127.0.0.1:8080".parse().unwrap();
        let mut front = Front::default();
        let texts = |front: &Front, address| -> Vec<String> {
            front.own(address).iter().map(ToString::to_string).collect()
        };
        assert_eq!(texts(&front, address), ["http://127.0.0.1:8080", "http://localhost:8080"]);
        let any = "0.0.0.0:80".parse().unwrap();
        assert_eq!(texts(&front, any), ["http://127.0.0.1", "http://[::1]", "http://localhost"]);
        front.origins = vec![Origin::parse("https://hall.example").unwrap()];
        assert_eq!(texts(&front, address), ["https://hall.example"]);

        let guard = guard_of(&["https://hall.example"], None);
        let origin =
            |host: &str| guard.origin(request("192.0.2.1", &[("host", host)]).headers()).is_some();
        assert!(origin("hall.example") && origin("HALL.example:443"));
        assert!(!origin("hall.example:80") && !origin("evil.example") && !origin(""));
        assert!(guard.origin(&HeaderMap::new()).is_none());
    }
}
