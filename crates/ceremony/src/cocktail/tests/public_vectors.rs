//! The public vectors of COCKTAIL-DKG, byte for byte.

use kaibiao_crypto::SUITE_1;
use serde_json::Value;

use super::super::*;
use crate::testing::unhex;

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}

/// The shared folder of foreign suites; absence is printed, and a failure in CI.
fn suite_file(name: &str) -> Option<Value> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let root = std::env::var("KAIBIAO_SHARED").unwrap_or_else(|_| default.to_owned());
    let Ok(bytes) = std::fs::read(format!("{root}/suites/{name}")) else {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{name} is needed in CI");
        // Past the test harness, which keeps what is printed by a test that passes.
        let notice = format!("SKIPPED: {name} is not there\n");
        std::io::Write::write_all(&mut std::io::stderr(), notice.as_bytes()).unwrap();
        return None;
    };
    Some(serde_json::from_slice(&bytes).unwrap())
}

/// The coefficients of one participant's polynomial: the constant term is in the vectors' nonce
/// input, the others follow from the decrypted shares by solving for them.
#[test]
fn public_vectors_byte_for_byte() {
    let Some(file) = suite_file("cocktail-dkg-p256-sha256.json") else { return };
    let vectors = file["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 4);
    for vector in vectors {
        check_vector(vector);
    }
}

fn check_vector(vector: &Value) {
    let number = |key: &str| u16::try_from(vector[key].as_u64().unwrap()).unwrap();
    let (n, t) = (number("n"), number("t"));
    // 7 of 14 breaks 2k > n, which is our rule and not the specification's: the arithmetic is the same.
    let hex_list = |value: &Value| -> Vec<Vec<u8>> {
        value.as_array().unwrap().iter().map(|v| unhex(v.as_str().unwrap())).collect()
    };
    let statics: Vec<Point> = hex_list(&vector["config"]["static_public_keys"])
        .iter()
        .map(|p| SUITE_1.point(p).unwrap())
        .collect();
    let keys: Vec<StaticKey> = hex_list(&vector["config"]["static_secret_keys"])
        .iter()
        .map(|k| StaticKey::from_bytes(k).unwrap())
        .collect();
    let extension = unhex(text(vector, "extension"));
    let session = Session {
        k: t,
        ..Session::new(
            &SUITE_1,
            &unhex(text(vector, "session_tag")),
            Threshold::new(n, n).unwrap(),
            statics,
            extension,
        )
        .unwrap()
    };
    assert_eq!(session.context.bytes().as_slice(), unhex(text(vector, "context")));

    let messages: Vec<Vec<u8>> =
        vector["round1"].as_array().unwrap().iter().map(message_of).collect();
    for (index, message) in indexes().zip(&messages) {
        let parsed = session.read_round1(index, message).unwrap();
        check_round1(
            &session,
            &keys,
            index,
            &parsed,
            &vector["round1"][usize::from(index.get()) - 1],
        );
    }

    let mut signatures = Vec::new();
    for (index, key) in indexes().zip(&keys) {
        let outcome = session.round2(index, key, &messages).unwrap();
        let expected = &vector["round2"][usize::from(index.get()) - 1];
        assert_eq!(
            outcome.share.secret.danger_bytes().as_slice(),
            unhex(text(expected, "secret_share"))
        );
        let own = outcome.public_shares[usize::from(index.get()) - 1];
        assert_eq!(own.bytes().as_slice(), unhex(text(expected, "verification_share")));
        assert_eq!(outcome.key.bytes().as_slice(), unhex(text(vector, "group_public_key")));
        let digest = SUITE_1.hash(&outcome.transcript);
        assert_eq!(digest.bytes().as_slice(), unhex(text(&vector["round3"], "transcript_hash")));
        let signature = &vector["round3"]["signatures"][usize::from(index.get()) - 1];
        assert_eq!(outcome.signature.0.as_slice(), unhex(text(signature, "signature")));
        signatures.push(outcome.signature);
        if index.get() == n {
            session.check_certificate(&outcome.transcript, &signatures).unwrap();
        }
    }
    check_recovery(&session, &keys, &messages, &vector["recovery"]);
}

/// The recovery part of a vector, which only those of 2 of 3 have: the share of one participant from
/// its static key and the ciphertexts addressed to it.
fn check_recovery(session: &Session, keys: &[StaticKey], messages: &[Vec<u8>], vector: &Value) {
    if vector.is_null() {
        assert_ne!((session.n, session.k), (3, 2));
        return;
    }
    let number = u16::try_from(vector["participant_id"].as_u64().unwrap()).unwrap();
    let seat = usize::from(number) - 1;
    let bundle = vector["ciphertexts"].as_array().unwrap();
    assert_eq!(bundle.len(), messages.len());
    for ((sender, message), sealed) in indexes().zip(messages).zip(bundle) {
        let parsed = session.read_round1(sender, message).unwrap();
        assert_eq!(parsed.shares[seat], unhex(sealed.as_str().unwrap()));
    }
    let share = session.recover(crate::testing::index(number), &keys[seat], messages).unwrap();
    assert_eq!(
        share.secret.danger_bytes().as_slice(),
        unhex(text(vector, "recovered_secret_share"))
    );
    let public = share.public().bytes();
    assert_eq!(public.as_slice(), unhex(text(vector, "recovered_verification_share")));
}

fn message_of(round1: &Value) -> Vec<u8> {
    let mut out: Vec<u8> = round1["vss_commitment"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|p| unhex(p.as_str().unwrap()))
        .collect();
    out.extend(unhex(text(round1, "pop")));
    out.extend(unhex(text(round1, "ephemeral_public_key")));
    for share in round1["encrypted_shares"].as_array().unwrap() {
        let share = unhex(share.as_str().unwrap());
        out.extend(length(&share).to_be_bytes());
        out.extend(share);
    }
    out
}

/// Signs the proof of possession again from the vector's secret, and encrypts each share again.
fn check_round1(
    session: &Session,
    keys: &[StaticKey],
    sender: CustodianIndex,
    message: &Round1,
    vector: &Value,
) {
    let nonce_input = unhex(text(&vector["pop_intermediate"], "nonce_input"));
    let secret =
        SecretScalar::from_bytes(&SUITE_1, &nonce_input[PREFIX_LEN..PREFIX_LEN + 32]).unwrap();
    assert_eq!(secret.base_mul(), message.commitment[0]);
    let proven = session.pop_message(&message.commitment, &message.ephemeral);
    assert_eq!(proven, unhex(text(&vector["pop_intermediate"], "message")));
    assert_eq!(
        schnorr::sign(&SUITE_1, &secret, &proven).unwrap().as_slice(),
        unhex(text(vector, "pop"))
    );

    let sender_key = session.static_key(sender).unwrap();
    for (recipient, sealed) in keys.iter().zip(&message.shares) {
        let shared =
            exchange([&recipient.0, &recipient.0], [&message.ephemeral, sender_key]).unwrap();
        let (key, nonce) =
            session.share_key(&shared, &message.ephemeral, sender_key, &recipient.public());
        let plaintext = SUITE_1.open_share(&key, &nonce, sealed).unwrap();
        assert_eq!(&SUITE_1.seal_share(&key, &nonce, &plaintext).unwrap(), sealed);
    }
}

const PREFIX_LEN: usize = b"COCKTAIL-DKG-P256-SHA256-NONCE".len();
