//! Has an imprint stamped: over the network, or in two steps with files. Nothing that does not hold
//! by the trust list comes out of here.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use kaibiao_pki::ers::{DataObject, EvidenceError, ObjectHasher};
use kaibiao_pki::limits::TIME_STAMP_BYTES_MAX;
use kaibiao_pki::tsp::{Imprint, Request, VerifiedTimeStamp, verify_response};
use kaibiao_pki::{DigestAlgorithm, TimeStampError, TrustList};
use kaibiao_wire::Label;

use crate::args::AskArgs;
use crate::failure::Failure;
use crate::output::{Facts, Ui};
use crate::{files, machine, stamp_words, tsa_client};

/// Bytes that are read at a time.
const PIECE: usize = 64 << 10;

/// A stamp that holds, with its exact bytes.
#[derive(Debug)]
pub(crate) struct Stamped {
    /// What it says.
    pub(crate) stamp: VerifiedTimeStamp,
    /// The token.
    pub(crate) token: Vec<u8>,
}

/// Has an imprint stamped; `None` if only the request was written (the first of two steps).
pub(crate) async fn stamped(
    ask: &AskArgs,
    imprint: Imprint,
    trust: &TrustList,
    ui: Ui,
) -> Result<Option<Stamped>, Failure> {
    if let (Some(request), Some(response)) = (&ask.request, &ask.response) {
        let request = earlier(request, &imprint)?;
        let response = files::read(response, TIME_STAMP_BYTES_MAX)?;
        return judged(&response, &request, trust, ui).map(Some);
    }
    let request = new_request(imprint, ask.policy.as_deref())?;
    if let Some(path) = &ask.request_out {
        files::write_new(path, &request.to_der())?;
        let mut facts = Facts::default();
        facts.add("request", path.display().to_string());
        ui.facts(&facts);
        ui.note(
            "请求文件已写出。请把它交给时间戳机构，再用 --request 和 --response 给出请求与应答。",
            "the request is written; have it answered by the authority, then give it and the answer \
             with --request and --response",
        );
        return Ok(None);
    }
    let address = ask.tsa.as_deref().unwrap_or_default();
    answered(address, &request, trust, ui).await.map(Some)
}

/// Has an imprint stamped by an authority, under its usual policy.
pub(crate) async fn stamped_by(
    address: &str,
    imprint: Imprint,
    trust: &TrustList,
    ui: Ui,
) -> Result<Stamped, Failure> {
    answered(address, &new_request(imprint, None)?, trust, ui).await
}

async fn answered(
    address: &str,
    request: &Request,
    trust: &TrustList,
    ui: Ui,
) -> Result<Stamped, Failure> {
    let response = tsa_client::ask(address, &request.to_der()).await?;
    judged(&response, request, trust, ui)
}

fn new_request(imprint: Imprint, policy: Option<&str>) -> Result<Request, Failure> {
    let request = Request::new(imprint, machine::random_bytes()?);
    let Some(policy) = policy else {
        return Ok(request);
    };
    let wrong = || Failure::new(Label::Usage, format!("--policy {policy}: no object identifier"));
    request.under(policy).ok_or_else(wrong)
}

/// The request of the first step, which must be about the same.
fn earlier(path: &Path, imprint: &Imprint) -> Result<Request, Failure> {
    let place = path.display().to_string();
    let request = Request::from_der(&files::read(path, TIME_STAMP_BYTES_MAX)?)
        .map_err(|error| Failure::coded(Label::BadInput, error.label(), &error).at(&place))?;
    if request.imprint() != imprint {
        let detail = "the request was made for another file, record or digest";
        return Err(Failure::new(Label::BadInput, detail).at(&place));
    }
    Ok(request)
}

fn judged(
    response: &[u8],
    request: &Request,
    trust: &TrustList,
    ui: Ui,
) -> Result<Stamped, Failure> {
    let (stamp, token) = verify_response(response, request, trust).map_err(|e| explained(e, ui))?;
    Ok(Stamped { stamp, token: token.to_vec() })
}

/// The failure of a stamp, after a sentence about it.
fn explained(error: TimeStampError, ui: Ui) -> Failure {
    let (zh, en) = stamp_words::stamp(&error);
    ui.note(&zh, &en);
    Failure::from(error)
}

/// The failure of an evidence record, after a sentence about it.
pub(crate) fn explained_record(error: EvidenceError, ui: Ui) -> Failure {
    let (zh, en) = stamp_words::record(&error);
    ui.note(&zh, &en);
    Failure::from(error)
}

/// What a stamp says.
pub(crate) fn stamp_facts(facts: &mut Facts, stamp: &VerifiedTimeStamp) {
    facts
        .text("gen_time", stamp.gen_time())
        .add("gen_time_beijing", stamp.gen_time().beijing())
        .text("digest", stamp.imprint().algorithm())
        .add("authority", stamp.tsa().display_name())
        .text("serial_tail", stamp.tsa().serial_tail())
        .add("number", hex(stamp.serial()))
        .add("policy", stamp.policy())
        .text("due", stamp.due())
        .add("due_beijing", stamp.due().beijing());
}

fn hex(octets: &[u8]) -> String {
    let digits = octets.iter().flat_map(|octet| [octet >> 4, octet & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

/// The digests of files.
pub(crate) fn objects(
    paths: &[PathBuf],
    algorithms: &[DigestAlgorithm],
) -> Result<Vec<DataObject>, Failure> {
    paths.iter().map(|path| object(path, algorithms)).collect()
}

/// The digests of a file, whatever its size.
fn object(path: &Path, algorithms: &[DigestAlgorithm]) -> Result<DataObject, Failure> {
    let failed = |error: std::io::Error| Failure::read(path, &error);
    let mut file = File::open(path).map_err(failed)?;
    let mut hasher = ObjectHasher::new(algorithms);
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece).map_err(failed)? {
            0 => return Ok(hasher.finish()),
            count => hasher.update(piece.get(..count).unwrap_or_default()),
        }
    }
}

/// The imprint of a file.
pub(crate) fn imprint(path: &Path, algorithm: DigestAlgorithm) -> Result<Imprint, Failure> {
    let object = object(path, &[algorithm])?;
    let digest = object.digest(algorithm).unwrap_or_default().to_vec();
    Imprint::new(algorithm, digest).ok_or_else(|| Failure::internal("a digest of another length"))
}
