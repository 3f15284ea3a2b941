//! What checks of the build on this device have found, in words: a verdict, a figure and a table each. No browser in it.

mod files;

use self::files::{of_bytes, of_digests};
use crate::engine::protocol::{
    Check, EngineId, Files, Finding, Golden, Info, Method, Roads, Times, Way,
};
use crate::view::wording::{at_least, count, counted};

/// A quick road may find so much less here than the build has measured: other papers are asked about.
const SLACK: f64 = 0.02;
/// What a quick road has to find where the build has not measured it.
const RECALL_FLOOR: f64 = 0.95;
/// Least cosine of the f32 engine's vectors with the int8 encoder's: `docs/quality.md` has 0.995 for the least of papers,
/// and some of these texts are stranger than papers.
const REFERENCE_FLOOR: f64 = 0.98;

/// Everything found so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// Of the roads.
    pub roads: Option<Roads>,
    /// Of the files.
    pub files: Option<Files>,
    /// Of the golden vectors by an engine in int8.
    pub golden: Option<Golden>,
    /// The same by the engine in f32.
    pub reference: Option<Golden>,
    /// The page's own code, style and fonts with the bytes that came for them, at the time of [`Self::files`].
    pub code: Vec<(String, u64)>,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Passed,
    /// Not so.
    Differs,
    /// There was nothing to judge.
    Skipped,
}

impl Verdict {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "Passed",
            Self::Differs => "Differs",
            Self::Skipped => "Not checked",
        }
    }

    fn of(is_good: bool) -> Self {
        if is_good { Self::Passed } else { Self::Differs }
    }
}

/// One check in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What was checked; also what tests call it by.
    pub id: &'static str,
    /// The same for people.
    pub title: &'static str,
    /// How it came out.
    pub verdict: Verdict,
    /// The figure, as a sentence.
    pub figure: String,
    /// Names of the table's columns; none where there is no table.
    pub head: Vec<&'static str>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
}

impl Findings {
    /// Takes what a check found, in place of what it found before.
    pub fn take(&mut self, finding: Finding) {
        match finding {
            Finding::Roads(roads) => self.roads = Some(roads),
            Finding::Files(files) => self.files = Some(files),
            Finding::Golden(golden) if golden.engine == EngineId::F32Candle => {
                self.reference = Some(golden);
            }
            Finding::Golden(golden) => self.golden = Some(golden),
        }
    }

    /// A line for each check that was made; `offers_reference`: whether the engine in f32 could be asked.
    pub fn lines(&self, offers_reference: bool) -> Vec<Line> {
        let mut lines: Vec<Line> = self.roads.iter().map(of_roads).collect();
        if let Some(files) = &self.files {
            lines.push(of_bytes(files, &self.code));
            lines.push(of_digests(files));
        }
        lines.extend(self.golden.as_ref().map(of_golden));
        if let Some(reference) = &self.reference {
            lines.push(of_reference(reference));
        } else if !lines.is_empty() {
            lines.push(without_reference(offers_reference));
        }
        lines
    }

    /// All of it as text, to be sent to whoever asks.
    pub fn to_text(&self, info: &Info, offers_reference: bool) -> String {
        let mut lines = vec![format!(
            "Offprint, checked on this device\nCorpus: {}, {}\nBuild: {}\nEngine: {} on {}\n",
            info.corpus,
            counted(info.papers, "paper"),
            info.build,
            info.engine.name(),
            info.kernel
        )];
        for line in self.lines(offers_reference) {
            let verdict = line.verdict.name();
            lines.push(format!("{verdict}: {}. {}", line.title, line.figure));
            if !line.head.is_empty() {
                lines.push(format!("  {}", line.head.join(" | ")));
            }
            let rows = line.rows.iter();
            lines.extend(rows.map(|row| format!("  {}", row.join(" | "))));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

/// The checks that an engine makes: that in f32 would take minutes for the others, which do not need it; of a corpus in
/// pieces there are not all vectors here to judge by.
pub fn checks_of(info: &Info) -> &'static [Check] {
    match info.engine {
        EngineId::F32Candle => &[Check::Golden],
        _ if matches!(info.method, Some(Method::Shards { .. })) => &[Check::Files, Check::Golden],
        EngineId::Int8Simd | EngineId::Int8Relaxed => &[Check::Roads, Check::Files, Check::Golden],
    }
}

/// What is under way, for people.
pub fn doing(check: Check) -> &'static str {
    match check {
        Check::Roads => "Searching by every road",
        Check::Files => "Hashing files",
        Check::Golden => "Embedding golden texts",
    }
}

fn of_roads(roads: &Roads) -> Line {
    let is_good = |way: &Way| {
        let floor = way.at_build.map_or(RECALL_FLOOR, |share| share - SLACK);
        way.method == Method::Exact || way.recall >= floor
    };
    let quick = roads.ways.iter().filter(|way| way.method != Method::Exact);
    let found: Vec<String> = quick
        .map(|way| {
            let share = at_least(way.recall, 3);
            match way.method {
                Method::Graph { .. } => format!("the graph finds {share}"),
                _ => format!("1-bit codes find {share}"),
            }
        })
        .collect();
    let mut rows: Vec<Vec<String>> = roads.ways.iter().map(row_of).collect();
    let mut embedding = vec![
        format!("Embedding a title, {:.1} tokens on average", roads.tokens),
        String::new(),
        String::new(),
    ];
    embedding.extend(cells_of(roads.embedding));
    rows.push(embedding);
    let questions = counted(roads.questions, "paper");
    Line {
        id: "roads",
        title: "Search",
        verdict: match roads.questions {
            0 => Verdict::Skipped,
            _ => Verdict::of(roads.ways.iter().all(is_good)),
        },
        figure: match roads.questions {
            0 => "No paper has a vector to ask with.".to_owned(),
            _ => format!(
                "Of the ten papers nearest to each of {questions}, chosen by a seed among {}: {}.",
                count(roads.papers),
                found.join(", ")
            ),
        },
        head: vec![
            "Road",
            "Recall@10",
            "At build",
            "Half within",
            "95 of 100 within",
        ],
        rows,
    }
}

fn name_of(method: Method) -> String {
    match method {
        Method::Exact => "every vector compared".to_owned(),
        Method::Words => "words".to_owned(),
        Method::Codes { depth } => {
            format!("1-bit codes, then {}", counted(depth, "vector"))
        }
        Method::Graph { ef } => format!("the graph at breadth {}", count(ef)),
        Method::Shards { .. } => "pieces near the question".to_owned(),
    }
}

fn row_of(way: &Way) -> Vec<String> {
    let mut name = name_of(way.method);
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let at_build = way.at_build.map(|share| at_least(share, 3));
    let mut row = vec![
        name,
        at_least(way.recall, 3),
        at_build.unwrap_or_else(|| "–".to_owned()),
    ];
    row.extend(cells_of(way.times));
    row
}

fn cells_of(times: Times) -> [String; 2] {
    [times.half, times.most].map(|ms| match ms {
        ms if ms < 1.0 => format!("{ms:.3} ms"),
        ms if ms < 10.0 => format!("{ms:.2} ms"),
        ms => format!("{ms:.1} ms"),
    })
}

fn of_golden(golden: &Golden) -> Line {
    Line {
        id: "golden",
        title: "Golden vectors",
        verdict: match golden.texts {
            0 => Verdict::Skipped,
            _ => Verdict::of(golden.same == golden.texts),
        },
        figure: match golden.texts {
            0 => "This build stores none: it was made before there were any.".to_owned(),
            n => format!(
                "{} of {} get the vector that the build stored, bit for bit, from {}{}.",
                count(golden.same),
                counted(n, "text"),
                golden.engine.name(),
                match golden.least {
                    Some(least) if golden.same < n => format!("; least cosine {least:.6}"),
                    _ => String::new(),
                }
            ),
        },
        head: Vec::new(),
        rows: Vec::new(),
    }
}

fn of_reference(golden: &Golden) -> Line {
    let (verdict, figure) = match golden.least {
        None => (
            Verdict::Skipped,
            "This build stores no golden vectors to compare with.".to_owned(),
        ),
        Some(least) => (
            Verdict::of(least >= REFERENCE_FLOOR),
            format!(
                "The encoder in f32 gives {} vectors with a cosine of at least {} to the build's in int8.",
                counted(golden.texts, "text"),
                at_least(least, 4)
            ),
        ),
    };
    Line {
        id: "reference",
        title: "Reference engine",
        verdict,
        figure,
        head: Vec::new(),
        rows: Vec::new(),
    }
}

fn without_reference(is_offered: bool) -> Line {
    let why = if is_offered {
        "The encoder in f32 has to be fetched for that."
    } else {
        "This site brings no weights in f32 to compare with."
    };
    Line {
        id: "reference",
        title: "Reference engine",
        verdict: Verdict::Skipped,
        figure: why.to_owned(),
        head: Vec::new(),
        rows: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
