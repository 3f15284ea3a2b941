//! Files and overrides, merged as tables in the order in which they were said.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use toml::{Table, Value};

use super::{Config, keys};

/// The key of a file that names the file below it.
const BASE: &str = "base";
/// Inputs that begin so are no paths.
const HUB: &str = "hf://";
/// Keys whose values are paths, or lists of them.
const PATHS: [&[&str]; 4] = [
    &["output"],
    &["model", "base"],
    &["data", "papers"],
    &["data", "pack"],
];

/// One file, or one override.
#[derive(Debug)]
struct Layer {
    /// What a message calls it.
    source: String,
    table: Table,
}

/// All that was said about a run, lowest first.
#[derive(Debug)]
pub(super) struct Layers {
    layers: Vec<Layer>,
    /// Name of a run whose config does not say.
    name: Option<String>,
}

impl Layers {
    /// Reads a file, its bases, and what is laid over them.
    pub(super) fn read(path: &Path, overrides: &[String]) -> Result<Self> {
        let mut layers = Vec::new();
        read_file(path, &mut Vec::new(), &mut layers)?;
        // A base is somebody else's run: its name is not this one's.
        let n_bases = layers.len() - 1;
        for base in &mut layers[..n_bases] {
            base.table.remove("name");
        }
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into());
        Self { layers, name }.with(overrides)
    }

    /// Lays `overrides` over what has been said.
    pub(super) fn with(mut self, overrides: &[String]) -> Result<Self> {
        for written in overrides {
            apply(written, &mut self.layers)?;
        }
        Ok(self)
    }

    /// One text, whose paths stay as they are.
    pub(super) fn of_text(text: &str, path: &Path) -> Result<Self> {
        let layer = Layer {
            source: path.display().to_string(),
            table: parse(text, path)?,
        };
        keys::check(&layer.table, &layer.source)?;
        Ok(Self {
            layers: vec![layer],
            name: None,
        })
    }

    /// Merges the layers into one config.
    pub(super) fn resolve(self) -> Result<Config> {
        let mut merged = Table::new();
        if let Some(name) = self.name {
            merged.insert("name".to_owned(), Value::String(name));
        }
        for layer in &self.layers {
            merge(&mut merged, &layer.table);
        }
        serde_path_to_error::deserialize(Value::Table(merged)).map_err(|error| {
            let key = error.path().to_string();
            let source = self
                .layers
                .iter()
                .rev()
                .find(|layer| says(&layer.table, &key))
                .map_or("the config", |layer| &layer.source);
            let message = error.inner().message();
            anyhow::anyhow!("`{key}` in {source}: {message}{}", keys::hint(&key))
        })
    }
}

/// Reads the bases of a file, then the file.
fn read_file(path: &Path, open: &mut Vec<PathBuf>, layers: &mut Vec<Layer>) -> Result<()> {
    let text = std::fs::read_to_string(path).with_context(|| match open.last() {
        Some(above) => format!(
            "cannot read {}, which {} names as its base (relative to itself)",
            path.display(),
            above.display()
        ),
        None => format!(
            "cannot read the config {}: name a file such as the clone's configs/quick.toml",
            path.display()
        ),
    })?;
    let identity = path.canonicalize()?;
    for above in open.iter() {
        ensure!(
            above.canonicalize()? != identity,
            "{} is its own base, by way of {}: remove one `base` line",
            path.display(),
            open.last().unwrap_or(above).display()
        );
    }
    let mut table = parse(&text, path)?;
    let source = path.display().to_string();
    let folder = path.parent().unwrap_or(Path::new(""));
    if let Some(base) = table.remove(BASE) {
        let Value::String(base) = base else {
            bail!("`{BASE}` in {source} is no text: write the path of a config file in quotes");
        };
        open.push(path.to_owned());
        read_file(&join(folder, &base), open, layers)?;
        open.pop();
    }
    keys::check(&table, &source)?;
    for key in PATHS {
        move_paths(&mut table, key, folder);
    }
    layers.push(Layer { source, table });
    Ok(())
}

fn parse(text: &str, path: &Path) -> Result<Table> {
    // The parser's own message shows line and column.
    toml::from_str(text).with_context(|| format!("{} is no TOML", path.display()))
}

/// Lays `section.key=value` over the layers.
fn apply(written: &str, layers: &mut Vec<Layer>) -> Result<()> {
    let Some((key, value)) = written.split_once('=') else {
        bail!("`{written}` sets nothing: write `section.key=value`, such as optimize.steps=100");
    };
    let (key, value) = (key.trim(), value.trim());
    let source = "the command line".to_owned();
    let path: Vec<&str> = key.split('.').collect();
    let read: Option<Value> = toml::from_str::<Table>(&format!("value = {value}"))
        .ok()
        .filter(|table| table.len() == 1)
        .and_then(|mut table| table.remove("value"));
    let mut value_or_text = read.unwrap_or_else(|| Value::String(value.to_owned()));
    if keys::is_list(&path) && !value_or_text.is_array() {
        value_or_text = Value::Array(vec![value_or_text]);
    }
    let mut table = Table::new();
    put(&mut table, &path, value_or_text);
    keys::check(&table, &source)?;
    if value.is_empty() {
        for layer in layers {
            remove(&mut layer.table, &path);
        }
        return Ok(());
    }
    layers.push(Layer { source, table });
    Ok(())
}

fn put(table: &mut Table, path: &[&str], value: Value) {
    match path {
        [] => {}
        [last] => {
            table.insert((*last).to_owned(), value);
        }
        [first, rest @ ..] => {
            let mut inner = Table::new();
            put(&mut inner, rest, value);
            table.insert((*first).to_owned(), Value::Table(inner));
        }
    }
}

fn remove(table: &mut Table, path: &[&str]) {
    if let [last] = path {
        table.remove(*last);
    } else if let [first, rest @ ..] = path
        && let Some(Value::Table(inner)) = table.get_mut(*first)
    {
        remove(inner, rest);
    }
}

/// Tables are merged key by key; everything else, lists too, replaces what was there.
fn merge(below: &mut Table, above: &Table) {
    for (key, value) in above {
        match (below.get_mut(key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => merge(below, above),
            _ => {
                below.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Whether a layer says anything at `key`, such as `data.papers[1]`.
fn says(table: &Table, key: &str) -> bool {
    let key = key.split('[').next().unwrap_or(key);
    let mut inner = table;
    for part in key.split('.') {
        match inner.get(part) {
            Some(Value::Table(table)) => inner = table,
            Some(_) => return true,
            None => return false,
        }
    }
    true
}

/// Makes the paths at `key` relative to the current folder.
fn move_paths(table: &mut Table, key: &[&str], folder: &Path) {
    match key {
        [] => {}
        [last] => match table.get_mut(*last) {
            Some(Value::String(path)) => move_path(path, folder),
            Some(Value::Array(paths)) => {
                for path in paths {
                    if let Value::String(path) = path {
                        move_path(path, folder);
                    }
                }
            }
            _ => {}
        },
        [first, rest @ ..] => {
            if let Some(Value::Table(inner)) = table.get_mut(*first) {
                move_paths(inner, rest, folder);
            }
        }
    }
}

fn move_path(path: &mut String, folder: &Path) {
    if !path.starts_with(HUB) {
        *path = join(folder, path).to_string_lossy().into_owned();
    }
}

/// `configs` and `../corpus` are `corpus`: shorter to read, and the same whoever looks at the run.
fn join(folder: &Path, path: &str) -> PathBuf {
    let mut joined = PathBuf::new();
    for part in folder.join(path).components() {
        let leaves = matches!(joined.components().next_back(), Some(Component::Normal(_)));
        match part {
            Component::CurDir => {}
            Component::ParentDir if leaves => {
                joined.pop();
            }
            part => joined.push(part),
        }
    }
    joined
}
