//! Line charts as SVG, drawn for a page without scripts.

use std::fmt::Write as _;

use super::page::escape;

/// Size of the drawing, in its own units; the page scales it.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 300.0;
/// Room for the numbers and names of the axes.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 28.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 44.0;
/// Points of one curve at most; more are drawn as means of neighbors.
const MAX_POINTS: usize = 300;
/// Curves of so few points show where each was measured.
const MARKED: usize = 40;
/// Colors that the page has; a ninth curve has the first one's color, and another dash.
pub(super) const N_COLORS: usize = 8;
/// Curves differ by dash as well as by color, since not everybody tells colors apart.
const DASHES: [&str; 5] = ["", "6 3", "2 3", "9 3 2 3", "12 4"];

/// One curve.
#[derive(Debug, Clone)]
pub(super) struct Curve {
    /// Which run it is of, which chooses its color on every chart.
    pub(super) run: usize,
    /// `(papers seen, value)`, ascending.
    pub(super) points: Vec<(f64, f64)>,
}

/// Curves over one pair of axes.
#[derive(Debug)]
pub(super) struct Chart {
    /// What it shows.
    pub(super) title: String,
    /// Its summary in words, for those who do not see it.
    pub(super) description: String,
    pub(super) curves: Vec<Curve>,
}

impl Chart {
    /// Draws it; `id` is unique on the page. `None` where no point is a number.
    pub(super) fn svg(&self, id: &str) -> Option<String> {
        let curves: Vec<Curve> = self.curves.iter().map(Curve::thinned).collect();
        let points = || curves.iter().flat_map(|curve| &curve.points);
        let x = Axis::over(points().map(|point| point.0))?.cut();
        let y = Axis::over(points().map(|point| point.1))?;
        let place_x = |value: f64| LEFT + x.share(value) * (WIDTH - LEFT - RIGHT);
        let place_y = |value: f64| HEIGHT - BOTTOM - y.share(value) * (HEIGHT - TOP - BOTTOM);
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">\n\
             <title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-desc\">{}</desc>\n",
            escape(&self.title),
            escape(&self.description)
        );
        let (floor, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        for &tick in &y.ticks {
            let at = place_y(tick);
            let label = y.label(tick);
            let (text_x, text_y) = (LEFT - 8.0, at + 4.0);
            writeln!(
                svg,
                "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{right}\"/>\
                 <text x=\"{text_x}\" y=\"{text_y:.1}\" text-anchor=\"end\">{label}</text>"
            )
            .expect("a String takes all");
        }
        for &tick in &x.ticks {
            let (at, label, text_y) = (place_x(tick), x.label(tick), floor + 18.0);
            writeln!(
                svg,
                "<text x=\"{at:.1}\" y=\"{text_y}\" text-anchor=\"middle\">{label}</text>"
            )
            .expect("a String takes all");
        }
        let (middle, below) = (f64::midpoint(LEFT, right), HEIGHT - 6.0);
        writeln!(
            svg,
            "<text x=\"{middle}\" y=\"{below}\" text-anchor=\"middle\">papers seen</text>"
        )
        .expect("a String takes all");
        for curve in &curves {
            let place = |&(x, y): &(f64, f64)| format!("{:.1},{:.1}", place_x(x), place_y(y));
            let line: Vec<String> = curve.points.iter().map(place).collect();
            let style = style(curve.run);
            writeln!(svg, "<polyline {style} points=\"{}\"/>", line.join(" "))
                .expect("a String takes all");
            if curve.points.len() <= MARKED {
                for (x, y) in &curve.points {
                    let color = curve.run % N_COLORS;
                    let (x, y) = (place_x(*x), place_y(*y));
                    writeln!(
                        svg,
                        "<circle class=\"c{color}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\"/>"
                    )
                    .expect("a String takes all");
                }
            }
        }
        svg += "</svg>\n";
        Some(svg)
    }
}

/// A short stroke as the curves of a run have it, for the legend.
pub(super) fn swatch(run: usize) -> String {
    let style = style(run);
    format!(
        "<svg class=\"swatch\" viewBox=\"0 0 36 8\" aria-hidden=\"true\"><polyline {style} points=\"0,4 36,4\"/></svg>"
    )
}

fn style(run: usize) -> String {
    let color = run % N_COLORS;
    match DASHES[run % DASHES.len()] {
        "" => format!("class=\"curve c{color}\""),
        dash => format!("class=\"curve c{color}\" stroke-dasharray=\"{dash}\""),
    }
}

impl Curve {
    /// The same curve in few enough points, without those that are no numbers.
    fn thinned(&self) -> Self {
        let finite = |point: &&(f64, f64)| point.0.is_finite() && point.1.is_finite();
        let points: Vec<(f64, f64)> = self.points.iter().filter(finite).copied().collect();
        let group_len = points.len().div_ceil(MAX_POINTS).max(1);
        let mean = |group: &[(f64, f64)]| {
            let n = group.len() as f64;
            let sum = |of: fn(&(f64, f64)) -> f64| group.iter().map(of).sum::<f64>();
            (sum(|point| point.0) / n, sum(|point| point.1) / n)
        };
        Self {
            run: self.run,
            points: points.chunks(group_len).map(mean).collect(),
        }
    }
}

/// A range with round numbers on it.
#[derive(Debug)]
struct Axis {
    /// Least and greatest of what is drawn.
    values: (f64, f64),
    low: f64,
    high: f64,
    step: f64,
    ticks: Vec<f64>,
}

impl Axis {
    /// The range of some values, widened to the next round numbers.
    fn over(values: impl Iterator<Item = f64>) -> Option<Self> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            return None;
        }
        if low == high {
            // One value has no range of its own.
            let around = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
            (low, high) = (low - around, high + around);
        }
        let rough = (high - low) / 5.0;
        let power = 10_f64.powf(rough.log10().floor());
        let round = [1.0, 2.0, 5.0, 10.0].into_iter().map(|round| round * power);
        // Rounding may leave the last one a hair too small.
        let step = round.clone().find(|&step| step >= rough * 0.999);
        let step = step.unwrap_or(power * 10.0);
        let (first, last) = ((low / step).floor() as i64, (high / step).ceil() as i64);
        let ticks: Vec<f64> = (first..=last).map(|n| n as f64 * step).collect();
        Some(Self {
            values: (low, high),
            low: first as f64 * step,
            high: last as f64 * step,
            step,
            ticks,
        })
    }

    /// The same axis without what lies beyond its values: the field's whole width is theirs.
    fn cut(mut self) -> Self {
        (self.low, self.high) = self.values;
        self.ticks
            .retain(|tick| (self.low..=self.high).contains(tick));
        self
    }

    /// 0 at the lower end, 1 at the upper one.
    fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// A tick as text, with as many digits as tell it from the next one.
    fn label(&self, tick: f64) -> String {
        let (unit, suffix) = match self.high.abs().max(self.low.abs()) {
            high if high >= 1e7 => (1e6, "M"),
            high if high >= 1e4 => (1e3, "k"),
            _ => (1.0, ""),
        };
        let digits = (-(self.step / unit).log10().floor()).clamp(0.0, 9.0) as usize;
        // Minus zero is zero.
        format!("{:.digits$}{suffix}", tick / unit + 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[f64]) -> Vec<String> {
        let axis = Axis::over(values.iter().copied()).unwrap();
        axis.ticks.iter().map(|&tick| axis.label(tick)).collect()
    }

    #[test]
    fn ticks_are_round_and_hold_all_values() {
        assert_eq!(
            labels(&[0.0, 1.0]),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        assert_eq!(
            labels(&[0.291, 0.312]),
            ["0.290", "0.295", "0.300", "0.305", "0.310", "0.315"]
        );
        assert_eq!(
            labels(&[0.0, 1_167_180.0]),
            ["0k", "500k", "1000k", "1500k"]
        );
        assert_eq!(labels(&[-1.0, 4.0]), ["-1", "0", "1", "2", "3", "4"]);
        assert_eq!(labels(&[2.0]).len(), 5, "one value: {:?}", labels(&[2.0]));
        assert!(Axis::over(std::iter::empty()).is_none());
        let cut = Axis::over([3.0, 47.0].into_iter()).unwrap().cut();
        assert_eq!((cut.low, cut.high), (3.0, 47.0));
        assert_eq!(cut.ticks, [10.0, 20.0, 30.0, 40.0]);
    }

    #[test]
    fn a_long_curve_is_thinned_to_its_means() {
        let points: Vec<(f64, f64)> = (0..1000).map(|n| (f64::from(n), 3.0)).collect();
        let thinned = Curve { run: 0, points }.thinned();
        assert!(thinned.points.len() <= MAX_POINTS);
        assert_eq!(thinned.points[0], (1.5, 3.0), "the mean of 0 to 3");
        let broken = vec![(0.0, f64::NAN), (1.0, 2.0), (2.0, f64::INFINITY)];
        let thinned = Curve {
            run: 0,
            points: broken,
        }
        .thinned();
        assert_eq!(thinned.points, [(1.0, 2.0)]);
    }

    #[test]
    fn curves_lie_where_their_values_are() {
        let chart = Chart {
            title: "a < b".to_owned(),
            description: "falls".to_owned(),
            curves: vec![Curve {
                run: 9,
                points: vec![(0.0, 1.0), (100.0, 0.0)],
            }],
        };
        let svg = chart.svg("one").unwrap();
        // From the upper left corner of the field to the lower right one.
        assert!(svg.contains("points=\"64.0,12.0 612.0,256.0\""), "{svg}");
        assert!(
            svg.contains("class=\"curve c1\" stroke-dasharray=\"12 4\""),
            "{svg}"
        );
        assert!(
            svg.contains("<title id=\"one-title\">a &lt; b</title>"),
            "{svg}"
        );
        let empty = Chart {
            curves: Vec::new(),
            ..chart
        };
        assert_eq!(empty.svg("two"), None);
    }
}
