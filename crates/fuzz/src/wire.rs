//! Bodies and frames between programs.

use kaibiao_wire::{
    BoardAnswer, BoardPost, ChallengeAnswer, CommandPost, CosignaturePost, DestructionPost,
    DraftAnswer, DrawPartialBody, Frame, FreezeSignaturePost, FrozenAnswer, JournalPost, LoginPost,
    LoginStatement, LotList, LotsPost, OutagePost, PartialsBody, PrivateText, Problem, PublishPost,
    ReceiptAnswer, RefusalBody, RehearsalPost, SessionAnswer, SignedBody, SubmissionPost,
    TenderAnswer, TimeAnswer, UploadAnswer, WitnessPost, from_json, to_json,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::scene::SCENE;

/// Every message that a hall or a client may get: what is read writes a text that reads again.
pub(crate) fn message(data: &[u8]) {
    same::<BoardAnswer>(data);
    same::<BoardPost>(data);
    same::<ChallengeAnswer>(data);
    same::<CosignaturePost>(data);
    same::<DestructionPost>(data);
    same::<DraftAnswer>(data);
    same::<DrawPartialBody>(data);
    same::<FreezeSignaturePost>(data);
    same::<FrozenAnswer>(data);
    same::<JournalPost>(data);
    same::<LoginPost>(data);
    same::<LoginStatement>(data);
    same::<LotList>(data);
    same::<LotsPost>(data);
    same::<OutagePost>(data);
    same::<PartialsBody>(data);
    same::<Problem>(data);
    same::<PublishPost>(data);
    same::<ReceiptAnswer>(data);
    same::<RefusalBody>(data);
    same::<RehearsalPost>(data);
    same::<SessionAnswer>(data);
    same::<PrivateText>(data);
    same::<SignedBody>(data);
    same::<CommandPost>(data);
    same::<SubmissionPost>(data);
    same::<TenderAnswer>(data);
    same::<TimeAnswer>(data);
    same::<UploadAnswer>(data);
    same::<WitnessPost>(data);
    if let Ok(text) = std::str::from_utf8(data) {
        drop(Frame::parse(text));
    }
}

fn same<T: Serialize + DeserializeOwned>(data: &[u8]) {
    let Ok(message) = from_json::<T>(data) else { return };
    let written = to_json(&message);
    let again = written.as_ref().map(|bytes| from_json::<T>(bytes).and_then(|m| to_json(&m)));
    assert!(matches!((&written, &again), (Ok(one), Ok(Ok(two))) if one == two));
}

/// An answer to a draw.
const DRAW_PARTIAL: &str = r#"{"v":1,"kind":"draw-partial","tender":"T","lot":"1","custodian":1,"no":1,"freeze_id":"0505050505050505050505050505050505050505050505050505050505050500","d":"02","c":"0c","z":"0d"}"#;

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let scenario = &SCENE.scenario;
    let lines = scenario.log.entries().iter().take(40).map(|entry| entry.line().to_vec());
    let others = [
        r#"{"t":"hello","v":1,"lot":{"tender":"T","lot":"1"},"head":3,"now":1}"#,
        r#"{"t":"live","head":3}"#,
        r#"{"t":"hb","head":3,"now":1}"#,
        r#"{"now":1800000000000}"#,
        r#"{"body_b64":"e30=","cms_b64":"MAA="}"#,
        r#"{"custodian":1,"size":4,"line":"x"}"#,
        DRAW_PARTIAL,
    ];
    lines.chain(others.map(|text| text.as_bytes().to_vec())).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_notice_of_the_room_is_among_the_seeds() {
        let seeds = seeds();
        let frames: Vec<Frame<'_>> = seeds
            .iter()
            .filter_map(|seed| Frame::parse(std::str::from_utf8(seed).unwrap()).ok())
            .collect();
        assert!(frames.iter().any(|frame| matches!(frame, Frame::Hello(_))));
        assert!(frames.iter().any(|frame| matches!(frame, Frame::Live(_))));
        assert!(frames.iter().any(|frame| matches!(frame, Frame::Heartbeat(_))));
    }
}
