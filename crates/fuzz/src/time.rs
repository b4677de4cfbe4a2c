//! What time servers answer.

use kaibiao_pki::roughtime::TimeRequest;
use kaibiao_testkit::TimeAnswer;

const SECONDS: u64 = 1_800_000_000;

fn answers() -> Vec<TimeAnswer> {
    let good = TimeAnswer::at(SECONDS, 1);
    let versions = [1, 0x8000_000c].into_iter();
    versions
        .flat_map(|version| (0..3).map(move |others| (version, others)))
        .map(|(version, others)| TimeAnswer { version, others, ..good.clone() })
        .collect()
}

fn request() -> TimeRequest {
    TimeRequest::new(TimeAnswer::at(SECONDS, 1).public_key(), [7; 32])
}

/// A response to one request; only what the server's key signed holds.
pub(crate) fn response(data: &[u8]) {
    let request = request();
    if let Ok(signed) = request.verify(data) {
        assert_eq!(signed.midpoint().get(), SECONDS * 1_000, "a time that nobody signed");
        assert_eq!(signed.nonce(), request.nonce());
    }
}

pub(crate) fn response_seeds() -> Vec<Vec<u8>> {
    let request = request();
    answers().iter().filter_map(|answer| answer.respond(request.packet())).collect()
}
