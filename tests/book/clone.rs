//! A folder that looks like a reader's clone: some papers in every layout that the docs name, a repository of
//! git with a remote to push to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use ingest::papers;
use parquet::arrow::ArrowWriter;
use serde_json::json;
use shared::Paper;
use tempfile::TempDir;

use crate::fixtures::repository;

const STARTER: &str = "corpus/starter.jsonl";
/// Every third paper of the starter corpus: enough for a classifier to be fitted, calibrated and judged.
const EVERY: usize = 3;

/// The folder, and where a reader who has read so far stands in it.
pub(super) struct Clone {
    folder: TempDir,
    /// Variables that were exported.
    pub(super) variables: Vec<(String, String)>,
}

impl Clone {
    /// A fresh one.
    pub(super) fn new() -> Result<Self> {
        let clone = Self {
            folder: tempfile::tempdir()?,
            variables: Vec::new(),
        };
        fs::create_dir_all(clone.path().join("corpus"))?;
        fs::copy(repository().join(STARTER), clone.path().join(STARTER))?;
        let settings = repository().join("offprint.toml");
        if settings.is_file() {
            fs::copy(settings, clone.path().join("offprint.toml"))?;
        }
        let (all, _) = papers::read_all(&[repository().join(STARTER)])?;
        let papers: Vec<Paper> = all.iter().step_by(EVERY).cloned().collect();
        clone.write_papers(&papers)?;
        let new: Vec<_> = all
            .iter()
            .skip(1)
            .step_by(EVERY)
            .take(5)
            .map(object)
            .collect();
        clone.write("new.jsonl", &lines(&new));
        fs::copy(repository().join(STARTER), clone.path().join(STARTER))?;
        fs::create_dir_all(clone.path().join("configs"))?;
        for entry in fs::read_dir(repository().join("configs"))? {
            let entry = entry?;
            fs::copy(
                entry.path(),
                clone.path().join("configs").join(entry.file_name()),
            )?;
        }
        clone.write(
            "questions.jsonl",
            &lines(&[json!({"id": "1", "text": "how do glaciers slide"})]),
        );
        Ok(clone)
    }

    /// The folder that commands start in.
    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("offprint")
    }

    /// Writes a file, and the folders above it.
    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        let folder = path.parent().expect("a file lies in a folder");
        fs::create_dir_all(folder).expect("the temporary folder can be written");
        fs::write(path, text).expect("the temporary folder can be written");
    }

    fn write_papers(&self, papers: &[Paper]) -> Result<()> {
        let json: Vec<_> = papers.iter().map(object).collect();
        self.write("papers.jsonl", &lines(&json));
        let beir: Vec<_> = papers.iter().map(beir).collect();
        self.write("beir/corpus.jsonl", &lines(&beir));
        let kaggle: Vec<_> = papers.iter().map(kaggle).collect();
        self.write("arxiv-metadata-oai-snapshot.json", &lines(&kaggle));
        self.write(
            "papers.csv",
            &table(papers, ',', |cell| {
                format!("\"{}\"", cell.replace('"', "\"\""))
            }),
        );
        self.write("papers.tsv", &table(papers, '\t', str::to_owned));
        let entries: Vec<_> = papers.iter().map(entry).collect();
        self.write("papers.bib", &entries.concat());
        let (first, second) = papers.split_at(papers.len() / 2);
        fs::create_dir_all(self.path().join("shards"))?;
        for (name, papers) in [
            ("papers.parquet", papers),
            ("shards/2023.parquet", first),
            ("shards/2024.parquet", second),
        ] {
            parquet(&self.path().join(name), papers)?;
        }
        Ok(())
    }

    /// Makes the folder a repository, with one commit and a remote of its own, where it is none yet.
    pub(super) fn ensure_git(&self) -> Result<()> {
        if self.path().join(".git").exists() {
            return Ok(());
        }
        let remote = self.folder.path().join("remote.git");
        let remote = remote.to_str().context("a path in UTF-8")?;
        for words in [
            &["init", "--quiet", "--initial-branch=main"][..],
            &["init", "--quiet", "--bare", remote],
            &["remote", "add", "origin", remote],
            &[
                "commit",
                "--quiet",
                "--allow-empty",
                "--message",
                "Upstream",
            ],
            &["push", "--quiet", "--set-upstream", "origin", "main"],
        ] {
            let output = self
                .git()
                .args(words)
                .output()
                .context("git does not start")?;
            let error = String::from_utf8_lossy(&output.stderr);
            ensure!(output.status.success(), "git {}: {error}", words.join(" "));
        }
        Ok(())
    }

    /// Git, without this machine's settings.
    pub(super) fn git(&self) -> Command {
        let mut git = Command::new("git");
        git.current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0");
        for who in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{who}_NAME"), "Ada")
                .env(format!("GIT_{who}_EMAIL"), "ada@example.org");
        }
        // What a hook of git may have set would lead to another repository.
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
            git.env_remove(name);
        }
        git
    }
}

fn lines(objects: &[serde_json::Value]) -> String {
    let lines: Vec<_> = objects.iter().map(|object| format!("{object}\n")).collect();
    lines.concat()
}

fn object(paper: &Paper) -> serde_json::Value {
    json!({
        "id": paper.id,
        "title": paper.title,
        "abstract": paper.abstract_,
        "authors": paper.authors,
        "categories": paper.categories.join(" "),
        "year": paper.year,
    })
}

fn beir(paper: &Paper) -> serde_json::Value {
    json!({"_id": paper.id, "title": paper.title, "text": paper.abstract_})
}

/// The fields of the snapshot on Kaggle.
fn kaggle(paper: &Paper) -> serde_json::Value {
    let year = paper.year.unwrap_or(2000);
    json!({
        "id": paper.id,
        "submitter": null,
        "authors": paper.authors,
        "title": paper.title,
        "comments": null,
        "journal-ref": null,
        "doi": null,
        "report-no": null,
        "categories": paper.categories.join(" "),
        "license": null,
        "abstract": format!("  {}\n", paper.abstract_),
        "versions": [{"version": "v1", "created": format!("Mon, 2 Jan {year} 10:00:00 GMT")}],
        "update_date": format!("{year}-01-02"),
        "authors_parsed": [],
    })
}

fn table(papers: &[Paper], separator: char, quote: impl Fn(&str) -> String) -> String {
    let separator = separator.to_string();
    let mut text = ["id", "title", "abstract", "authors", "categories", "year"].join(&separator);
    for paper in papers {
        let year = paper.year.map(|year| year.to_string()).unwrap_or_default();
        let cells = [
            &*paper.id,
            &*paper.title,
            &*paper.abstract_,
            &*paper.authors,
            &*paper.categories.join(" "),
            &*year,
        ];
        text.push('\n');
        text.push_str(&cells.map(&quote).join(&separator));
    }
    text + "\n"
}

fn entry(paper: &Paper) -> String {
    format!(
        "@article{{{},\n  title = {{{}}},\n  author = {{{}}},\n  year = {{{}}},\n  eprint = {{{}}},\n  \
         archivePrefix = {{arXiv}},\n  primaryClass = {{{}}},\n  abstract = {{{}}}\n}}\n",
        paper.id.replace('/', "-"),
        paper.title,
        paper.authors.replace(", ", " and "),
        paper.year.unwrap_or(2000),
        paper.id,
        paper.categories.first().map_or("", |code| code),
        paper.abstract_,
    )
}

fn parquet(path: &Path, papers: &[Paper]) -> Result<()> {
    let text = |of: &dyn Fn(&Paper) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(papers.iter().map(of)))
    };
    let years: Int64Array = papers
        .iter()
        .map(|paper| paper.year.map(i64::from))
        .collect();
    let batch = RecordBatch::try_from_iter([
        ("id", text(&|paper| paper.id.clone())),
        ("title", text(&|paper| paper.title.clone())),
        ("abstract", text(&|paper| paper.abstract_.clone())),
        ("authors", text(&|paper| paper.authors.clone())),
        ("categories", text(&|paper| paper.categories.join(" "))),
        ("year", Arc::new(years)),
    ])?;
    let mut writer = ArrowWriter::try_new(fs::File::create(path)?, batch.schema(), None)?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(())
}
