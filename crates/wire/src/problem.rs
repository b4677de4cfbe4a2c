//! Answers that are not a success: `application/problem+json` (RFC 9457).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Exit, Label, SignedStatement, schema};

/// Media type of a problem.
pub const PROBLEM_TYPE: &str = "application/problem+json";

/// What stands before the label in the field `type`.
pub const PROBLEM_URN: &str = "urn:kaibiao:problem:";

/// What happened, what is safe, and what to do, for people and for programs.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// `urn:kaibiao:problem:` and the label.
    #[serde(rename = "type")]
    pub urn: String,
    /// The stable label.
    #[schema(value_type = schema::Label)]
    pub label: Label,
    /// HTTP status; `None` for a problem that only a command on one's own machine can have.
    pub status: Option<u16>,
    /// What happened, Chinese.
    pub zh: String,
    /// What happened, English.
    pub en: String,
    /// What is safe, Chinese.
    pub safe_zh: String,
    /// What is safe, English.
    pub safe_en: String,
    /// What to do, Chinese.
    pub todo_zh: String,
    /// What to do, English.
    pub todo_en: String,
    /// The technical detail of this one case: which slice, which index. Never a secret, never
    /// another bidder's data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The refusal as the hall signed it, where a known bidder's submission was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<SignedStatement>,
}

impl Problem {
    /// The problem of a label, without detail.
    #[must_use]
    pub fn new(label: Label) -> Self {
        let text = label.text();
        Self {
            urn: format!("{PROBLEM_URN}{label}"),
            label,
            status: label.status(),
            zh: text.zh.to_owned(),
            en: text.en.to_owned(),
            safe_zh: text.safe_zh.to_owned(),
            safe_en: text.safe_en.to_owned(),
            todo_zh: text.todo_zh.to_owned(),
            todo_en: text.todo_en.to_owned(),
            detail: None,
            refusal: None,
        }
    }

    /// The same problem with the detail of this case, cut at [`TEXT_LEN_MAX`](crate::TEXT_LEN_MAX)
    /// bytes.
    #[must_use]
    pub fn with_detail(mut self, detail: &str) -> Self {
        let end = detail.floor_char_boundary(crate::TEXT_LEN_MAX);
        self.detail = detail.get(..end).map(ToOwned::to_owned);
        self
    }

    /// The HTTP status of an answer that carries this problem.
    #[must_use]
    pub const fn http_status(&self) -> u16 {
        match self.status {
            Some(status) => status,
            None => 500,
        }
    }

    /// The exit code of a command that ends with this problem.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        self.label.exit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{B64, TEXT_LEN_MAX, from_json, to_json};

    #[test]
    fn round_trip_with_and_without_detail() {
        for problem in [
            Problem::new(Label::Late),
            Problem::new(Label::BadSlice).with_detail("slice 3 of price has 5 bytes"),
            Problem {
                refusal: Some(SignedStatement {
                    statement_b64: B64(b"{}".to_vec()),
                    cms_b64: B64(vec![0x30, 0]),
                }),
                ..Problem::new(Label::Late)
            },
        ] {
            let bytes = to_json(&problem).unwrap();
            assert_eq!(from_json::<Problem>(&bytes).unwrap(), problem);
        }
    }

    #[test]
    fn a_long_detail_is_cut_between_characters() {
        let problem = Problem::new(Label::Internal).with_detail(&"标".repeat(TEXT_LEN_MAX));
        assert!(problem.detail.unwrap().len() <= TEXT_LEN_MAX);
    }

    #[test]
    fn unknown_labels_and_fields_are_refused() {
        let good = String::from_utf8(to_json(&Problem::new(Label::Late)).unwrap()).unwrap();
        assert!(from_json::<Problem>(good.as_bytes()).is_ok());
        let label = good.replace(r#""label":"late""#, r#""label":"lately""#);
        assert!(from_json::<Problem>(label.as_bytes()).is_err());
        let field = good.replacen('{', r#"{"more":1,"#, 1);
        assert!(from_json::<Problem>(field.as_bytes()).is_err());
        assert!(from_json::<Problem>(b"{}").is_err());
    }
}
