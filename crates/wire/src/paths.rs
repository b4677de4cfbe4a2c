//! The paths of the HTTP interface, for the server (patterns) and for clients (functions).
//!
//! Ids have only letters, digits, `.`, `_` and `-`, and begin with a letter or digit; so they need
//! no escaping and cannot climb out of their place.

use kaibiao_types::LotKey;

use crate::RandomId;

/// The prefix of all paths.
pub const PREFIX: &str = "/api/v1";

macro_rules! lot_paths {
    ($($(#[$doc:meta])* $name:ident $pattern:ident $tail:literal;)*) => {
        $(
            $(#[$doc])*
            pub const $pattern: &str = concat!("/api/v1/lots/{tender}/{lot}", $tail);

            $(#[$doc])*
            #[must_use]
            pub fn $name(lot: &LotKey) -> String {
                format!("/api/v1/lots/{}/{}{}", lot.tender, lot.lot, $tail)
            }
        )*

        #[cfg(test)]
        const LOT_PATHS: &[(&str, fn(&LotKey) -> String)] = &[$(($pattern, $name)),*];
    };
}

/// `GET`: the clock of the hall.
pub const TIME: &str = "/api/v1/time";
/// `GET`: the description of this interface (`OpenAPI`).
pub const DESCRIPTION: &str = "/api/v1/openapi.json";
/// `GET`: list of lots; `POST`: a draft, which starts the ceremony.
pub const LOTS: &str = "/api/v1/lots";
/// `GET`: the openings of a day.
pub const OPENINGS: &str = "/api/v1/openings";

lot_paths! {
    /// `GET`: status of a lot.
    lot LOT "";
    /// `GET`: the signed draft.
    draft DRAFT "/draft";
    /// `GET`, `POST`: bulletin board of the ceremony.
    board BOARD "/board";
    /// `POST`: the host's test object for a rehearsal.
    rehearsals REHEARSALS "/rehearsals";
    /// `GET`: the ceremony record, once complete.
    ceremony CEREMONY "/ceremony";
    /// `POST`: the signed tender file.
    publish PUBLISH "/publish";
    /// `GET`: the published tender file with all that is needed to seal.
    tender TENDER "/tender";
    /// `POST`: begins a submission.
    submissions SUBMISSIONS "/submissions";
    /// `GET`: the opening log, one JSON object per line.
    log LOG "/log";
    /// `GET`: the newest checkpoint.
    checkpoint CHECKPOINT "/checkpoint";
    /// `GET`: the live room (WebSocket).
    room ROOM "/room";
    /// `GET`: manifests, signatures and headers of the frozen bids.
    frozen FROZEN "/frozen";
    /// `POST`: a custodian's cosignature of a checkpoint.
    cosignatures COSIGNATURES "/cosignatures";
    /// `POST`: a witness's cosignature of a checkpoint.
    witness_cosignatures WITNESS_COSIGNATURES "/witness-cosignatures";
    /// `POST`: a custodian's attestation of an outage.
    outages OUTAGES "/outages";
    /// `POST`: a custodian's signature of the freeze.
    freeze_signatures FREEZE_SIGNATURES "/freeze-signatures";
    /// `POST`: a custodian's partial decryptions.
    partials PARTIALS "/partials";
    /// `POST`: a custodian's answer to a draw.
    draw_partials DRAW_PARTIALS "/draw-partials";
    /// `POST`: a custodian's signed journal.
    journals JOURNALS "/journals";
    /// `POST`: a custodian's statement that its share is destroyed.
    destructions DESTRUCTIONS "/destructions";
    /// `POST`: a custodian's refusal.
    refusals REFUSALS "/refusals";
    /// `POST`: a signed command of host, supervisor or bidder.
    commands COMMANDS "/commands";
    /// `POST`: a fresh statement to sign.
    login_challenge LOGIN_CHALLENGE "/login/challenge";
    /// `POST`: the signed statement; begins a session.
    login LOGIN "/login";
    /// `GET`: whose session this is.
    me ME "/me";
    /// `POST`: ends the session.
    logout LOGOUT "/logout";
    /// `GET`: the opening record.
    record RECORD "/record";
    /// `GET`: the evidence package.
    evidence EVIDENCE "/evidence";
}

/// `GET`: step two of a receipt.
pub const RECEIPT: &str = "/api/v1/lots/{tender}/{lot}/receipts/{number}";

/// `GET`: step two of a receipt.
#[must_use]
pub fn receipt(lot: &LotKey, number: RandomId) -> String {
    format!("{PREFIX}/lots/{}/{}/receipts/{number}", lot.tender, lot.lot)
}

/// `GET`: the text of the private message at an index of the log, for those who may read it.
pub const PRIVATE: &str = "/api/v1/lots/{tender}/{lot}/private/{index}";

/// `GET`: the text of the private message at an index of the log, for those who may read it.
#[must_use]
pub fn private(lot: &LotKey, index: u64) -> String {
    format!("{PREFIX}/lots/{}/{}/private/{index}", lot.tender, lot.lot)
}

/// `GET`: how far an upload is.
pub const UPLOAD: &str = "/api/v1/uploads/{upload}";

/// `GET`: how far an upload is.
#[must_use]
pub fn upload(upload: RandomId) -> String {
    format!("{PREFIX}/uploads/{upload}")
}

/// `PUT`: slice `n` (from 0) of a part, raw bytes.
pub const SLICE: &str = "/api/v1/uploads/{upload}/{part}/{n}";

/// `PUT`: slice `n` (from 0) of a part, raw bytes.
#[must_use]
pub fn slice(upload: RandomId, part: kaibiao_types::BidPart, n: u32) -> String {
    format!("{PREFIX}/uploads/{upload}/{part}/{n}")
}

/// `POST`: completes an upload; the answer is the receipt.
pub const COMMIT: &str = "/api/v1/uploads/{upload}/commit";

/// `POST`: completes an upload; the answer is the receipt.
#[must_use]
pub fn commit(upload: RandomId) -> String {
    format!("{PREFIX}/uploads/{upload}/commit")
}

/// A path of [`board`], [`log`] or [`room`] from index `since` on.
#[must_use]
pub fn since(path: &str, since: u64) -> String {
    format!("{path}?since={since}")
}

#[cfg(test)]
mod tests {
    use kaibiao_types::{BidPart, LotId, Part, Stage, TenderId};

    use super::*;

    fn filled(pattern: &str) -> String {
        let id = "0a".repeat(16);
        [
            ("{tender}", "T-1"),
            ("{lot}", "L.2"),
            ("{part}", "price"),
            ("{n}", "7"),
            ("{index}", "41"),
        ]
        .into_iter()
        .chain([("{upload}", id.as_str()), ("{number}", id.as_str())])
        .fold(pattern.to_owned(), |path, (name, value)| path.replace(name, value))
    }

    #[test]
    fn functions_fit_their_patterns() {
        let lot =
            LotKey { tender: TenderId::parse("T-1").unwrap(), lot: LotId::parse("L.2").unwrap() };
        let id = RandomId::new([10; 16]);
        for (pattern, path) in LOT_PATHS {
            assert_eq!(path(&lot), filled(pattern));
        }
        assert_eq!(receipt(&lot, id), filled(RECEIPT));
        assert_eq!(private(&lot, 41), filled(PRIVATE));
        assert_eq!(upload(id), filled(UPLOAD));
        let price = BidPart { stage: Stage::FIRST, part: Part::Price };
        assert_eq!(slice(id, price, 7), filled(SLICE));
        assert_eq!(commit(id), filled(COMMIT));
        assert_eq!(since(&log(&lot), 3), "/api/v1/lots/T-1/L.2/log?since=3");
        assert!(TIME.starts_with(PREFIX) && LOTS.starts_with(PREFIX));
    }

    #[test]
    fn every_path_is_another_one() {
        let mut all: Vec<&str> = LOT_PATHS.iter().map(|(pattern, _)| *pattern).collect();
        all.extend([TIME, DESCRIPTION, LOTS, OPENINGS, RECEIPT, PRIVATE, UPLOAD, SLICE, COMMIT]);
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
