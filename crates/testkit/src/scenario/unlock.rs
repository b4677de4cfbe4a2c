//! Bidders unlock their own bids, where the tender file asks them to.

use kaibiao_crypto::Hex;
use kaibiao_opening::{
    Actor, BidUnsealing, BidderLockTerms, BidderWindowTerms, Command, ListedStep, State, Step,
    UnlockSecret, UnlockedPart,
};
use kaibiao_seal::BidderSecret;
use kaibiao_types::{Digest, Millis, Party};

use super::ScenarioError;
use super::steps::Stage;
use crate::Fixture;

/// How long the window is open: ten minutes, and five more where the host gives them.
const OPEN_MS: u64 = 600_000;
const EXTEND_MS: u64 = 300_000;

/// The tender file asks bidders to unlock their bids.
pub(super) fn asked(fixture: &mut Fixture, lock: BidderLockTerms) -> Result<(), ScenarioError> {
    let (open_ms, extend_ms) = (Millis::new(OPEN_MS)?, Millis::new(EXTEND_MS)?);
    "bidder-then-ceremony".clone_into(&mut fixture.draft.custody.policy);
    fixture.draft.bidder_window = Some(BidderWindowTerms { lock, open_ms, extend_ms });
    let named = State::new(kaibiao_types::LotKey {
        tender: fixture.draft.tender.clone(),
        lot: fixture.draft.lot.clone(),
    });
    let mut steps = named.steps().to_vec();
    let seals = steps.iter().position(|listed| listed.step == Step::CheckSeals);
    let window = ListedStep { step: Step::BidderWindow, optional: false };
    steps.insert(seals.ok_or("seals are checked")?.saturating_add(1), window);
    fixture.draft.steps = steps;
    Ok(())
}

impl Stage<'_> {
    /// The window: the host opens it and gives more time, bidders hand their secrets over, and it ends
    /// when all have or when its time is up.
    pub(super) fn unlock_bids(&mut self) -> Result<(), ScenarioError> {
        let Some(play) = self.options.bidder_window else { return Ok(()) };
        self.room.wait(1_000)?;
        self.by_host(&Command::OpenBidderWindow)?;
        let text = "投标人网络故障".to_owned();
        self.room.wait(1_000)?;
        self.by_host(&Command::ExtendBidderWindow { by: Millis::new(EXTEND_MS)?, text })?;
        let bids: Vec<(Party, Digest)> = self
            .room
            .state
            .current_bids()
            .map(|bid| (bid.bidder.clone(), bid.manifest_sha256))
            .collect();
        for (party, manifest) in bids {
            let number = self.people.bidders.iter().position(|(_, known)| *known == party);
            if number == play.silent {
                continue;
            }
            self.room.wait(1_000)?;
            let mut own = self.unsealing(&party, &manifest)?;
            if number == play.wrong {
                for one in &mut own.secrets {
                    one.secret = UnlockSecret::new(Hex([7; 32]).to_string());
                }
            }
            let (identity, party) = self.bidder(&party)?;
            let actor = Actor::Bidder(party.code.clone());
            self.room.command(identity, &actor, &Command::UnsealBid(own), self.entropy)?;
        }
        self.room.wait(OPEN_MS + EXTEND_MS)?;
        while let Some(event) = self.room.state.due(self.room.now) {
            self.room.owed(&event)?;
        }
        Ok(())
    }

    /// What the key of a bidder's certificate gives of the locks of its bid.
    fn unsealing(
        &mut self,
        party: &Party,
        manifest: &Digest,
    ) -> Result<BidUnsealing, ScenarioError> {
        let verified = self.verified(manifest)?;
        let (identity, _) = self.bidder(party)?;
        let key = identity.danger_with_pkcs8(BidderSecret::from_pkcs8)?;
        let mut secrets = Vec::new();
        for part in verified.headers() {
            let secret = key.unwrap_lock(&part.header, self.entropy)?;
            let secret = UnlockSecret::new(Hex(*secret.expose()).to_string());
            secrets.push(UnlockedPart { part: part.part, secret });
        }
        Ok(BidUnsealing { stage: self.room.state.stage(), manifest_sha256: *manifest, secrets })
    }
}
