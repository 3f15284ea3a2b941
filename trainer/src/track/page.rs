//! Runs on one page that needs nothing but itself: no script, no font, no network.

use std::fmt::Write as _;

use super::QUALITY;
use super::compare::{Comparison, Run};
use super::curves::{Chart, Curve, swatch};
use super::metrics::Direction;

const STYLE: &str = include_str!("page.css");

/// Draws loss and quality of runs over the papers they saw, each chart with its numbers below.
pub fn comparison_page(comparison: &Comparison) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>Training runs</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>Training runs</h1>\n"
    );
    page += &summary(comparison);
    page += "<div class=\"charts\">\n";
    let quality = comparison.metrics();
    let quality = quality.iter().map(|metric| format!("{QUALITY}{metric}"));
    let names = std::iter::once("loss".to_owned()).chain(quality);
    for (at, name) in names.enumerate() {
        page += &figure(comparison, &name, &format!("chart-{at}"));
    }
    page += "</div>\n</main>\n</body>\n</html>\n";
    page
}

/// Text that stands in HTML as it is.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn summary(comparison: &Comparison) -> String {
    let table = comparison.table();
    let mut html = "<div class=\"wide\" role=\"region\" aria-label=\"All runs\" tabindex=\"0\">\n<table>\n\
         <caption>All runs. Quality is the best there was, after that of the untouched model where it was \
         measured; loss is the mean of the last ten steps.</caption>\n<thead><tr>"
        .to_owned();
    for cell in &table[0] {
        write!(html, "<th scope=\"col\">{}</th>", escape(cell)).expect("a String takes all");
    }
    html += "</tr></thead>\n<tbody>\n";
    for (at, row) in table[1..].iter().enumerate() {
        html += "<tr>";
        write!(
            html,
            "<th scope=\"row\">{} {}</th>",
            swatch(at),
            escape(&row[0])
        )
        .expect("a String takes all");
        for cell in &row[1..] {
            write!(html, "<td>{}</td>", escape(cell)).expect("a String takes all");
        }
        html += "</tr>\n";
    }
    html + "</tbody>\n</table>\n</div>\n"
}

/// What one run measured under one name.
struct Measured<'a> {
    at: usize,
    run: &'a Run,
    /// Step, papers seen, value.
    values: Vec<(u64, f64, f64)>,
}

/// A chart with its legend and its numbers; nothing where no run has any.
fn figure(comparison: &Comparison, name: &str, id: &str) -> String {
    let measured: Vec<Measured> = comparison
        .runs
        .iter()
        .enumerate()
        .map(|(at, run)| {
            let value = |row: &super::Row| {
                let value = row.scalars.get(name)?;
                Some((row.step, row.papers as f64, *value))
            };
            let values = run.rows.iter().filter_map(value).collect();
            Measured { at, run, values }
        })
        .filter(|measured| !measured.values.is_empty())
        .collect();
    let title = name.strip_prefix(QUALITY).unwrap_or(name);
    let better = Direction::of(name);
    let description: Vec<String> = measured.iter().map(|m| m.describe(better)).collect();
    let curves = measured.iter().map(|measured| Curve {
        run: measured.at,
        points: measured.values.iter().map(|v| (v.1, v.2)).collect(),
    });
    let chart = Chart {
        title: format!("{title} over papers seen"),
        description: description.join("; "),
        curves: curves.collect(),
    };
    let Some(svg) = chart.svg(id) else {
        return String::new();
    };
    let wanted = match better {
        Direction::Up => "more is better",
        Direction::Down => "less is better",
    };
    let mut html = format!(
        "<section aria-labelledby=\"{id}-name\">\n<h2 id=\"{id}-name\">{} <small>{wanted}</small></h2>\n{svg}\
         <div class=\"wide\" role=\"region\" aria-labelledby=\"{id}-name\" tabindex=\"0\"><table>\n\
         <thead><tr><th scope=\"col\">run</th><th scope=\"col\">first</th><th scope=\"col\">best</th>\
         <th scope=\"col\">last</th></tr></thead>\n<tbody>\n",
        escape(title)
    );
    for measured in &measured {
        write!(
            html,
            "<tr><th scope=\"row\">{} {}</th>",
            swatch(measured.at),
            escape(&measured.run.summary.name)
        )
        .expect("a String takes all");
        for (step, _, value) in measured.ends(better) {
            write!(html, "<td>{value:.4} <small>step {step}</small></td>")
                .expect("a String takes all");
        }
        html += "</tr>\n";
    }
    html + "</tbody>\n</table></div>\n</section>\n"
}

impl Measured<'_> {
    /// The first value, the best and the last.
    fn ends(&self, better: Direction) -> [(u64, f64, f64); 3] {
        let (first, last) = (self.values[0], self.values[self.values.len() - 1]);
        let better_one = |best: (u64, f64, f64), value: &(u64, f64, f64)| {
            if better.is_better(value.2, best.2) {
                *value
            } else {
                best
            }
        };
        let best = self.values.iter().fold(first, better_one);
        [first, best, last]
    }

    fn describe(&self, better: Direction) -> String {
        let [first, best, last] = self.ends(better);
        format!(
            "{}: from {:.4} at step {} to {:.4} at step {}, best {:.4} at step {}",
            self.run.summary.name, first.2, first.0, last.2, last.0, best.2, best.0
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::track::compare::tests::two_runs;

    #[test]
    fn a_page_shows_every_run_and_needs_nothing_else() {
        let (_folder, runs) = two_runs();
        let comparison = Comparison::read(&[runs]).unwrap();
        let page = comparison_page(&comparison);
        for chart in ["loss", "log_loss", "precision@10"] {
            let title = format!("{chart} over papers seen</title>");
            assert!(page.contains(&title), "no chart of {chart}");
        }
        assert!(
            page.contains("a: from 0.2500 at step 0 to 0.3750 at step 21, best 0.5000 at step 20")
        );
        assert!(page.contains("b&lt;&amp;&gt;") && !page.contains("b<&>"));
        for foreign in ["<script", "http://", "https://", "url(", "@import", "src="] {
            assert!(!page.contains(foreign), "{foreign} on the page");
        }
        assert!(page.contains("prefers-color-scheme: dark"));
    }

    /// Every element that is opened is closed, in order.
    #[test]
    fn a_page_is_well_formed() {
        let (_folder, runs) = two_runs();
        let page = comparison_page(&Comparison::read(&[runs]).unwrap());
        let mut open: Vec<&str> = Vec::new();
        for tag in page.split('<').skip(2) {
            let (tag, _) = tag.split_once('>').expect("a tag ends");
            let name = tag.split([' ', '\n']).next().unwrap();
            if let Some(closed) = name.strip_prefix('/') {
                assert_eq!(open.pop(), Some(closed), "</{closed}>");
            } else if name != "meta" && !tag.ends_with('/') {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "{open:?} stay open");
        let mut ids: Vec<&str> = page.split(" id=\"").skip(1).collect();
        for id in &mut ids {
            *id = id.split('"').next().unwrap();
        }
        let n_ids = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), n_ids, "an id stands twice");
    }
}
