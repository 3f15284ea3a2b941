//! The names of topics on a picture: the coarsest large, finer ones where they cover nothing.

use std::fmt::Write as _;

use shared::Map;
use shared::artifact::Label;

use super::{Frame, GROUPS, WIDTH, escaped};

/// Finest level that is drawn.
const FINEST: u8 = 1;
/// Share of black in the color of a name.
const SHADE: f64 = 0.35;
/// Distance that names keep from each other.
const GAP: f64 = 5.0;

/// A name with the room that it takes: left, top, right, bottom.
type Room = [f64; 4];

/// Writes the names that find room, coarser ones first, of a level those with more papers.
pub(super) fn write(to: &mut String, map: &Map, frame: Frame) {
    let mut order: Vec<&Label> = map
        .labels()
        .iter()
        .filter(|label| label.level <= FINEST)
        .collect();
    order.sort_by_key(|label| (label.level, std::cmp::Reverse(label.papers)));
    let mut taken: Vec<Room> = Vec::new();
    to.push_str(
        "<g text-anchor=\"middle\" paint-order=\"stroke\" stroke=\"#fdfcfb\" stroke-linejoin=\"round\">\n",
    );
    for label in order {
        let size = if label.level == 0 { 27.0 } else { 15.0 };
        let Some([x, y]) = place(label, frame, size, &taken) else {
            continue;
        };
        taken.push(room(&label.text, [x, y], size));
        let (color, _) = GROUPS[usize::from(label.group).min(GROUPS.len() - 1)];
        let (weight, halo) = if label.level == 0 { (600, 6) } else { (500, 4) };
        let _ = writeln!(
            to,
            "<text x=\"{x:.0}\" y=\"{y:.0}\" font-size=\"{size}\" font-weight=\"{weight}\" stroke-width=\"{halo}\" fill=\"{}\">{}</text>",
            shaded(color),
            escaped(&label.text)
        );
    }
    to.push_str("</g>\n");
}

/// Where a name stands: on its topic, or a line or two above or below; `None` where all of that is
/// taken.
fn place(label: &Label, frame: Frame, size: f64, taken: &[Room]) -> Option<[f64; 2]> {
    let [x, y] = frame.at(label.x, label.y);
    let half = width(&label.text, size) / 2.0 + GAP;
    let x = x.clamp(half.min(WIDTH / 2.0), (WIDTH - half).max(WIDTH / 2.0));
    // The coarsest must be there, the others may be missing.
    let lines: &[f64] = if label.level == 0 {
        &[0.0, -1.2, 1.2, -2.4, 2.4, -3.6, 3.6]
    } else {
        &[0.0, -1.1, 1.1]
    };
    let at = |lines: &f64| [x, y + size * (0.35 + lines)];
    let is_free = |at: &[f64; 2]| {
        let [left, top, right, bottom] = room(&label.text, *at, size);
        let mut others = taken.iter();
        top > 0.0
            && bottom < frame.height
            && !others.any(|other| {
                left < other[2] && other[0] < right && top < other[3] && other[1] < bottom
            })
    };
    lines.iter().map(at).find(is_free)
}

fn room(text: &str, [x, y]: [f64; 2], size: f64) -> Room {
    let half = width(text, size) / 2.0;
    [
        x - half - GAP,
        y - 0.8 * size - GAP,
        x + half + GAP,
        y + 0.25 * size + GAP,
    ]
}

/// About how wide a text is: a sans serif's letters are a little more than half as wide as high.
pub(super) fn width(text: &str, size: f64) -> f64 {
    0.55 * size * text.chars().count() as f64
}

/// A darker shade of a color such as `#0865cb`.
fn shaded(color: &str) -> String {
    let part = |at: usize| {
        let part = u8::from_str_radix(&color[at..at + 2], 16).expect("a color of ours");
        (f64::from(part) * (1.0 - SHADE)).round() as u8
    };
    format!("#{:02x}{:02x}{:02x}", part(1), part(3), part(5))
}
