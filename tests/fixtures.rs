//! What several tests stand on: encoders, the data folder, the repository.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use index_builder::model::{self, PreparedModel};
use ingest::model_files::Which;

/// The repository's root.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the repository")
}

/// The quantized base encoder, made once. Where no source has it the test says that it is skipped;
/// `cargo xtask test` has fetched it, so there its absence is a failure.
pub(crate) fn base_model() -> Option<&'static PreparedModel> {
    static MODEL: LazyLock<Result<PreparedModel, String>> =
        LazyLock::new(|| model::prepare(&Which::Base).map_err(|error| format!("{error:#}")));
    match &*MODEL {
        Ok(prepared) => Some(prepared),
        Err(why) => {
            assert!(
                std::env::var_os("OFFPRINT_DIST").is_none(),
                "no base encoder: {why}"
            );
            say(&format!("a test is skipped: no base encoder: {why}"));
            None
        }
    }
}

/// The quantized encoder that builds take by default; skipped where [`base_model`] is.
pub(crate) fn shipped_model() -> Option<&'static PreparedModel> {
    static MODEL: LazyLock<PreparedModel> = LazyLock::new(|| {
        model::prepare(&Which::Shipped)
            .expect("the base encoder was just found, and the adapter is ours")
    });
    base_model().map(|_| &*MODEL)
}

/// The folder of real papers, where `OFFPRINT_DATA` names one.
pub(crate) fn data_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("OFFPRINT_DATA").map(PathBuf::from);
    if folder.is_none() {
        say("a test is skipped: OFFPRINT_DATA names no folder of real papers");
    }
    folder
}

/// Says a line past the test harness, which shows what a test prints only where it fails.
pub(crate) fn say(line: &str) {
    // Nobody listens to a closed stderr.
    let _ = writeln!(std::io::stderr(), "{line}");
}
