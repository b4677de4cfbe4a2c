//! The part of TOML that `deps.toml` and `docs/law` are written in: tables, lists of tables, texts,
//! lists of texts.
//!
//! Anything else is refused with its line, so that no line is read differently here than by another
//! reader of TOML.

use std::collections::BTreeMap;

/// A value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Item {
    /// `"text"`, without escapes.
    Text(String),
    /// `["text", "text"]`, over one or more lines.
    List(Vec<String>),
}

/// A table with its header.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Table {
    /// The name in the header.
    pub(crate) name: String,
    /// Whether the header is `[[name]]`.
    pub(crate) repeated: bool,
    /// Line of the header, counted from 1.
    pub(crate) line: usize,
    /// The values by their keys.
    pub(crate) items: BTreeMap<String, Item>,
}

/// Reads a whole file.
///
/// # Errors
///
/// A text with the line that is not understood.
pub(crate) fn parse(text: &str) -> Result<Vec<Table>, String> {
    let mut tables: Vec<Table> = Vec::new();
    let mut lines = text.lines().zip(1_usize..);
    while let Some((line, number)) = lines.next() {
        let at = |detail: String| format!("line {number}: {detail}");
        let line = without_comment(line).map_err(at)?;
        if line.is_empty() {
            continue;
        }
        if line.starts_with('[') {
            let table = header(&line, number).map_err(at)?;
            let same = tables.iter().find(|known| known.name == table.name);
            if same.is_some_and(|known| !(known.repeated && table.repeated)) {
                return Err(at(format!("`{}` is here a second time", table.name)));
            }
            tables.push(table);
            continue;
        }
        let (key, start) = line.split_once('=').ok_or_else(|| at("no `=`".to_owned()))?;
        let key = key.trim();
        if !is_name(key) {
            return Err(at(format!("`{key}` is no key")));
        }
        let mut value = start.trim().to_owned();
        while value.starts_with('[') && !value.ends_with(']') {
            let (more, number) =
                lines.next().ok_or_else(|| at("the list does not end".to_owned()))?;
            let more =
                without_comment(more).map_err(|detail| format!("line {number}: {detail}"))?;
            value.push(' ');
            value.push_str(&more);
            value.truncate(value.trim_end().len());
        }
        let table =
            tables.last_mut().ok_or_else(|| at("a key before the first table".to_owned()))?;
        if table.items.insert(key.to_owned(), item(&value).map_err(at)?).is_some() {
            return Err(at(format!("`{key}` is here a second time")));
        }
    }
    Ok(tables)
}

/// The line without its comment and outer blanks.
fn without_comment(line: &str) -> Result<String, String> {
    let mut kept = String::new();
    let mut quoted = false;
    for next in line.chars() {
        match next {
            '#' if !quoted => break,
            '\\' => return Err("escapes are not part of this format".to_owned()),
            '\'' if !quoted => return Err("texts are written in double quotes".to_owned()),
            '"' => quoted = !quoted,
            _ => {}
        }
        kept.push(next);
    }
    if quoted { Err("a quote is not closed".to_owned()) } else { Ok(kept.trim().to_owned()) }
}

fn header(line: &str, number: usize) -> Result<Table, String> {
    let single = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or_default();
    let double = single.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let name = double.unwrap_or(single);
    if !is_name(name) {
        return Err(format!("`{line}` is no header"));
    }
    Ok(Table {
        name: name.to_owned(),
        repeated: double.is_some(),
        line: number,
        items: BTreeMap::new(),
    })
}

fn is_name(text: &str) -> bool {
    let plain = |next: char| next.is_ascii_alphanumeric() || next == '-' || next == '_';
    !text.is_empty() && text.chars().all(plain)
}

fn item(value: &str) -> Result<Item, String> {
    let Some(inner) = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        let (text, rest) = quoted(value)?;
        return if rest.is_empty() {
            Ok(Item::Text(text))
        } else {
            Err(format!("`{rest}` after the text"))
        };
    };
    let mut texts = Vec::new();
    let mut rest = inner.trim();
    while !rest.is_empty() {
        let (text, after) = quoted(rest)?;
        texts.push(text);
        rest = match after.strip_prefix(',') {
            Some(beyond) => beyond.trim(),
            None if after.is_empty() => after,
            None => return Err("no comma between two texts".to_owned()),
        };
    }
    Ok(Item::List(texts))
}

/// The text at the start of `value` and what follows it.
fn quoted(value: &str) -> Result<(String, &str), String> {
    let (text, rest) = value
        .strip_prefix('"')
        .and_then(|rest| rest.split_once('"'))
        .ok_or_else(|| format!("`{value}` is no text"))?;
    Ok((text.to_owned(), rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_texts_and_lists_are_read() {
        let text = "# head\n[a]\nk = \"v # x\" # note\nl = [\n  \"1\", # one\n  \"2\",\n]\n\n[[b]]\n[[b]]\nm = []\n";
        let tables = parse(text).unwrap();
        assert_eq!(tables.len(), 3);
        assert_eq!(tables[0].items["k"], Item::Text("v # x".to_owned()));
        assert_eq!(tables[0].items["l"], Item::List(vec!["1".to_owned(), "2".to_owned()]));
        assert!(!tables[0].repeated && tables[1].repeated);
        assert_eq!((tables[2].line, &tables[2].items["m"]), (10, &Item::List(Vec::new())));
    }

    #[test]
    fn everything_else_is_refused_with_its_line() {
        for broken in [
            "[a",
            "[a]]",
            "[[a]",
            "[]",
            "[a.b]",
            "[a]\n[a]",
            "[a]\n[[a]]",
            "[[a]]\n[a]",
            "k = \"v\"",
            "[a]\nk",
            "[a]\nk = v",
            "[a]\nk = 7",
            "[a]\nk = true",
            "[a]\nk = 'v'",
            "[a]\nk = \"\\n\"",
            "[a]\nk = \"v",
            "[a]\nk = \"v\" \"w\"",
            "[a]\nk = \"v\"\nk = \"w\"",
            "[a]\nk.l = \"v\"",
            "[a]\nk = [\"v\" \"w\"]",
            "[a]\nk = [\"v\",, \"w\"]",
            "[a]\nk = [7]",
            "[a]\nk = [\"v\",",
            "[a]\nk = { l = \"v\" }",
            "[a]\n= \"v\"",
        ] {
            let error = parse(broken).expect_err(broken);
            assert!(error.starts_with("line "), "{error}");
        }
    }
}
