//! Where things are: the clone, the cache outside of it, trunk's own cache; and which versions are wanted.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

/// The folders that every command works with, all absolute.
pub(crate) struct Workspace {
    /// Root of the clone.
    pub(crate) root: PathBuf,
    /// Tools and downloads, shared by all clones.
    pub(crate) cache: PathBuf,
    /// Where trunk looks for tools that are not on `PATH`.
    pub(crate) trunk_cache: PathBuf,
}

impl Workspace {
    /// Finds the clone that this command was started in.
    pub(crate) fn find() -> Result<Self> {
        ensure!(
            !cfg!(windows),
            "set-up knows Linux and macOS: on Windows, use WSL"
        );
        // Cargo sets it for what it runs; the built-in path is for a binary that was started by hand.
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = PathBuf::from(package).join("..").canonicalize()?;
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let cache = std::path::absolute(cache_folder(variable)?)?;
        let trunk_cache = trunk_cache_folder(variable)?;
        Ok(Self {
            root,
            cache,
            trunk_cache,
        })
    }

    /// Where cargo puts what it compiles.
    pub(crate) fn target(&self) -> PathBuf {
        let named = std::env::var_os("CARGO_TARGET_DIR").filter(|value| !value.is_empty());
        self.root.join(named.unwrap_or_else(|| "target".into()))
    }

    /// The version of `package` in `Cargo.lock`.
    pub(crate) fn locked_version(&self, package: &str) -> Result<String> {
        let path = self.root.join("Cargo.lock");
        let lock = read(&path)?;
        locked_version(&lock, package)
            .with_context(|| format!("{} names no package {package}", path.display()))
    }

    /// The `wasm_opt` line of `Trunk.toml`, such as `version_132`.
    pub(crate) fn wasm_opt_version(&self) -> Result<String> {
        let path = self.root.join("Trunk.toml");
        let found = string_value(&read(&path)?, "wasm_opt");
        found.with_context(|| format!("{} has no line `wasm_opt = \"version_…\"`", path.display()))
    }
}

/// A text file, or an error that names it.
pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// `OFFPRINT_CACHE`, else `$XDG_CACHE_HOME/offprint`, else `~/.cache/offprint`: the rule of `ingest::cache`,
/// written again because `ingest` would take minutes to compile first.
fn cache_folder(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf> {
    if let Some(chosen) = variable("OFFPRINT_CACHE") {
        return Ok(chosen.into());
    }
    if let Some(folder) = absolute(variable("XDG_CACHE_HOME")) {
        return Ok(folder.join("offprint"));
    }
    match variable("HOME") {
        Some(home) => Ok(PathBuf::from(home).join(".cache/offprint")),
        None => bail!("HOME is not set: name a folder for tools and downloads in OFFPRINT_CACHE"),
    }
}

/// What trunk takes from the `directories` crate: it ignores a relative `XDG_CACHE_HOME`, as its standard says.
fn trunk_cache_folder(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf> {
    let home = variable("HOME").map(PathBuf::from);
    let home = home.context("HOME is not set, and trunk keeps its tools below it")?;
    if cfg!(target_os = "macos") {
        return Ok(home.join("Library/Caches/dev.trunkrs.trunk"));
    }
    let caches = absolute(variable("XDG_CACHE_HOME")).unwrap_or_else(|| home.join(".cache"));
    Ok(caches.join("trunk"))
}

fn absolute(folder: Option<OsString>) -> Option<PathBuf> {
    folder
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute())
}

/// The `version` line that follows `name = "{package}"`.
fn locked_version(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| line.trim() != name);
    lines.next()?;
    string_value(lines.next()?, "version")
}

/// The value of the first line `key = "value"`.
fn string_value(toml: &str, key: &str) -> Option<String> {
    toml.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        let value = value.trim().strip_prefix('"')?;
        (name.trim() == key).then(|| value.split('"').next().unwrap_or(value).to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An environment of these variables only.
    fn only(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), OsString::from(value)))
            .collect();
        move |asked| {
            let found = variables.iter().find(|(name, _)| name == asked);
            found.map(|(_, value)| value.clone())
        }
    }

    #[test]
    fn the_cache_is_where_the_nearest_variable_says() {
        let home = ("HOME", "/home/ada");
        let xdg = ("XDG_CACHE_HOME", "/fast/caches");
        let chosen = ("OFFPRINT_CACHE", "/disk/offprint");
        for (variables, wanted) in [
            (vec![home, xdg, chosen], "/disk/offprint"),
            (vec![home, xdg], "/fast/caches/offprint"),
            (
                vec![home, ("XDG_CACHE_HOME", "relative")],
                "/home/ada/.cache/offprint",
            ),
            (vec![home], "/home/ada/.cache/offprint"),
        ] {
            let found = cache_folder(only(&variables)).expect("a folder is named");
            assert_eq!(found, Path::new(wanted), "with {variables:?}");
        }
        let error = cache_folder(only(&[])).expect_err("no variable names a folder");
        assert!(
            error.to_string().contains("OFFPRINT_CACHE"),
            "{error} names no way out"
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn trunks_cache_does_not_follow_ours() {
        let variables = [("HOME", "/home/ada"), ("OFFPRINT_CACHE", "/disk/offprint")];
        let found = trunk_cache_folder(only(&variables)).expect("HOME is set");
        assert_eq!(found, Path::new("/home/ada/.cache/trunk"));
        let found = trunk_cache_folder(only(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/c")]));
        assert_eq!(found.expect("HOME is set"), Path::new("/c/trunk"));
    }

    #[test]
    fn a_version_is_read_from_its_own_package() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"0.2.1\"\n\n\
            [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"registry\"\n";
        assert_eq!(
            locked_version(lock, "wasm-bindgen").as_deref(),
            Some("0.2.130")
        );
        assert_eq!(
            locked_version(lock, "wasm"),
            None,
            "a part of a name is another package"
        );
    }

    #[test]
    fn the_clone_names_both_versions() {
        let workspace = Workspace::find().expect("tests run inside the clone");
        let bindgen = workspace
            .locked_version("wasm-bindgen")
            .expect("the page is built with it");
        assert!(bindgen.starts_with("0.2."), "wasm-bindgen {bindgen}");
        let wasm_opt = workspace.wasm_opt_version().expect("Trunk.toml pins it");
        assert!(
            wasm_opt.starts_with("version_"),
            "trunk's spelling is version_N, not {wasm_opt}"
        );
    }
}
