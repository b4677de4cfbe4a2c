//! One whole opening in memory, built once: what inputs are judged against.

use std::sync::{Arc, LazyLock};

use kaibiao_pki::TrustList;
use kaibiao_seal::Header;
use kaibiao_testkit::{Scenario, ScenarioOptions};

/// An opening with its trust list and the headers of all its objects.
pub(crate) struct Scene {
    pub(crate) scenario: Scenario,
    pub(crate) trust: Arc<TrustList>,
    pub(crate) headers: Vec<Header>,
}

/// Three bidders, one bid replaced, price sheets and documents.
#[expect(clippy::expect_used, reason = "without its scene no target can judge anything")]
pub(crate) static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let options =
        ScenarioOptions { bidders: Some(3), revised: Some(0), ..ScenarioOptions::default() };
    let scenario = Scenario::build(&options).expect("the opening is played");
    let trust = Arc::new(TrustList::parse(&scenario.trust).expect("its trust list is read"));
    let headers = scenario
        .bids
        .iter()
        .flat_map(|bid| &bid.headers)
        .map(|header| Header::parse(header).expect("its headers are read"))
        .collect();
    Scene { scenario, trust, headers }
});
