//! Starting and stopping the hall.

use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::HeaderValue;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::middleware::from_fn_with_state;
use kaibiao_journal::VerifierKey;
use kaibiao_pki::{Identity, TrustList, TrustListError};
use kaibiao_room::{Clock, HallContext, LotBook, RoomError};
use kaibiao_store::{IntakeKey, OpenError, Store};
use kaibiao_types::{Digest, UtcMillis};
use kaibiao_wire::{BODY_LEN_MAX, Exit, Label, Origin};
use ring::rand::SystemRandom;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

use crate::api::Login;
use crate::front::{self, Front, Guard};
use crate::health::{self, Health};
use crate::limits::Gate;
use crate::listen::{self, Door};
use crate::login::Sessions;
use crate::metrics::{self, Metrics, meter};
use crate::socket::Rooms;
use crate::tls::{Tls, TlsError};
use crate::{api, pages};

/// How a hall is started.
#[derive(Debug)]
pub struct HallConfig {
    /// Its folder: database and sealed objects. Opened documents and packages go to a folder beside
    /// it, whose name ends in `.out`.
    pub data: PathBuf,
    /// The file of the intake key, which is made if there is none: not in `data`, and not in its backups
    /// ([`intake_key_beside`]).
    pub intake_key: PathBuf,
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How it meets the network: TLS, names, limits.
    pub front: Front,
    /// Where it tells its numbers, `GET /metrics`; nowhere without it.
    pub metrics: Option<std::net::TcpListener>,
    /// Keys of witnesses whose cosignatures it shows beside those of the custodians.
    pub witnesses: Vec<VerifierKey>,
    /// Its certificate and key: receipts and packages are signed with it.
    pub identity: Identity,
    /// Exact bytes of the trust list.
    pub trust: Vec<u8>,
    /// Whether development roots are allowed.
    pub dev: bool,
    /// SHA-256 of the development certificates (DER), refused without `dev`.
    pub dev_roots: &'static [Digest],
}

/// Why the hall did not start or had to stop.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HallError {
    /// The address could not be taken.
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The trust list or the hall's certificate is a development one, and `--dev` was not given.
    #[error("the trust list or certificate is for development only; real tenders must not use it")]
    NotDev,
    /// The folder for opened documents and packages cannot be made.
    #[error("cannot make the folder {}", .0.display())]
    Output(PathBuf, #[source] std::io::Error),
    /// A lot's kept state does not hold.
    #[error("a stored lot does not hold")]
    Room(#[from] RoomError),
    /// The metrics cannot be told.
    #[error("the server failed")]
    Serve(#[source] std::io::Error),
    /// The machine gives no randomness.
    #[error("there is no randomness")]
    Random,
    /// The data folder cannot be used.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// TLS cannot be served.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The trust list is malformed.
    #[error(transparent)]
    Trust(#[from] TrustListError),
}

impl HallError {
    /// The stable label.
    pub const fn label(&self) -> Label {
        match self {
            Self::NotDev => Label::NotDev,
            Self::Store(
                OpenError::BadKey { .. } | OpenError::NoKey { .. } | OpenError::OtherKey,
            ) => Label::BadInput,
            Self::Tls(TlsError::Keep(..))
            | Self::Store(_)
            | Self::Listen(..)
            | Self::Output(..) => Label::CannotWrite,
            Self::Trust(_) | Self::Tls(_) => Label::BadInput,
            Self::Room(_) | Self::Serve(_) | Self::Random => Label::Internal,
        }
    }

    /// The exit code of a program that ends with it.
    pub const fn exit(&self) -> Exit {
        self.label().exit()
    }
}

/// The machine's clock.
#[derive(Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UtcMillis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        // A clock beyond the year 287,396 stands at the epoch: everything is then refused as early.
        UtcMillis::new(millis).unwrap_or(UtcMillis::EPOCH)
    }
}

/// How long requests that are under way may take once the hall is asked to stop. What is cut then can
/// safely be sent again.
const GRACE: Duration = Duration::from_secs(10);

/// A request whose body stands still for so long is given up.
const SILENT: Duration = Duration::from_secs(30);

/// A year: who came by TLS once does not come without it.
const STRICT: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Runs a hall until `shutdown` resolves; requests under way then have ten seconds more. `on_ready`
/// learns the address once it listens.
///
/// # Errors
///
/// [`HallError`] if it cannot start, or its server fails.
pub async fn serve(
    config: HallConfig,
    on_ready: impl FnOnce(SocketAddr) + Send,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), HallError> {
    let trust = TrustList::parse(&config.trust)?;
    if !config.dev && uses_dev_roots(&config, &trust) {
        return Err(HallError::NotDev);
    }
    let metrics = Arc::new(Metrics::new());
    let key = IntakeKey::of_file(&config.intake_key, &config.data)?;
    let store = Store::open(&config.data, &key)?;
    let told = Arc::clone(&metrics);
    store.watch_appends(move |took| told.appended(took));
    let output = private_output(&config.data)?;
    let hall = HallContext {
        store,
        witnesses: config.witnesses,
        identity: config.identity,
        trust_bytes: config.trust,
        trust: Arc::new(trust),
        clock: Box::new(SystemClock),
        random: Box::new(SystemRandom::new()),
        output,
    };
    let book = Arc::new(LotBook::open(Arc::new(hall))?);
    let listener =
        TcpListener::bind(config.listen).await.map_err(|e| HallError::Listen(config.listen, e))?;
    let address = listener.local_addr().map_err(|error| HallError::Listen(config.listen, error))?;
    let telling = config.metrics.map(|listener| tell(listener, &metrics, &book)).transpose()?;
    on_ready(address);
    let (own, proxy) = (config.front.own(address), config.front.behind_proxy);
    let gate = Arc::new(Gate::new(config.front.sockets_per_address));
    let guard = Arc::new(Guard::new(own, proxy, Arc::clone(&gate)));
    let rooms = Arc::new(Rooms::new(Arc::clone(&book), Arc::clone(&guard)));
    let health = Arc::new(Health::new(Arc::clone(&book)));
    let sessions =
        Sessions::new(book.hall().random.for_signatures()).map_err(|_| HallError::Random)?;
    let login = Login { book: Arc::clone(&book), guard, sessions };
    let tls = config.front.tls.as_ref();
    let app = router(&Arc::new(login), Arc::clone(&rooms), tls)
        .merge(health::routes(Arc::clone(&health)))
        .layer(from_fn_with_state(metrics, meter));
    let leaving = Arc::clone(&health);
    let asked = async move {
        shutdown.await;
        tracing::info!("asked to stop");
        leaving.leave();
    };
    let door = Door { listener, tls: tls.map(Tls::acceptor), gate, proxy };
    tokio::select! {
        () = listen::serve(door, app, asked) => {}
        // Nothing is logged: before a deadline what is cut here is an upload (ruling 25).
        () = health.left_for(GRACE) => {}
    }
    if let Some(telling) = telling {
        telling.abort();
    }
    // Rooms finish what they are doing; nothing that was answered is lost.
    let stopped = tokio::task::spawn_blocking(move || book.stop()).await;
    if stopped.is_err() {
        tracing::error!("a room ended in disorder");
    }
    rooms.farewell().await;
    Ok(())
}

/// Tells the numbers beside the hall's own work.
fn tell(
    listener: std::net::TcpListener,
    metrics: &Arc<Metrics>,
    book: &Arc<LotBook>,
) -> Result<JoinHandle<()>, HallError> {
    let address = listener.local_addr().map_err(HallError::Serve)?;
    let taken = listener.set_nonblocking(true).and_then(|()| TcpListener::from_std(listener));
    let listener = taken.map_err(|error| HallError::Listen(address, error))?;
    Ok(tokio::spawn(metrics::listen(listener, Arc::clone(metrics), Arc::clone(book))))
}

/// The folder beside the data folder for opened documents and packages, for the operator alone.
fn private_output(data: &Path) -> Result<PathBuf, HallError> {
    let folder = beside(data, ".out");
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder).map_err(|error| HallError::Output(folder.clone(), error))?;
    Ok(folder)
}

/// Where the intake key of a hall is unless somebody says otherwise: beside its data.
#[must_use]
pub fn intake_key_beside(data: &Path) -> PathBuf {
    beside(data, ".key")
}

fn beside(data: &Path, ending: &str) -> PathBuf {
    let mut name = data.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Whether an anchor of the trust list, or the hall's own chain, is a development certificate.
fn uses_dev_roots(config: &HallConfig, trust: &TrustList) -> bool {
    let anchors = trust.anchors().iter().map(|anchor| anchor.certificate().sha256());
    let above = config.identity.chain().above().iter().map(kaibiao_pki::Certificate::sha256);
    anchors.chain(above).any(|digest| config.dev_roots.contains(&digest))
}

fn router(login: &Arc<Login>, rooms: Arc<Rooms>, tls: Option<&Tls>) -> Router {
    // Some browsers do not take 'self' for the sockets of a page.
    let sockets = |origin: &Origin| format!(" {}", origin.as_str().replacen("http", "ws", 1));
    let sockets: String = login.guard.own().iter().map(sockets).collect();
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'{sockets}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    // An origin is letters, digits, dots, colons and brackets, so the value is always valid.
    let policy =
        HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let header = |name: HeaderName, value| SetResponseHeaderLayer::if_not_present(name, value);
    let strict = tls.filter(|tls| !tls.is_trial()).map(|_| STRICT);
    api::routes(rooms, login)
        .merge(pages::routes())
        .fallback(pages::unknown)
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .layer(header(CONTENT_SECURITY_POLICY, policy))
        .layer(header(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .layer(header(X_FRAME_OPTIONS, HeaderValue::from_static("DENY")))
        .layer(header(REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
        .layer(SetResponseHeaderLayer::if_not_present(STRICT_TRANSPORT_SECURITY, strict))
        .layer(RequestBodyTimeoutLayer::new(SILENT))
        .layer(from_fn_with_state(Arc::clone(&login.guard), front::guard))
        .with_state(Arc::clone(&login.book))
}
