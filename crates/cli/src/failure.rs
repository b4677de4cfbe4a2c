//! Why a command ends without success, in the words of the problem table.

use std::error::Error;
use std::path::Path;

use kaibiao_wire::{Exit, Label, Problem};

use crate::cert_words::Words;

/// A command's failure: what happened, what is safe, what to do, and the exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    problem: Box<Problem>,
}

impl Failure {
    /// A failure with a label and the technical detail of this case.
    pub(crate) fn new(label: Label, detail: impl AsRef<str>) -> Self {
        Self { problem: Box::new(Problem::new(label).with_detail(detail.as_ref())) }
    }

    /// A failure caused by an error: the detail is the error with all its causes.
    pub(crate) fn caused(label: Label, error: &dyn Error) -> Self {
        Self::new(label, chain(error))
    }

    /// A failure caused by an error that carries a stable label of its own.
    pub(crate) fn coded(label: Label, code: &str, error: &dyn Error) -> Self {
        Self::new(label, format!("{code}: {}", chain(error)))
    }

    /// A file or folder that cannot be read.
    pub(crate) fn read(path: &Path, error: &dyn Error) -> Self {
        Self::new(Label::CannotRead, format!("{}: {}", path.display(), chain(error)))
    }

    /// A file or folder that cannot be written.
    pub(crate) fn write(path: &Path, error: &dyn Error) -> Self {
        Self::new(Label::CannotWrite, format!("{}: {}", path.display(), chain(error)))
    }

    /// A fault of the program or the machine.
    pub(crate) fn internal(detail: impl AsRef<str>) -> Self {
        Self::new(Label::Internal, detail)
    }

    /// The same failure, its detail led by where it happened.
    pub(crate) fn at(mut self, place: &str) -> Self {
        let detail = match &self.problem.detail {
            Some(detail) => format!("{place}: {detail}"),
            None => place.to_owned(),
        };
        *self.problem = self.problem.clone().with_detail(&detail);
        self
    }

    /// The same failure, what happened in words of this case: Chinese, English.
    pub(crate) fn said(mut self, (zh, en): Words) -> Self {
        (self.problem.zh, self.problem.en) = (zh, en);
        self
    }

    /// The same failure, what is safe in words of this case: Chinese, English.
    pub(crate) fn assured(mut self, (zh, en): Words) -> Self {
        (self.problem.safe_zh, self.problem.safe_en) = (zh, en);
        self
    }

    /// The same failure, what to do in words of this case: Chinese, English.
    pub(crate) fn advised(mut self, (zh, en): Words) -> Self {
        (self.problem.todo_zh, self.problem.todo_en) = (zh, en);
        self
    }

    /// The problem.
    pub(crate) const fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The label.
    pub(crate) const fn label(&self) -> Label {
        self.problem.label
    }

    /// The exit code.
    pub(crate) const fn exit(&self) -> Exit {
        self.problem.exit()
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self { problem: Box::new(problem) }
    }
}

/// An error and its causes, each said once.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_said_once() {
        let inner = std::io::Error::other("the disk is gone");
        let outer = std::io::Error::other(inner);
        assert_eq!(chain(&outer), "the disk is gone");
        let failure = Failure::read(Path::new("a.json"), &outer).at("tender");
        assert_eq!(failure.problem().detail.as_deref(), Some("tender: a.json: the disk is gone"));
        assert_eq!(failure.exit(), Exit::NoInput);
    }
}
