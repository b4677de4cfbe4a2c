//! Who somebody is in a lot.

use kaibiao_opening::Terms;
use kaibiao_pki::cms;
use kaibiao_types::{LotKey, OrgCode, Party, Role};

use crate::{LotBook, RoomError};

/// An organisation and what it is in a lot.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Member {
    /// Its role.
    pub role: Role,
    /// Its code and name, from the certificate.
    pub party: Party,
}

/// The role of an organisation by the tender file. Anybody may bid.
pub(crate) fn role(terms: &Terms, code: &OrgCode) -> Role {
    if *code == terms.host.code {
        Role::Host
    } else if *code == terms.supervisor.code {
        Role::Supervisor
    } else {
        Role::Bidder
    }
}

impl LotBook {
    /// Checks who signed a login statement of a published lot, and gives the role of the signer in it.
    /// Nothing is written anywhere.
    ///
    /// # Errors
    ///
    /// [`RoomError::UnknownLot`], [`RoomError::NotReady`]; [`RoomError::Signature`] if the signature
    /// is broken, or its certificate is not one that may sign now by the hall's trust list.
    pub fn member(&self, lot: &LotKey, statement: &[u8], cms: &[u8]) -> Result<Member, RoomError> {
        let (_, tender) = self.published(lot)?;
        let hall = self.hall();
        let signature = cms::verify_detached(cms, statement, &hall.trust, hall.now())?;
        let party = signature.signer().party().clone();
        Ok(Member { role: role(tender.file().terms(), &party.code), party })
    }
}
