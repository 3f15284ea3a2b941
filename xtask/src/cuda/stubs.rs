//! Libraries to link with: the names that cudarc declares, and nothing behind them.
//!
//! No package has the driver's library, and cuBLAS and its companions weigh 590 MB, of which a linker
//! reads the names. A stub carries the real library's SONAME, so that the binary asks for the real one.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::step::{cargo, command, on_path, output, run};
use crate::workspace::{Workspace, read};

/// Module of cudarc, library, SONAME for CUDA 13.
const LIBRARIES: [(&str, &str, &str); 5] = [
    ("driver", "cuda", "libcuda.so.1"),
    ("cublas", "cublas", "libcublas.so.13"),
    ("cublaslt", "cublasLt", "libcublasLt.so.13"),
    ("curand", "curand", "libcurand.so.10"),
    ("nvrtc", "nvrtc", "libnvrtc.so.13"),
];

/// What every stub returns: `CUDA_ERROR_NO_DEVICE`, for whoever runs with them.
const NO_DEVICE: u32 = 100;

/// Makes the stubs in `folder`.
pub(super) fn make(workspace: &Workspace, folder: &Path) -> Result<()> {
    let compiler = on_path(&["cc", "gcc", "clang"])
        .context("there is no C compiler: install gcc (Debian: apt install build-essential)")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let sources = cudarc(workspace)?;
    for (module, library, soname) in LIBRARIES {
        let declared = read(&sources.join("src").join(module).join("sys/mod.rs"))?;
        let names = declarations(&declared);
        ensure!(
            !names.is_empty(),
            "{} declares nothing for {soname}: it is written another way than before",
            sources.display()
        );
        let mut text = String::new();
        for name in names {
            writeln!(text, "int {name}(void) {{ return {NO_DEVICE}; }}")
                .expect("a string takes all");
        }
        let source = folder.join(format!("{library}.c"));
        fs::write(&source, text).with_context(|| format!("cannot write {}", source.display()))?;
        run(command(workspace, &compiler)
            .args(["-shared", "-fPIC", "-w"])
            .arg(format!("-Wl,-soname,{soname}"))
            .arg("-o")
            .arg(folder.join(format!("lib{library}.so")))
            .arg(&source))?;
    }
    Ok(())
}

/// The functions of foreign libraries that a file of cudarc declares, sorted.
fn declarations(source: &str) -> Vec<&str> {
    let after_fn = source.split("fn ").skip(1);
    let names = after_fn.map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        &rest[..end.unwrap_or(rest.len())]
    });
    let mut names: Vec<&str> = names
        .filter(|name| name.starts_with("cu") || name.starts_with("nvrtc"))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The folder of cudarc's sources, in the version of `Cargo.lock`.
fn cudarc(workspace: &Workspace) -> Result<PathBuf> {
    let wanted = format!("cudarc-{}", workspace.locked_version("cudarc")?);
    let program = cargo(workspace).get_program().to_owned();
    let manifest = workspace.root.join("Cargo.toml");
    let metadata = output(
        program,
        &[
            "metadata",
            "--format-version=1",
            "--features=trainer/cuda",
            "--manifest-path",
            &manifest.to_string_lossy(),
        ],
    );
    let metadata = metadata.context("`cargo metadata` failed: is the network there?")?;
    manifest_folder(&metadata, &wanted)
        .with_context(|| format!("`cargo metadata` names no folder of {wanted}"))
}

/// The folder, in what `cargo metadata` prints, of the package whose folder is called `wanted`.
fn manifest_folder(metadata: &str, wanted: &str) -> Option<PathBuf> {
    let paths = metadata.split("\"manifest_path\":\"").skip(1);
    paths
        .filter_map(|rest| Path::new(rest.split('"').next()?).parent())
        .find(|folder| folder.file_name().is_some_and(|name| name == wanted))
        .map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_functions_are_found_once_each() {
        let source = "
            pub unsafe fn cuInit(flags: u32) -> CUresult {
                type _F = unsafe extern \"C\" fn(u32) -> CUresult;
                extern \"C\" { fn cuInit(flags: u32) -> CUresult; }
            }
            fn load() {}
            pub unsafe fn cuCtxGetId(a: u8) {}";
        assert_eq!(declarations(source), ["cuCtxGetId", "cuInit"]);
    }

    #[test]
    fn a_package_is_found_by_its_folder() {
        let metadata = r#"{"packages":[{"manifest_path":"/r/cudarc-0.1.0/Cargo.toml"},{"manifest_path":"/r/cudarc-0.1.1/Cargo.toml","x":1}]}"#;
        let found = manifest_folder(metadata, "cudarc-0.1.1");
        assert_eq!(found.as_deref(), Some(Path::new("/r/cudarc-0.1.1")));
        assert_eq!(manifest_folder(metadata, "cudarc-0.2.0"), None);
    }
}
