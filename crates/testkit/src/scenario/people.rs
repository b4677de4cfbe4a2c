//! Everybody who signs, with the development certificates.

use kaibiao_pki::Identity;
use kaibiao_types::Party;

use super::ScenarioError;
use crate::Roster;

/// The identities of one fixture tender.
#[derive(Debug)]
pub struct People {
    /// The hall.
    pub hall: Identity,
    /// Its operator.
    pub hall_party: Party,
    /// 主持人.
    pub host: Identity,
    /// Its organisation.
    pub host_party: Party,
    /// 监标人.
    pub supervisor: Identity,
    /// Its organisation.
    pub supervisor_party: Party,
    /// The custodians in order, with their organisations.
    pub custodians: Vec<(Identity, Party)>,
    /// The bidders in the order of the fixture, with their organisations.
    pub bidders: Vec<(Identity, Party)>,
}

impl People {
    /// Reads the certificates and keys of a fixture.
    ///
    /// # Errors
    ///
    /// [`ScenarioError`] if one is missing or unreadable.
    pub fn load(fixture: &str) -> Result<Self, ScenarioError> {
        let roster = Roster::load()?;
        let named = |name: &str| {
            let entry = roster.identity(name).ok_or_else(|| format!("no identity {name}"))?;
            open(entry)
        };
        let (hall, hall_party) = named("hall")?;
        let (host, host_party) = named(&format!("host-{fixture}"))?;
        let (supervisor, supervisor_party) = named(&format!("supervisor-{fixture}"))?;
        let all =
            |list: Vec<&crate::Identity>| list.into_iter().map(open).collect::<Result<Vec<_>, _>>();
        Ok(Self {
            hall,
            hall_party,
            host,
            host_party,
            supervisor,
            supervisor_party,
            custodians: all(roster.custodians())?,
            bidders: all(roster.bidders(fixture))?,
        })
    }
}

fn open(entry: &crate::Identity) -> Result<(Identity, Party), ScenarioError> {
    let chain = std::fs::read_to_string(entry.chain())?;
    let key = std::fs::read_to_string(entry.key())?;
    let identity = Identity::from_pem(&chain, &key, &ring::rand::SystemRandom::new())?;
    Ok((identity, entry.party.clone()))
}
