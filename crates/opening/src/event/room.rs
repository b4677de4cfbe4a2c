//! The data of the events from sign-in to the end, keys in the order in which they are written.

use std::collections::BTreeMap;

use kaibiao_types::{
    CustodianIndex, Digest, Fault, JournalMoment, Millis, Money, OrgCode, Part, Party, Role, Stage,
};
use serde::{Deserialize, Serialize};

use super::{Agent, PublishedEstimate};
use crate::actor::Actor;

data! {
    /// `signed-in`.
    SignedIn {
        /// The bidder.
        bidder: Party,
        /// Who acts for it; the key is left out of a sign-in that does not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<Agent>,
    }

    /// `bidders-published`.
    BiddersPublished {
        /// The bidders in log order.
        bidders: Vec<Party>,
    }

    /// `seals-checked`.
    SealsChecked {
        /// One result for each object of each current bid, in log order.
        results: Vec<SealResult>,
    }

    /// Whether one object is what its receipt says.
    SealResult {
        /// The bidder.
        bidder: OrgCode,
        /// The envelope; the key is left out in a lot of one envelope.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stage: Option<Stage>,
        /// The part.
        part: Part,
        /// Digest, signature, receipt and proof are right.
        sealed: bool,
        /// What is wrong, when not sealed.
        label: Option<String>,
    }

    /// `unsealing-started`.
    UnsealingStarted {
        /// The envelope.
        stage: Stage,
        /// The part.
        part: Part,
    }

    /// `partials-received`.
    PartialsReceived {
        /// Who released.
        custodian: CustodianIndex,
        /// The envelope.
        stage: Stage,
        /// The part.
        part: Part,
        /// The freeze they are bound to.
        freeze_id: Digest,
        /// SHA-256 of the custodian's exact message.
        sha256: Digest,
        /// How many partial decryptions it holds.
        count: u32,
        /// The partials of the price part; `null` for documents (ruling 23).
        partials: Option<Vec<Partial>>,
        /// The partials of the escrows of bids that their bidders did not unlock, in the order of
        /// `partials`; without any the key is left out.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        escrow: Vec<Partial>,
    }

    /// One partial decryption with its proof.
    Partial {
        /// The bid; of the base estimate SHA-256 of its sealed object.
        manifest_sha256: Digest,
        /// The point, 66 hexadecimal digits.
        d: String,
        /// The proof's challenge, 64 hexadecimal digits.
        c: String,
        /// The proof's answer, 64 hexadecimal digits.
        z: String,
    }

    /// `custodian-refused`.
    CustodianRefused {
        /// Who refused.
        custodian: CustodianIndex,
        /// Stable label of the reason.
        label: String,
        /// The reason in words.
        detail: String,
        /// The draw that it does not answer; the key is left out of any other refusal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        draw: Option<u32>,
    }

    /// `prices-published`.
    PricesPublished {
        /// Every current bid in log order.
        bids: Vec<PublishedBid>,
        /// The base estimate; without one the key is left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        estimate: Option<PublishedEstimate>,
    }

    /// The outcome of one bid's price part.
    PublishedBid {
        /// The bidder.
        bidder: Party,
        /// The bid.
        manifest_sha256: Digest,
        /// How it went.
        verdict: Verdict,
        /// What went wrong, unless opened.
        label: Option<String>,
        /// Whose fault, when not opened.
        fault: Option<Fault>,
        /// SHA-256 of the sheet.
        sheet_sha256: Option<Digest>,
        /// The exact bytes of the sheet.
        sheet_b64: Option<String>,
        /// 投标报价.
        total: Option<Money>,
        /// The other read-out fields.
        fields: Option<BTreeMap<String, String>>,
        /// Whether the price is above the ceiling.
        over_ceiling: bool,
        /// The rates above their own ceilings, by key in the order of the tender file; without any the
        /// key is left out.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        rates_over_ceiling: Vec<String>,
        /// The other members of the consortium; the key is left out of any other bid.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        consortium: Vec<Party>,
    }

    /// `documents-opened`.
    DocumentsOpened {
        /// Every current bid that has documents, in log order.
        bids: Vec<OpenedDocument>,
    }

    /// The outcome of one bid's documents.
    OpenedDocument {
        /// The bidder.
        bidder: OrgCode,
        /// The bid.
        manifest_sha256: Digest,
        /// How it went; `bad-format` does not occur.
        verdict: Verdict,
        /// What went wrong.
        label: Option<String>,
        /// Whose fault.
        fault: Option<Fault>,
        /// SHA-256 of the plaintext.
        plain_sha256: Option<Digest>,
        /// Length of the plaintext in bytes.
        plain_len: Option<u64>,
    }

    /// `price-read`.
    PriceRead {
        /// Which reading it is, from 1.
        position: u32,
        /// The bidder.
        bidder: Party,
        /// 投标报价; an envelope without a price does not have the key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        total: Option<Money>,
        /// 大写; left out with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        capital: Option<String>,
        /// The sentence in Chinese.
        zh: String,
        /// The sentence in English.
        en: String,
        /// How long the reading takes.
        duration_ms: Millis,
    }

    /// `price-confirmed`.
    PriceConfirmed {
        /// The bidder.
        bidder: OrgCode,
    }

    /// `objection-raised`.
    ObjectionRaised {
        /// Number, gapless from 1.
        no: u32,
        /// Who objected.
        bidder: OrgCode,
        /// The objection.
        text: String,
    }

    /// `objection-answered`.
    ObjectionAnswered {
        /// The objection.
        no: u32,
        /// The answer.
        text: String,
    }

    /// `record-generated`.
    RecordGenerated {
        /// SHA-256 of the exact bytes of `record.json`.
        sha256: Digest,
    }

    /// `record-signed`.
    RecordSigned {
        /// Who signed.
        party: Party,
        /// In which role.
        role: Role,
        /// What was signed.
        record_sha256: Digest,
        /// The CMS, DER in base64.
        cms: String,
    }

    /// `journal-signed`.
    JournalSigned {
        /// Whose journal it is.
        custodian: CustodianIndex,
        /// When it was signed: at the freeze, or at the end.
        moment: JournalMoment,
        /// The bytes that the signature covers, from the first on.
        length: u64,
        /// SHA-256 of these bytes.
        sha256: Digest,
        /// The custodian's CMS over the statement, DER in base64.
        cms: String,
    }

    /// `key-destroyed`.
    KeyDestroyed {
        /// Who destroyed its share.
        custodian: CustodianIndex,
        /// The custodian's CMS over the statement of destruction, DER in base64.
        cms: String,
    }

    /// `refused`.
    Refused {
        /// Who sent the command.
        actor: Actor,
        /// The kind of command.
        command: String,
        /// Stable label of the reason.
        label: String,
        /// The reason in Chinese.
        zh: String,
        /// The reason in English.
        en: String,
        /// The article of law, where one speaks.
        article: Option<String>,
    }
}

/// How the unsealing of one part went.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It opened, yet it is not a price sheet of this lot (ruling 21): shown, not revoked.
    BadFormat,
    /// It did not open.
    NotOpened,
    /// It opened.
    Opened,
}
