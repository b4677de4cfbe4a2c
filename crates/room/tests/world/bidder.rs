//! A bidder: seals, uploads slice by slice, replaces, withdraws, and keeps every receipt.

use std::sync::Arc;

use kaibiao_journal::{Receipt, ReceiptProof};
use kaibiao_room::RoomError;
use kaibiao_store::{Refusal, StoreError, UploadId, UploadState};
use kaibiao_types::BidPart;

use crate::cast::{Sealed, Version};
use crate::dice::Dice;
use crate::hall::{Call, Reply};
use crate::net::{Gone, Net, Who};

pub(crate) struct Bidder {
    number: usize,
    /// What it will hand in, one after the other.
    plan: Vec<Version>,
    /// When it begins, ms.
    from: u64,
    /// How many versions it has receipts for.
    pub(crate) receipts: Vec<Receipt>,
    /// Receipts whose second step holds.
    proven: usize,
    upload: Option<UploadState>,
    /// It sends a slice with other bytes than it signed, once.
    slips: bool,
    /// The hall said that it is too late.
    pub(crate) late: bool,
}

impl Bidder {
    pub(crate) fn new(number: usize, dice: &mut Dice, start: u64, deadline: u64) -> Self {
        use Version::{Bid, Withdrawal};
        // Most bid once or twice: with too many withdrawals most openings would have too few bidders.
        let plans: [&[Version]; 12] = [
            &[Bid],
            &[Bid],
            &[Bid],
            &[Bid],
            &[Bid],
            &[Bid, Bid],
            &[Bid, Bid],
            &[Bid, Bid],
            &[Bid, Withdrawal, Bid],
            &[Bid, Withdrawal, Bid],
            &[Bid, Withdrawal],
            &[Bid, Bid, Withdrawal],
        ];
        let slips = dice.permille(100);
        Self {
            number,
            plan: dice.of(&plans).to_vec(),
            from: if dice.permille(50) {
                dice.between(deadline - 500, deadline + 500)
            } else {
                dice.between(start, deadline - 20_000)
            },
            receipts: Vec::new(),
            proven: 0,
            upload: None,
            slips,
            late: false,
        }
    }

    /// One call to the hall.
    pub(crate) fn step(&mut self, net: &mut Net) {
        if net.now < self.from {
            return;
        }
        if self.receipts.len() < self.plan.len() && !self.late {
            self.hand_in(net);
        } else if self.proven < self.receipts.len() {
            self.prove(net);
        }
    }

    fn version(&self, net: &Net) -> Arc<Sealed> {
        net.cast.sealed(self.number, &self.plan[..=self.receipts.len()])
    }

    fn hand_in(&mut self, net: &mut Net) {
        let sealed = self.version(net);
        let Some(upload) = self.upload.clone() else {
            match net.send(Who::Bidder(self.number), Call::Begin(sealed.submission.clone())) {
                Ok(Reply::Upload(state)) => self.upload = Some(state),
                answer => self.unanswered(answer),
            }
            return;
        };
        let missing: Vec<(&str, u32)> = upload
            .parts
            .iter()
            .flat_map(|part| part.missing.iter().map(|n| (part.part.as_str(), *n)))
            .collect();
        if missing.is_empty() {
            return self.commit(upload.upload, net);
        }
        let (part, n) = net.dice.of(&missing);
        let part = BidPart::parse(part).unwrap();
        let slice = sealed.slices.iter().find(|(name, no, _)| (*name, *no) == (part, n));
        let bytes = Arc::clone(&slice.unwrap().2);
        let bytes = if self.slips { altered(&bytes) } else { bytes };
        let call = Call::Slice { upload: upload.upload, part, n, bytes };
        match net.send(Who::Bidder(self.number), call) {
            Ok(Reply::Upload(state)) => {
                assert!(!self.slips, "bytes that were not signed were taken in");
                self.upload = Some(state);
            }
            Err(Gone::Refused(RoomError::Slice { .. })) if self.slips => self.slips = false,
            // Nobody knows what arrived: the hall is asked.
            answer => {
                self.unanswered(answer);
                let state = net.send(Who::Bidder(self.number), Call::State(upload.upload));
                if let Ok(Reply::Upload(state)) = state {
                    self.upload = Some(state);
                }
            }
        }
    }

    fn commit(&mut self, upload: UploadId, net: &mut Net) {
        match net.send(Who::Bidder(self.number), Call::Commit(upload)) {
            Ok(Reply::Receipt(done)) => {
                assert!(!self.slips, "bytes that were not signed have a receipt");
                let receipt = Receipt::parse(&done.receipt).unwrap();
                let sealed = self.version(net);
                assert_eq!(receipt.manifest_sha256, sealed.manifest.sha256());
                let (bidder, seq) = (self.number, receipt.seq);
                net.say(|| format!("bidder {bidder} has the receipt of version {seq}"));
                self.receipts.push(receipt);
                self.upload = None;
            }
            answer => self.unanswered(answer),
        }
    }

    /// The second step of the last receipt that lacks it.
    fn prove(&mut self, net: &mut Net) {
        let receipt = &self.receipts[self.proven];
        let number = serde_json::to_value(receipt.number).unwrap();
        let call = Call::Proof(number.as_str().unwrap().to_owned());
        match net.send(Who::Bidder(self.number), call) {
            Ok(Reply::Proof(proof)) => {
                let proof = ReceiptProof::parse(&proof.expect("a receipt is known")).unwrap();
                let tender = &net.cast.published.verified;
                let terms = tender.file().terms();
                let (suite, k) = (tender.record().suite(), terms.custody.threshold.k());
                let keys = (tender.log_key(), tender.cosign_keys());
                proof.verify(suite, receipt, terms.places, keys.0, keys.1, k).unwrap();
                self.proven += 1;
            }
            Err(Gone::Lost | Gone::Refused(RoomError::NotReady(_))) => {}
            other => panic!("the proof of a receipt: {other:?}"),
        }
    }

    /// No answer, or a no that may be.
    fn unanswered(&mut self, answer: Result<Reply, Gone>) {
        match answer {
            Err(Gone::Refused(RoomError::Late(_))) => self.late = true,
            // The closing head stands, by the hall's clock, and the bid was not complete; or a write
            // broke, or came after a completion whose answer was lost.
            Err(
                Gone::Lost
                | Gone::Refused(
                    RoomError::NotReady(_)
                    | RoomError::Store(
                        StoreError::NotDone { .. }
                        | StoreError::Refused(Refusal::AlreadyCompleted { .. }),
                    ),
                ),
            ) => {}
            other => panic!("bidder {}: {other:?}", self.number),
        }
    }
}

fn altered(bytes: &Arc<[u8]>) -> Arc<[u8]> {
    let mut bytes = bytes.to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    bytes.into()
}
