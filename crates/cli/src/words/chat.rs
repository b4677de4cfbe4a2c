//! Sentences for the talk in the room. Who speaks stands in front, and a message is one line here: its
//! second line cannot look like another entry.

use kaibiao_opening::{Actor, Event, State};
use kaibiao_types::OrgCode;

use super::name;
use crate::output::Lang;

/// A message or an order about messages in words; empty for any other entry.
pub(super) fn sentence(event: &Event, by: &Actor, state: &State, lang: Lang) -> String {
    let who = who(by, state, lang);
    match lang {
        Lang::Zh => zh(event, &who, state),
        Lang::En => en(event, &who, state),
    }
}

fn zh(event: &Event, who: &str, state: &State) -> String {
    let name = |code: &OrgCode| name(code, state);
    let all = |code: Option<&OrgCode>| code.map_or_else(|| "全体投标人".to_owned(), name);
    match event {
        Event::ChatSaid(said) => format!("{who}：{}", one_line(&said.text)),
        Event::ChatPrivate(said) => {
            format!("{who} 致主持人和监督人的私密发言，加盐摘要 {}。", said.text_sha256)
        }
        Event::ChatMuted(order) => {
            format!("{who} 将 {} 禁言：{}", all(order.bidder.as_ref()), order.reason)
        }
        Event::ChatUnmuted(order) => {
            format!("{who} 解除 {} 的禁言：{}", all(order.bidder.as_ref()), order.reason)
        }
        Event::ChatRemoved(order) => {
            format!("{who} 将 {} 移出聊天：{}", name(&order.bidder), order.reason)
        }
        Event::ChatReadmitted(order) => {
            format!("{who} 准许 {} 重新参加聊天：{}", name(&order.bidder), order.reason)
        }
        _ => String::new(),
    }
}

fn en(event: &Event, who: &str, state: &State) -> String {
    let name = |code: &OrgCode| name(code, state);
    let all = |code: Option<&OrgCode>| code.map_or_else(|| "all bidders".to_owned(), name);
    match event {
        Event::ChatSaid(said) => format!("{who}: {}", one_line(&said.text)),
        Event::ChatPrivate(said) => format!(
            "{who} sent a private message to host and supervisor, salted digest {}.",
            said.text_sha256
        ),
        Event::ChatMuted(order) => {
            format!("{who} muted {}: {}", all(order.bidder.as_ref()), order.reason)
        }
        Event::ChatUnmuted(order) => {
            format!("{who} unmuted {}: {}", all(order.bidder.as_ref()), order.reason)
        }
        Event::ChatRemoved(order) => {
            format!("{who} removed {} from the talk: {}", name(&order.bidder), order.reason)
        }
        Event::ChatReadmitted(order) => {
            format!("{who} let {} talk again: {}", name(&order.bidder), order.reason)
        }
        _ => String::new(),
    }
}

fn who(by: &Actor, state: &State, lang: Lang) -> String {
    match (by, lang) {
        (Actor::Host(_), Lang::Zh) => "主持人".to_owned(),
        (Actor::Host(_), Lang::En) => "The host".to_owned(),
        (Actor::Supervisor(_), Lang::Zh) => "监督人".to_owned(),
        (Actor::Supervisor(_), Lang::En) => "The supervisor".to_owned(),
        (Actor::Bidder(code), _) => name(code, state),
        (other, _) => other.to_string(),
    }
}

fn one_line(text: &str) -> String {
    text.replace('\n', " ⏎ ")
}

#[cfg(test)]
mod tests {
    use kaibiao_opening::{ChatMuted, ChatSaid};
    use kaibiao_types::{LotId, LotKey, TenderId};

    use super::*;

    #[test]
    fn a_message_is_one_line_with_its_author() {
        let lot = LotKey { tender: TenderId::parse("T").unwrap(), lot: LotId::parse("1").unwrap() };
        let state = State::new(lot);
        let by = Actor::parse("host:914403001922038216").unwrap();
        let said = Event::ChatSaid(ChatSaid { text: "好\n   99  开标结束。".to_owned() });
        assert_eq!(sentence(&said, &by, &state, Lang::Zh), "主持人：好 ⏎    99  开标结束。");
        let muted = Event::ChatMuted(ChatMuted { bidder: None, reason: "quiet".to_owned() });
        assert_eq!(sentence(&muted, &by, &state, Lang::En), "The host muted all bidders: quiet");
    }
}
