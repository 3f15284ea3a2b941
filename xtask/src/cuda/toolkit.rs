//! nvcc: the machine's own, or NVIDIA's wheels from the Python package index, laid out as a toolkit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::stubs;
use crate::place::link;
use crate::step::{command, on_path, output, run_logged, step};
use crate::workspace::Workspace;

/// The wheels and their hashes, which pip checks.
const WHEELS: &str = include_str!("../../cuda/requirements.txt");

/// Version of the wheels, as nvcc says it.
const VERSION: &str = "13.0.88";

/// Programs of the wheels; unpacking may lose that they are programs.
const PROGRAMS: [&str; 8] = [
    "bin/__nvcc_device_query",
    "bin/bin2c",
    "bin/cudafe++",
    "bin/fatbinary",
    "bin/nvcc",
    "bin/nvlink",
    "bin/ptxas",
    "nvvm/bin/cicc",
];

/// A compiler for cards, with headers and libraries beside it.
pub(crate) struct Toolkit {
    /// What others call `CUDA_HOME`.
    pub(crate) root: PathBuf,
}

impl Toolkit {
    /// The toolkit of `CUDA_HOME`, else of `PATH`, else of our cache, where it is installed once.
    pub(crate) fn find_or_install(workspace: &Workspace, folder: &Path) -> Result<Self> {
        let mut root = PathBuf::new();
        step("CUDA toolkit", || {
            if let Some(found) = Self::find(folder)? {
                let said = format!("ready: {}", found.root.display());
                root = found.root;
                return Ok(said);
            }
            root = install(workspace, folder)?;
            Ok(format!("installed: {}", root.display()))
        })?;
        Ok(Self { root })
    }

    /// A toolkit that is there already.
    pub(crate) fn find(folder: &Path) -> Result<Option<Self>> {
        if let Some(root) = std::env::var_os("CUDA_HOME").filter(|root| !root.is_empty()) {
            let root = PathBuf::from(root);
            ensure!(
                root.join("bin/nvcc").is_file(),
                "CUDA_HOME is {}, which has no bin/nvcc: correct it, or unset it and a toolkit is installed",
                root.display()
            );
            return Ok(Some(Self { root }));
        }
        if let Some(nvcc) = on_path(&["nvcc"]) {
            let nvcc = nvcc.canonicalize()?;
            // Distributions put nvcc beside all other programs, with its headers in /usr.
            let root = nvcc.ancestors().nth(2).unwrap_or(Path::new("/"));
            return Ok(Some(Self { root: root.into() }));
        }
        let root = ours(folder);
        Ok(is_ours(&root).then_some(Self { root }))
    }

    /// Its compiler.
    pub(crate) fn nvcc(&self) -> PathBuf {
        self.root.join("bin/nvcc")
    }

    /// Tells cargo's build scripts about it.
    pub(crate) fn announce(&self, command: &mut Command) -> Result<()> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = [self.root.join("bin")]
            .into_iter()
            .chain(std::env::split_paths(&path));
        command
            .env("CUDA_HOME", &self.root)
            .env("PATH", std::env::join_paths(folders)?);
        Ok(())
    }
}

fn ours(folder: &Path) -> PathBuf {
    folder.join(format!("toolkit-{VERSION}"))
}

fn is_ours(root: &Path) -> bool {
    output(root.join("bin/nvcc"), &["--version"])
        .is_some_and(|text| text.contains(&format!("V{VERSION}")))
}

fn install(workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    ensure!(
        cfg!(all(target_os = "linux", target_arch = "x86_64")),
        "nvcc is missing, and is installed on x86-64 Linux alone: install NVIDIA's CUDA toolkit 13.0 and name it in CUDA_HOME"
    );
    let python = on_path(&["python3", "python"]).context(
        "nvcc comes from the Python package index, and python3 is missing: install it with pip, or name a CUDA \
         toolkit in CUDA_HOME",
    )?;
    let unpacked = folder.join("unpacked");
    if unpacked.exists() {
        remove(&unpacked)?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let wheels = folder.join("requirements.txt");
    fs::write(&wheels, WHEELS).with_context(|| format!("cannot write {}", wheels.display()))?;
    let mut pip = command(workspace, python);
    pip.args(["-m", "pip", "install", "--disable-pip-version-check"])
        .args(["--require-hashes", "--no-deps", "--only-binary=:all:"])
        .args(["--no-compile", "--no-cache-dir", "--requirement"])
        .arg(&wheels)
        .arg("--target")
        .arg(&unpacked);
    run_logged(workspace, "CUDA toolkit", &mut pip)?;
    let root = unpacked.join("nvidia/cu13");
    lay_out(workspace, &root)?;
    let place = ours(folder);
    if place.exists() {
        remove(&place)?;
    }
    fs::rename(&root, &place).with_context(|| format!("cannot write {}", place.display()))?;
    remove(&unpacked)?;
    ensure!(
        is_ours(&place),
        "{} does not say that it is V{VERSION}: delete {} and repeat",
        place.join("bin/nvcc").display(),
        place.display()
    );
    Ok(place)
}

/// What turns the wheels' files into a toolkit that build scripts and linkers recognize.
fn lay_out(workspace: &Workspace, root: &Path) -> Result<()> {
    for program in PROGRAMS {
        make_executable(&root.join(program))?;
    }
    let lib = root.join("lib");
    let linked = |target: &str, at: PathBuf| {
        link(Path::new(target), &at).with_context(|| format!("cannot write {}", at.display()))
    };
    linked("lib", root.join("lib64"))?;
    linked("libcudart.so.13", lib.join("libcudart.so"))?;
    stubs::make(workspace, &lib.join("stubs"))
}

#[cfg(unix)]
fn make_executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("cannot make {} a program", path.display()))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> Result<()> {
    Ok(())
}

fn remove(folder: &Path) -> Result<()> {
    fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wheel_has_its_hash() {
        let lines: Vec<&str> = WHEELS.lines().filter(|l| !l.starts_with('#')).collect();
        assert_eq!(lines.len(), 5);
        for line in lines {
            let (package, hash) = line.split_once(" --hash=sha256:").expect("it has a hash");
            assert!(package.contains("==13.0."), "{package} is of no CUDA 13.0");
            assert!(hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()));
        }
        assert!(WHEELS.contains(&format!("nvidia-cuda-nvcc=={VERSION} ")));
    }
}
