//! `trainer runs`: compares runs in a table, as JSON, or on a page with their curves.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::track::{Comparison, comparison_page};

/// Arguments of `trainer runs`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  trainer runs
      every run below runs/, one a line: what each metric was before, and its best
  trainer runs runs/first runs/second --html runs.html
      two runs with their curves over steps, on a page to keep or to send
  trainer runs --json
      the same as JSON, for a script

A run that is under way is shown as far as it is; step 0 is the encoder before training.")]
pub struct Runs {
    /// Runs, and folders of runs
    #[arg(value_name = "DIR", default_value = "runs")]
    folders: Vec<PathBuf>,
    /// Draw loss and quality of the runs on one page that needs no network and no script
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print the comparison as JSON instead of a table
    #[arg(long)]
    json: bool,
}

impl Runs {
    /// Reads the runs, and says how they compare.
    ///
    /// # Errors
    /// Those of [`Comparison::read`], and of the disk.
    pub fn run(self) -> Result<()> {
        let comparison = Comparison::read(&self.folders)?;
        let mut stdout = std::io::stdout();
        if self.json {
            let mut bytes = serde_json::to_vec_pretty(&comparison.summaries())?;
            bytes.push(b'\n');
            stdout.write_all(&bytes)?;
        } else {
            write!(stdout, "{comparison}")?;
        }
        if let Some(path) = self.html {
            ingest::safe_file::write(&path, comparison_page(&comparison).as_bytes())?;
            tracing::info!("wrote {}", path.display());
        }
        Ok(())
    }
}
