//! All figures of one run, in tables of Markdown and as JSON.

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use serde::Serialize;
use shared::Model;
use shared::artifact::Architecture;
use shared::encoder::Part;
use speed::machine::{n_cores, processor};
use speed::quantile::quantile;

use crate::browser::{First, Measured};
use crate::ceiling;
use crate::peers::F32;
use crate::samples::{Engine, cosine};
use crate::texts::LENGTHS;
use crate::throughput::Throughput;

/// Below this cosine to f32 an engine of ours runs another model.
const LEAST_OURS: f64 = 0.99;
/// The same for peers, whose int8 forms lose more.
const LEAST_PEERS: f64 = 0.7;

/// One run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    processor: String,
    n_cores: usize,
    model: String,
    lengths: [usize; LENGTHS.len()],
    /// Operations of one text of each length; see [`operations`].
    operations: Vec<f64>,
    native: Vec<Engine>,
    throughput: Throughput,
    browser: Option<Measured>,
    /// See [`ceiling::of_steps_in_128_bits`].
    ceiling: Option<f64>,
}

impl Report {
    pub(crate) fn new(
        model: &Model,
        native: Vec<Engine>,
        throughput: Throughput,
        browser: Option<Measured>,
    ) -> Self {
        let shape = &model.meta().architecture;
        Self {
            processor: processor(),
            n_cores: n_cores(),
            model: format!("{} ({})", model.meta().name, model.sha256().short()),
            lengths: LENGTHS,
            operations: LENGTHS.map(|n| operations(shape, n)).into(),
            native,
            throughput,
            browser,
            ceiling: ceiling::of_steps_in_128_bits(),
        }
    }

    /// Every engine of both halves.
    fn engines(&self) -> impl Iterator<Item = &Engine> {
        let browser = self.browser.iter().flat_map(|measured| &measured.engines);
        self.native.iter().chain(browser)
    }

    /// Checks that all ran the same model, and that ours gave the same bits in every build.
    ///
    /// # Errors
    /// The first engine that did not.
    pub(crate) fn check(&self) -> Result<()> {
        let mut ours: Option<&Engine> = None;
        for engine in self.engines() {
            let cosine = self.least_cosine(engine);
            let least = if engine.ours { LEAST_OURS } else { LEAST_PEERS };
            ensure!(
                cosine >= least,
                "{} has cosine {cosine:.4} to f32, less than {least}: it runs another model",
                engine.name
            );
            if !engine.ours {
                continue;
            }
            let first = *ours.get_or_insert(engine);
            let same = first.lengths.iter().zip(&engine.lengths);
            ensure!(
                same.into_iter().all(|(a, b)| a.vector == b.vector),
                "{} and {} give different bits",
                first.name,
                engine.name
            );
        }
        Ok(())
    }

    /// The least cosine of an engine's embeddings to those of onnxruntime in f32.
    fn least_cosine(&self, engine: &Engine) -> f64 {
        let judge = self.native.iter().find(|known| known.name.contains(F32));
        let pairs = judge.map(|judge| judge.lengths.iter().zip(&engine.lengths));
        let cosines = pairs
            .into_iter()
            .flatten()
            .map(|(a, b)| cosine(&a.vector, &b.vector));
        cosines.fold(f64::INFINITY, f64::min)
    }

    /// The whole as Markdown.
    pub(crate) fn tables(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(
            out,
            "\n{}, {} cores; {}. Median milliseconds, quarter to three quarters in brackets.",
            self.processor, self.n_cores, self.model
        );
        if let Some(measured) = &self.browser {
            let _ = writeln!(out, "\n## {}, one thread\n", measured.browser);
            self.latency(&mut out, &measured.engines);
            if let Some(most) = self.ceiling {
                let name = format!(
                    "least ms of the products: at the {most:.0} GOP/s that stepwise products of 128 bits reach in registers"
                );
                let cells = self.operations.iter();
                let cells = cells.map(|n| format!("{:.2}", n / most / 1e6));
                row(&mut out, &name, cells, "");
            }
            for absent in &measured.absent {
                let _ = writeln!(out, "\n{}: {}.", absent.name, absent.why);
            }
            first(&mut out, &measured.first);
            self.parts(&mut out, &measured.engines);
        }
        let _ = writeln!(out, "\n## Natively\n");
        self.latency(&mut out, &self.native);
        self.parts(&mut out, &self.native);
        let Throughput { ours, theirs, .. } = self.throughput;
        let _ = writeln!(
            out,
            "\n## {} texts on 2 cores: {}, {:.0} tokens each\n\n\
             | engine | texts/s | ratio |\n|---|--:|--:|\n\
             | Offprint, one encoder a thread | {ours:.1} | **{:.2}** |\n\
             | onnxruntime, {} | {theirs:.1} | 1 |",
            self.throughput.n_texts,
            self.throughput.source,
            self.throughput.n_tokens as f64 / self.throughput.n_texts as f64,
            ours / theirs,
            self.throughput.way,
        );
        out
    }

    /// Medians, then how many times as fast as the fastest rival ours are, then operations a second.
    fn latency(&self, out: &mut String, engines: &[Engine]) {
        let heads: Vec<_> = self.lengths.iter().map(ToString::to_string).collect();
        let _ = writeln!(out, "| tokens | {} | cosine to f32 |", heads.join(" | "));
        let _ = writeln!(out, "|---|{}--:|", "--:|".repeat(heads.len()));
        for engine in engines {
            let cells = engine.lengths.iter().map(|samples| {
                let [low, median, high] = [0.25, 0.5, 0.75].map(|share| samples.quantile(share));
                format!("{median:.2} ({low:.2}–{high:.2})")
            });
            row(
                out,
                &engine.name,
                cells,
                &format!("{:.4}", self.least_cosine(engine)),
            );
        }
        let rival = |at: usize| {
            let rivals = engines.iter().filter(|engine| engine.rival);
            let medians = rivals.map(|engine| engine.lengths[at].median());
            medians.fold(f64::INFINITY, f64::min)
        };
        for engine in engines.iter().filter(|engine| engine.ours) {
            let medians = engine.lengths.iter().enumerate();
            let cells = medians.map(|(at, own)| format!("**{:.2}×**", rival(at) / own.median()));
            let name = format!("{}: times the faster int8 peer", engine.name);
            row(out, &name, cells, "");
        }
        for engine in engines.iter().filter(|engine| engine.ours) {
            let medians = self.operations.iter().zip(&engine.lengths);
            let cells = medians.map(|(n, own)| format!("{:.1}", n / own.median() / 1e6));
            row(out, &format!("{}: GOP/s", engine.name), cells, "");
        }
    }

    /// The share that each part has of our engines' time.
    fn parts(&self, out: &mut String, engines: &[Engine]) {
        for engine in engines.iter().filter(|engine| engine.ours) {
            let heads: Vec<_> = self.lengths.iter().map(ToString::to_string).collect();
            let _ = writeln!(
                out,
                "\n{}, share of each part in percent:\n\n| tokens | {} |\n|---|{}",
                engine.name,
                heads.join(" | "),
                "--:|".repeat(heads.len())
            );
            for (at, part) in Part::ALL.iter().enumerate() {
                let shares = engine.lengths.iter().map(|samples| {
                    let all: f64 = samples.parts.iter().sum();
                    let part = samples.parts.get(at).copied().unwrap_or(f64::NAN);
                    format!("{:.1}", 100.0 * part / all)
                });
                let shares: Vec<_> = shares.collect();
                let _ = writeln!(out, "| {} | {} |", part.name(), shares.join(" | "));
            }
        }
    }
}

fn row(out: &mut String, name: &str, cells: impl Iterator<Item = String>, last: &str) {
    let cells: Vec<_> = cells.collect();
    let _ = writeln!(out, "| {name} | {} | {last} |", cells.join(" | "));
}

fn first(out: &mut String, builds: &[First]) {
    let _ = writeln!(
        out,
        "\nFrom the model's bytes in memory to the first embedding, in a browser started for it:\n\n\
         | build | median ms | all | memory after it, MB |\n|---|--:|---|--:|"
    );
    for First {
        name,
        ms,
        memory_bytes,
    } in builds
    {
        let all: Vec<_> = ms.iter().map(|ms| format!("{ms:.0}")).collect();
        let _ = writeln!(
            out,
            "| {name} | {:.0} | {} | {:.1} |",
            quantile(ms, 0.5),
            all.join(", "),
            memory_bytes / 1e6
        );
    }
}

/// Multiplications and additions of one text: `2 · n` for each weight of the linear layers, and
/// `4 · n² · dim` a layer for both products of attention. What is no product is not counted.
fn operations(shape: &Architecture, n: usize) -> f64 {
    let (dim, n) = (shape.dim as f64, n as f64);
    let weights = 4.0 * dim * dim + 2.0 * dim * shape.feed_forward as f64;
    shape.layers as f64 * (2.0 * n * weights + 4.0 * n * n * dim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::Samples;

    const MINILM: Architecture = Architecture {
        layers: 6,
        dim: 384,
        heads: 12,
        feed_forward: 1536,
        vocabulary: 30_522,
        layer_norm_eps: 1e-12,
    };

    /// An engine that took `ms` for every text.
    fn engine(name: &str, ms: f64, vector: [f32; 2]) -> Engine {
        let mut engine = Engine::new(name, LENGTHS.len());
        engine.ours = name.starts_with("Offprint");
        engine.rival = name.contains("int8");
        engine.lengths.fill(Samples {
            ms: vec![ms, 3.0 * ms, ms],
            vector: vector.to_vec(),
            parts: if engine.ours {
                vec![1.0; Part::ALL.len()]
            } else {
                Vec::new()
            },
        });
        engine
    }

    fn report(native: Vec<Engine>) -> Report {
        Report {
            processor: "a processor".to_owned(),
            n_cores: 2,
            model: "a model".to_owned(),
            lengths: LENGTHS,
            operations: LENGTHS.map(|n| operations(&MINILM, n)).into(),
            native,
            throughput: Throughput {
                source: "texts".to_owned(),
                n_texts: 10,
                n_tokens: 1000,
                ours: 30.0,
                theirs: 20.0,
                way: "somehow".to_owned(),
            },
            browser: None,
            ceiling: None,
        }
    }

    #[test]
    fn operations_of_minilm_are_those_of_its_weights() {
        // 10,616,832 weights; two products of 1 × 32 × 1 for each of 12 heads in 6 layers.
        let wanted = 2.0 * 10_616_832.0 + 4.0 * 384.0 * 6.0;
        assert_eq!(operations(&MINILM, 1), wanted);
        assert!(operations(&MINILM, 256) > 256.0 * operations(&MINILM, 1));
    }

    #[test]
    fn ours_are_compared_with_the_faster_of_the_rivals() {
        let tables = report(vec![
            engine("Offprint, scalar", 2.0, [1.0, 0.0]),
            engine("onnxruntime, f32", 1.0, [1.0, 0.0]),
            engine("onnxruntime, int8 per tensor", 5.0, [1.0, 0.0]),
            engine("onnxruntime, int8 per channel", 3.0, [1.0, 0.0]),
        ])
        .tables();
        let ratio = "| Offprint, scalar: times the faster int8 peer | **1.50×** |";
        assert!(tables.contains(ratio), "no line {ratio} in\n{tables}");
        assert!(
            tables.contains("| Offprint, one encoder a thread | 30.0 | **1.50** |"),
            "{tables}"
        );
        assert!(tables.contains("| linear | 12.5 | 12.5 |"), "{tables}");
    }

    #[test]
    fn other_bits_and_other_models_are_no_measurement() {
        let judge = || engine("onnxruntime, f32", 1.0, [1.0, 0.0]);
        let near = [0.9999, 0.014];
        let good = [
            judge(),
            engine("Offprint, a", 1.0, near),
            engine("Offprint, b", 1.0, near),
        ];
        report(good.into())
            .check()
            .expect("the same bits, near f32");
        let error = |engines: Vec<Engine>| {
            let error = report(engines).check().expect_err("it passed");
            error.to_string()
        };
        let bits = vec![
            judge(),
            engine("Offprint, a", 1.0, near),
            engine("Offprint, b", 1.0, [1.0, 0.0]),
        ];
        assert!(error(bits).contains("different bits"));
        let other = vec![judge(), engine("onnxruntime, int8", 1.0, [0.0, 1.0])];
        assert!(error(other).contains("another model"));
    }
}
