//! `index-builder map`: a build's landscape as a picture, one SVG file for documents.

mod labels;

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use shared::taxonomy::{self, Group};
use shared::{Map, Papers};

use crate::folder::Folder;

/// Width of the picture, in its own units.
const WIDTH: f64 = 1200.0;
/// Room around the points, and for the legend below them.
const MARGIN: f64 = 70.0;
const LEGEND: f64 = 44.0;
/// Points that are drawn at most; of more every second one is, or every third, and so on.
const POINTS: usize = 12_000;
/// Side of the squares that density is counted on.
const SQUARE: f64 = 24.0;

/// Color on a light ground, and name, by place in [`Group::ALL`]; the last is of papers that are none
/// of arXiv's. The colors are those of the page's style sheet.
const GROUPS: [(&str, &str); 9] = [
    ("#e25773", "Physics"),
    ("#04634c", "Mathematics"),
    ("#0865cb", "Computer science"),
    ("#b69005", "Statistics"),
    ("#179bbd", "Electrical engineering"),
    ("#717201", "Quantitative biology"),
    ("#6c3800", "Quantitative finance"),
    ("#b23595", "Economics"),
    ("#8b8680", "Other"),
];

/// Where units of the map fall on the picture.
#[derive(Debug, Clone, Copy)]
struct Frame {
    low: [f64; 2],
    scale: f64,
    height: f64,
}

impl Frame {
    /// The smallest one around all places.
    fn around(map: &Map) -> Self {
        let places = || map.points().filter(|&(x, _)| x != Map::NO_PLACE);
        let span = |of: &dyn Fn((u16, u16)) -> u16| {
            let along = || places().map(of);
            let (low, high) = (along().min().unwrap_or(0), along().max().unwrap_or(0));
            (f64::from(low), f64::from(high - low).max(1.0))
        };
        let ((left, wide), (top, high)) = (span(&|at| at.0), span(&|at| at.1));
        let scale = (WIDTH - 2.0 * MARGIN) / wide;
        // What is much higher than wide would not fit a page.
        let scale = scale.min(1.2 * WIDTH / high);
        Self {
            low: [left - (WIDTH / scale - wide) / 2.0 + MARGIN / scale, top],
            scale,
            height: high * scale + 2.0 * MARGIN + LEGEND,
        }
    }

    fn at(&self, x: u16, y: u16) -> [f64; 2] {
        let along =
            |unit: u16, axis: usize| MARGIN + (f64::from(unit) - self.low[axis]) * self.scale;
        [along(x, 0), along(y, 1)]
    }
}

/// A paper on the picture.
struct Dot {
    at: [f64; 2],
    /// A place in [`GROUPS`].
    group: usize,
    /// Dots on its square and on the eight around it.
    density: usize,
}

/// Draws the map of the build in `folder`.
///
/// # Errors
/// Where the build does not open, or has no map.
pub fn svg(folder: &Path) -> Result<String> {
    let build = Folder::open(folder)?;
    let map = build.map()?.with_context(|| {
        format!(
            "{} has no map: build it again without --without-map",
            folder.display()
        )
    })?;
    ensure!(
        map.points().any(|(x, _)| x != Map::NO_PLACE),
        "{}: no paper has a place on the map",
        folder.display()
    );
    Ok(draw(&map, &build.papers, &build.manifest.corpus.name))
}

fn draw(map: &Map, papers: &Papers, name: &str) -> String {
    let frame = Frame::around(map);
    let dots = dots(map, papers, frame);
    let (width, height) = (WIDTH.round(), frame.height.round());
    let mut to = String::new();
    let _ = write!(
        to,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"t d\" \
         font-family=\"'IBM Plex Sans', system-ui, -apple-system, 'Segoe UI', sans-serif\">\n\
         <title id=\"t\">The landscape of {}</title>\n\
         <desc id=\"d\">{} papers on a plane, near in meaning near each other, colored by arXiv group, with the names of topics: {}.</desc>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"12\" fill=\"#fdfcfb\"/>\n",
        escaped(name),
        map.len(),
        escaped(&coarsest(map)),
    );
    ground(&mut to, &dots);
    labels::write(&mut to, map, frame);
    legend(&mut to, &dots, height);
    to.push_str("</svg>\n");
    to
}

/// Points, and beneath them land that rises with their density.
fn ground(to: &mut String, dots: &[Dot]) {
    let mut densities: Vec<usize> = dots.iter().map(|dot| dot.density).collect();
    densities.sort_unstable();
    let quantile = |share: f64| densities[((densities.len() - 1) as f64 * share) as usize];
    // More points want smaller ones, and less land around each.
    let apart = WIDTH / (dots.len() as f64).sqrt();
    let size = (0.18 * apart).clamp(2.2, 8.0);
    let land = (2.1 * apart).clamp(36.0, 110.0);
    for (least, wide, opacity) in [
        (0, land, 0.09),
        (quantile(0.4), 0.66 * land, 0.09),
        (quantile(0.75), 0.4 * land, 0.12),
        (0, size, 0.78),
    ] {
        let _ = writeln!(
            to,
            "<g fill=\"none\" stroke-linecap=\"round\" stroke-width=\"{wide:.1}\" opacity=\"{opacity}\">"
        );
        for (group, (color, _)) in GROUPS.iter().enumerate() {
            let of_group = |dot: &&Dot| dot.group == group && dot.density >= least;
            let mut path = String::new();
            for dot in dots.iter().filter(of_group) {
                let [x, y] = dot.at;
                let _ = write!(path, "M{x:.0} {y:.0}h0");
            }
            if !path.is_empty() {
                let _ = writeln!(to, "<path stroke=\"{color}\" d=\"{path}\"/>");
            }
        }
        to.push_str("</g>\n");
    }
}

fn dots(map: &Map, papers: &Papers, frame: Frame) -> Vec<Dot> {
    let step = map.len().div_ceil(POINTS).max(1);
    let mut dots: Vec<Dot> = papers
        .all()
        .filter(|paper| map.is_placed(paper.0 as usize))
        .step_by(step)
        .map(|paper| {
            let at = paper.0 as usize;
            let group = papers.categories(paper).next().and_then(taxonomy::group);
            Dot {
                at: frame.at(map.x(at), map.y(at)),
                group: group.map_or(Group::ALL.len(), place),
                density: 0,
            }
        })
        .collect();
    let square = |dot: &Dot| dot.at.map(|along| (along / SQUARE) as usize);
    let [columns, rows] = [WIDTH, frame.height].map(|side| (side / SQUARE) as usize + 2);
    let mut counts = vec![0; columns * rows];
    for dot in &dots {
        let [x, y] = square(dot);
        counts[y * columns + x] += 1;
    }
    for dot in &mut dots {
        let [x, y] = square(dot);
        let near = |at: usize, end: usize| at.saturating_sub(1)..(at + 2).min(end);
        let around = near(y, rows).flat_map(|y| near(x, columns).map(move |x| y * columns + x));
        dot.density = around.map(|square| counts[square]).sum();
    }
    dots
}

fn place(group: Group) -> usize {
    let place = Group::ALL.iter().position(|&other| other == group);
    place.expect("a group is one of all")
}

/// The groups that have papers, in one row.
fn legend(to: &mut String, dots: &[Dot], height: f64) {
    let mut x = 40.0;
    let y = height - 24.0;
    let _ = writeln!(to, "<g font-size=\"14\" fill=\"#6b6459\">");
    for (group, (color, name)) in GROUPS.iter().enumerate() {
        if dots.iter().any(|dot| dot.group == group) {
            let _ = writeln!(
                to,
                "<circle cx=\"{:.0}\" cy=\"{y:.0}\" r=\"5\" fill=\"{color}\"/><text x=\"{:.0}\" y=\"{:.0}\">{name}</text>",
                x + 5.0,
                x + 15.0,
                y + 5.0
            );
            x += 15.0 + labels::width(name, 14.0) + 18.0;
        }
    }
    to.push_str("</g>\n");
}

fn coarsest(map: &Map) -> String {
    let of_level = map.level(0).map(|at| &*map.labels()[at].text);
    of_level.collect::<Vec<_>>().join(", ")
}

/// Text as XML has it.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use shared::artifact::{Label, MapMeta};
    use shared::{Paper, Sha256};

    use super::*;

    fn label(text: &str, level: u8, at: (u16, u16), parent: Option<u16>) -> Label {
        Label {
            text: text.into(),
            level,
            x: at.0,
            y: at.1,
            papers: 1,
            parent,
            group: 1,
        }
    }

    fn picture() -> String {
        let papers: Vec<Paper> = ["math.CO", "cs.LG", "none"]
            .iter()
            .enumerate()
            .map(|(at, code)| Paper {
                id: at.to_string(),
                categories: vec![(*code).to_owned()],
                ..Paper::default()
            })
            .collect();
        let papers = Papers::parse(Papers::to_bytes(
            &papers,
            4,
            &[shared::artifact::ChunkEntry {
                sha256: Sha256::default(),
                bytes: 0,
            }],
        ));
        let meta = MapMeta {
            index_sha256: Sha256::default(),
            papers: 3,
            trustworthiness_at_15: None,
            sampled: 0,
            neighbors: 2,
            method: "by hand".into(),
        };
        let labels = [
            label("sets < graphs", 0, (100, 100), None),
            label("deep nets", 0, (60_000, 30_000), None),
            label("trees", 1, (100, 100), Some(0)),
        ];
        let places = [(100, 100), (60_000, 30_000), (Map::NO_PLACE, Map::NO_PLACE)];
        let map = Map::to_bytes(&meta, &places, &[Some(2), Some(1), None], &labels);
        let map = Map::parse(map).expect("the map opens");
        draw(&map, &papers.expect("the papers open"), "R&D")
    }

    #[test]
    fn papers_and_names_are_drawn_and_text_is_escaped() {
        let picture = picture();
        for wanted in [
            "R&amp;D",
            "sets &lt; graphs",
            "deep nets",
            "Mathematics",
            "Computer science",
        ] {
            assert!(picture.contains(wanted), "no {wanted:?} in {picture}");
        }
        assert!(
            !picture.contains("Other"),
            "a paper without a place was drawn: {picture}"
        );
        assert!(!picture.contains("NaN") && picture.ends_with("</svg>\n"));
    }

    #[test]
    fn a_name_that_would_cover_another_is_left_out() {
        assert!(!picture().contains(">trees<"));
    }
}
