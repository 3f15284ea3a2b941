//! A survey for people.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Write;

use anyhow::Result;

use super::Survey;

/// Files that are named one by one.
const N_FILES: usize = 10;
/// Archives that are named.
const N_ARCHIVES: usize = 30;
/// Years up to which each has a line; more are shown by decade.
const N_YEARS: usize = 15;
/// Letters of the longest bar.
const BAR_WIDTH: u64 = 40;

pub(super) fn print(survey: &Survey, to: &mut dyn Write) -> Result<()> {
    for file in survey.files.iter().take(N_FILES) {
        let path = file.path.display();
        writeln!(
            to,
            "file        {path} ({}, {} bytes)",
            file.layout, file.bytes
        )?;
    }
    if let Some(others) = survey.files.get(N_FILES..).filter(|rest| !rest.is_empty()) {
        let bytes: u64 = others.iter().map(|file| file.bytes).sum();
        writeln!(
            to,
            "            and {} more files of {bytes} bytes",
            others.len()
        )?;
    }
    let read = survey.read.to_string();
    writeln!(to, "read        {}", read.replace('\n', "\n            "))?;
    let without = &survey.without;
    writeln!(
        to,
        "without     title {}, abstract {}, authors {}, categories {}, year {}",
        without.title, without.r#abstract, without.authors, without.categories, without.year
    )?;
    if let Some((first, last)) = survey.years {
        writeln!(to, "years       {first} to {last}")?;
        for (period, n, bar) in histogram(&survey.papers_by_year) {
            writeln!(to, "  {period:<8}  {n:>9} {bar}")?;
        }
    }
    let archives = largest_first(&survey.papers_by_archive, "(none)");
    let shown = archives.iter().take(N_ARCHIVES);
    let shown: Vec<String> = shown.map(|(archive, n)| format!("{archive} {n}")).collect();
    let more = match archives.len().saturating_sub(N_ARCHIVES) {
        0 => String::new(),
        n => format!(", and {n} more"),
    };
    writeln!(to, "archives    {}{more}", shown.join(", "))?;
    if survey.n_unknown_codes > 0 {
        let codes = survey.unknown_codes.iter();
        let codes: Vec<String> = codes.map(|(code, n)| format!("{code} {n}")).collect();
        writeln!(
            to,
            "not arXiv's {} categories, such as {}",
            survey.n_unknown_codes,
            codes.join(", ")
        )?;
    }
    let text = &survey.text;
    writeln!(
        to,
        "text        {:.0} characters on average, 95 % up to {}, the longest {}",
        text.mean_chars, text.percentile_95_chars, text.max_chars
    )?;
    writeln!(
        to,
        "            about {} papers longer than the encoder's window (an estimate from characters)",
        text.longer_than_window_estimate
    )?;
    let splits = largest_first(&survey.papers_by_split, "(none)");
    let splits: Vec<String> = splits
        .iter()
        .map(|(split, n)| format!("{split} {n}"))
        .collect();
    writeln!(to, "splits      {}", splits.join(", "))?;
    if let Some(example) = &survey.example {
        writeln!(to, "example     {}: {}", example.id, example.title)?;
    }
    writeln!(
        to,
        "speed       {:.0} rows/s ({:.1} s)",
        survey.rows_per_second, survey.seconds
    )?;
    Ok(())
}

fn largest_first<'a>(counts: &'a BTreeMap<String, u64>, none: &'a str) -> Vec<(&'a str, u64)> {
    let mut counts: Vec<_> = counts
        .iter()
        .map(|(key, n)| (if key.is_empty() { none } else { key }, *n))
        .collect();
    counts.sort_by_key(|(_, n)| Reverse(*n));
    counts
}

/// A line a year, or a decade where there are many years: what it is, papers, bar.
fn histogram(by_year: &BTreeMap<u16, u64>) -> Vec<(String, u64, String)> {
    let is_by_year = by_year.len() <= N_YEARS;
    let mut periods = BTreeMap::<u16, u64>::new();
    for (year, n) in by_year {
        let period = if is_by_year { *year } else { year / 10 * 10 };
        *periods.entry(period).or_default() += n;
    }
    let most = periods.values().copied().max().unwrap_or(1);
    let line = |(period, n): (u16, u64)| {
        let name = if is_by_year {
            period.to_string()
        } else {
            format!("{period}s")
        };
        (name, n, "#".repeat((n * BAR_WIDTH).div_ceil(most) as usize))
    };
    periods.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_years_have_a_bar_each_and_many_have_one_a_decade() {
        let few: BTreeMap<u16, u64> = [(1999, 1), (2001, 80)].into();
        let bar = |n| "#".repeat(n);
        assert_eq!(
            histogram(&few),
            [
                ("1999".to_owned(), 1, bar(1)),
                ("2001".to_owned(), 80, bar(40))
            ]
        );
        let many: BTreeMap<u16, u64> = (1991..2011).map(|year| (year, 2)).collect();
        assert_eq!(
            histogram(&many),
            [
                ("1990s".to_owned(), 18, bar(36)),
                ("2000s".to_owned(), 20, bar(40)),
                ("2010s".to_owned(), 2, bar(4)),
            ]
        );
        assert!(histogram(&BTreeMap::new()).is_empty());
    }
}
