//! A reliability diagram as SVG: stated probability across, accuracy up; the nearer to the diagonal, the
//! truer what is stated.

use std::fmt::Write as _;

use shared::metrics::Bin;

use super::Row;

/// Width and height of a panel's plot.
const SIDE: f64 = 260.0;
const MARGIN: f64 = 44.0;

/// One panel for each row that classifies; `None` where no row does.
pub fn reliability_svg(rows: &[Row]) -> Option<String> {
    let panels: Vec<(&Row, &[Bin], f64)> = (rows.iter())
        .filter_map(|row| {
            let judged = row.classification.as_ref()?;
            let error = judged.figures.calibration_error;
            Some((row, &judged.reliability[..], error))
        })
        .collect();
    if panels.is_empty() {
        return None;
    }
    let (width, height) = (SIDE + 2.0 * MARGIN, SIDE + 2.0 * MARGIN);
    let all = width * panels.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {all} {height}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"{all}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    for (at, (row, bins, error)) in panels.into_iter().enumerate() {
        let left = width * at as f64 + MARGIN;
        let title = format!("{}: calibration error {error:.3}", row.name);
        panel(&mut svg, left, &title, bins).expect("a string takes every write");
    }
    svg.push_str("</svg>\n");
    Some(svg)
}

fn panel(svg: &mut String, left: f64, title: &str, bins: &[Bin]) -> std::fmt::Result {
    let x = |share: f64| left + SIDE * share;
    let y = |share: f64| MARGIN + SIDE * (1.0 - share);
    let most = bins.iter().map(|bin| bin.n).max().unwrap_or(0).max(1) as f64;
    let title = title.replace('&', "&amp;").replace('<', "&lt;");
    writeln!(
        svg,
        "<text x=\"{left}\" y=\"{:.1}\" font-size=\"13\">{title}</text>",
        MARGIN - 14.0
    )?;
    for (at, bin) in bins.iter().enumerate().filter(|(_, bin)| bin.n > 0) {
        let (from, to) = (
            at as f64 / bins.len() as f64,
            (at + 1) as f64 / bins.len() as f64,
        );
        // How many papers are in the bin shows how much it says: the darker, the more.
        writeln!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"#2b6cb0\" opacity=\"{:.2}\">\
             <title>{} papers, stated {:.3}, right {:.3}</title></rect>",
            x(from),
            y(bin.accuracy),
            x(to) - x(from) - 1.0,
            SIDE * bin.accuracy,
            0.25 + 0.75 * bin.n as f64 / most,
            bin.n,
            bin.stated,
            bin.accuracy,
        )?;
        writeln!(
            svg,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"#c05621\"/>",
            x(bin.stated),
            y(bin.accuracy)
        )?;
    }
    writeln!(
        svg,
        "<path d=\"M{:.1} {:.1}V{:.1}H{:.1}M{:.1} {:.1}L{:.1} {:.1}\" fill=\"none\" stroke=\"#333\"/>",
        x(0.0),
        y(1.0),
        y(0.0),
        x(1.0),
        x(0.0),
        y(0.0),
        x(1.0),
        y(1.0)
    )?;
    for tick in [0.0, 0.5, 1.0] {
        writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{tick}</text>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{tick}</text>",
            x(tick),
            y(0.0) + 15.0,
            x(0.0) - 5.0,
            y(tick) + 4.0
        )?;
    }
    writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">stated probability (bars: share that is right)</text>",
        x(0.5),
        y(0.0) + 32.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Classification;

    #[test]
    fn every_bin_that_holds_something_has_a_bar() {
        assert_eq!(reliability_svg(&[Row::default()]), None);
        let rows = vec![vec![0.9, 0.1], vec![0.9, 0.1], vec![0.4, 0.6]];
        let classes = ["a".to_owned(), "b".to_owned()];
        let row = Row {
            name: "a < b & c".to_owned(),
            classification: Some(Classification::judge(&rows, &[0, 1, 1], &classes)),
            ..Row::default()
        };
        let svg = reliability_svg(&[row]).expect("one panel");
        assert_eq!(svg.matches("<circle").count(), 2, "{svg}");
        assert!(svg.contains("2 papers, stated 0.900, right 0.500"), "{svg}");
        assert!(svg.contains("a &lt; b &amp; c"), "{svg}");
    }
}
