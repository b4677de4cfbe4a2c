//! `kaibiao serve`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use kaibiao_hall::{Front, HallConfig, HallError, Tls, TlsError, intake_key_beside, trial_folder};
use kaibiao_wire::{Exit, Label};
use tokio::sync::oneshot;

use crate::args::{ByTrust, FrontArgs, LogFormat, ServeArgs};
use crate::failure::Failure;
use crate::identity;
use crate::output::{Facts, Ui};
use crate::process::Child;
use crate::{embedded, files, machine, process};

pub(super) async fn run(args: ServeArgs, ui: Ui) -> Result<Exit, Failure> {
    process::log_to_stderr(args.log.log_format);
    let identities: Result<Vec<_>, _> = args.custodians.iter().map(|text| pair(text)).collect();
    let identities = identities?;
    files::private_folder(&args.data)?;
    let metrics = args.metrics.map(metrics_listener).transpose()?;
    let told = metrics.as_ref().and_then(|listener| listener.local_addr().ok());
    let front = front(&args)?;
    let (scheme, sha256) = match &front.tls {
        Some(tls) => ("https", Some(tls.sha256())),
        None => ("http", None),
    };
    let config = HallConfig {
        data: args.data.clone(),
        intake_key: args.intake_key.clone().unwrap_or_else(|| intake_key_beside(&args.data)),
        front,
        listen: args.listen,
        metrics,
        witnesses: args.witnesses.clone(),
        identity: identity::load_identity(&args.signer)?,
        trust: args.trust.load()?.bytes,
        dev: args.dev,
        dev_roots: embedded::dev_roots(),
    };
    let (sender, ready) = oneshot::channel();
    let on_ready = move |address: SocketAddr| {
        let mut facts = Facts::default();
        facts.add("listening", format!("{scheme}://{address}"));
        if let Some(sha256) = sha256 {
            facts.text("tls_sha256", sha256);
        }
        if let Some(address) = told {
            facts.add("metrics", format!("http://{address}/metrics"));
        }
        ui.facts(&facts);
        // Nobody waits for it without custodians.
        let _unwanted = sender.send(address);
    };
    let hall = kaibiao_hall::serve(config, on_ready, process::stopped(args.while_stdin));
    let mut hall = std::pin::pin!(hall);
    let mut children = Vec::new();
    let outcome = tokio::select! {
        done = &mut hall => done,
        address = ready => {
            if let Ok(address) = address {
                children = start_custodians(&args, &identities, address)?;
            }
            loop {
                tokio::select! {
                    done = &mut hall => break done,
                    () = tokio::time::sleep(LOOK) => report_ended(&mut children),
                }
            }
        }
    };
    process::stop_all(&mut children);
    outcome?;
    Ok(Exit::Ok)
}

/// Takes the address for the metrics. They have no login, so they are for this machine unless the
/// operator says otherwise.
fn metrics_listener(address: SocketAddr) -> Result<TcpListener, Failure> {
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "whoever reaches this address reads the metrics");
    }
    TcpListener::bind(address).map_err(|error| {
        Failure::new(Label::CannotWrite, format!("cannot listen on {address}: {error}"))
    })
}

/// Bytes of the longest file of a TLS certificate or key.
const TLS_FILE_MAX: usize = 1 << 20;

/// How often the hall looks whether its custodians still run.
const LOOK: Duration = Duration::from_secs(1);

/// Says, once, which custodians have ended by themselves. The hall goes on without them, as it would
/// without those on other machines; it does not start them again, since a token may be locked by that.
fn report_ended(children: &mut Vec<Child>) {
    for ended in children.extract_if(.., Child::has_ended) {
        tracing::error!(
            "{} has ended; restart the hall once it can run: {}",
            ended.name(),
            ended.log_tail(3)
        );
    }
}

fn pair(text: &str) -> Result<(PathBuf, PathBuf), Failure> {
    text.split_once(':').map(|(chain, key)| (chain.into(), key.into())).ok_or_else(|| {
        let detail = format!("--custodian-identity {text}: write CHAIN.pem:KEY.pem");
        Failure::new(Label::Usage, detail)
    })
}

/// Starts one custodian process for each identity, with its own key store and passphrase under the
/// data folder.
fn start_custodians(
    args: &ServeArgs,
    identities: &[(PathBuf, PathBuf)],
    address: SocketAddr,
) -> Result<Vec<Child>, Failure> {
    let (hall, root) = way_in(args, reachable(address))?;
    let mut children = Vec::new();
    for (number, (chain, key)) in (1..).zip(identities) {
        let name = format!("custodian-{number}");
        let folder = args.data.join(&name);
        files::private_folder(&folder)?;
        let mut arguments = custodian_arguments(
            (&hall, root.as_deref()),
            &folder,
            (chain, key),
            &args.trust,
            None,
        )?;
        if args.log.log_format == LogFormat::Json {
            arguments.extend(["--log-format", "json"].map(ToOwned::to_owned));
        }
        let (child, _running) = Child::start(&name, &arguments, &folder.join("custodian.log"))?;
        children.push(child);
    }
    Ok(children)
}

/// The command line of a custodian with its key store in a folder of its own. A passphrase is made
/// if there is none yet.
pub(crate) fn custodian_arguments(
    (hall, tls_root): (&str, Option<&Path>),
    folder: &Path,
    (chain, key): (&Path, &Path),
    trust: &ByTrust,
    poll_ms: Option<u64>,
) -> Result<Vec<String>, Failure> {
    let passphrase = folder.join("passphrase");
    if !passphrase.exists() {
        let word = format!("{}{}\n", machine::random_id()?, machine::random_id()?);
        files::write_private(&passphrase, word.as_bytes())?;
    }
    let path = |path: &Path| path.display().to_string();
    let mut arguments = vec!["custodian".to_owned(), "run".to_owned(), "--while-stdin".to_owned()];
    let mut option = |name: &str, value: String| arguments.extend([format!("--{name}"), value]);
    option("hall", hall.to_owned());
    if let Some(root) = tls_root {
        option("tls-root", path(root));
    }
    option("dir", path(&folder.join("store")));
    option("passphrase-file", path(&passphrase));
    option("cert", path(chain));
    option("key", path(key));
    option("trust", path(&trust.trust));
    if let Some(by) = &trust.trust_signed_by {
        option("trust-signed-by", path(by));
    }
    if let Some(poll_ms) = poll_ms {
        option("poll-ms", poll_ms.to_string());
    }
    Ok(arguments)
}

/// How the command line lets the hall meet the network.
fn front(args: &ServeArgs) -> Result<Front, Failure> {
    let FrontArgs { tls_cert, tls_key, tls_self_signed, origins, .. } = &args.front;
    let tls = match (tls_cert, tls_key) {
        (Some(cert), Some(key)) => {
            let key = zeroize::Zeroizing::new(files::read(key, TLS_FILE_MAX)?);
            Some(Tls::from_pem(&files::read(cert, TLS_FILE_MAX)?, &key)?)
        }
        _ if *tls_self_signed => {
            let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
            names.extend(origins.iter().map(|origin| origin.host().to_owned()));
            let ip = args.listen.ip();
            if !ip.is_unspecified() {
                names.push(ip.to_string());
            }
            names.sort_unstable();
            names.dedup();
            Some(Tls::self_signed(&args.data, names)?)
        }
        _ => None,
    };
    Ok(Front {
        tls,
        origins: origins.clone(),
        behind_proxy: args.front.behind_proxy,
        sockets_per_address: args.front.sockets_per_address,
    })
}

/// How a custodian on this machine reaches the hall, and who vouches for the hall then.
fn way_in(args: &ServeArgs, address: SocketAddr) -> Result<(String, Option<PathBuf>), Failure> {
    if args.front.tls_self_signed {
        let root = trial_folder(&args.data).join("cert.pem");
        return Ok((format!("https://{address}"), Some(root)));
    }
    if args.front.tls_cert.is_none() {
        return Ok((format!("http://{address}"), None));
    }
    let (Some(root), Some(origin)) = (&args.front.tls_root, args.front.origins.first()) else {
        let detail = "--custodian-identity with --tls-cert needs --origin and --tls-root";
        return Err(Failure::new(Label::Usage, detail));
    };
    Ok((origin.to_string(), Some(root.clone())))
}

/// The address by which a process on this machine reaches a listener.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
    } else {
        address
    }
}

impl From<TlsError> for Failure {
    fn from(error: TlsError) -> Self {
        HallError::from(error).into()
    }
}

impl From<HallError> for Failure {
    fn from(error: HallError) -> Self {
        Self::caused(error.label(), &error)
    }
}
