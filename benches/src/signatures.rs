//! `signatures`: the signatures of many bids verified, each with its chain and the CRLs.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kaibiao_pki::revocation::{Evidence, EvidenceStore, Freshness, Revocation};
use kaibiao_pki::tsp::{Authority, Request, read_response};
use kaibiao_pki::{Certificate, Chain, Identity, TrustList, cms};
use kaibiao_replay::open_each;
use kaibiao_testkit::keys_dev;
use kaibiao_types::UtcMillis;
use ring::rand::SystemRandom;
use serde_json::json;

use crate::args::SignatureOptions;
use crate::error::BenchError;
use crate::issue::{Ca, Kind};
use crate::table::median;
use crate::{line, machine};

/// 2026-07-01: when the bids were signed. The CRLs are of the next day.
const SIGNED: u64 = 1_782_864_000_000;
/// 2026-08-01: when they are judged.
const JUDGED: u64 = SIGNED + 31 * 86_400_000;

/// Seconds within which 1,000 bids are to be judged; more or fewer, in proportion.
const ASKED: f64 = 2.0;

/// One bid: what was signed, and the signature.
#[derive(Clone)]
struct Bid {
    content: Vec<u8>,
    cms: Vec<u8>,
}

/// The CAs of all kinds, with the trust list that names their roots and the authority of the stamps.
struct World {
    cas: [Ca; 3],
    trust: TrustList,
    stamps: Identity,
}

/// The bids of one row.
struct Row {
    name: &'static str,
    bids: Vec<Bid>,
    walls: Vec<Duration>,
    /// Processor time of both threads, of all runs.
    processor: Duration,
}

/// Measures and prints.
pub(crate) fn run(options: &SignatureOptions) -> Result<(), BenchError> {
    let world = World::new(options.lines)?;
    let threads = machine::threads().min(NonZeroUsize::new(2).unwrap_or(NonZeroUsize::MIN));
    let mut rows = world.rows(options.bids)?;
    world.refuses_others(&rows)?;
    for row in &mut rows {
        for _ in 0..options.runs {
            let before = machine::own_processor().unwrap_or_default();
            row.walls.push(world.time(&row.bids, threads)?);
            row.processor += machine::own_processor().unwrap_or_default().saturating_sub(before);
        }
        row.walls.sort();
    }
    if options.json {
        let machine = machine::describe();
        let rows: Vec<_> = rows.iter().map(Row::json).collect();
        let all = json!({ "machine": machine, "bids": options.bids, "lines": options.lines,
            "threads": threads, "rows": rows });
        line(&all.to_string());
        return Ok(());
    }
    line(&format!(
        "signatures of {} bids verified: chain of three, CRLs of {} lines of root and issuing CA, \
         {threads} threads; median of {}\nmachine: {}",
        options.bids,
        options.lines,
        options.runs,
        machine::describe()
    ));
    line(&format!(
        "{:<24} {:>9} {:>14} {:>9} {:>9}",
        "keys", "median s", "min..max s", "bids/s", "cpu s"
    ));
    for row in &rows {
        line(&row.text());
    }
    Ok(())
}

impl World {
    fn new(lines: u32) -> Result<Self, BenchError> {
        let ca = |kind| Ca::new(kind, lines);
        let cas = [ca(Kind::P256)?, ca(Kind::Rsa)?, ca(Kind::Sm2)?];
        let read = |path: &str| {
            let path = keys_dev().join(path);
            std::fs::read_to_string(&path).map_err(BenchError::file(&path))
        };
        let stamp_root = kaibiao_pki::read_certificates(&read("ca-rsa/root.cert.pem")?);
        let stamp_root = stamp_root.map_err(BenchError::product)?;
        let roots = cas.iter().map(|ca| ca.root.as_slice());
        let roots = roots.chain(stamp_root.iter().map(Certificate::der));
        let anchors: Vec<_> = roots
            .map(|root| {
                json!({
                    "name": { "zh": "测量", "en": "Measurement" },
                    "cert_b64": STANDARD.encode(root),
                    "org_code": { "in": "subject", "oid": "2.5.4.97" },
                    "signatures": ["rsa-pkcs1-sha256", "ecdsa-p256-sha256", "sm2-sm3"],
                    "not_before": 1_577_836_800_000_u64,
                    "not_after": 2_524_608_000_000_u64,
                })
            })
            .collect();
        let list = json!({ "v": 1, "name": "Measurement", "anchors": anchors }).to_string();
        let trust = TrustList::parse(list.as_bytes()).map_err(BenchError::product)?;
        let (chain, key) = (read("tsa/tsa.chain.pem")?, read("tsa/tsa.key.pem")?);
        let stamps = Identity::from_pem(&chain, &key, &SystemRandom::new());
        Ok(Self { cas, trust, stamps: stamps.map_err(BenchError::product)? })
    }

    /// The same number of bids of each kind, of all kinds in turn, and those with time stamps.
    fn rows(&self, count: usize) -> Result<Vec<Row>, BenchError> {
        let numbers = 0..count;
        let of = |ca: &Ca| {
            numbers.clone().map(|number| sign(ca, number, false)).collect::<Result<Vec<_>, _>>()
        };
        let [p256, rsa, sm2] = &self.cas;
        let (p256, rsa, sm2) = (of(p256)?, of(rsa)?, of(sm2)?);
        let turns = p256.iter().zip(&rsa).zip(&sm2).enumerate();
        let mixed: Vec<Bid> = turns
            .map(|(number, ((p256, rsa), sm2))| match number % 3 {
                0 => p256.clone(),
                1 => rsa.clone(),
                _ => sm2.clone(),
            })
            .collect();
        let stamped = mixed.iter().map(|bid| self.stamp(bid)).collect::<Result<_, _>>()?;
        let row = |name, bids| Row { name, bids, walls: Vec::new(), processor: Duration::ZERO };
        Ok(vec![
            row("P-256", p256),
            row("RSA-2048", rsa),
            row("SM2", sm2),
            row("all three in turn", mixed),
            row("the same, time-stamped", stamped),
        ])
    }

    /// The bid with a stamp on its signature, by the development authority.
    fn stamp(&self, bid: &Bid) -> Result<Bid, BenchError> {
        let authority = Authority::new(&self.stamps, "2.999.26.1").map_err(BenchError::product)?;
        let imprint = cms::time_stamp_imprint(&bid.cms).map_err(BenchError::product)?;
        let request = Request::new(imprint, [7; 16]).to_der();
        let at = UtcMillis::new(SIGNED).map_err(BenchError::product)?;
        let answer = authority.answer(&request, at, 1, &SystemRandom::new());
        let answer = answer.map_err(BenchError::product)?;
        let token = read_response(&answer).map_err(BenchError::product)?;
        let cms = cms::add_time_stamp(&bid.cms, token).map_err(BenchError::product)?;
        Ok(Bid { content: bid.content.clone(), cms })
    }

    /// The CRLs of all CAs.
    fn evidence(&self) -> EvidenceStore<'_> {
        let crls = self.cas.iter().flat_map(|ca| &ca.crls);
        EvidenceStore::read(&crls.map(|crl| Evidence::Crl(crl)).collect::<Vec<_>>())
    }

    /// What an auditor does with one bid: signature, path, use, whose it is, stamp; and no
    /// certificate was revoked.
    fn judge(&self, bid: &Bid, evidence: &EvidenceStore<'_>) -> Result<(), BenchError> {
        let at = UtcMillis::new(SIGNED).map_err(BenchError::product)?;
        let now = UtcMillis::new(JUDGED).map_err(BenchError::product)?;
        let verified = cms::verify_detached(&bid.cms, &bid.content, &self.trust, at);
        let verified = verified.map_err(BenchError::product)?;
        let verdict = evidence.judge(verified.signer(), &[], Freshness::Later { now });
        match verdict.revocation() {
            Revocation::Good => Ok(()),
            other => Err(BenchError::Result(format!("{other:?}"))),
        }
    }

    /// From the bytes of bids and CRLs to the last verdict. Every bid is good.
    fn time(&self, bids: &[Bid], threads: NonZeroUsize) -> Result<Duration, BenchError> {
        let begin = Instant::now();
        let evidence = self.evidence();
        let verdicts = open_each(threads, bids, |bid| self.judge(bid, &evidence));
        let wall = begin.elapsed();
        verdicts.into_iter().collect::<Result<Vec<()>, _>>()?;
        Ok(wall)
    }

    /// What is measured is a check: of every row, a bid with one octet changed in its content or
    /// signature is refused, and so is one by a certificate on the CRL.
    fn refuses_others(&self, rows: &[Row]) -> Result<(), BenchError> {
        let evidence = self.evidence();
        let mut bad = Vec::new();
        for bid in rows.iter().filter_map(|row| row.bids.first()) {
            let (mut content, mut value) = (bid.clone(), bid.clone());
            content.content.extend(b" ");
            value.cms.last_mut().into_iter().for_each(|octet| *octet ^= 1);
            bad.extend([content, value]);
        }
        let accepted = bad.iter().filter(|bid| self.judge(bid, &evidence).is_ok()).count();
        if accepted > 0 {
            return Err(BenchError::Result(format!("{accepted} changed bids are accepted")));
        }
        for ca in &self.cas {
            let judged = self.judge(&sign(ca, 0, true)?, &evidence);
            if !matches!(judged, Err(BenchError::Result(_))) {
                return Err(BenchError::Result("a revoked certificate is accepted".to_owned()));
            }
        }
        Ok(())
    }
}

/// A bidder's signature over a text of the length of a manifest.
fn sign(ca: &Ca, number: usize, revoked: bool) -> Result<Bid, BenchError> {
    let (key, der) = ca.bidder(number, revoked)?;
    let content = format!("{{\"v\":1,\"bid\":{number},\"text\":\"{}\"}}", "0".repeat(1_000));
    let content = content.into_bytes();
    let read = |der: &[u8]| Certificate::from_der(der).map_err(BenchError::product);
    let chain = Chain::new(vec![read(&der)?, read(&ca.issuing)?]).map_err(BenchError::product)?;
    let at = UtcMillis::new(SIGNED).map_err(BenchError::product)?;
    let attributes = cms::signed_attrs(chain.signer(), &content, at);
    let attributes = attributes.map_err(BenchError::product)?;
    let value = key.sign(attributes.to_sign())?;
    let cms = cms::assemble(&attributes, &chain, &value).map_err(BenchError::product)?;
    Ok(Bid { content, cms })
}

impl Row {
    fn seconds(&self) -> Vec<f64> {
        self.walls.iter().map(Duration::as_secs_f64).collect()
    }

    fn json(&self) -> serde_json::Value {
        let seconds = self.seconds();
        let (median, cpu) = (median(&seconds), self.processor_seconds());
        json!({ "keys": self.name, "seconds": seconds, "median_s": median, "cpu_s": cpu })
    }

    /// Processor time of one run, the mean of all.
    fn processor_seconds(&self) -> f64 {
        let runs = u32::try_from(self.walls.len()).unwrap_or(u32::MAX).max(1);
        (self.processor / runs).as_secs_f64()
    }

    fn text(&self) -> String {
        let seconds = self.seconds();
        let middle = median(&seconds).unwrap_or_default();
        let ends = [seconds.first(), seconds.last()].map(|end| end.copied().unwrap_or_default());
        let [low, high] = ends;
        let bids = f64::from(u32::try_from(self.bids.len()).unwrap_or(u32::MAX));
        let asked = ASKED * bids / 1_000.0;
        let reached = if middle <= asked { "reached" } else { "not reached" };
        format!(
            "{:<24} {middle:>9.3} {:>14} {:>9.0} {:>9.2}  asked {asked:.2}: {reached}",
            self.name,
            format!("{low:.3}..{high:.3}"),
            bids / middle,
            self.processor_seconds()
        )
    }
}
