//! `kaibiao login`.

use kaibiao_types::LotKey;
use kaibiao_wire::{
    Carry, ChallengeAnswer, Exit, Label, LoginPost, LoginStatement, Origin, SessionAnswer,
    from_json, paths,
};

use crate::args::{LoginCmd, SessionArgs};
use crate::client::Hall;
use crate::failure::Failure;
use crate::files;
use crate::identity::Signer;
use crate::output::{Facts, Ui};
use crate::secrets;

pub(super) async fn run(command: LoginCmd, ui: Ui) -> Result<Exit, Failure> {
    match command {
        LoginCmd::Start { at, signer, session } => {
            files::expect_absent(&session)?;
            let signer = Signer::load(&signer)?;
            let (hall, lot) = (Hall::at(&at.at)?, &at.lot);
            let made: ChallengeAnswer = hall.post_empty(&paths::login_challenge(lot)).await?;
            let statement = made.statement_b64.as_slice();
            check(statement, hall.address(), lot)?;
            let post = LoginPost {
                cms_b64: kaibiao_wire::B64(signer.sign(statement)?),
                statement_b64: made.statement_b64,
                ticket_b64: made.ticket_b64,
                carry: Carry::Bearer,
            };
            let mut opened: SessionAnswer = hall.post(&paths::login(lot), &post).await?;
            let missing = || Failure::new(Label::BadJson, "the hall gives no session");
            let token = opened.token.take().ok_or_else(missing)?;
            files::write_private(&session, format!("{token}\n").as_bytes())?;
            show(&opened, ui);
        }
        LoginCmd::Show(SessionArgs { at, session }) => {
            let hall = Hall::at(&at.at)?.with_session(&secrets::first_line(&session)?)?;
            show(&hall.get(&paths::me(&at.lot)).await?, ui);
        }
        LoginCmd::End(SessionArgs { at, session }) => {
            let hall = Hall::at(&at.at)?.with_session(&secrets::first_line(&session)?)?;
            hall.post_for_nothing(&paths::logout(&at.lot)).await?;
            let mut facts = Facts::default();
            facts.add("session", "ended");
            ui.facts(&facts);
        }
    }
    Ok(Exit::Ok)
}

/// What is signed must be a login, to the hall that was dialled, for the lot that was meant: else
/// somebody in between could log in elsewhere with it.
fn check(statement: &[u8], address: &str, lot: &LotKey) -> Result<(), Failure> {
    let refuse = |why: &str| Failure::new(Label::StaleChallenge, format!("not signed: {why}"));
    let read: LoginStatement = from_json(statement)?;
    let dialled = Origin::parse(address).map_err(|error| refuse(&error.to_string()))?;
    if read.v != 1 {
        return Err(refuse("it is of another version"));
    }
    if read.origin != dialled {
        return Err(refuse(&format!("it is for {}, not for {dialled}", read.origin)));
    }
    if read.tender != lot.tender || read.lot != lot.lot {
        return Err(refuse(&format!("it is for lot {}/{}", read.tender, read.lot)));
    }
    Ok(())
}

fn show(session: &SessionAnswer, ui: Ui) {
    let mut facts = Facts::default();
    let role = format!("{:?}", session.role).to_lowercase();
    facts.add("role", role).text("organisation", &session.code).add("name", session.name.clone());
    facts
        .text("idle_until", session.idle_until.beijing())
        .text("expires", session.expires.beijing());
    ui.facts(&facts);
}

#[cfg(test)]
mod tests {
    use kaibiao_types::{LotId, TenderId};

    use super::*;

    #[test]
    fn only_a_login_to_this_hall_and_lot_is_signed() {
        let lot = LotKey { tender: TenderId::parse("T").unwrap(), lot: LotId::parse("1").unwrap() };
        let nonce = "0a".repeat(16);
        let good = format!(
            r#"{{"v":1,"kind":"login","origin":"https://hall.example","tender":"T","lot":"1","nonce":"{nonce}","at":5,"expires":6}}"#
        );
        let check = |text: &str, address: &str| check(text.as_bytes(), address, &lot).is_ok();
        assert!(check(&good, "https://hall.example"));
        assert!(check(&good, "https://hall.example:443"));
        for address in ["http://hall.example", "https://hall.example:8443", "https://evil.example"]
        {
            assert!(!check(&good, address), "{address}");
        }
        for (from, to) in [
            ("\"v\":1", "\"v\":2"),
            ("\"kind\":\"login\"", "\"kind\":\"sign-in\""),
            ("https://hall.example", "https://evil.example"),
            ("https://hall.example", "https://hall.example:443"),
            ("\"tender\":\"T\"", "\"tender\":\"U\""),
            ("\"lot\":\"1\"", "\"lot\":\"2\""),
            ("\"at\":5", "\"at\":5,\"more\":1"),
        ] {
            assert!(
                good.contains(from) && !check(&good.replace(from, to), "https://hall.example"),
                "{to}"
            );
        }
    }
}
