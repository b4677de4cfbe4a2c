//! One file of `docs/law`: a law and its duties.

use std::collections::BTreeMap;

use crate::toml::{self, Item, Table};

/// The words for a duty that the procedure does not meet.
const WHY: &[&str] = &["elsewhere", "open", "outside"];

/// A law, regulation or standard.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Law {
    /// Its name, as refusals cite it.
    pub(super) name: String,
    /// Other names under which it is cited.
    short: Vec<String>,
    /// The edition that was read.
    pub(super) edition: String,
    /// Its duties, in the order of the file.
    pub(super) duties: Vec<Duty>,
}

/// One duty.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Duty {
    /// File and line.
    pub(super) place: String,
    /// Its id.
    pub(super) id: String,
    /// The article, such as `36 ¶2`.
    pub(super) article: String,
    /// What answers it.
    pub(super) answer: Answer,
}

/// What answers a duty.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Answer {
    /// Code that meets it and tests that show it.
    Met {
        /// Paths of the code.
        code: Vec<String>,
        /// Paths of the tests.
        tests: Vec<String>,
        /// What of the duty is not met yet.
        remains: Option<String>,
    },
    /// No code of ours.
    NotMet {
        /// One of [`WHY`].
        why: String,
        /// Why, in words.
        reason: String,
    },
}

impl Duty {
    /// Whether code and tests answer it.
    pub(super) const fn is_met(&self) -> bool {
        matches!(self.answer, Answer::Met { .. })
    }

    fn read(place: String, mut table: Table) -> Result<Self, String> {
        let line = table.line;
        let at = |detail: String| format!("line {line}: {detail}");
        let id = text(&mut table.items, "id").map_err(at)?;
        let article = text(&mut table.items, "article").map_err(at)?;
        text(&mut table.items, "duty").map_err(at)?;
        for optional in ["quote", "unchecked"] {
            if table.items.contains_key(optional) {
                text(&mut table.items, optional).map_err(at)?;
            }
        }
        let answer = answer(&mut table.items).map_err(at)?;
        nothing_left(&table.items).map_err(at)?;
        Ok(Self { place, id, article, answer })
    }
}

impl Law {
    /// Reads a file called `place`.
    ///
    /// # Errors
    ///
    /// A text that names the line.
    pub(super) fn parse(place: &str, content: &str) -> Result<Self, String> {
        let mut tables = toml::parse(content)?.into_iter();
        let head = tables.next().filter(|table| table.name == "law" && !table.repeated);
        let mut head = head.ok_or("the file does not begin with [law]")?.items;
        let (name, edition) = (text(&mut head, "name")?, text(&mut head, "edition")?);
        let short = list(&mut head, "short")?.unwrap_or_default();
        nothing_left(&head)?;
        let one = |table: Table| {
            if table.name != "duty" || !table.repeated {
                return Err(format!("line {}: only [[duty]] may follow", table.line));
            }
            Duty::read(format!("{place}:{}", table.line), table)
        };
        let duties: Vec<Duty> = tables.map(one).collect::<Result<_, _>>()?;
        if duties.is_empty() {
            Err("no duty".to_owned())
        } else {
            Ok(Self { name, short, edition, duties })
        }
    }

    /// Whether the law is cited by this name.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.short.iter().any(|short| short == name)
    }
}

/// Code and tests, or a word and a reason; never both and never half.
fn answer(items: &mut BTreeMap<String, Item>) -> Result<Answer, String> {
    let code = list(items, "code")?.filter(|code| !code.is_empty());
    let tests = list(items, "test")?.filter(|tests| !tests.is_empty());
    let why = items.contains_key("not_met").then(|| text(items, "not_met")).transpose()?;
    let reason = items.contains_key("reason").then(|| text(items, "reason")).transpose()?;
    match (code, tests, why, reason) {
        (Some(code), Some(tests), None, remains) => Ok(Answer::Met { code, tests, remains }),
        (None, None, Some(why), Some(reason)) if WHY.contains(&why.as_str()) => {
            Ok(Answer::NotMet { why, reason })
        }
        (None, None, Some(_), Some(_)) => Err(format!("`not_met` is one of {}", WHY.join(", "))),
        (None, None, Some(_), None) => Err("`not_met` needs its `reason`".to_owned()),
        (_, _, Some(_), _) => Err("both met and `not_met`".to_owned()),
        (Some(_), None, None, _) => Err("`code` without a `test`".to_owned()),
        (None, Some(_), None, _) => Err("`test` without its `code`".to_owned()),
        (None, None, None, _) => Err("neither `code` and `test`, nor `not_met`".to_owned()),
    }
}

fn text(items: &mut BTreeMap<String, Item>, key: &str) -> Result<String, String> {
    match items.remove(key) {
        Some(Item::Text(text)) if !text.trim().is_empty() => Ok(text),
        Some(_) => Err(format!("`{key}` is no text, or empty")),
        None => Err(format!("`{key}` is missing")),
    }
}

fn list(items: &mut BTreeMap<String, Item>, key: &str) -> Result<Option<Vec<String>>, String> {
    match items.remove(key) {
        Some(Item::List(list)) => Ok(Some(list)),
        Some(Item::Text(_)) => Err(format!("`{key}` is no list")),
        None => Ok(None),
    }
}

fn nothing_left(items: &BTreeMap<String, Item>) -> Result<(), String> {
    items.keys().next().map_or(Ok(()), |key| Err(format!("`{key}` is not known here")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "[law]\nname = \"法\"\nedition = \"2017\"\n\n[[duty]]\n";
    const WHAT: &str = "id = \"1\"\narticle = \"1\"\nduty = \"d\"\n";

    fn error(rest: &str) -> String {
        Law::parse("l.toml", &[HEAD, rest].concat()).expect_err(rest)
    }

    #[test]
    fn met_and_unmet_duties_are_read() {
        let met = "code = [\"a::b\"]\ntest = [\"a::t\"]\nreason = \"r\"\n";
        let unmet = "quote = \"q\"\nunchecked = \"u\"\nnot_met = \"open\"\nreason = \"r\"\n";
        let law = Law::parse("l.toml", &[HEAD, WHAT, met, "[[duty]]\n", WHAT, unmet].concat());
        let duties = law.unwrap().duties;
        assert!(duties[0].is_met() && !duties[1].is_met());
        assert_eq!(duties[1].place, "l.toml:12");
    }

    #[test]
    fn a_duty_without_answer_is_refused() {
        for (rest, detail) in [
            ("", "neither `code` and `test`, nor `not_met`"),
            ("code = [\"a::b\"]", "`code` without a `test`"),
            ("code = [\"a::b\"]\ntest = []", "`code` without a `test`"),
            ("test = [\"a::b\"]", "`test` without its `code`"),
            ("not_met = \"open\"", "`not_met` needs its `reason`"),
            ("not_met = \"later\"\nreason = \"r\"", "`not_met` is one of elsewhere, open, outside"),
            ("not_met = \"open\"\nreason = \"\"", "`reason` is no text, or empty"),
            ("code = [\"a::b\"]\nnot_met = \"open\"\nreason = \"r\"", "both met and `not_met`"),
            ("code = \"a::b\"", "`code` is no list"),
            ("tests = [\"a::b\"]\nnot_met = \"open\"\nreason = \"r\"", "`tests` is not known here"),
        ] {
            assert_eq!(error(&[WHAT, rest].concat()), format!("line 5: {detail}"));
        }
        assert_eq!(error("id = \"1\""), "line 5: `article` is missing");
        assert_eq!(error("[law]"), "line 6: `law` is here a second time");
    }

    #[test]
    fn a_file_begins_with_its_law() {
        for text in ["", "[[duty]]\n", "[[law]]\nname = \"l\"\n", "[law]\nname = \"l\"\n"] {
            assert!(Law::parse("l.toml", text).is_err(), "{text}");
        }
        let alone = "[law]\nname = \"l\"\nedition = \"1\"\n";
        assert_eq!(Law::parse("l.toml", alone), Err("no duty".to_owned()));
    }
}
