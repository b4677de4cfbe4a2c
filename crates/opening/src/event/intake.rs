//! The data of the events from publication to the completed freeze, keys in the order in which they
//! are written.

use kaibiao_types::{
    BidSeq, Currency, CustodianIndex, Digest, LotKey, Millis, Money, OrgCode, Part, Party, PlaceNo,
    Stage, Threshold, TickNo, UtcMillis,
};
use serde::{Deserialize, Serialize};

use crate::sheet::SheetRules;
use crate::tender::{
    BidderWindowTerms, Bilingual, CustodyKind, Draw, Envelope, ListedStep, OutageRule,
    ReadOutField, ResultTerms, Round, Template, TenderFile, TimeSource, envelope, stages,
};

data! {
    /// No data: `{}`.
    Empty {}

    /// `lot-published`: what a reader of the log alone needs of the tender file.
    LotPublished {
        /// SHA-256 of the exact bytes of `tender.json`.
        tender_sha256: Digest,
        /// SHA-256 of the host's CMS over them.
        tender_cms_sha256: Digest,
        /// The ceremony.
        ceremony_id: Digest,
        /// SHA-256 of the exact bytes of `ceremony.json`.
        ceremony_sha256: Digest,
        /// 投标截止时间, which is the opening time.
        deadline: UtcMillis,
        /// Fewest bidders whose bids are opened.
        min_bidders: u32,
        /// The kind of tender.
        template: Template,
        /// Custodians.
        threshold: Threshold,
        /// Envelopes: those before the last, and the last.
        stage_count: u8,
        /// How long after the deadline the closing head may be cosigned.
        grace_ms: Millis,
        /// The public notice before a degraded freeze.
        notice_ms: Millis,
        /// How long the freeze waits for its quorum.
        freeze_wait_ms: Millis,
        /// 主持人's organisation.
        host: Party,
        /// 监标人's organisation.
        supervisor: Party,
        /// 招标人.
        tenderee: Party,
        /// Name of the project.
        title: Bilingual,
        /// Name of the lot.
        lot_title: Bilingual,
        /// 最高投标限价.
        ceiling: Option<Money>,
        /// The currency of all prices.
        currency: Currency,
        /// The read-out fields of the last envelope, the price first.
        fields: Vec<ReadOutField>,
        /// Whether the custodians are independent.
        custody: CustodyKind,
        /// The custodians' time source.
        time: TimeSource,
        /// Whether names or prices are invented.
        fictional: bool,
        /// Where the facts of a fixture come from.
        source: Option<String>,
        /// The draws; without any the key is left out.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        draws: Vec<Draw>,
        /// The steps; a lot that names none does not have the key.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        steps: Vec<ListedStep>,
        /// Whether the record waits until every fault that the evidence leaves open is decided; if
        /// not, the key is left out.
        #[serde(default, skip_serializing_if = "core::ops::Not::not")]
        decide_faults: bool,
        /// How long objections may still be raised once every price is read; without such a window
        /// the key is left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        objection_ms: Option<Millis>,
        /// The envelopes before the last; a lot of one envelope does not have the key.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        envelopes: Vec<Envelope>,
        /// Which round of sealed prices it is; any other lot does not have the key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        round: Option<Round>,
        /// When the deadline is postponed by itself; without this rule the key is left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outage: Option<OutageRule>,
        /// The window in which bidders unlock their own bids; without one the key is left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bidder_window: Option<BidderWindowTerms>,
        /// Whether the host seals a base estimate (标底); without one the key is left out.
        #[serde(default, skip_serializing_if = "core::ops::Not::not")]
        base_estimate: bool,
        /// The session after the evaluation in which the result is told; without one the key is left
        /// out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        result: Option<ResultTerms>,
    }

    /// `round-approved`: the supervisor approved who is invited to a round of sealed prices.
    RoundApproved {
        /// The round.
        no: u32,
        /// Who is invited, repeated: what is approved is what was read.
        invited: Vec<OrgCode>,
    }

    /// `tick`.
    Tick {
        /// Number, gapless from 0.
        no: TickNo,
        /// Root of the places.
        root: Digest,
    }

    /// `postponement-asked`.
    PostponementAsked {
        /// Number of the postponement, gapless from 1.
        no: u32,
        /// The deadline that is asked for.
        deadline: UtcMillis,
        /// Why, in the host's words.
        reason: String,
    }

    /// `deadline-postponed` and `outage-postponed`.
    DeadlinePostponed {
        /// The postponement that was asked for; after an outage the next number.
        no: u32,
        /// The deadline until now.
        from: UtcMillis,
        /// The new deadline.
        deadline: UtcMillis,
    }

    /// `time-confirmation-asked` and `time-confirmed`.
    TimeConfirmed {
        /// The opening time that has come.
        deadline: UtcMillis,
    }

    /// `intake-closed`.
    IntakeClosed {
        /// The last tick.
        tick: TickNo,
        /// Entries under the closing head.
        size: u64,
        /// Root of the closing head.
        root: Digest,
        /// C2SP cosignature lines of at least k custodians.
        cosignatures: Vec<String>,
    }

    /// `set-frozen`; its exact bytes are the freeze statement.
    SetFrozen {
        /// The freeze id that custodians sign.
        freeze_id: Digest,
        /// The round of sealed prices; 0 in a lot that is none.
        round: u32,
        /// Entries under the closing head.
        size: u64,
        /// Root of the closing head.
        root: Digest,
        /// Distinct bidders with a current bid.
        bidders: u32,
        /// Every receipted leaf in log order.
        bids: Vec<FrozenBid>,
    }

    /// One receipted leaf of the frozen set.
    FrozenBid {
        /// The bidder as in its manifest.
        bidder: Party,
        /// The bidder's own version count.
        seq: BidSeq,
        /// SHA-256 of the manifest.
        manifest_sha256: Digest,
        /// SHA-256 of the bidder's CMS over it.
        cms_sha256: Digest,
        /// The hall's clock after the last byte was durable.
        completed_at: UtcMillis,
        /// Where the commitment stands.
        place: FrozenPlace,
        /// Whether this leaf counts.
        status: BidStatus,
        /// The bidder's own manifest that superseded or withdrew this one.
        by: Option<Digest>,
        /// The sealed objects.
        objects: Vec<FrozenObject>,
    }

    /// The opened place of a bid.
    FrozenPlace {
        /// The tick.
        tick: TickNo,
        /// The place in it.
        no: PlaceNo,
        /// The 32 random bytes of the commitment, in the text form of a digest.
        salt: Digest,
    }

    /// One sealed object of a bid.
    FrozenObject {
        /// The envelope.
        stage: Stage,
        /// What it holds.
        part: Part,
        /// SHA-256 of its header.
        header_sha256: Digest,
        /// Its length in bytes.
        file_len: u64,
        /// Root of its ciphertext.
        ct_root: Digest,
    }

    /// `freeze-signed`.
    FreezeSigned {
        /// Who signed.
        custodian: CustodianIndex,
        /// What was signed.
        freeze_id: Digest,
        /// The CMS, DER in base64.
        cms: String,
    }

    /// `freeze-degraded`.
    FreezeDegraded {
        /// The custodians that did not sign, ascending.
        absent: Vec<CustodianIndex>,
        /// The end of the public notice.
        notice_until: UtcMillis,
    }

    /// `freeze-completed`.
    FreezeCompleted {
        /// The custodians that signed, ascending.
        signers: Vec<CustodianIndex>,
        /// Whether fewer than the quorum signed.
        degraded: bool,
    }

    /// `too-few-bidders`.
    TooFewBidders {
        /// Distinct bidders with a current bid.
        bidders: u32,
        /// Fewest bidders of the tender.
        min: u32,
    }
}

/// Whether a receipted leaf counts (ruling 10).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BidStatus {
    /// The bid that is opened.
    Current,
    /// Replaced by a later bid of the same bidder.
    Superseded,
    /// Withdrawn (撤回) by the bidder before the deadline.
    Withdrawn,
}

impl LotPublished {
    /// The first entry of the log of a signed tender file.
    ///
    /// `tender_sha256` is over the exact bytes of `tender.json`, `tender_cms_sha256` over the host's
    /// CMS.
    pub fn new(tender: &TenderFile, tender_sha256: Digest, tender_cms_sha256: Digest) -> Self {
        let terms = tender.terms().clone();
        let ceremony = &tender.announced().ceremony;
        Self {
            tender_sha256,
            tender_cms_sha256,
            ceremony_id: ceremony.id,
            ceremony_sha256: ceremony.sha256,
            deadline: terms.deadline,
            min_bidders: terms.min_bidders,
            template: terms.template,
            threshold: terms.custody.threshold,
            stage_count: stages(&terms.envelopes).last().map_or(1, Stage::get),
            grace_ms: terms.grace_ms,
            notice_ms: terms.notice_ms,
            freeze_wait_ms: terms.freeze_wait_ms,
            host: terms.host,
            supervisor: terms.supervisor,
            tenderee: terms.tenderee,
            title: terms.title,
            lot_title: terms.lot_title,
            ceiling: terms.ceiling,
            currency: terms.currency,
            fields: terms.fields,
            custody: terms.custody.custody,
            time: terms.custody.time.clone(),
            fictional: terms.fictional,
            source: terms.source,
            draws: terms.draws,
            steps: terms.steps,
            decide_faults: terms.decide_faults,
            objection_ms: terms.objection_ms,
            envelopes: terms.envelopes,
            round: terms.round,
            outage: terms.outage,
            bidder_window: terms.bidder_window,
            base_estimate: terms.base_estimate,
            result: terms.result,
        }
    }

    /// Whether this entry says what the tender file says; the digests are compared by whoever has
    /// the bytes.
    pub fn matches(&self, tender: &TenderFile) -> bool {
        *self == Self::new(tender, self.tender_sha256, self.tender_cms_sha256)
    }

    /// What the sheet of one envelope of this lot must hold.
    pub fn sheet_rules<'a>(&'a self, lot: &'a LotKey, stage: Stage) -> SheetRules<'a> {
        SheetRules {
            tender: &lot.tender,
            lot: &lot.lot,
            currency: self.currency,
            fields: self.fields_of(stage),
        }
    }

    /// Whether bids name prices, in their last envelope.
    pub const fn names_prices(&self) -> bool {
        self.template.names_prices(self.round.is_some())
    }

    /// The number of the round of sealed prices; 0 for a lot that is none.
    pub fn round_no(&self) -> u32 {
        self.round.as_ref().map_or(0, |round| round.no)
    }

    /// Whether an organisation may bid: everybody, or whoever is invited.
    pub fn may_bid(&self, code: &OrgCode) -> bool {
        self.round.as_ref().is_none_or(|round| round.invites(code))
    }

    /// The read-out fields of one envelope.
    pub fn fields_of(&self, stage: Stage) -> &[ReadOutField] {
        envelope(&self.envelopes, stage).map_or(&self.fields, |envelope| &envelope.fields)
    }

    /// The steps of one envelope, as the tender file lists them.
    pub(crate) fn steps_of(&self, stage: Stage) -> &[ListedStep] {
        envelope(&self.envelopes, stage).map_or(&self.steps, |envelope| &envelope.steps)
    }

    /// The envelopes of a bid, from 1.
    pub fn stages(&self) -> impl Iterator<Item = Stage> + use<> {
        stages(&self.envelopes)
    }

    /// The envelope after this one, if there is one.
    pub fn stage_after(&self, stage: Stage) -> Option<Stage> {
        self.stages().find(|next| *next > stage)
    }
}

impl FrozenBid {
    /// The object of one part of one envelope, if the bid has it.
    pub fn object(&self, stage: Stage, part: Part) -> Option<&FrozenObject> {
        self.objects.iter().find(|object| (object.stage, object.part) == (stage, part))
    }
}
