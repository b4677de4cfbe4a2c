//! What cargo knows about the workspace, as plain values.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::error::TaskError;

/// Of what kind a dependency is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum DependencyKind {
    /// Part of the crate itself.
    Normal,
    /// Needed by its build script.
    Build,
    /// Needed by its tests only.
    Dev,
}

/// One line of a `[dependencies]` table.
#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    /// Name of the package, not of a rename.
    pub(crate) name: String,
    /// Which table it stands in.
    pub(crate) kind: DependencyKind,
    /// The version requirement, with its operator.
    pub(crate) requirement: String,
}

/// One package, ours or foreign.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    /// The opaque package id of cargo.
    pub(crate) id: String,
    /// Name of the package.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// Where it comes from; `None` is a folder.
    pub(crate) source: Option<String>,
    /// The licence expression of its manifest.
    pub(crate) licence: Option<String>,
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// Its direct dependencies of all kinds.
    pub(crate) dependencies: Vec<Dependency>,
}

/// The part of `cargo metadata` that the checks read.
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    /// All packages that cargo lists.
    pub(crate) packages: Vec<Package>,
    /// Ids of our own packages.
    pub(crate) members: Vec<String>,
}

impl Metadata {
    /// Reads the output of `cargo metadata --format-version 1`.
    ///
    /// # Errors
    ///
    /// [`TaskError::Input`] if a field that we need is absent or of another type.
    pub(crate) fn parse(text: &str) -> Result<Self, TaskError> {
        let malformed = |detail: String| TaskError::Input {
            place: "output of cargo metadata".to_owned(),
            detail,
        };
        let value: Value =
            serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
        Self::from_value(&value).map_err(malformed)
    }

    fn from_value(value: &Value) -> Result<Self, String> {
        let packages = list(value, "packages")?.iter().map(package).collect::<Result<_, _>>()?;
        let members = list(value, "workspace_members")?
            .iter()
            .map(|id| id.as_str().map(str::to_owned).ok_or("a member id is no text".to_owned()))
            .collect::<Result<_, _>>()?;
        Ok(Self { packages, members })
    }

    /// Whether `package` is one of ours.
    pub(crate) fn is_member(&self, package: &Package) -> bool {
        self.members.contains(&package.id)
    }

    /// Our own packages.
    pub(crate) fn own(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.is_member(package))
    }
}

fn package(value: &Value) -> Result<Package, String> {
    let manifest = PathBuf::from(text(value, "manifest_path")?);
    let folder = manifest.parent().ok_or("a manifest without a folder")?.to_owned();
    Ok(Package {
        id: text(value, "id")?,
        name: text(value, "name")?,
        version: text(value, "version")?,
        source: optional_text(value, "source"),
        licence: optional_text(value, "license"),
        folder,
        dependencies: list(value, "dependencies")?
            .iter()
            .map(dependency)
            .collect::<Result<_, _>>()?,
    })
}

fn dependency(value: &Value) -> Result<Dependency, String> {
    let kind = match value.get("kind").and_then(Value::as_str) {
        None => DependencyKind::Normal,
        Some("build") => DependencyKind::Build,
        Some("dev") => DependencyKind::Dev,
        Some(other) => return Err(format!("`{other}` is no kind of dependency")),
    };
    Ok(Dependency { name: text(value, "name")?, kind, requirement: text(value, "req")? })
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>, String> {
    value.get(key).and_then(Value::as_array).ok_or_else(|| format!("`{key}` is no list"))
}

fn text(value: &Value, key: &str) -> Result<String, String> {
    optional_text(value, key).ok_or_else(|| format!("`{key}` is no text"))
}

fn optional_text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// The cargo that runs us, else the one on the search path.
pub(crate) fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// A program that comes with [`program`].
pub(crate) fn beside(name: &str) -> OsString {
    let sibling = Path::new(&program()).with_file_name(name);
    if sibling.is_file() { sibling.into() } else { name.into() }
}

/// The folder of the workspace that the current folder belongs to.
///
/// # Errors
///
/// [`TaskError::Command`] outside a workspace.
pub(crate) fn workspace_root() -> Result<PathBuf, TaskError> {
    let output =
        output(Path::new("."), &["locate-project", "--workspace", "--message-format", "plain"])?;
    let manifest = PathBuf::from(output.trim_end());
    manifest.parent().map(Path::to_owned).ok_or_else(|| TaskError::Input {
        place: "output of cargo locate-project".to_owned(),
        detail: format!("`{}` has no folder", manifest.display()),
    })
}

/// Runs cargo in `folder` without input and returns what it wrote to stdout.
///
/// # Errors
///
/// [`TaskError::Command`] with the text of stderr if it did not start or did not succeed.
pub(crate) fn output(folder: &Path, arguments: &[&str]) -> Result<String, TaskError> {
    let failed = |detail: String| TaskError::Command {
        line: format!("cargo {}", arguments.join(" ")),
        detail,
    };
    let output = Command::new(program())
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim_end().to_owned()));
    }
    String::from_utf8(output.stdout).map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample() -> Value {
        json!({
            "packages": [{
                "id": "path+file:///w/crates/a#0.1.0",
                "name": "a",
                "version": "0.1.0",
                "source": null,
                "license": "Apache-2.0",
                "manifest_path": "/w/crates/a/Cargo.toml",
                "dependencies": [
                    { "name": "b", "kind": null, "req": "^1" },
                    { "name": "c", "kind": "dev", "req": "=2.0.0" }
                ]
            }],
            "workspace_members": ["path+file:///w/crates/a#0.1.0"]
        })
    }

    #[test]
    fn the_fields_that_the_checks_read_arrive() {
        let metadata = Metadata::parse(&sample().to_string()).unwrap();
        let own: Vec<&Package> = metadata.own().collect();
        assert_eq!(own.len(), 1);
        assert_eq!(own[0].folder, Path::new("/w/crates/a"));
        assert_eq!(own[0].source, None);
        let kinds: Vec<DependencyKind> = own[0].dependencies.iter().map(|d| d.kind).collect();
        assert_eq!(kinds, [DependencyKind::Normal, DependencyKind::Dev]);
    }

    #[test]
    fn a_missing_or_strange_field_is_an_error_and_not_an_empty_list() {
        for (pointer, value) in [
            ("/packages", Value::Null),
            ("/workspace_members", json!({})),
            ("/workspace_members/0", json!(7)),
            ("/packages/0/name", Value::Null),
            ("/packages/0/dependencies", Value::Null),
            ("/packages/0/dependencies/0/kind", json!("optional")),
            ("/packages/0/dependencies/0/req", Value::Null),
        ] {
            let mut broken = sample();
            *broken.pointer_mut(pointer).unwrap() = value;
            let result = Metadata::parse(&broken.to_string());
            assert!(matches!(result, Err(TaskError::Input { .. })), "{pointer} was accepted");
        }
        assert!(Metadata::parse("{").is_err());
    }
}
