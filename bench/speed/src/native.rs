//! One text at a time, natively: our kernels and onnxruntime in turn.

use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Result;
use shared::math::Kernel;
use shared::{Encoder, Model};
use speed::profile::Profile;

use crate::peers::{F32, INT8, OnnxRuntime};
use crate::samples::{Engine, Samples};
use crate::texts::Text;

/// Rounds over all engines, by length: a short text takes less time and more of the noise.
const ROUNDS: [usize; 6] = [25, 25, 15, 15, 11, 11];
/// Runs of an engine in a round; the first one only fills the caches, which others have used.
const RUNS: usize = 4;
/// Runs of a profile.
const PROFILED: u32 = 20;
/// After a run, threads of onnxruntime wait awake for the next one, and would take our core.
const SETTLE: Duration = Duration::from_millis(30);

/// A peer, as it is asked for.
struct Peer {
    form: &'static str,
    threads: usize,
    engine: Engine,
}

/// Measures every engine at every length.
pub(crate) fn measure(
    model: &Arc<Model>,
    texts: &[Text],
    peer: &mut OnnxRuntime,
) -> Result<Vec<Engine>> {
    let mut ours: Vec<(Encoder, Engine)> = Kernel::all()
        .into_iter()
        .rev()
        .map(|kernel| {
            let encoder = Encoder::with_kernel(Arc::clone(model), kernel);
            let name = format!("Offprint, {}", encoder.kernel());
            let mut engine = Engine::new(name, texts.len());
            engine.ours = true;
            (encoder, engine)
        })
        .collect();
    let mut peers = Vec::new();
    for threads in [1, 2] {
        for (form, name) in INT8.into_iter().chain([(F32, F32)]) {
            let plural = if threads == 1 { "thread" } else { "threads" };
            let name = format!("onnxruntime, {name}, {threads} {plural}");
            let mut engine = Engine::new(name, texts.len());
            engine.rival = threads == 1 && form != F32;
            peers.push(Peer {
                form,
                threads,
                engine,
            });
        }
    }
    for (at, text) in texts.iter().enumerate() {
        eprintln!("Natively: {} tokens", text.ids.len());
        for _ in 0..ROUNDS[at.min(ROUNDS.len() - 1)] {
            sleep(SETTLE);
            for (encoder, engine) in &mut ours {
                add(&mut engine.lengths[at], run(encoder, &text.text)?);
            }
            for Peer {
                form,
                threads,
                engine,
            } in &mut peers
            {
                let samples = peer.run(form, *threads, &text.ids, RUNS)?;
                add(&mut engine.lengths[at], samples);
            }
        }
        sleep(SETTLE);
        for (encoder, engine) in &mut ours {
            engine.lengths[at].parts = profile(encoder, &text.text)?;
        }
    }
    let ours = ours.into_iter().map(|(_, engine)| engine);
    Ok(ours
        .chain(peers.into_iter().map(|peer| peer.engine))
        .collect())
}

/// Runs our encoder; tokenizing is part of it.
fn run(encoder: &mut Encoder, text: &str) -> Result<Samples> {
    let mut samples = Samples::default();
    for _ in 0..RUNS {
        let start = Instant::now();
        let embedding = encoder.embed(text)?;
        samples.ms.push(start.elapsed().as_secs_f64() * 1e3);
        samples.vector = embedding.vector;
    }
    Ok(samples)
}

/// Milliseconds of each part, the mean of a few runs.
fn profile(encoder: &mut Encoder, text: &str) -> Result<Vec<f64>> {
    encoder.embed(text)?;
    let start = Instant::now();
    let mut profile = Profile::new(|| start.elapsed().as_secs_f64() * 1e3);
    for _ in 0..PROFILED {
        profile.resume();
        encoder.embed_watched(text, &mut profile)?;
    }
    let runs = f64::from(PROFILED);
    Ok(profile.ms.iter().map(|ms| ms / runs).collect())
}

/// Keeps all runs of a round but its first.
fn add(to: &mut Samples, round: Samples) {
    to.ms.extend(round.ms.into_iter().skip(1));
    to.vector = round.vector;
}
