//! Checkpoints: weights, moments and where the run is, each in one file that is whole or absent.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use ingest::safe_file;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};

use super::Validation;

/// The one tensor: values, first and second moments, `[3 · n]`.
const STATE: &str = "state";
/// How the files of numbered checkpoints begin.
const STEP: &str = "step-";
/// How those of the best ones begin.
const BEST: &str = "best-";
/// The header's key for [`Progressed`].
const PROGRESS: &str = "progress";

/// Where a run is. The order of papers and all masks follow from the step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Progressed {
    /// Steps taken.
    pub(super) step: u64,
    /// Papers seen.
    pub(super) papers: u64,
    /// The best metric since the first step, and after which step it was measured.
    pub(super) best: Option<f64>,
    /// See `best`.
    pub(super) best_step: u64,
    /// The step of the last evaluation.
    #[serde(default)]
    pub(super) judged_step: Option<u64>,
    /// Evaluations since then.
    pub(super) without_better: u64,
    /// Quality before the first step.
    pub(super) before: Validation,
}

/// A checkpoint in memory.
#[derive(Debug)]
pub(super) struct Checkpoint {
    pub(super) state: Vec<f32>,
    pub(super) progress: Progressed,
}

/// The file of the checkpoint after `step`.
pub(super) fn numbered(folder: &Path, step: u64) -> PathBuf {
    folder.join(format!("{STEP}{step:09}.safetensors"))
}

/// The file of the best checkpoint, where it was the one after `step`: a run that goes on from before it
/// does not take it for its own.
pub(super) fn best(folder: &Path, step: u64) -> PathBuf {
    folder.join(format!("{BEST}{step:09}.safetensors"))
}

/// Removes all best checkpoints but the one after `step`.
pub(super) fn forget_best(folder: &Path, step: u64) -> Result<()> {
    let kept = best(folder, step);
    for path in list(folder, BEST)?.iter().filter(|path| **path != kept) {
        std::fs::remove_file(path).with_context(|| format!("removing {}", path.display()))?;
    }
    Ok(())
}

/// Writes a checkpoint.
pub(super) fn write(path: &Path, state: &[f32], progress: &Progressed) -> Result<()> {
    let bytes: Vec<u8> = state.iter().flat_map(|x| x.to_le_bytes()).collect();
    let view = TensorView::new(Dtype::F32, vec![state.len()], &bytes)?;
    let header = HashMap::from([(PROGRESS.to_owned(), serde_json::to_string(progress)?)]);
    let file = safetensors::serialize([(STATE, view)], Some(header))?;
    safe_file::write_with(path, |out| Ok(out.write_all(&file)?))
}

impl Checkpoint {
    /// Reads a file.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        Self::parse(&bytes).with_context(|| {
            format!(
                "the checkpoint {} is damaged: remove it, and the run goes on from the one before",
                path.display()
            )
        })
    }

    fn parse(bytes: &[u8]) -> Result<Self> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let header = header.metadata().as_ref().and_then(|map| map.get(PROGRESS));
        let progress = serde_json::from_str(header.context("it does not say where the run was")?)?;
        let file = SafeTensors::deserialize(bytes)?;
        let numbers = file.tensor(STATE)?.data().to_vec();
        let state = numbers
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        Ok(Self { state, progress })
    }

    /// The newest one of a folder; nothing where there is none.
    pub(super) fn newest(folder: &Path) -> Result<Option<Self>> {
        list(folder, STEP)?
            .last()
            .map(|path| Self::read(path))
            .transpose()
    }
}

/// Removes all numbered checkpoints but the newest `keep`.
pub(super) fn forget(folder: &Path, keep: usize) -> Result<()> {
    let files = list(folder, STEP)?;
    for path in &files[..files.len().saturating_sub(keep)] {
        std::fs::remove_file(path).with_context(|| format!("removing {}", path.display()))?;
    }
    Ok(())
}

/// The checkpoints of a folder of one kind, oldest first; names of equal length sort by their numbers.
fn list(folder: &Path, kind: &str) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("looking into {}", folder.display()))?;
    let mut files = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    files.retain(|path| {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("");
        name.starts_with(kind) && name.ends_with(".safetensors")
    });
    files.sort();
    Ok(files)
}
