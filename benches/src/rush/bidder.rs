//! One bidder of the rush: begins, sends, is cut off, goes on, and keeps what the hall signs.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};

use kaibiao_types::{BidPart, UtcMillis};
use kaibiao_wire::{
    Label, Problem, ReceiptAnswer, SignedStatement, UploadAnswer, from_json, paths,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::sealed::{SealedBid, SealedObject};
use super::world::until;
use crate::error::BenchError;

/// How a bidder behaves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Manner {
    /// Sends everything at once.
    Straight,
    /// Its connection breaks in the middle of its last slice; it connects again and goes on.
    Cut,
    /// Sends its last slice when the deadline has come.
    TooLate,
}

/// What a bidder holds at the end.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) receipt: Option<ReceiptAnswer>,
    /// Signed refusals, in order.
    pub(super) refusals: Vec<SignedStatement>,
    /// Refusals without a signature: there must be none.
    pub(super) unsigned: Vec<Label>,
    pub(super) progress: Option<SignedStatement>,
    pub(super) upload: Option<kaibiao_wire::RandomId>,
    /// When each slice was acknowledged, after the start.
    pub(super) stored: Vec<Duration>,
    /// From the answer to the last slice to the receipt.
    pub(super) waited: Duration,
    /// When the receipt was there, after the start.
    pub(super) ended: Duration,
    pub(super) reconnected: u32,
}

/// One bid on its way.
pub(super) struct Bidder<'a> {
    pub(super) bid: &'a SealedBid,
    pub(super) manner: Manner,
    pub(super) submissions: &'a str,
    pub(super) deadline: UtcMillis,
    pub(super) start: Instant,
    pub(super) line: Line,
}

/// An answer: status and body.
type Answer = (u16, Vec<u8>);

impl Bidder<'_> {
    pub(super) async fn run(mut self) -> Result<Outcome, BenchError> {
        let mut out = Outcome::default();
        let begun = self.line.ask("POST", self.submissions, &self.bid.post).await;
        let Some(mut upload) = state_in(begun.map_err(BenchError::product)?, &mut out)? else {
            return Ok(out);
        };
        let mut may_break = self.manner == Manner::Cut;
        while let Some((part, n)) = next(&upload) {
            let last = upload.parts.iter().map(|part| part.missing.len()).sum::<usize>() == 1;
            if last && self.manner == Manner::TooLate {
                // The hall closes a connection on which nothing is said.
                self.line.stream = None;
                tokio::time::sleep(until(self.deadline)?).await;
            }
            let bytes = self.slice(part, n)?;
            let path = paths::slice(upload.upload, part, n);
            if last && may_break {
                may_break = false;
                out.reconnected += 1;
                self.line.breaks("PUT", &path, &bytes).await.map_err(BenchError::product)?;
                let state = self.line.ask("GET", &paths::upload(upload.upload), &[]).await;
                let state = state_in(state.map_err(BenchError::product)?, &mut out)?;
                let lost = || BenchError::Result("an upload is gone after a cut".to_owned());
                upload = state.ok_or_else(lost)?;
                continue;
            }
            let answer = self.line.ask("PUT", &path, &bytes).await.map_err(BenchError::product)?;
            if let Some(state) = state_in(answer, &mut out)? {
                out.stored.push(self.start.elapsed());
                upload = state;
            } else if self.manner == Manner::TooLate || until(self.deadline)? == Duration::ZERO {
                break;
            } else {
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
        }
        let sent = Instant::now();
        let commit = paths::commit(upload.upload);
        let (status, body) =
            self.line.ask("POST", &commit, &[]).await.map_err(BenchError::product)?;
        if status == 200 {
            (out.waited, out.ended) = (sent.elapsed(), self.start.elapsed());
            out.receipt = Some(from_json(&body).map_err(BenchError::product)?);
        } else {
            refused(&body, &mut out)?;
        }
        Ok(out)
    }

    fn slice(&self, part: BidPart, n: u32) -> Result<Vec<u8>, BenchError> {
        let object = self.bid.objects.iter().find(|object| object.part == part);
        let range = object.and_then(|object| Some((object, object.cut.range(n)?)));
        let strange = || BenchError::Result(format!("the hall asks for slice {n} of {part}"));
        let (SealedObject { path, .. }, range) = range.ok_or_else(strange)?;
        let length = usize::try_from(range.end - range.start).map_err(BenchError::product)?;
        let mut bytes = vec![0; length];
        let read =
            std::fs::File::open(path).and_then(|file| file.read_exact_at(&mut bytes, range.start));
        read.map_err(BenchError::file(path))?;
        Ok(bytes)
    }
}

/// The state in an answer; `None` for a refusal, which is kept.
fn state_in((status, body): Answer, out: &mut Outcome) -> Result<Option<UploadAnswer>, BenchError> {
    if status >= 300 {
        refused(&body, out)?;
        return Ok(None);
    }
    let answer: UploadAnswer = from_json(&body).map_err(BenchError::product)?;
    out.upload = Some(answer.upload);
    out.progress = Some(answer.progress.clone());
    Ok(Some(answer))
}

fn next(upload: &UploadAnswer) -> Option<(BidPart, u32)> {
    let missing = |part: &kaibiao_wire::PartMissing| Some((part.part, *part.missing.first()?));
    upload.parts.iter().find_map(missing)
}

fn refused(body: &[u8], out: &mut Outcome) -> Result<(), BenchError> {
    let problem: Problem = from_json(body).map_err(BenchError::product)?;
    match problem.refusal {
        Some(refusal) => out.refusals.push(refusal),
        None => out.unsigned.push(problem.label),
    }
    Ok(())
}

/// One connection to the hall; HTTP/1.1, one request after the other.
#[derive(Debug)]
pub(super) struct Line {
    address: SocketAddr,
    stream: Option<TcpStream>,
}

impl Line {
    pub(super) const fn to(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    async fn ask(&mut self, method: &str, path: &str, body: &[u8]) -> io::Result<Answer> {
        let stream = self.stream().await?;
        stream.write_all(&head(method, path, body.len())).await?;
        // A refusal may come before the body is read; then the answer says why the rest was not.
        let sent = stream.write_all(body).await;
        match answer(stream).await {
            Ok((status, body, keep)) => {
                if !keep || sent.is_err() {
                    self.stream = None;
                }
                Ok((status, body))
            }
            Err(error) => {
                self.stream = None;
                Err(sent.err().unwrap_or(error))
            }
        }
    }

    /// Sends half of a request and goes away.
    async fn breaks(&mut self, method: &str, path: &str, body: &[u8]) -> io::Result<()> {
        let stream = self.stream().await?;
        stream.write_all(&head(method, path, body.len())).await?;
        let half = body.get(..body.len() / 2).unwrap_or_default();
        stream.write_all(half).await?;
        self.stream = None;
        Ok(())
    }

    async fn stream(&mut self) -> io::Result<&mut TcpStream> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(self.address).await?;
            stream.set_nodelay(true)?;
            self.stream = Some(stream);
        }
        self.stream.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

fn head(method: &str, path: &str, length: usize) -> Vec<u8> {
    let kind = if method == "PUT" { "application/octet-stream" } else { "application/json" };
    format!(
        "{method} {path} HTTP/1.1\r\nhost: hall\r\ncontent-type: {kind}\r\n\
         content-length: {length}\r\n\r\n"
    )
    .into_bytes()
}

/// Status, body, and whether the connection stays.
async fn answer(stream: &mut TcpStream) -> io::Result<(u16, Vec<u8>, bool)> {
    let mut bytes = Vec::new();
    let bad = || io::Error::from(io::ErrorKind::InvalidData);
    let head_len = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let head = String::from_utf8(bytes.get(..head_len).unwrap_or_default().to_vec());
    let head = head.map_err(|_| bad())?.to_ascii_lowercase();
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
    let length: usize =
        field("content-length:").and_then(|text| text.trim().parse().ok()).ok_or_else(bad)?;
    let status = head.split(' ').nth(1).and_then(|text| text.parse().ok()).ok_or_else(bad)?;
    while bytes.len() < head_len + length {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let keep = field("connection:").is_none_or(|text| text.trim() != "close");
    Ok((status, bytes.split_off(head_len), keep))
}
