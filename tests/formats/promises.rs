//! Files that promise huge counts: refused by what they hold, before anything is allocated.

use serde_json::{Value, json};
use shared::ArtifactError;

use super::container::{KINDS, Parts, reseal};
use super::sample::{file, open};

/// Numbers of `META` that say nothing of the file's size: any value is fine.
const FREE: [&str; 10] = [
    "/neighbors",
    "/ef",
    "/reads/clusters",
    "/reads/leaves",
    "/temperature",
    "/words/scale",
    "/words/papers",
    "/layer_norm_eps",
    "/widths/0",
    "/config/hidden_size",
];
/// More than any file of ours holds, in 32 and in 64 bits, whatever they are multiplied by.
const HUGE: [u64; 6] = [
    1 << 16,
    1 << 24,
    1 << 31,
    u32::MAX as u64,
    1 << 60,
    u64::MAX,
];

/// Pointers to every number in this value.
fn numbers(value: &Value, at: &str, to: &mut Vec<String>) {
    match value {
        Value::Number(_) => to.push(at.to_owned()),
        Value::Array(rows) => {
            let rows = rows.iter().enumerate();
            rows.for_each(|(i, row)| numbers(row, &format!("{at}/{i}"), to));
        }
        Value::Object(fields) => {
            let fields = fields.iter();
            fields.for_each(|(name, field)| numbers(field, &format!("{at}/{name}"), to));
        }
        _ => {}
    }
}

#[test]
fn counts_that_the_bytes_do_not_bear_out_are_refused() {
    let mut n_refused = 0;
    for (kind, name) in KINDS {
        let good = Parts::of(&file(kind));
        let mut pointers = Vec::new();
        numbers(&good.meta().unwrap_or_default(), "", &mut pointers);
        pointers.retain(|at| !FREE.iter().any(|free| at.ends_with(free)));
        for (at, huge) in pointers.iter().flat_map(|at| HUGE.map(|huge| (at, huge))) {
            let opened = open(kind, good.with_meta(at, json!(huge)).to_bytes());
            assert!(
                matches!(opened, Err(ArtifactError::Malformed { .. })),
                "{name}: META{at} = {huge} gave {opened:?}"
            );
            n_refused += 1;
        }
    }
    assert!(
        n_refused >= 60,
        "only {n_refused} promises were tried: has META changed?"
    );
}

#[test]
fn headers_that_promise_more_than_the_file_are_refused() {
    for (kind, name) in KINDS {
        let good = file(kind);
        // n_sections; each section's start and length.
        let fields =
            (0..usize::from(good[12])).flat_map(|at| [32 + 24 * at + 8, 32 + 24 * at + 16]);
        for (at, width) in fields.map(|at| (at, 8)).chain([(12, 4)]) {
            for huge in HUGE {
                let mut forged = good.clone();
                forged[at..at + width].copy_from_slice(&huge.to_le_bytes()[..width]);
                if forged == good {
                    continue;
                }
                assert!(
                    open(kind, reseal(forged)).is_err(),
                    "{name}: {huge} at byte {at} went unnoticed"
                );
            }
        }
    }
}

/// The tests of promises and forgeries once more, in a process that has no room to be generous.
#[cfg(target_os = "linux")]
#[test]
fn refusing_allocates_little() {
    const KIBIBYTES: u32 = 1 << 20;
    let this = std::env::current_exe().expect("a test knows its own file");
    let run = std::process::Command::new("sh")
        .args([
            "-c",
            &format!("ulimit -v {KIBIBYTES} && exec \"$0\" \"$@\""),
        ])
        .arg(this)
        .args(["--test-threads=1", "--exact"])
        .args([
            "formats::promises::counts_that_the_bytes_do_not_bear_out_are_refused",
            "formats::promises::headers_that_promise_more_than_the_file_are_refused",
            "formats::forged::each_rule_is_enforced_and_named",
        ])
        .env_remove("RUST_TEST_THREADS")
        .output()
        .expect("a shell runs");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(
        run.status.success() && said.contains("3 passed"),
        "within 1 GiB of addresses: {}\n{said}{}",
        run.status,
        String::from_utf8_lossy(&run.stderr)
    );
}
