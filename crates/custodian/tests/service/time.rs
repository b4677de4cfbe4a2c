//! Clocks that are disciplined by time servers, over UDP, with servers that lie, repeat themselves
//! or fall silent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kaibiao_custody::{Act, TimeToken, TokenFault, TokenMaterial};
use kaibiao_opening::{Command, TimeKey, TimePolicy, TimeServer as Named, TimeSource};
use kaibiao_pki::roughtime::{TimeRequest, token_nonce};
use kaibiao_replay::Replay;
use kaibiao_testkit::{TimeAnswer, TimeServer};
use kaibiao_types::{Digest, Millis, OrgCode, Party};

use crate::hall::Served;
use crate::opening::{Lot, acts};
use crate::people::TestClock;
use crate::scene::{AFTER, BEFORE, DEADLINE, Scene, at, index};

const DAY: u64 = 86_400_000;
/// Late enough for servers with a radius of a second.
pub const SURE: u64 = DEADLINE + 6_000;
const NAMES: [&str; 3] = ["ntsc", "cas", "campus"];
const CODES: [&str; 3] = ["91990000KB9000011F", "91990000KB9000012J", "91990000KB9000013M"];

/// What a server says by the true time, off by some seconds.
fn says(clock: &Arc<TestClock>, seed: u8, off: i64) -> TimeAnswer {
    TimeAnswer::at((clock.run() / 1_000).checked_add_signed(off).unwrap(), seed)
}

fn seed(number: usize) -> u8 {
    u8::try_from(number + 1).unwrap()
}

/// A server that is off by some seconds.
pub fn off(clock: &Arc<TestClock>, number: usize, off: i64) -> TimeServer {
    let clock = Arc::clone(clock);
    TimeServer::start(move |request| says(&clock, seed(number), off).respond(request)).unwrap()
}

pub fn silent(_: &[u8]) -> Option<Vec<u8>> {
    None
}

pub fn policy(servers: &[TimeServer; 3], token: bool) -> TimePolicy {
    let named = |number: usize| Named {
        name: NAMES[number].to_owned(),
        address: servers[number].address().to_string(),
        key: TimeKey(TimeAnswer::at(0, seed(number)).public_key()),
        run_by: Party { code: OrgCode::parse(CODES[number]).unwrap(), name: "授时".to_owned() },
    };
    let sources = (0..3).map(named).collect();
    TimePolicy { sources, agree: 2, max_error_ms: Millis::from_secs(10), token }
}

async fn published(
    name: &str,
    clock: &Arc<TestClock>,
    servers: &[TimeServer; 3],
    token: bool,
) -> Lot {
    let scene = Scene::with(name, |terms| {
        terms.custody.time = TimeSource::Sources(policy(servers, token));
    });
    Lot::of(scene.await, Arc::clone(clock)).await
}

/// The clocks in a journal: standing, agreeing, false tickers.
fn clocks(acts: &[Act]) -> Vec<(&str, Vec<&str>, Vec<&str>)> {
    acts.iter()
        .filter_map(|act| match act {
            Act::Clock { standing, agree, false_tickers, .. } => Some((
                standing.as_str(),
                agree.iter().map(String::as_str).collect(),
                false_tickers.iter().map(String::as_str).collect(),
            )),
            _ => None,
        })
        .collect()
}

fn all_partials(served: &mut Served) -> Option<()> {
    (1..=3).all(|n| served.partials.iter().any(|p| p.custodian == index(n))).then_some(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_clock_a_day_ahead_releases_nothing_and_a_server_that_lies_is_named() {
    let clock = TestClock::at(BEFORE);
    let servers = [off(&clock, 0, 0), off(&clock, 1, 0), off(&clock, 2, 3_600)];
    let mut lot = published("time", &clock, &servers, false).await;
    let received = lot.scene.receive(3);
    clock.set_system(BEFORE + DAY);
    lot.scene.close(&received, 3, AFTER).await;
    lot.refused_by_all("E_NOT_YET").await;
    let refusal = lot.refusal("E_NOT_YET").await;
    assert!(refusal.detail.contains("wrong by at most 1."), "{}", refusal.detail);
    assert!(refusal.at.get() < DEADLINE, "the refusal is dated by the disciplined clock");
    assert!(lot.scene.hall.lock().freeze_signatures.is_empty());
    // A day behind changes nothing either.
    clock.set(SURE);
    clock.set_system(BEFORE);
    lot.scene.countersigned(3, AFTER).await;
    lot.scene.unseal(AFTER);
    lot.scene.hall.until("partials of everybody", all_partials).await;
    lot.stop().await;
    let acts = acts(lot.keys.path()).await;
    let clocks = clocks(&acts);
    assert_eq!(clocks[0], ("never", vec![], vec![]));
    assert!(clocks.contains(&("synchronised", vec!["ntsc", "cas"], vec!["campus"])), "{clocks:?}");
    let signed = acts.iter().find_map(|act| match act {
        Act::FreezeSigned { at, .. } => Some(at.get()),
        _ => None,
    });
    assert!(signed.is_some_and(|at| at.abs_diff(SURE) < 2_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeated_forged_and_lying_answers_are_no_time() {
    let clock = TestClock::at(BEFORE);
    // An answer to an older request, one by another key, and one server that is alone.
    let old = TimeRequest::new(TimeAnswer::at(0, seed(0)).public_key(), [9; 32]);
    let old = TimeAnswer::at(SURE / 1_000, seed(0)).respond(old.packet()).unwrap();
    let repeats = TimeServer::start(move |_| Some(old.clone())).unwrap();
    let forges = TimeServer::start(|request| {
        TimeAnswer { long_term_seed: [77; 32], ..TimeAnswer::at(SURE / 1_000, 2) }.respond(request)
    });
    let ahead = off(&clock, 2, 86_400);
    let servers = [repeats, forges.unwrap(), ahead];
    let mut lot = published("forged", &clock, &servers, false).await;
    let received = lot.scene.receive(3);
    clock.set_system(SURE);
    lot.scene.close(&received, 3, AFTER).await;
    lot.refused_by_all("E_TIME_UNSURE").await;
    assert!(lot.refusal("E_TIME_UNSURE").await.detail.contains("never synchronised"));
    assert!(lot.scene.hall.lock().freeze_signatures.is_empty());
    lot.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_fall_silent_before_the_deadline_cost_ten_minutes() {
    let clock = TestClock::at(BEFORE);
    let servers = [off(&clock, 0, 0), off(&clock, 1, 1), off(&clock, 2, 0)];
    let mut lot = published("silent", &clock, &servers, false).await;
    let received = lot.scene.receive(3);
    // Synchronised: a refusal that says so, while it is early.
    lot.scene.close(&received, 3, AFTER).await;
    lot.refused_by_all("E_NOT_YET").await;
    for server in &servers {
        server.answer(silent);
    }
    clock.set(SURE);
    lot.refused_by_all("E_TIME_UNSURE").await;
    assert!(lot.refusal("E_TIME_UNSURE").await.detail.contains("holdover"));
    assert!(lot.scene.hall.lock().freeze_signatures.is_empty());
    clock.set(SURE + 600_000);
    lot.scene.countersigned(3, AFTER).await;
    lot.stop().await;
    let acts = acts(lot.keys.path()).await;
    let standings: Vec<&str> = clocks(&acts).into_iter().map(|clock| clock.0).collect();
    assert!(standings.contains(&"synchronised"));
    assert_eq!(standings.last(), Some(&"holdover"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_waits_for_a_token_that_is_dated_after_the_deadline() {
    let clock = TestClock::at(BEFORE);
    let servers = [off(&clock, 0, 0), off(&clock, 1, 0), off(&clock, 2, 0)];
    let mut lot = published("token", &clock, &servers, true).await;
    let received = lot.scene.receive(3);
    clock.set(SURE);
    lot.scene.close(&received, 3, AFTER).await;
    lot.scene.countersigned(3, AFTER).await;
    // Clocks know the time, yet nobody signs that the freeze was there after the deadline.
    for (number, server) in servers.iter().enumerate() {
        server
            .answer(move |request| TimeAnswer::at(DEADLINE / 1_000, seed(number)).respond(request));
    }
    // What else is kept as evidence leaves room for it.
    let evidence = lot.keys.path().join("custodian-1/ZZ-2027/1/evidence");
    std::fs::create_dir_all(&evidence).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(&evidence, mode).unwrap();
    for number in 0..64 {
        std::fs::write(evidence.join(format!("checkpoint-{number}-00.note")), b"a head").unwrap();
    }
    lot.scene.unseal(AFTER);
    lot.refused_by_all("E_TIME_TOKEN").await;
    let refusal = lot.refusal("E_TIME_TOKEN").await;
    assert!(refusal.detail.contains("1.000 s before the opening time"), "{}", refusal.detail);
    assert!(lot.scene.hall.lock().partials.is_empty());
    for (number, server) in servers.iter().enumerate().skip(2) {
        server.answer(move |request| TimeAnswer::at(SURE / 1_000, seed(number)).respond(request));
    }
    lot.scene.hall.until("partials of everybody", all_partials).await;
    lot.stop().await;
    let acts = acts(lot.keys.path()).await;
    let token = acts.iter().position(|act| {
        matches!(act, Act::TimeToken { source, earliest, .. }
            if source == "campus" && earliest.get() >= DEADLINE)
    });
    let intent = acts.iter().position(|act| matches!(act, Act::Intent { .. }));
    assert!(token.is_some() && token < intent, "the token is on record before the intent");
    let freeze_id = lot.scene.state.frozen().unwrap().freeze_id;
    // The clock of this test stands still, a radius of a second after it was asked.
    let name = format!("time-token-{freeze_id}-campus-{}.json", SURE - 1_000);
    let kept: serde_json::Value =
        serde_json::from_slice(&std::fs::read(evidence.join(name)).unwrap()).unwrap();
    assert_eq!(kept["source"], "campus");
    // What is kept is enough to check it again.
    let trust = Arc::new(kaibiao_pki::TrustList::parse(&lot.scene.people.trust_bytes).unwrap());
    let replay = Replay::new(Arc::clone(lot.scene.verified.as_ref().unwrap()), trust);
    let freeze_id = Digest::parse(kept["freeze_id"].as_str().unwrap()).unwrap();
    let bytes = |key: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.decode(kept[key].as_str().unwrap()).unwrap()
    };
    let (request, response) = (bytes("request_b64"), bytes("response_b64"));
    let blind: [u8; 32] = bytes("blind_b64").try_into().unwrap();
    let material =
        TokenMaterial { source: "campus", blind: &blind, request: &request, response: &response };
    assert!(TimeToken::verify(&replay, freeze_id, &material).is_ok());
    tokens_that_are_none(&replay, freeze_id, &material);
}

/// One fault each.
fn tokens_that_are_none(replay: &Replay, freeze_id: Digest, good: &TokenMaterial<'_>) {
    let verify = |freeze: Digest, material: &TokenMaterial<'_>| {
        TimeToken::verify(replay, freeze, material).unwrap_err()
    };
    assert_eq!(verify(Digest::new([1; 32]), good), TokenFault::Freeze);
    assert_eq!(verify(freeze_id, &TokenMaterial { blind: &[0; 32], ..*good }), TokenFault::Freeze);
    let other = TokenMaterial { source: "ntsc", ..*good };
    assert!(matches!(verify(freeze_id, &other), TokenFault::Response(_)), "another source's key");
    let other = TokenMaterial { source: "nobody", ..*good };
    assert_eq!(verify(freeze_id, &other), TokenFault::Unknown);
    let origin = replay.tender().origin().as_str();
    let at = |seconds: u64, origin: &str| {
        let nonce = token_nonce(origin, &freeze_id, good.blind);
        let answer = TimeAnswer::at(seconds, seed(2));
        let request = TimeRequest::new(answer.public_key(), nonce);
        let response = answer.respond(request.packet()).unwrap();
        let (request, response) = (request.packet(), response.as_slice());
        TimeToken::verify(replay, freeze_id, &TokenMaterial { request, response, ..*good })
    };
    // A radius of one second: dated a second after the deadline is just enough.
    assert!(at(DEADLINE / 1_000 + 1, origin).is_ok());
    let early = at(DEADLINE / 1_000, origin).unwrap_err();
    assert_eq!(early, TokenFault::Early(Millis::from_secs(1)));
    assert_eq!(at(SURE / 1_000, "kaibiao.example/lot/X/1").unwrap_err(), TokenFault::Freeze);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn custodians_without_any_server_act_once_host_and_supervisor_confirm_the_time() {
    let clock = TestClock::at(BEFORE);
    let servers = [(); 3].map(|()| TimeServer::start(silent).unwrap());
    let mut lot = published("confirmed", &clock, &servers, false).await;
    let received = lot.scene.receive(3);
    clock.set_system(SURE);
    lot.scene.close(&received, 3, AFTER).await;
    lot.refused_by_all("E_TIME_UNSURE").await;
    lot.scene.command(&Command::ConfirmTime { deadline: at(DEADLINE) }, AFTER);
    lot.scene.serve();
    // The host alone: refused again, by everybody who has read it.
    lot.scene.hall.lock().refusals.clear();
    clock.set_system(SURE + 30_000);
    lot.refused_by_all("E_TIME_UNSURE").await;
    assert!(lot.scene.hall.lock().freeze_signatures.is_empty());
    lot.scene.supervisor(&Command::ApproveTime { deadline: at(DEADLINE) }, AFTER);
    lot.scene.serve();
    lot.scene.countersigned(3, AFTER).await;
    lot.stop().await;
}

/// A server that tells the truth every other time does not fill the journal, which has a greatest
/// length in the evidence.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_comes_and_goes_is_written_down_every_ten_minutes_at_most() {
    let clock = TestClock::at(BEFORE);
    let asked = Arc::new(AtomicU64::new(0));
    let flaps = {
        let (clock, asked) = (Arc::clone(&clock), Arc::clone(&asked));
        TimeServer::start(move |request| {
            let round = asked.fetch_add(1, Ordering::SeqCst);
            says(&clock, seed(2), if round % 2 == 0 { 0 } else { 3_600 }).respond(request)
        })
    };
    let servers = [off(&clock, 0, 0), off(&clock, 1, 0), flaps.unwrap()];
    let mut lot = published("flapping", &clock, &servers, false).await;
    let answered = |served: &mut Served| (!served.cosignatures.is_empty()).then_some(());
    lot.scene.hall.until("a cosignature", answered).await;
    lot.leave_one().await;
    for round in 1..=7 {
        let before = asked.load(Ordering::SeqCst);
        clock.set(BEFORE + round * 66_000);
        let more = |_: &mut Served| (asked.load(Ordering::SeqCst) > before).then_some(());
        lot.scene.hall.until("another question", more).await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
    lot.stop().await;
    let acts = acts(lot.keys.path()).await;
    let standings: Vec<&str> = clocks(&acts).into_iter().map(|clock| clock.0).collect();
    assert_eq!(standings[..2], ["never", "synchronised"]);
    assert!(standings.len() <= 3, "{standings:?}");
}

/// Nobody but an opening asks for the time; a key that is kept after it has a time to go all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cosigning_key_goes_thirty_days_after_the_end_also_after_a_restart() {
    let clock = TestClock::at(BEFORE);
    let servers = [off(&clock, 0, 0), off(&clock, 1, 0), off(&clock, 2, 0)];
    let mut lot = published("retire", &clock, &servers, false).await;
    let received = lot.scene.receive(2);
    clock.set(SURE);
    lot.scene.close(&received, 3, AFTER).await;
    lot.scene.countersigned(3, AFTER).await;
    lot.leave_one().await;
    lot.scene.destroyed(&[1], AFTER).await;
    lot.stop().await;
    let key = lot.keys.path().join("custodian-1/ZZ-2027/1/cosign.key");
    // The system clock alone says nothing.
    clock.set_system(SURE + 31 * DAY);
    lot.start_one().await;
    crate::hall::Hall::rest().await;
    lot.stop().await;
    assert!(key.exists());
    clock.set(SURE + 31 * DAY);
    lot.start_one().await;
    let gone = |_: &mut Served| (!key.exists()).then_some(());
    lot.scene.hall.until("the cosigning key is destroyed", gone).await;
    lot.stop().await;
    assert!(matches!(acts(lot.keys.path()).await.last(), Some(Act::Retired { .. })));
}
