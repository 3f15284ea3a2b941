//! Compiles `kernels/` to PTX for `--features cuda`; without it, does nothing.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest cards that are served where `CUDA_COMPUTE_CAP` names none: Ampere. PTX runs on later ones too.
const COMPUTE_CAP: &str = "80";

fn main() {
    println!("cargo::rerun-if-changed=kernels");
    println!("cargo::rerun-if-env-changed=CUDA_HOME");
    println!("cargo::rerun-if-env-changed=CUDA_COMPUTE_CAP");
    if env::var_os("CARGO_FEATURE_CUDA").is_none() {
        return;
    }
    let nvcc = match env::var_os("CUDA_HOME") {
        Some(root) => Path::new(&root).join("bin/nvcc"),
        None => PathBuf::from("nvcc"),
    };
    let cap = env::var("CUDA_COMPUTE_CAP").unwrap_or_else(|_| COMPUTE_CAP.to_owned());
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    for file in ["elementwise", "layer_norm", "softmax", "sums"] {
        let mut compile = Command::new(&nvcc);
        compile
            .args(["--ptx", "-O3", "-std=c++17"])
            .arg(format!("-arch=compute_{cap}"))
            .arg("-o")
            .arg(out.join(file).with_extension("ptx"))
            .arg(Path::new("kernels").join(file).with_extension("cu"));
        let status = compile.status().unwrap_or_else(|error| {
            panic!(
                "cannot start {}: {error}; `cargo xtask build-cuda` installs it",
                nvcc.display()
            )
        });
        assert!(status.success(), "nvcc refused kernels/{file}.cu");
    }
}
