//! `cargo xtask kernels`: the encoder's kernels that this processor does not run, on an emulator.
//!
//! `cargo test` compares those that it does run with the judge. Here the same tests run on `AArch64` under
//! QEMU, and with AVX-VNNI and AVX-512-VNNI in Miri, which also watches every pointer.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::step::{cargo, command, on_path, output, run};
use crate::workspace::Workspace;

const AARCH64: &str = "aarch64-unknown-linux-musl";
const QEMU: [&str; 2] = ["qemu-aarch64", "qemu-aarch64-static"];
/// What the processor in Miri has beside what every `x86-64` has.
const FEATURES: &str =
    "-C target-feature=+avx2,+fma,+avxvnni,+avx512f,+avx512bw,+avx512vl,+avx512vnni";
/// Miri takes seconds for one random shape.
const CASES: &str = "3";

/// Runs both; says what is missing first.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let qemu = on_path(&QEMU).context(
        "the kernels of AArch64 run under qemu-aarch64: install QEMU's user mode (Debian: apt install qemu-user-static)",
    )?;
    let miri = output("rustup", &["run", "nightly", "cargo", "miri", "--version"]);
    ensure!(
        miri.is_some(),
        "the kernels of x86-64 run in Miri: `rustup toolchain install nightly --component miri,rust-src`"
    );
    run(command(workspace, "rustup").args(["target", "add", AARCH64]))?;
    let mut on_aarch64 = cargo(workspace);
    on_aarch64
        .args(["test", "--package", "shared", "--lib", "--target", AARCH64])
        .args(["--", "math::", "encoder::", "tokenizer::"])
        // All of it comes with Rust: no compiler of C, no libraries of another machine.
        .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", "rust-lld")
        .env(
            "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_RUNNER",
            format!("{} -cpu max", qemu.display()),
        );
    run(&mut on_aarch64)?;
    // Not the cargo that started us, which has one toolchain.
    let mut in_miri: Command = command(workspace, "rustup");
    in_miri
        .args(["run", "nightly", "cargo", "miri", "test"])
        .args(["--package", "shared", "--lib", "--", "math::tests"])
        .env("RUSTFLAGS", FEATURES)
        .env("MIRIFLAGS", "-Zmiri-disable-isolation")
        .env("PROPTEST_CASES", CASES)
        .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true")
        .env("CARGO_TARGET_DIR", workspace.target().join("miri"));
    for inherited in ["RUSTC", "CARGO", "RUSTUP_TOOLCHAIN"] {
        in_miri.env_remove(inherited);
    }
    run(&mut in_miri)
}
