//! What `deps.toml` says.

use std::collections::{BTreeMap, BTreeSet};

use crate::toml::{self, Item, Table};

/// The policy on foreign crates.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Policy {
    /// Licences that we may take a crate under.
    pub(super) licences: BTreeSet<String>,
    /// Crates that must not appear, with the reason.
    pub(super) bans: BTreeMap<String, String>,
    /// Crates that appear in more than one release line: exactly these lines.
    pub(super) duplicates: BTreeMap<String, BTreeSet<String>>,
}

impl Policy {
    /// Reads the policy. Every ban and every duplicate must give a reason.
    ///
    /// # Errors
    ///
    /// A text that says what is wrong, for anything that is not part of the policy.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut policy = Self::default();
        for mut table in toml::parse(text)? {
            let line = table.line;
            policy.take(&mut table).map_err(|detail| format!("table at line {line}: {detail}"))?;
            if let Some(key) = table.items.keys().next() {
                return Err(format!("table at line {line}: `{key}` is not part of the policy"));
            }
        }
        if policy.licences.is_empty() {
            return Err("no licence is allowed".to_owned());
        }
        Ok(policy)
    }

    fn take(&mut self, table: &mut Table) -> Result<(), String> {
        match (table.name.as_str(), table.repeated) {
            ("licences", false) => {
                self.licences = set(list(table, "allow")?)?;
                Ok(())
            }
            ("ban", true) => {
                let (name, reason) = (text(table, "name")?, text(table, "reason")?);
                once(self.bans.insert(name, reason).is_none())
            }
            ("duplicate", true) => {
                let (name, _reason) = (text(table, "name")?, text(table, "reason")?);
                let lines = set(list(table, "lines")?)?;
                if lines.len() < 2 {
                    return Err("a duplicate has at least two lines".to_owned());
                }
                once(self.duplicates.insert(name, lines).is_none())
            }
            (other, _) => Err(format!("`{other}` is not part of the policy")),
        }
    }
}

fn once(first: bool) -> Result<(), String> {
    if first { Ok(()) } else { Err("this crate is listed twice".to_owned()) }
}

fn text(table: &mut Table, key: &str) -> Result<String, String> {
    match table.items.remove(key) {
        Some(Item::Text(text)) if !text.trim().is_empty() => Ok(text),
        _ => Err(format!("`{key}` must be a text that says something")),
    }
}

fn list(table: &mut Table, key: &str) -> Result<Vec<String>, String> {
    match table.items.remove(key) {
        Some(Item::List(texts)) => Ok(texts),
        _ => Err(format!("`{key}` must be a list of texts")),
    }
}

fn set(texts: Vec<String>) -> Result<BTreeSet<String>, String> {
    let count = texts.len();
    let set: BTreeSet<String> = texts.into_iter().collect();
    if set.len() == count { Ok(set) } else { Err("a list names something twice".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LICENCES: &str = "[licences]\nallow = [\"MIT\"]\n";

    #[test]
    fn a_whole_policy_is_read() {
        let text = format!(
            "{LICENCES}[[ban]]\nname = \"a\"\nreason = \"why\"\n\
             [[duplicate]]\nname = \"b\"\nlines = [\"1\", \"2\"]\nreason = \"why\"\n"
        );
        let policy = Policy::parse(&text).unwrap();
        assert!(policy.licences.contains("MIT"));
        assert_eq!(policy.bans["a"], "why");
        assert_eq!(policy.duplicates["b"].len(), 2);
    }

    #[test]
    fn a_policy_that_does_not_say_what_it_means_is_refused() {
        for rest in [
            "[[ban]]\nname = \"a\"\n",
            "[[ban]]\nname = \"a\"\nreason = \" \"\n",
            "[[ban]]\nreason = \"why\"\n",
            "[[ban]]\nname = \"a\"\nreason = \"why\"\nuntil = \"May\"\n",
            "[[ban]]\nname = \"a\"\nreason = \"x\"\n[[ban]]\nname = \"a\"\nreason = \"y\"\n",
            "[ban]\nname = \"a\"\nreason = \"why\"\n",
            "[[duplicate]]\nname = \"b\"\nlines = [\"1\", \"2\"]\n",
            "[[duplicate]]\nname = \"b\"\nlines = [\"1\"]\nreason = \"why\"\n",
            "[[duplicate]]\nname = \"b\"\nlines = [\"1\", \"1\"]\nreason = \"why\"\n",
            "[[duplicate]]\nname = \"b\"\nlines = \"1\"\nreason = \"why\"\n",
            "[[duplicates]]\nname = \"b\"\n",
            "[sources]\nallow = [\"git\"]\n",
        ] {
            let text = format!("{LICENCES}{rest}");
            assert!(Policy::parse(&text).is_err(), "`{rest}` was accepted");
        }
        assert!(Policy::parse("").is_err());
        assert!(Policy::parse("[licences]\nallow = []\n").is_err());
        assert!(Policy::parse("[licences]\nallow = [\"MIT\", \"MIT\"]\n").is_err());
    }
}
