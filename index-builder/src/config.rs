//! `offprint.toml`: what a site is made of, in one file that a fork keeps.
//!
//! Every message names the file and the line, and says what to write instead.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use ingest::model_files::Which;
use ingest::select::Pattern;
use serde::Deserialize;
use shared::manifest::SiteEntry;
use toml::Spanned;

use crate::build::Tier;
use crate::feeds::{MAX_FEEDS, MAX_QUERY, SavedQuery};
use crate::landscape::MapChoice;
use crate::model::Reference;

/// Longest title of a site, in characters: the header shows it whole on a narrow screen.
pub const MAX_TITLE: usize = 60;
/// Longest description of a site, in characters: search engines cut longer ones.
pub const MAX_DESCRIPTION: usize = 200;
/// Longest name of a corpus, in characters. The three together leave room in a manifest.
pub const MAX_NAME: usize = 80;
/// Inputs that begin so are no paths.
const HUB: &str = "hf://";

/// What `offprint.toml` says, checked; paths as they are opened from the current folder.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// What the page calls itself.
    pub site: Option<SiteEntry>,
    /// Name of the corpus.
    pub name: Option<String>,
    /// Files, folders, globs and `hf://` addresses of papers; never empty where a file was read.
    pub papers: Vec<PathBuf>,
    /// Categories to take; all where absent.
    pub categories: Option<Pattern>,
    /// Papers to take at most.
    pub sample: Option<usize>,
    /// Seed of the sample.
    pub seed: Option<u64>,
    /// The encoder.
    pub model: Which,
    /// A classifier of one's own.
    pub classifier: Option<PathBuf>,
    /// Whether the page can fetch the weights in f32 as well.
    pub reference: Reference,
    /// Whether a build has a map.
    pub map: MapChoice,
    /// Whether the page loads all of it, or pieces.
    pub tier: Tier,
    /// Queries that have a feed.
    pub feeds: Vec<SavedQuery>,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    site: Option<SiteTable>,
    corpus: CorpusTable,
    #[serde(default)]
    model: ModelTable,
    #[serde(default)]
    map: MapTable,
    #[serde(default)]
    feeds: Vec<FeedTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteTable {
    title: Spanned<String>,
    description: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CorpusTable {
    name: Option<Spanned<String>>,
    papers: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    categories: Vec<Spanned<String>>,
    sample: Option<Spanned<usize>>,
    seed: Option<u64>,
    #[serde(default)]
    tier: Tier,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelTable {
    folder: Option<Spanned<String>>,
    classifier: Option<Spanned<String>>,
    #[serde(default)]
    reference: bool,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct MapTable {
    build: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FeedTable {
    title: Spanned<String>,
    query: Spanned<String>,
}

impl Default for MapTable {
    fn default() -> Self {
        Self { build: true }
    }
}

impl Config {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// Where it cannot be read, is no TOML, has a key that it should not have, or a value that no
    /// build can use.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| {
            format!(
                "cannot read {}: name a file such as the clone's offprint.toml",
                path.display()
            )
        })?;
        let source = Source { path, text: &text };
        let folder = path.parent().unwrap_or(Path::new(""));
        parse(&source, folder)
    }

    /// The same site and model with other papers: nothing that the file says of its corpus holds
    /// for them.
    #[must_use]
    pub fn with_papers(self, papers: Vec<PathBuf>) -> Self {
        Self {
            papers,
            site: self.site,
            model: self.model,
            classifier: self.classifier,
            reference: self.reference,
            map: self.map,
            tier: self.tier,
            feeds: self.feeds,
            ..Self::default()
        }
    }
}

/// A name that fits the manifest.
///
/// # Errors
/// What is wrong with it, and what to do.
pub fn corpus_name(name: &str) -> Result<String, String> {
    one_line(name, MAX_NAME)
}

/// The text without outer spaces.
fn one_line(text: &str, most: usize) -> Result<String, String> {
    let text = text.trim();
    let n = text.chars().count();
    if text.is_empty() {
        return Err("it is empty: write at least one word".into());
    }
    if text.chars().any(char::is_control) {
        return Err("it has a line break or another control character: write one line".into());
    }
    if n > most {
        return Err(format!("it has {n} characters: write at most {most}"));
    }
    Ok(text.to_owned())
}

/// A file with its text, for messages that name a line.
struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Source<'_> {
    /// Where a value stands: `offprint.toml, line 3`.
    fn place<T>(&self, value: &Spanned<T>) -> String {
        let before = &self.text[..value.span().start.min(self.text.len())];
        let line = before.matches('\n').count() + 1;
        format!("{}, line {line}", self.path.display())
    }

    /// Checks a text of at most `most` characters.
    fn line(&self, key: &str, value: &Spanned<String>, most: usize) -> Result<String> {
        match one_line(value.get_ref(), most) {
            Ok(text) => Ok(text),
            Err(why) => bail!("{}: {key}: {why}", self.place(value)),
        }
    }

    /// A query with its title, of which a feed can be made.
    fn feed(&self, table: &FeedTable, before: &[SavedQuery]) -> Result<SavedQuery> {
        let saved = SavedQuery {
            title: self.line("feeds.title", &table.title, MAX_TITLE)?,
            query: self.line("feeds.query", &table.query, MAX_QUERY)?,
        };
        if let Some(why) = saved.fault() {
            bail!("{}: feeds.query: {why}", self.place(&table.query));
        }
        if before.len() == MAX_FEEDS {
            bail!(
                "{}: a site has at most {MAX_FEEDS} feeds: remove this one",
                self.place(&table.title)
            );
        }
        let file = saved.file();
        if before.iter().any(|known| known.file() == file) {
            bail!(
                "{}: feeds.title: another feed is called {file} already: choose another title",
                self.place(&table.title)
            );
        }
        Ok(saved)
    }

    /// A path of the file's own folder.
    fn path(&self, key: &str, value: &Spanned<String>, folder: &Path) -> Result<PathBuf> {
        if value.get_ref().trim().is_empty() {
            bail!(
                "{}: {key} is empty: name a file or folder, or remove it",
                self.place(value)
            );
        }
        Ok(folder.join(value.get_ref()))
    }
}

fn parse(source: &Source, folder: &Path) -> Result<Config> {
    // The parser's own message shows line, column and, for a wrong key, the right ones.
    let tables: Tables = toml::from_str(source.text)
        .with_context(|| format!("{} is not as it should be", source.path.display()))?;
    let site = tables.site.map(|site| -> Result<SiteEntry> {
        let description = site.description.as_ref().map(|text| {
            let key = "site.description";
            source.line(key, text, MAX_DESCRIPTION)
        });
        Ok(SiteEntry {
            title: source.line("site.title", &site.title, MAX_TITLE)?,
            description: description.transpose()?,
        })
    });
    let CorpusTable {
        name,
        papers,
        categories,
        sample,
        seed,
        tier,
    } = tables.corpus;
    if papers.get_ref().is_empty() {
        bail!(
            "{}: corpus.papers names nothing: write something like [\"papers.jsonl\"]",
            source.place(&papers)
        );
    }
    let papers = papers.get_ref().iter().map(|input| {
        if input.get_ref().starts_with(HUB) {
            return Ok(PathBuf::from(input.get_ref()));
        }
        source.path("corpus.papers", input, folder)
    });
    // One by one, so that a wrong one is named with its line.
    for category in &categories {
        let code = category.get_ref();
        if let Err(why) = code.parse::<Pattern>() {
            bail!("{}: corpus.categories: {why}", source.place(category));
        }
    }
    let codes: Vec<&str> = categories.iter().map(|code| &**code.get_ref()).collect();
    let categories = (!codes.is_empty()).then(|| codes.join(",").parse());
    if let Some(sample) = sample.as_ref().filter(|sample| *sample.get_ref() == 0) {
        bail!(
            "{}: corpus.sample takes no paper: write a number from 1, or remove it for all",
            source.place(sample)
        );
    }
    let of_model = |key: &str, value: &Option<Spanned<String>>| {
        let path = value.as_ref().map(|value| source.path(key, value, folder));
        path.transpose()
    };
    let mut feeds = Vec::new();
    for table in &tables.feeds {
        feeds.push(source.feed(table, &feeds)?);
    }
    Ok(Config {
        feeds,
        site: site.transpose()?,
        name: name
            .map(|name| source.line("corpus.name", &name, MAX_NAME))
            .transpose()?,
        papers: papers.collect::<Result<_>>()?,
        categories: categories.transpose()?,
        sample: sample.map(Spanned::into_inner),
        seed,
        model: match &tables.model.folder {
            Some(name) if name.get_ref() == "base" => Which::Base,
            Some(name) if name.get_ref() == "shipped" => Which::Shipped,
            folder => of_model("model.folder", folder)?.map_or(Which::Shipped, Which::In),
        },
        classifier: of_model("model.classifier", &tables.model.classifier)?,
        reference: if tables.model.reference {
            Reference::With
        } else {
            Reference::Without
        },
        tier,
        map: if tables.map.build {
            MapChoice::New
        } else {
            MapChoice::Without
        },
    })
}

#[cfg(test)]
mod tests;
