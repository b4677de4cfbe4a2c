//! Whose object it is: every sealed object is bound to one context and opens in no other.

use kaibiao_crypto::Suite;
use kaibiao_types::{BidSeq, Digest, LotKey, OrgCode, Part, Stage};

/// What one sealed object of one bid is bound to.
#[derive(Clone, Debug)]
pub struct BidContext<'a> {
    /// The suite of the lot.
    pub suite: &'static Suite,
    /// The lot's ceremony.
    pub ceremony_id: Digest,
    /// The tender and lot.
    pub lot: &'a LotKey,
    /// The envelope, from 1.
    pub stage: Stage,
    /// What the object holds.
    pub part: Part,
    /// The bidder.
    pub bidder: &'a OrgCode,
    /// SHA-256 of the `SubjectPublicKeyInfo` of the bidder's signing certificate.
    pub signer_spki: Digest,
    /// The bidder's own version count for the lot.
    pub seq: BidSeq,
    /// The digest of the manifest that this bid replaces; zero for the first.
    pub supersedes: Digest,
}

impl BidContext<'_> {
    /// `TH("bidctx", ceremony_id, tender, lot, u8 stage, u8 part, bidder, spki, u32 seq, supersedes)`.
    pub fn bidctx(&self) -> Digest {
        self.suite.th(
            "bidctx",
            &[
                self.ceremony_id.bytes(),
                self.lot.tender.as_str().as_bytes(),
                self.lot.lot.as_str().as_bytes(),
                &[self.stage.get()],
                &[self.part.code()],
                self.bidder.as_str().as_bytes(),
                self.signer_spki.bytes(),
                &self.seq.get().to_be_bytes(),
                self.supersedes.bytes(),
            ],
        )
    }
}

/// What the sealed base estimate (标底) of a host is bound to.
#[derive(Clone, Debug)]
pub struct EstimateContext<'a> {
    /// The suite of the lot.
    pub suite: &'static Suite,
    /// The lot's ceremony.
    pub ceremony_id: Digest,
    /// The tender and lot.
    pub lot: &'a LotKey,
    /// The host's organisation.
    pub host: &'a OrgCode,
    /// SHA-256 of the `SubjectPublicKeyInfo` of the certificate under the host's command.
    pub signer_spki: Digest,
    /// The number of the estimate in its lot, from 1.
    pub no: u32,
}

/// A suite, a ceremony and the digest of everything else an object is bound to.
///
/// It is made of a bid, a base estimate or a rehearsal and of nothing else, so that no object can be sealed to
/// an arbitrary digest.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    suite: &'static Suite,
    ceremony_id: Digest,
    bidctx: Digest,
}

impl Context {
    /// The context of one object of a bid.
    pub fn of_bid(bid: &BidContext<'_>) -> Self {
        Self { suite: bid.suite, ceremony_id: bid.ceremony_id, bidctx: bid.bidctx() }
    }

    /// The context of test object number `index` of a rehearsal: `TH("rehearsal", ceremony_id, u32 i)`.
    ///
    /// No bid can have it, because the labels differ (ruling 15).
    pub fn of_rehearsal(suite: &'static Suite, ceremony_id: Digest, index: u32) -> Self {
        let bidctx = suite.th("rehearsal", &[ceremony_id.bytes(), &index.to_be_bytes()]);
        Self { suite, ceremony_id, bidctx }
    }

    /// The context of a base estimate:
    /// `TH("estimate", ceremony_id, tender, lot, host, spki, u32 no)`.
    ///
    /// No bid can have it, because the labels differ, and no other estimate of the lot, because the
    /// numbers do.
    pub fn of_estimate(estimate: &EstimateContext<'_>) -> Self {
        let bidctx = estimate.suite.th(
            "estimate",
            &[
                estimate.ceremony_id.bytes(),
                estimate.lot.tender.as_str().as_bytes(),
                estimate.lot.lot.as_str().as_bytes(),
                estimate.host.as_str().as_bytes(),
                estimate.signer_spki.bytes(),
                &estimate.no.to_be_bytes(),
            ],
        );
        Self { suite: estimate.suite, ceremony_id: estimate.ceremony_id, bidctx }
    }

    /// The suite.
    pub const fn suite(&self) -> &'static Suite {
        self.suite
    }

    /// The ceremony.
    pub const fn ceremony_id(&self) -> &Digest {
        &self.ceremony_id
    }

    /// The digest of the context, as it stands in the header.
    pub const fn bidctx(&self) -> &Digest {
        &self.bidctx
    }
}

/// A sealed object belongs to something else than what it was handed in for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ContextError {
    /// Another bidder, stage, part, version or signing certificate of the same ceremony.
    #[error("the object was sealed for another bid, stage or part of this lot")]
    Bid,
    /// Another ceremony: another lot, or an older key of this one.
    #[error("the object was sealed to another ceremony; seal again with this lot's tender file")]
    Ceremony,
    /// Another suite than the lot's.
    #[error("the object has suite {0:#06x}, which is not the lot's")]
    Suite(u16),
}

impl ContextError {
    /// The stable label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Bid => "E_CTX",
            Self::Ceremony => "E_CEREMONY",
            Self::Suite(_) => "E_SUITE",
        }
    }
}
