#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;

use super::*;

const LIMIT: usize = 1_024;
const MASK: [u8; 4] = [0x11, 0xa2, 0x33, 0xf4];

/// A frame as a client sends it.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        len @ ..=125 => frame.push(0x80 | u8::try_from(len).unwrap()),
        len @ ..=0xffff => {
            frame.push(0x80 | 0x7e);
            frame.extend_from_slice(&u16::try_from(len).unwrap().to_be_bytes());
        }
        len => {
            frame.push(0x80 | 0x7f);
            frame.extend_from_slice(&u64::try_from(len).unwrap().to_be_bytes());
        }
    }
    frame.extend_from_slice(&MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

fn read(bytes: &[u8]) -> Result<Vec<Received>, CloseCode> {
    let mut all = Vec::new();
    Inbound::new(LIMIT).read(bytes, &mut all).map_err(|violation| violation.0).map(|()| all)
}

/// Reads parts one after the other.
fn read_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<Received> {
    let (mut inbound, mut all) = (Inbound::new(LIMIT), Vec::new());
    parts.into_iter().for_each(|part| inbound.read(part, &mut all).unwrap());
    all
}

fn text(text: &str) -> Received {
    Received::Text(text.to_owned())
}

#[test]
fn messages_and_notices_are_read() {
    let bytes = [
        frame(0x81, "标书".as_bytes()),
        frame(0x82, &[1; 300]),
        frame(0x01, b"in "),
        frame(0x89, b"?"),
        frame(0x00, b"three "),
        frame(0x80, b"parts"),
        frame(0x8a, b"!"),
        frame(0x81, b""),
        frame(0x88, &[3, 232]),
        frame(0x81, b"after the close"),
    ]
    .concat();
    let expected = [
        text("标书"),
        Received::Binary(vec![1; 300]),
        Received::Ping(b"?".to_vec()),
        text("in three parts"),
        Received::Pong,
        text(""),
        Received::Close(Some(1000)),
    ];
    assert_eq!(read(&bytes).unwrap(), expected);
    // Byte by byte it is the same.
    let single = read_parts(bytes.chunks(1));
    assert_eq!(single, expected);
    assert_eq!(read(&frame(0x88, b"")), Ok(vec![Received::Close(None)]));
    assert_eq!(read(&frame(0x88, b"\x0f\xa1bye")), Ok(vec![Received::Close(Some(4001))]));
}

#[test]
fn what_breaks_the_protocol_is_told_by_its_code() {
    let unmasked = [0x81, 1, b'a'];
    let long_way = [&[0x81, 0x80 | 0x7e, 0, 5][..], &MASK, &[0; 5]].concat();
    let longer_way = [&[0x81, 0x80 | 0x7f, 0, 0, 0, 0, 0, 0, 0xff, 0xff][..], &MASK].concat();
    let negative = [&[0x81, 0x80 | 0x7f, 0x80, 0, 0, 0, 0, 0, 0, 0][..], &MASK].concat();
    let huge = [&[0x82, 0x80 | 0x7f, 0x7f, 0, 0, 0, 0, 0, 0, 0][..], &MASK].concat();
    let big = [frame(0x02, &[0; LIMIT]), frame(0x80, &[0])].concat();
    let twice = [frame(0x01, b"a"), frame(0x81, b"b")].concat();
    for (bytes, code) in [
        (frame(0xc1, b"a"), CloseCode::Protocol),
        (frame(0xa1, b"a"), CloseCode::Protocol),
        (frame(0x91, b"a"), CloseCode::Protocol),
        (frame(0x83, b""), CloseCode::Protocol),
        (frame(0x87, b""), CloseCode::Protocol),
        (frame(0x8b, b""), CloseCode::Protocol),
        (frame(0x8f, b""), CloseCode::Protocol),
        (frame(0x80, b"goes on with nothing"), CloseCode::Protocol),
        (frame(0x09, b"a ping in parts"), CloseCode::Protocol),
        (frame(0x89, &[0; 126]), CloseCode::Protocol),
        (frame(0x88, &[3]), CloseCode::Protocol),
        (frame(0x88, &999_u16.to_be_bytes()), CloseCode::Protocol),
        (frame(0x88, &1005_u16.to_be_bytes()), CloseCode::Protocol),
        (frame(0x88, &1006_u16.to_be_bytes()), CloseCode::Protocol),
        (frame(0x88, &1015_u16.to_be_bytes()), CloseCode::Protocol),
        (frame(0x88, &2999_u16.to_be_bytes()), CloseCode::Protocol),
        (frame(0x88, &5000_u16.to_be_bytes()), CloseCode::Protocol),
        (frame(0x88, &[3, 232, 0xff]), CloseCode::NotText),
        (frame(0x81, &[0xce, 0xba, 0xe1]), CloseCode::NotText),
        (frame(0x81, &[0xed, 0xa0, 0x80]), CloseCode::NotText),
        (frame(0x01, &[0xf4, 0x90]), CloseCode::NotText),
        (frame(0x82, &[0; LIMIT + 1]), CloseCode::TooBig),
        (unmasked.to_vec(), CloseCode::Protocol),
        (long_way, CloseCode::Protocol),
        (longer_way, CloseCode::Protocol),
        (negative, CloseCode::Protocol),
        (huge, CloseCode::TooBig),
        (big, CloseCode::TooBig),
        (twice, CloseCode::Protocol),
    ] {
        assert_eq!(read(&bytes), Err(code), "{bytes:02x?}");
    }
}

/// What came whole before the peer broke the protocol counts.
#[test]
fn whole_messages_come_before_a_violation() {
    let bytes =
        [frame(0x81, b"a"), frame(0x89, b"b"), frame(0x80, b"c"), frame(0x81, b"d")].concat();
    let (mut inbound, mut all) = (Inbound::new(LIMIT), Vec::new());
    assert_eq!(inbound.read(&bytes, &mut all), Err(PROTOCOL));
    assert_eq!(all, [text("a"), Received::Ping(b"b".to_vec())]);
}

/// Too much is refused when it is announced, not when it has come.
#[test]
fn nothing_is_kept_of_what_is_too_long() {
    let whole = frame(0x82, &[0; LIMIT + 1]);
    assert_eq!(read(&whole[..8]), Err(CloseCode::TooBig));
    assert_eq!(read(&frame(0x82, &[0; LIMIT])), Ok(vec![Received::Binary(vec![0; LIMIT])]));
}

proptest! {
    #[test]
    fn splits_do_not_matter(
        messages in prop::collection::vec((any::<bool>(), ".{0,40}"), 1..6),
        cut in 1_usize..40,
    ) {
        let bytes: Vec<u8> = messages
            .iter()
            .flat_map(|(is_text, words)| frame(if *is_text { 0x81 } else { 0x82 }, words.as_bytes()))
            .collect();
        let read = read_parts(bytes.chunks(cut));
        let expected: Vec<_> = messages
            .into_iter()
            .map(|(is_text, words)| {
                if is_text { Received::Text(words) } else { Received::Binary(words.into_bytes()) }
            })
            .collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn garbage_never_panics_and_keeps_little(bytes in prop::collection::vec(any::<u8>(), 0..4_096)) {
        let mut inbound = Inbound::new(LIMIT);
        for part in bytes.chunks(97) {
            if inbound.read(part, &mut Vec::new()).is_err() {
                break;
            }
            let kept = inbound.message.as_ref().map_or(0, |message| message.bytes.len());
            prop_assert!(kept <= LIMIT && inbound.control.len() <= 125 && inbound.head.len() <= 14);
        }
    }
}
