//! How a point looks: its size and weight by zoom and crowding, its color by group or year, and the
//! image that stands in for WebGL where a browser has none.

use super::{Camera, Frame, NO_YEAR, OTHER_GROUP, Sheet};

/// What colors say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ColorBy {
    /// The group of the primary category.
    #[default]
    Group,
    /// The year of first submission.
    Year,
}

/// Steps of the scale of years.
pub const YEAR_STEPS: u8 = 16;
/// Colors that a palette has: the groups and other papers, then years, then papers of no year.
pub const COLORS: usize = OTHER_GROUP as usize + 1 + YEAR_STEPS as usize + 1;
/// The color of a paper without a year.
const OF_NO_YEAR: u8 = (COLORS - 1) as u8;

/// Whether a paper stands out or back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Standing {
    /// As it is.
    #[default]
    Plain = 0,
    /// Back: no result, or it does not pass the filters. Never hidden.
    Dimmed = 1,
    /// Out: a result, or chosen.
    Marked = 2,
}

/// Everyone's standing: back with whoever does not pass, or is no result where there are some, or is not
/// chosen where some are. `passing` has a byte a paper.
pub fn standings(
    n: usize,
    passing: Option<&[u8]>,
    results: Option<&[u32]>,
    chosen: Option<&[u32]>,
) -> Vec<u8> {
    let back = |is_back: bool| {
        if is_back {
            Standing::Dimmed
        } else {
            Standing::Plain
        }
    };
    let mut standing = vec![back(results.is_some() || chosen.is_some()) as u8; n];
    if results.is_none() && chosen.is_none() {
        for (stands, passes) in standing.iter_mut().zip(passing.unwrap_or_default()) {
            *stands = back(*passes == 0) as u8;
        }
    }
    let mut put = |papers: Option<&[u32]>, standing_of: Standing| {
        for &paper in papers.unwrap_or_default() {
            if let Some(stands) = standing.get_mut(paper as usize) {
                *stands = standing_of as u8;
            }
        }
    };
    match chosen {
        // Of what is chosen, results stand out.
        Some(chosen) => {
            put(Some(chosen), Standing::Plain);
            let both = results.unwrap_or_default().iter().copied();
            let both: Vec<u32> = both.filter(|at| chosen.binary_search(at).is_ok()).collect();
            put(Some(&both), Standing::Marked);
        }
        None => put(results, Standing::Marked),
    }
    standing
}

/// A color's red, green and blue, 0 to 1.
pub type Rgb = [f32; 3];

/// Reads `#rgb` or `#rrggbb`; `None` for anything else.
pub fn parse_color(text: &str) -> Option<Rgb> {
    let hex = text.trim().strip_prefix('#')?;
    let at = |range: std::ops::Range<usize>, unit: f32| {
        let digits = hex.get(range)?;
        Some(f32::from(u8::from_str_radix(digits, 16).ok()?) / unit)
    };
    match hex.len() {
        3 => Some([at(0..1, 15.0)?, at(1..2, 15.0)?, at(2..3, 15.0)?]),
        6 => Some([at(0..2, 255.0)?, at(2..4, 255.0)?, at(4..6, 255.0)?]),
        _ => None,
    }
}

/// Every color of the map: the groups' with the one of other papers, then a scale through `ages`,
/// the oldest first.
pub fn palette(groups: &[Rgb; 9], ages: &[Rgb; 3]) -> [Rgb; COLORS] {
    let mut colors = [groups[usize::from(OTHER_GROUP)]; COLORS];
    colors[..groups.len()].copy_from_slice(groups);
    for step in 0..YEAR_STEPS {
        let along = f32::from(step) / f32::from(YEAR_STEPS - 1) * 2.0;
        let (from, to, share) = if along <= 1.0 {
            (ages[0], ages[1], along)
        } else {
            (ages[1], ages[2], along - 1.0)
        };
        let mixed = [0, 1, 2].map(|part| from[part] + (to[part] - from[part]) * share);
        colors[groups.len() + usize::from(step)] = mixed;
    }
    colors
}

/// The number of each paper's color.
pub fn color_numbers(sheet: &Sheet, by: ColorBy) -> Vec<u8> {
    match (by, sheet.years()) {
        (ColorBy::Group, _) | (ColorBy::Year, None) => {
            sheet.group.iter().map(|&at| at.min(OTHER_GROUP)).collect()
        }
        (ColorBy::Year, Some(years)) => {
            let color = |year: u16| match year {
                NO_YEAR => OF_NO_YEAR,
                year => OTHER_GROUP + 1 + year_step(year, years),
            };
            sheet.year.iter().map(|&year| color(year)).collect()
        }
    }
}

/// The step of a year on the scale from the first to the last.
fn year_step(year: u16, (first, last): (u16, u16)) -> u8 {
    let span = f64::from(last - first).max(1.0);
    let along = f64::from(year - first) / span;
    (along * f64::from(YEAR_STEPS - 1)).round() as u8
}

/// The look of points at one zoom.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Diameter in CSS pixels.
    pub size: f64,
    /// Opacity of a plain point, 0 to 1.
    pub alpha: f64,
}

impl Look {
    /// Points grow as one comes nearer; where they crowd they are light, so that heaps show as such.
    pub fn at(n_papers: usize, camera: Camera, frame: &Frame) -> Self {
        let n = n_papers.max(1) as f64;
        // A hundred thousand are dust, a few hundred are disks.
        let far = (22.0 / n.powf(0.21)).clamp(2.0, 6.5);
        // On a small screen they are smaller, or the map would be one heap.
        let far = (far
            * (frame.width.min(frame.height) / 640.0)
                .sqrt()
                .clamp(0.7, 1.0))
        .max(1.8);
        let size = (far * (camera.zoom.max(0.0) * 0.33).exp2()).min(14.0);
        // Papers lie over each other about so often where they are at all: a third of the frame.
        let room = (frame.width * frame.height / 3.0).max(1.0);
        let in_view = n / (2.0 * camera.zoom.max(0.0)).exp2();
        let crowding = in_view * size * size / room;
        Self {
            size,
            alpha: (0.85 / (1.0 + crowding).powf(0.55)).clamp(0.22, 0.85),
        }
    }

    /// Opacities by [`Standing`].
    pub fn weights(&self) -> [f64; 3] {
        [self.alpha, self.alpha * 0.2, 0.95]
    }
}

/// A picture of the map, red, green, blue and alpha a pixel, for browsers without WebGL.
pub fn picture(
    sheet: &Sheet,
    (colors, standing): (&[u8], &[u8]),
    palette: &[Rgb; COLORS],
    camera: Camera,
    frame: &Frame,
) -> Vec<u8> {
    let (width, height) = (frame.width as usize, frame.height as usize);
    let look = Look::at(sheet.len(), camera, frame);
    let mut pixels = vec![0.0_f32; width * height * 4];
    // What stands out is drawn last, so that nothing covers it.
    for marked in [false, true] {
        for paper in 0..sheet.len() {
            let stands = standing.get(paper).copied().unwrap_or_default();
            if !sheet.is_placed(paper as u32) || (stands == Standing::Marked as u8) != marked {
                continue;
            }
            let (x, y) = camera.to_screen(frame, sheet.at(paper as u32));
            let radius = (look.size * if marked { 0.8 } else { 0.5 }).max(1.0);
            let alpha = look.weights()[usize::from(stands)] as f32;
            disk((x, y), radius, (width, height), |at| {
                let under = &mut pixels[at * 4..at * 4 + 4];
                let color = palette[usize::from(colors[paper])];
                for part in 0..3 {
                    under[part] = color[part] * alpha + under[part] * (1.0 - alpha);
                }
                under[3] = alpha + under[3] * (1.0 - alpha);
            });
        }
    }
    let mut bytes = vec![0; pixels.len()];
    for (out, pixel) in bytes.chunks_exact_mut(4).zip(pixels.chunks_exact(4)) {
        let alpha = pixel[3].max(1e-6);
        for part in 0..3 {
            out[part] = (pixel[part] / alpha * 255.0).round() as u8;
        }
        out[3] = (pixel[3] * 255.0).round() as u8;
    }
    bytes
}

fn disk(
    (x, y): (f64, f64),
    radius: f64,
    (width, height): (usize, usize),
    mut put: impl FnMut(usize),
) {
    let from = |at: f64| (at - radius).floor().max(0.0) as usize;
    let to = |at: f64, size: usize| ((at + radius).ceil().max(0.0) as usize).min(size);
    for row in from(y)..to(y, height) {
        for column in from(x)..to(x, width) {
            let far = (column as f64 + 0.5 - x).hypot(row as f64 + 0.5 - y);
            if far <= radius {
                put(row * width + column);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::grid::tests::scattered;
    use super::*;

    #[test]
    fn colors_are_read_as_a_style_sheet_writes_them() {
        assert_eq!(parse_color(" #ff0000"), Some([1.0, 0.0, 0.0]));
        assert_eq!(parse_color("#0f0"), Some([0.0, 1.0, 0.0]));
        for other in ["", "red", "#12345", "#gggggg", "#é1234"] {
            assert_eq!(parse_color(other), None, "{other}");
        }
    }

    #[test]
    fn every_paper_has_a_color_of_the_palette_and_years_go_from_old_to_new() {
        let mut sheet = scattered(100);
        sheet.year[3] = NO_YEAR;
        for by in [ColorBy::Group, ColorBy::Year] {
            let numbers = color_numbers(&sheet, by);
            assert!(
                numbers.iter().all(|&at| usize::from(at) < COLORS),
                "{numbers:?}"
            );
        }
        let numbers = color_numbers(&sheet, ColorBy::Year);
        assert_eq!(numbers[0], OTHER_GROUP + 1, "2000 is the first year");
        assert_eq!(numbers[19], OTHER_GROUP + YEAR_STEPS, "2019 is the last");
        assert_eq!(numbers[3], OF_NO_YEAR);
        let one_year = Sheet {
            year: vec![2020; 100],
            ..sheet
        };
        assert_eq!(color_numbers(&one_year, ColorBy::Year)[0], OTHER_GROUP + 1);
    }

    #[test]
    fn who_is_no_result_or_does_not_pass_stands_back_and_what_is_chosen_does_not() {
        assert_eq!(standings(3, None, None, None), [0, 0, 0]);
        assert_eq!(standings(3, Some(&[1, 0, 1]), None, None), [0, 1, 0]);
        assert_eq!(standings(3, Some(&[1, 0, 1]), Some(&[2]), None), [1, 1, 2]);
        assert_eq!(
            standings(4, None, Some(&[2, 3]), Some(&[0, 2])),
            [0, 1, 2, 1]
        );
        assert_eq!(
            standings(2, None, Some(&[]), None),
            [1, 1],
            "no result at all"
        );
    }

    #[test]
    fn points_grow_with_the_zoom_and_are_lighter_where_they_crowd() {
        let frame = Frame::new(900.0, 700.0, [0.0, 0.0, 65_535.0, 65_535.0]);
        let at = |n, zoom| {
            Look::at(
                n,
                Camera {
                    x: 0.0,
                    y: 0.0,
                    zoom,
                },
                &frame,
            )
        };
        assert!(at(100_000, 0.0).size < at(500, 0.0).size);
        assert!(at(100_000, 4.0).size > at(100_000, 0.0).size);
        assert!(at(100_000, 0.0).alpha < at(500, 0.0).alpha);
        assert!(at(100_000, 6.0).alpha > at(100_000, 0.0).alpha);
    }

    #[test]
    fn the_picture_has_color_where_a_paper_is_and_dims_without_hiding() {
        let sheet = Sheet {
            x: vec![10_000, 50_000],
            y: vec![30_000, 30_000],
            topic: vec![0; 2],
            year: vec![0; 2],
            group: vec![0, 1],
        };
        let bounds = [0.0, 0.0, 65_535.0, 65_535.0];
        let frame = Frame::new(200.0, 200.0, bounds);
        let camera = Camera::whole(bounds);
        let palette = palette(&[[1.0, 0.0, 0.0]; 9], &[[0.0; 3]; 3]);
        let standing = [Standing::Plain as u8, Standing::Dimmed as u8];
        let bytes = picture(&sheet, (&[0, 0], &standing), &palette, camera, &frame);
        let alpha = |paper: u32| {
            let (x, y) = camera.to_screen(&frame, sheet.at(paper));
            bytes[(y as usize * 200 + x as usize) * 4 + 3]
        };
        assert!(alpha(0) > 150, "{}", alpha(0));
        assert!((1..100).contains(&alpha(1)), "dimmed: {}", alpha(1));
        assert_eq!(bytes[3], 0, "a corner without papers");
        assert_eq!(bytes.len(), 200 * 200 * 4);
    }
}
