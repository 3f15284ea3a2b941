//! The engine's binaries: which one runs where, and that all of them give the same bits.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::{PaperId, Sha256};
use wasmparser::{Validator, WasmFeatures};

use super::driver::{Setup, cdp};
use super::native::Native;
use super::page::Page;
use super::server::Server;
use super::{Console, SUB_PATH, in_browser};

/// Papers whose title and abstract are embedded as one text.
const PAPERS: usize = 200;

/// A browser that refuses every module with a relaxed dot product, whose opcode is `fd 93 02`.
const WITHOUT_RELAXED: &str = "\
    const validate = WebAssembly.validate;\n\
    WebAssembly.validate = (bytes) => !String(bytes).includes('253,147,2') && validate(bytes);";

/// The wasm of this binary in the finished page.
fn binary(dist: &Path, name: &str) -> Result<PathBuf> {
    let is_it = |file: &str| file.starts_with(&format!("{name}-")) && file.ends_with("_bg.wasm");
    let mut files = std::fs::read_dir(dist)?.flatten();
    let found = files.find(|entry| entry.file_name().to_str().is_some_and(is_it));
    let found = found.with_context(|| format!("no {name} in {}", dist.display()))?;
    Ok(found.path())
}

async fn hide_relaxed(page: &Page) -> Result<()> {
    let script = json!({"source": WITHOUT_RELAXED});
    cdp(&page.web, "Page.addScriptToEvaluateOnNewDocument", script).await?;
    Ok(())
}

/// Titles with abstracts, titles alone, and whatever people ask.
fn texts(native: &Native) -> Result<Vec<String>> {
    let papers = &native.folder.papers;
    let step = (papers.len() / PAPERS).max(1);
    let mut texts = super::scripting::texts();
    for paper in (0..papers.len()).step_by(step).map(|at| PaperId(at as u32)) {
        let title = papers.title(paper).into_owned();
        texts.push(format!("{title}. {}", native.folder.abstract_of(paper)?));
        texts.push(title);
    }
    Ok(texts)
}

/// The SHA-256 of each vector's bytes.
fn native_digests(native: &mut Native, texts: &[String]) -> Result<Vec<String>> {
    let digest = |text: &String| {
        let vector = native.embed(text)?.vector;
        let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
        Ok(Sha256::of(&bytes).to_string())
    };
    texts.iter().map(digest).collect()
}

/// The same of the page's vectors.
async fn digests(page: &Page, texts: &[String]) -> Result<Vec<String>> {
    let script = "offprint.embedBatch(a).then(({ vectors, dim }) => Promise.all(a.map(async (_, at) => {\n\
        const row = vectors.slice(at * dim, (at + 1) * dim);\n\
        const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', row));\n\
        return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');\n\
      })))";
    Ok(serde_json::from_value(
        page.value(script, json!(texts)).await?,
    )?)
}

fn same(found: &[String], wanted: &[String], texts: &[String], engine: &str) -> Result<()> {
    ensure!(found.len() == wanted.len(), "{} vectors", found.len());
    let differ = (0..texts.len()).filter(|&at| found[at] != wanted[at]);
    let differ: Vec<String> = differ
        .map(|at| texts[at].chars().take(60).collect())
        .collect();
    ensure!(
        differ.is_empty(),
        "{engine}: {} of {} vectors differ from the native ones, such as those of {:?}",
        differ.len(),
        texts.len(),
        &differ[..differ.len().min(3)]
    );
    println!(
        "{engine}: {} vectors, SHA-256 of their digests {}",
        found.len(),
        Sha256::of(found.concat().as_bytes())
    );
    Ok(())
}

async fn engine(page: &Page) -> Result<Value> {
    page.value("offprint.info().then((info) => info.engine)", json!([]))
        .await
}

#[test]
fn both_engines_give_the_native_vectors_to_the_bit_and_say_which_they_are() {
    in_browser(Console::Silent, async |page, native| {
        let texts = texts(native)?;
        let wanted = native_digests(native, &texts)?;
        ensure!(wanted.len() >= 300, "{} texts", wanted.len());
        for name in ["int8-relaxed", "int8-simd"] {
            if name == "int8-simd" {
                hide_relaxed(page).await?;
            }
            page.open_ready("").await?;
            ensure!(engine(page).await? == name, "{}", engine(page).await?);
            same(&digests(page, &texts).await?, &wanted, &texts, name)?;
            page.click("tab-about").await?;
            let facts = page.element("about-index").await?.text().await?;
            ensure!(facts.contains(name), "About does not say {name}: {facts:?}");
        }
        Ok(())
    });
}

/// What `in_node.mjs` says; `None` where this Node.js does not take the engine's module.
fn in_node(setup: &Setup, server: &Server, name: &str, texts: &[String]) -> Result<Option<InNode>> {
    let mut node = Command::new("node")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/browser/in_node.mjs"))
        .arg(&setup.dist)
        .arg(name)
        .arg(format!("{}artifacts/manifest.json", server.address()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("Node.js does not start")?;
    let mut input = node.stdin.take().context("its input is a pipe")?;
    serde_json::to_writer(&mut input, texts)?;
    drop(input);
    let ended = node.wait_with_output()?;
    ensure!(
        ended.status.success(),
        "{name} in Node.js: {}",
        ended.status
    );
    Ok(serde_json::from_slice(&ended.stdout)?)
}

#[derive(Debug, Deserialize)]
struct InNode {
    kernel: String,
    digests: Vec<String>,
}

#[test]
fn both_engines_give_the_native_vectors_to_the_bit_in_node_too() {
    let Some(setup) = Setup::from_environment() else {
        return;
    };
    let compare = || {
        let server = Server::start(setup.dist.clone(), SUB_PATH)?;
        let mut native = Native::open(&setup.dist)?;
        let texts = texts(&native)?;
        let wanted = native_digests(&mut native, &texts)?;
        for (name, family) in [("engine_simd", "simd128"), ("engine_relaxed", "relaxed")] {
            let Some(found) = in_node(&setup, &server, name, &texts)? else {
                ensure!(name == "engine_relaxed", "Node.js takes no {name}");
                println!("this Node.js has no relaxed SIMD: {name} is skipped");
                continue;
            };
            let kernel = &found.kernel;
            ensure!(kernel.starts_with(family), "{name} runs on {kernel}");
            same(
                &found.digests,
                &wanted,
                &texts,
                &format!("{name} in Node.js, {kernel}"),
            )?;
        }
        anyhow::Ok(())
    };
    compare().unwrap_or_else(|error| panic!("{error:#}"));
}

#[test]
fn a_visitor_downloads_the_engine_that_runs_and_no_other() {
    in_browser(Console::Silent, async |page, _| {
        page.open_ready("").await?;
        page.value("navigator.serviceWorker.ready.then(() => true)", json!([]))
            .await?;
        let n = page.server.n_requests("engine_simd");
        ensure!(n == 0, "the other engine was asked for {n} times");
        let kept = "caches.keys().then(async (names) => (await Promise.all(names.map(async (name) => \
            (await (await caches.open(name)).keys()).map((request) => request.url)))).flat())";
        let kept: Vec<String> = serde_json::from_value(page.value(kept, json!([])).await?)?;
        let n_kept = |name: &str| kept.iter().filter(|url| url.contains(name)).count();
        ensure!(
            (n_kept("engine_relaxed-"), n_kept("engine_simd-")) == (2, 0),
            "kept for offline use: {kept:?}"
        );
        Ok(())
    });
}

#[test]
fn where_the_faster_engine_does_not_start_after_all_the_other_one_does() {
    in_browser(Console::MayComplain, async |page, native| {
        let setup = Setup::from_environment().context("this test runs")?;
        let wasm = binary(&setup.dist, "engine_relaxed")?;
        let name = wasm.file_name().context("a file has a name")?;
        // A module of one section that promises more than follows.
        let broken = b"\0asm\x01\0\0\0\x0a\x7f".to_vec();
        page.server.replace(&name.to_string_lossy(), broken);
        page.open_ready("").await?;
        ensure!(
            engine(page).await? == "int8-simd",
            "{}",
            engine(page).await?
        );
        let text = "dark matter";
        let reply = page.value("offprint.search(a[0])", json!([text])).await?;
        super::scripting::same(&reply, &native.search(text, 10)?, "the other engine")?;
        page.forget().await
    });
}

/// Whether a browser with these features takes the module.
fn is_taken(wasm: &[u8], features: WasmFeatures) -> bool {
    Validator::new_with_features(features)
        .validate_all(wasm)
        .is_ok()
}

#[test]
fn only_the_faster_engine_needs_relaxed_simd() {
    let Some(setup) = Setup::from_environment() else {
        return;
    };
    let with = WasmFeatures::default() | WasmFeatures::RELAXED_SIMD;
    let without = with - WasmFeatures::RELAXED_SIMD;
    for (name, needs_it) in [("engine_simd", false), ("engine_relaxed", true)] {
        let path = binary(&setup.dist, name).expect("the page has both engines");
        let wasm = std::fs::read(path).expect("it can be read");
        assert!(is_taken(&wasm, with), "{name} is no module at all");
        assert_eq!(
            is_taken(&wasm, without),
            !needs_it,
            "{name} and a browser without relaxed SIMD"
        );
    }
}

#[test]
fn a_batch_is_overtaken_by_questions_tells_its_progress_and_can_be_called_off() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("").await?;
        let texts: Vec<String> = texts(native)?.into_iter().cycle().take(1_000).collect();
        // What came in which order; `false` is the question, numbers are the batch's progress.
        let script = "(async () => {\n\
            const order = [];\n\
            const batch = offprint.embedBatch(a[0], { onProgress: (done, total) => {\n\
              if (order.length === 0) offprint.embed('spin').then(() => order.push(false));\n\
              order.push(done);\n\
              if (total !== a[0].length) order.push(total);\n\
            } });\n\
            const { dim, vectors, cut, empty } = await batch;\n\
            return { order, rows: vectors.length / dim, cut, empty };\n\
          })()";
        let told = page.value(script, json!([texts])).await?;
        let order = told["order"].as_array().context("an order")?;
        let question = order.iter().position(|step| step == false);
        let question = question.context("the question is answered before the batch")?;
        ensure!(
            question <= 5 && order.len() > 20,
            "of {} steps the question is number {question}",
            order.len()
        );
        let done = order.iter().filter_map(Value::as_u64);
        ensure!(done.is_sorted(), "progress runs backwards: {order:?}");
        ensure!(told["rows"] == 1_000, "{} rows", told["rows"]);
        let beyond = texts
            .iter()
            .position(|text| text.len() > 5_000)
            .context("one is long")?;
        let n_cut = native.embed(&texts[beyond])?.n_cut;
        let cut = told["cut"].as_array().context("what was cut")?;
        ensure!(cut.contains(&json!([beyond, n_cut])), "{cut:?}");

        let script = "offprint.embedBatch(['spin', '', ' ', 'glass']).then(({ vectors, dim, empty }) =>\n\
            [empty, vectors.slice(dim, 3 * dim).every((x) => x === 0)])";
        let told = page.value(script, json!([])).await?;
        ensure!(
            told == json!([[1, 2], true]),
            "texts without a word: {told}"
        );

        let script = "(() => {\n\
            const caller = new AbortController();\n\
            return offprint.embedBatch(a[0], { signal: caller.signal, onProgress: () => caller.abort() });\n\
          })()";
        let error = page.call(script, json!([texts])).await?;
        let error = error.err().context("it is called off")?;
        ensure!(error.code == "cancelled", "{error:?}");
        // The rest of it is not embedded: the next answer comes at once.
        let script = "(async () => { const start = performance.now(); await offprint.embed('spin');\n\
            return performance.now() - start; })()";
        let ms = page.value(script, json!([])).await?;
        let ms = ms.as_f64().context("a time")?;
        ensure!(ms < 2_000.0, "after a batch that was called off: {ms} ms");
        Ok(())
    });
}
