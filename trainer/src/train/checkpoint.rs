//! Checkpoints: weights, moments and where the run is, each in one file that is whole or absent.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
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
/// No header is longer, in bytes: it names one tensor.
const LONGEST_HEADER: u64 = 1 << 16;

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

/// Removes all numbered checkpoints but the newest `keep`, and all best ones but the one after `best_step` and those
/// that a remaining checkpoint calls the best: a run that goes on from there needs them.
pub(super) fn forget(folder: &Path, keep: usize, best_step: u64) -> Result<()> {
    let mut kept = list(folder, STEP)?;
    let n_old = kept.len().saturating_sub(keep);
    for path in kept.drain(..n_old) {
        remove_file(&path)?;
    }
    let needed: Vec<PathBuf> = (kept.iter())
        // One that cannot be read is not gone on from.
        .filter_map(|path| read_progress(path).ok())
        .map(|progress| progress.best_step)
        .chain([best_step])
        .map(|step| best(folder, step))
        .collect();
    for path in list(folder, BEST)? {
        if !needed.contains(&path) {
            remove_file(&path)?;
        }
    }
    Ok(())
}

/// Removes what was kept after `step`.
pub(super) fn remove(folder: &Path, step: u64) -> Result<()> {
    for path in [numbered(folder, step), best(folder, step)] {
        if path.is_file() {
            remove_file(&path)?;
        }
    }
    Ok(())
}

/// Makes `kept`, or the beginning where there is none, the newest checkpoint: those of later steps are removed.
pub(super) fn go_back(folder: &Path, kept: Option<&Checkpoint>) -> Result<()> {
    let step = kept.map_or(0, |kept| kept.progress.step);
    // It may have been kept for being the best alone, and plain `--resume` looks for numbered ones.
    if let Some(kept) = kept
        && !numbered(folder, step).is_file()
    {
        write(&numbered(folder, step), &kept.state, &kept.progress)?;
    }
    for later in steps(folder)?.into_iter().filter(|&later| later > step) {
        remove(folder, later)?;
    }
    Ok(())
}

/// The steps after which something is kept, in order.
pub(super) fn steps(folder: &Path) -> Result<Vec<u64>> {
    let mut steps = [steps_of(folder, STEP)?, steps_of(folder, BEST)?].concat();
    steps.sort_unstable();
    steps.dedup();
    Ok(steps)
}

/// The step of the newest numbered checkpoint.
pub(super) fn newest_step(folder: &Path) -> Result<Option<u64>> {
    Ok(steps_of(folder, STEP)?.pop())
}

fn steps_of(folder: &Path, kind: &str) -> Result<Vec<u64>> {
    let numbers = list(folder, kind)?.into_iter().filter_map(|path| {
        let name = path.file_stem()?.to_str()?;
        name.strip_prefix(kind)?.parse().ok()
    });
    Ok(numbers.collect())
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

    /// The one after `step`.
    ///
    /// # Errors
    /// Where none is kept, and those of [`Self::read`].
    pub(super) fn after(folder: &Path, step: u64) -> Result<Self> {
        let paths = [numbered(folder, step), best(folder, step)];
        let Some(path) = paths.iter().find(|path| path.is_file()) else {
            bail!(
                "no checkpoint of step {step} is kept: --from takes {}",
                listed(&[&[0], &*steps(folder)?].concat())
            );
        };
        Self::read(path)
    }

    /// The newest one of a folder; nothing where there is none.
    pub(super) fn newest(folder: &Path) -> Result<Option<Self>> {
        list(folder, STEP)?
            .last()
            .map(|path| Self::read(path))
            .transpose()
    }
}

/// Steps in words, such as `0, 200 or 400`.
pub(super) fn listed(steps: &[u64]) -> String {
    let words: Vec<String> = steps.iter().map(ToString::to_string).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} or {last}", before.join(", ")),
        None => String::new(),
    }
}

/// Where the run was, from the file's header: its weights, which are most of it, are not read.
fn read_progress(path: &Path) -> Result<Progressed> {
    let mut file = File::open(path)?;
    let mut len = [0; 8];
    file.read_exact(&mut len)?;
    let len_bytes = u64::from_le_bytes(len);
    ensure!(len_bytes < LONGEST_HEADER, "the header has no end");
    let mut header = vec![0; len_bytes as usize];
    file.read_exact(&mut header)?;
    let header: serde_json::Value = serde_json::from_slice(&header)?;
    let said = header["__metadata__"][PROGRESS].as_str();
    Ok(serde_json::from_str(
        said.context("it does not say where the run was")?,
    )?)
}

fn remove_file(path: &Path) -> Result<()> {
    std::fs::remove_file(path).with_context(|| format!("removing {}", path.display()))
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
