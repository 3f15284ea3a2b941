//! A report as tables in Markdown, for people.

use std::fmt::{self, Write as _};

use super::{Difference, Half, Report};

/// A table in Markdown; one without rows is left out.
fn table(f: &mut fmt::Formatter<'_>, head: &[String], rows: &[Vec<String>]) -> fmt::Result {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n| {} |", head.join(" | "))?;
    writeln!(f, "|{}", "---|".repeat(head.len()))?;
    rows.iter()
        .try_for_each(|row| writeln!(f, "| {} |", row.join(" | ")))
}

fn head(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sample = &self.sample;
        let half = |reported: bool| {
            if reported {
                "valid-report"
            } else {
                "valid-cal"
            }
        };
        if sample.classes > 0 {
            writeln!(
                f,
                "{} papers searched ({} of train, at most {} a category, seed {}; {} of {}), {} of {} \
                 asked with, {} categories",
                sample.train + sample.calibration,
                sample.train,
                sample.per_category,
                sample.seed,
                sample.calibration,
                half(sample.on == Half::Calibration),
                sample.report,
                half(sample.on == Half::Report),
                sample.classes,
            )?;
            if let Some(since) = sample.since {
                writeln!(
                    f,
                    "split by time: the {} searched are of before {since}, the {} asked with of {since} or later; {} \
                     held-out papers of other years, or of none that is known, are left out",
                    sample.train + sample.calibration,
                    sample.report,
                    sample.other_years,
                )?;
            }
        }
        for row in &self.rows {
            if let Some(sha256) = row.sha256 {
                writeln!(f, "{}: SHA-256 {sha256}", row.name)?;
            }
        }
        self.categories(f)?;
        self.retrieval(f)?;
        self.widths(f)?;
        self.ledger(f)?;
        self.differences(f)?;
        self.confused(f)
    }
}

impl Report {
    fn categories(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            "category",
            "P@1",
            "P@5",
            "P@10",
            "top-1",
            "top-3",
            "top-5",
            "macro-F1",
            "ECE",
            "log-loss",
            "V-measure",
        ];
        let rows: Vec<Vec<String>> = (self.rows.iter())
            .filter(|row| {
                row.precision.is_some() || row.classification.is_some() || row.clusters.is_some()
            })
            .map(|row| {
                let precision = row.precision.as_ref();
                let figures = row.classification.as_ref().map(|c| &c.figures);
                let values = [
                    precision.map(|p| p.at_1),
                    precision.map(|p| p.at_5),
                    precision.map(|p| p.at_10),
                    figures.map(|f| f.top_1),
                    figures.map(|f| f.top_3),
                    figures.map(|f| f.top_5),
                    figures.map(|f| f.macro_f1),
                    figures.map(|f| f.calibration_error),
                    figures.map(|f| f.log_loss),
                    row.clusters.as_ref().map(|c| c.agreement.v_measure),
                ];
                std::iter::once(row.name.clone())
                    .chain(values.into_iter().map(figure))
                    .collect()
            })
            .collect();
        table(f, &head(&names), &rows)
    }

    fn retrieval(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.rows.iter().find(|row| !row.retrieval.is_empty()) else {
            return Ok(());
        };
        let mut names = head(&["retrieval"]);
        for one in &first.retrieval {
            for what in ["nDCG@10", "recall@100", "MRR@10"] {
                names.push(format!("{} {what}", one.set));
            }
        }
        let rows: Vec<Vec<String>> = (self.rows.iter())
            .filter(|row| !row.retrieval.is_empty())
            .map(|row| {
                let values = (row.retrieval.iter())
                    .flat_map(|one| [one.ndcg_at_10, one.recall_at_100, one.mrr_at_10]);
                std::iter::once(row.name.clone())
                    .chain(values.map(|value| figure(Some(value))))
                    .collect()
            })
            .collect();
        table(f, &names, &rows)
    }

    fn widths(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = || {
            (self.rows.iter()).flat_map(|row| row.widths.iter().map(move |one| (&row.name, one)))
        };
        let sets: Vec<&String> = lines().next().map_or_else(Vec::new, |(_, one)| {
            one.ndcg_at_10.iter().map(|(set, _)| set).collect()
        });
        let mut names = head(&["width", "", "P@10", "top-1"]);
        names.extend(sets.iter().map(|set| format!("{set} nDCG@10")));
        let rows: Vec<Vec<String>> = lines()
            .map(|(name, one)| {
                let values = one.ndcg_at_10.iter().map(|(_, value)| Some(*value));
                let figures = [one.precision_at_10, one.top_1].into_iter().chain(values);
                [one.width.to_string(), name.clone()]
                    .into_iter()
                    .chain(figures.map(figure))
                    .collect()
            })
            .collect();
        table(f, &names, &rows)
    }

    fn ledger(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<Vec<String>> = (self.rows.iter())
            .flat_map(|row| row.ledger.iter().map(move |step| (&row.name, step)))
            .map(|(name, step)| {
                vec![
                    step.step.clone(),
                    name.clone(),
                    figure(Some(step.precision_at_10)),
                    figure(Some(step.recall_at_10)),
                    format!("{} over {}", step.queries, step.documents),
                ]
            })
            .collect();
        let names = ["ledger", "", "P@10", "recall@10 of f32", "papers"];
        table(f, &head(&names), &rows)
    }

    fn differences(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<Vec<String>> = (self.differences.iter())
            .map(|one| {
                let Difference { n, mean, low, high } = one.difference;
                vec![
                    one.figure.clone(),
                    one.against.clone(),
                    format!("{mean:+.4}"),
                    format!("{low:+.4} to {high:+.4}"),
                    n.to_string(),
                ]
            })
            .collect();
        let first = self.rows.first().map_or("", |row| &row.name);
        let first = format!("{first}: figure");
        let names = [&*first, "against", "difference", "95 % interval", "queries"];
        table(f, &head(&names), &rows)
    }

    fn confused(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            let Some(judged) = &row.classification else {
                continue;
            };
            let mut line = String::new();
            for one in judged.most_confused.iter().take(8) {
                let comma = if line.is_empty() { "" } else { ", " };
                let (category, taken_for, n, of) = (&one.category, &one.taken_for, one.n, one.of);
                write!(line, "{comma}{category} for {taken_for} ({n} of {of})")?;
            }
            if !line.is_empty() {
                writeln!(f, "\n{} takes {line}", row.name)?;
            }
        }
        Ok(())
    }
}
