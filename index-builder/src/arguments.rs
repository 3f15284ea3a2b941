//! The words of the command line, by command, as `--help` shows them.

#![expect(
    clippy::doc_markdown,
    reason = "these comments are help texts, in which an address is written as it is typed"
)]

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};
use index_builder::build::Tier;
use index_builder::config::{Config, corpus_name};
use index_builder::landscape::MapChoice;
use ingest::model_files::Which;
use ingest::select::{Pattern, Selection};
use shared::Road;
use shared::hybrid::By;

/// Turns papers into the artifacts that the page loads.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Embed, link and pack papers into a folder that the page loads
    Build(BuildArgs),
    /// Add papers to a build without embedding the old ones again; same bytes as a build of all
    Update(UpdateArgs),
    /// Say what a build will weigh, take and cost its visitors, before it is made
    Plan(PlanArgs),
    /// Find papers by words and meaning, natively, in a build
    Search(SearchArgs),
    /// Suggest categories for a text
    Classify(ClassifyArgs),
    /// Say what a build, one artifact, or files of papers hold
    Inspect(InspectArgs),
    /// Draw the map of a build
    Map(MapArgs),
    /// Check every byte of a build
    Verify {
        /// A build's folder
        path: PathBuf,
    },
    /// Fetch the encoder into the cache, or quantize it into a file
    FetchModel {
        /// Folder of an encoder or an adapter, or "base" for all-MiniLM-L6-v2 (default: the shipped one)
        #[arg(long, value_name = "DIR|base")]
        model: Option<Which>,
        /// Write the quantized model artifact here
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// Folder to write
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// A classifier fitted by `trainer classifier` (default: the shipped one, where it fits the model)
    #[arg(long, value_name = "FILE")]
    pub(crate) classifier: Option<PathBuf>,
    /// Add the encoder's weights in f32, which the page offers to fetch and run: 91 MB for the base encoder
    #[arg(long)]
    pub(crate) with_reference: bool,
    #[command(flatten)]
    pub(crate) map: MapFlags,
    /// What the page loads: all papers, or the pieces that a question needs (default: all of 200,000 papers at most)
    #[arg(long, value_enum)]
    pub(crate) tier: Option<TierArg>,
    /// Name of the corpus (default: the first file's)
    #[arg(long, value_parser = corpus_name)]
    pub(crate) name: Option<String>,
    /// Where the report goes as JSON (default: OUT.report.json)
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Go on with an unfinished build
    #[arg(long, conflicts_with = "force")]
    pub(crate) resume: bool,
    /// Replace the build in OUT
    #[arg(long)]
    pub(crate) force: bool,
}

/// What a page loads of a corpus.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum TierArg {
    /// By the number of papers
    Auto,
    /// All of it: search by meaning is exact or nearly so
    Loaded,
    /// The pieces that a question needs: search by meaning is approximate
    Sharded,
}

impl From<TierArg> for Tier {
    fn from(tier: TierArg) -> Self {
        match tier {
            TierArg::Auto => Self::Auto,
            TierArg::Loaded => Self::Loaded,
            TierArg::Sharded => Self::Sharded,
        }
    }
}

/// Whether there is a map, and where its points begin.
#[derive(Debug, Args)]
pub(crate) struct MapFlags {
    /// Leave out the map: papers on a plane, with named topics
    #[arg(long)]
    without_map: bool,
    /// Start the map from that of an older build, so that papers keep their places
    #[arg(long, value_name = "DIR", conflicts_with = "without_map")]
    map_from: Option<PathBuf>,
}

impl MapFlags {
    /// What the flags say, else the file.
    pub(crate) fn or(self, config: MapChoice) -> MapChoice {
        match self.map_from {
            Some(folder) => MapChoice::From(folder),
            None if self.without_map => MapChoice::Without,
            None => config,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    /// A build's folder; the new build replaces it once it is whole, unless --out names another
    #[arg(long, value_name = "DIR")]
    pub(crate) artifacts: PathBuf,
    /// New papers, as `build` takes them; one with the id of an old paper replaces it in its place
    #[arg(long, required_unless_present = "remove", num_args = 1.., value_name = "INPUT")]
    pub(crate) papers: Vec<PathBuf>,
    /// Take out papers, old or new: a file of ids, one a line
    #[arg(long, value_name = "FILE")]
    pub(crate) remove: Option<PathBuf>,
    /// Folder to write instead
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Start the map from that of an older build, such as this one's, so that papers keep their places
    #[arg(long, value_name = "DIR")]
    pub(crate) map_from: Option<PathBuf>,
    /// Name of the corpus (default: the build's)
    #[arg(long, value_parser = corpus_name)]
    pub(crate) name: Option<String>,
    /// Where the report goes as JSON (default: OUT.report.json)
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Replace the build in OUT
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
}

/// Which papers, and the encoder that they are for.
#[derive(Debug, Args)]
pub(crate) struct InputArgs {
    /// Papers: files, folders, patterns in quotes (.parquet; .jsonl, .csv, .tsv, .bib, also with .gz),
    /// hf://datasets/OWNER/NAME; they replace all that --config says of its corpus
    #[arg(long, required_unless_present = "config", num_args = 1.., value_name = "INPUT")]
    pub(crate) papers: Vec<PathBuf>,
    /// A file such as offprint.toml that names site, papers and model; flags override its lines
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Take N papers, stratified by primary category; papers of a `split` other than `train` are always taken
    #[arg(long, value_name = "N", value_parser = number_from_1, conflicts_with = "limit")]
    pub(crate) sample: Option<usize>,
    /// Seed of the sample [default: 1]
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Take only the first N rows (for smoke tests)
    #[arg(long, value_name = "N", value_parser = number_from_1)]
    pub(crate) limit: Option<usize>,
    /// Take only papers of these categories, such as 'cs.*,stat.ML'
    #[arg(long, value_name = "PATTERN")]
    pub(crate) r#where: Option<Pattern>,
    /// Folder of an encoder or an adapter, or "base" for all-MiniLM-L6-v2 (default: the shipped one)
    #[arg(long, value_name = "DIR|base")]
    pub(crate) model: Option<Which>,
}

impl InputArgs {
    /// What the file says, where flags say nothing else; and the selection that follows.
    pub(crate) fn resolve(self) -> Result<(Config, Selection)> {
        let config = self.config.as_deref().map(Config::read).transpose()?;
        let mut config = config.unwrap_or_default();
        if !self.papers.is_empty() {
            config = config.with_papers(self.papers);
        }
        config.model = self.model.unwrap_or(config.model);
        let seed = self.seed.or(config.seed).unwrap_or(1);
        // The first rows and a sample of all exclude each other.
        let sample = self.sample.or(match self.limit {
            Some(_) => None,
            None => config.sample,
        });
        let selection = Selection {
            r#where: self.r#where.or(config.categories.take()),
            sample: sample.map(|n| (n, seed)),
            limit: self.limit,
        };
        Ok((config, selection))
    }
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,
    /// What the page would load: all papers, or the pieces that a question needs (default: all of 200,000 papers at most)
    #[arg(long, value_enum)]
    pub(crate) tier: Option<TierArg>,
    /// Plan for so many papers like those that are read
    #[arg(long, value_name = "N")]
    pub(crate) papers_like: Option<u64>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// A build's folder, or one of its files
    #[arg(required_unless_present = "papers", conflicts_with = "papers")]
    pub(crate) path: Option<PathBuf>,
    /// Papers instead: files, folders, patterns in quotes, hf://datasets/OWNER/NAME
    #[arg(long, num_args = 1.., value_name = "INPUT")]
    pub(crate) papers: Vec<PathBuf>,
    /// Print JSON
    #[arg(long, conflicts_with = "path")]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct MapArgs {
    /// A build's folder
    #[arg(long, default_value = "static/artifacts")]
    pub(crate) artifacts: PathBuf,
    /// Write the picture here
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: PathBuf,
}

/// Which lists answer a question.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Lists {
    /// Fused
    Both,
    /// BM25; quotations, fields and operators count
    Words,
    /// The encoder alone, on the text as it stands
    Meaning,
}

impl From<Lists> for By {
    fn from(lists: Lists) -> Self {
        match lists {
            Lists::Both => Self::Both,
            Lists::Words => Self::Words,
            Lists::Meaning => Self::Meaning,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// A build's folder
    #[arg(long, default_value = "static/artifacts")]
    pub(crate) artifacts: PathBuf,
    /// The question
    #[arg(required_unless_present_any = ["queries", "like"], conflicts_with_all = ["queries", "like"])]
    pub(crate) text: Option<String>,
    /// Papers like these of the build, by id, in place of a question
    #[arg(long, num_args = 1.., value_name = "ID", conflicts_with = "queries")]
    pub(crate) like: Vec<String>,
    /// And unlike these
    #[arg(long, num_args = 1.., value_name = "ID", requires = "like")]
    pub(crate) unlike: Vec<String>,
    /// Questions, one JSON object {id, text} a line; prints a run: qid Q0 docid rank score tag
    #[arg(long, value_name = "FILE")]
    pub(crate) queries: Option<PathBuf>,
    /// Hits a question [default: 10, or 100 for a run]
    #[arg(long)]
    pub(crate) k: Option<usize>,
    /// Print JSON
    #[arg(long, conflicts_with = "queries")]
    pub(crate) json: bool,
    /// Find papers by their words, by their meaning, or by both
    #[arg(long, value_enum, default_value = "both", conflicts_with = "like")]
    pub(crate) by: Lists,
    /// Compare every vector (without any of these three: the quickest of what finds enough)
    #[arg(long, group = "road")]
    pub(crate) exact: bool,
    /// Compare the signs of every vector, and then so many vectors
    #[arg(long, value_name = "VECTORS", group = "road")]
    pub(crate) depth: Option<usize>,
    /// Hits that differ from each other: of the 50 nearest, for ten
    #[arg(long, conflicts_with = "queries")]
    pub(crate) diverse: bool,
    /// Walk the graph at this breadth
    #[arg(long, group = "road")]
    pub(crate) ef: Option<usize>,
    /// Only papers of these categories
    #[arg(long, value_name = "PATTERN")]
    pub(crate) r#where: Option<Pattern>,
    /// Only papers of this year or later
    #[arg(long, value_name = "YEAR")]
    pub(crate) from: Option<u16>,
    /// Only papers of this year or earlier
    #[arg(long, value_name = "YEAR")]
    pub(crate) to: Option<u16>,
}

impl SearchArgs {
    /// The road that was asked for.
    pub(crate) fn road(&self) -> Option<Road> {
        let all = self.exact.then_some(Road::Exact);
        let by_codes = self.depth.map(|depth| Road::Codes { depth });
        all.or(by_codes).or(self.ef.map(|ef| Road::Graph { ef }))
    }
}

#[derive(Debug, Args)]
pub(crate) struct ClassifyArgs {
    /// A build's folder
    #[arg(long, default_value = "static/artifacts")]
    pub(crate) artifacts: PathBuf,
    /// Title
    #[arg(long, default_value = "")]
    pub(crate) title: String,
    /// Abstract
    pub(crate) text: String,
    /// Categories to print
    #[arg(long, default_value_t = 5)]
    pub(crate) k: usize,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

fn number_from_1(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("it takes no paper: give a number from 1".into()),
        Ok(n) => Ok(n),
        Err(_) => Err("a whole number is wanted".into()),
    }
}
