//! What the trainer's kernels become: every one is there, for every generation of cards, and keeps what it
//! works on in registers.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::toolkit::Toolkit;
use crate::step::{command, step};
use crate::workspace::{Workspace, read};

/// Generations that are looked at: Ampere and Hopper.
const ARCHITECTURES: [u16; 2] = [80, 90];

/// What ptxas says of one file.
#[derive(Debug, Default, PartialEq)]
struct Compiled {
    kernels: BTreeSet<String>,
    /// The kernel that uses most.
    most_registers: u32,
    /// Kernels that spill, with what ptxas says of it.
    spills: Vec<String>,
}

/// Compiles the kernels with a toolkit and looks at what came of them.
pub(crate) fn check(workspace: &Workspace, toolkit: &Toolkit) -> Result<()> {
    let folder = workspace.root.join("trainer/kernels");
    let out = workspace.cache.join("cuda/check");
    fs::create_dir_all(&out).with_context(|| format!("cannot create {}", out.display()))?;
    let mut files: Vec<PathBuf> =
        glob::glob(&folder.join("*.cu").to_string_lossy())?.collect::<Result<_, _>>()?;
    files.sort();
    ensure!(!files.is_empty(), "{} has no kernels", folder.display());
    step("kernels", || {
        let (mut n_kernels, mut most_registers) = (0, 0);
        for file in &files {
            for architecture in ARCHITECTURES {
                let compiled = compile(workspace, toolkit, file, architecture, &out)?;
                n_kernels += compiled.kernels.len();
                most_registers = most_registers.max(compiled.most_registers);
            }
        }
        let names = ARCHITECTURES
            .map(|number| format!("sm_{number}"))
            .join(" and ");
        Ok(format!(
            "{} for {names}: no spills, at most {most_registers} registers",
            n_kernels / ARCHITECTURES.len()
        ))
    })
}

fn compile(
    workspace: &Workspace,
    toolkit: &Toolkit,
    file: &Path,
    architecture: u16,
    out: &Path,
) -> Result<Compiled> {
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let mut nvcc = command(workspace, toolkit.nvcc());
    nvcc.args(["-cubin", "-O3", "-std=c++17", "-Xptxas", "-v"])
        .arg(format!("-arch=sm_{architecture}"))
        .arg("-o")
        .arg(out.join(format!("{name}.{architecture}.cubin")))
        .arg(file);
    let output = nvcc.output().context("cannot start nvcc")?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("nvcc refuses {}:\n{said}", file.display());
    }
    let compiled = report(&said);
    let missing: Vec<String> = declared(&read(file)?)
        .difference(&compiled.kernels)
        .cloned()
        .collect();
    ensure!(
        missing.is_empty(),
        "{} for sm_{architecture} lacks {}",
        file.display(),
        missing.join(", ")
    );
    ensure!(
        compiled.spills.is_empty(),
        "{} for sm_{architecture} needs more registers than there are: {}",
        file.display(),
        compiled.spills.join("; ")
    );
    Ok(compiled)
}

/// The kernels that a file declares.
fn declared(source: &str) -> BTreeSet<String> {
    let after = source.split("__global__ void ").skip(1);
    after
        .filter_map(|rest| rest.split('(').next())
        .map(str::to_owned)
        .collect()
}

/// Reads what `ptxas -v` says.
fn report(said: &str) -> Compiled {
    let mut compiled = Compiled::default();
    let mut kernel = String::new();
    for line in said.lines() {
        if let Some((_, rest)) = line.split_once("Compiling entry function '") {
            rest.split('\'')
                .next()
                .unwrap_or_default()
                .clone_into(&mut kernel);
            compiled.kernels.insert(kernel.clone());
        }
        if let Some((before, _)) = line.split_once(" bytes spill stores") {
            let stores = before.rsplit(' ').next();
            if stores != Some("0") || !line.contains(" 0 bytes spill loads") {
                compiled.spills.push(format!("{kernel}: {}", line.trim()));
            }
        }
        if let Some((_, rest)) = line.split_once("Used ") {
            let registers = rest
                .split(' ')
                .next()
                .and_then(|number| number.parse().ok());
            compiled.most_registers = compiled.most_registers.max(registers.unwrap_or(0));
        }
    }
    compiled
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "\
ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function 'softmax' for 'sm_80'
ptxas info    : Function properties for softmax
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 40 registers, used 0 barriers, 388 bytes cmem[0]
ptxas info    : Compiling entry function 'sum' for 'sm_80'
ptxas info    : Function properties for sum
    8 bytes stack frame, 12 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 255 registers, used 1 barriers
";

    #[test]
    fn kernels_registers_and_spills_are_read() {
        let compiled = report(SAID);
        assert_eq!(compiled.kernels.len(), 2);
        assert_eq!(compiled.most_registers, 255);
        let [spill] = &compiled.spills[..] else {
            panic!("{:?}", compiled.spills)
        };
        assert!(spill.starts_with("sum: 8 bytes"), "{spill}");
    }

    #[test]
    fn every_kernel_of_a_file_is_wanted() {
        let source =
            "extern \"C\" __global__ void one(int a) {}\nextern \"C\" __global__ void two() {}";
        let wanted = ["one", "two"].map(str::to_owned);
        assert_eq!(declared(source), BTreeSet::from(wanted));
    }
}
