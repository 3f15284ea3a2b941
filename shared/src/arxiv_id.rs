//! arXiv identifiers: `2310.06825` since April 2007, `hep-th/9901001` before.
//!
//! Follows <https://info.arxiv.org/help/arxiv_identifier.html>: the number has four digits until
//! 1412 and five from 1501; a subject class (`math.GT/0309136`) is not part of the old form.

use crate::taxonomy;

/// What an arXiv identifier says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArxivId {
    /// The canonical form: no prefix, version or subject class.
    pub id: String,
    /// The year of the first version.
    pub year: u16,
    /// The month of the first version, 1 to 12.
    pub month: u8,
    /// The number within that month; of an old identifier within its archive's month.
    pub number: u32,
    /// The version, where one was written.
    pub version: Option<u16>,
}

/// Beginnings that name arXiv, longest first where one begins another.
const PREFIXES: [&str; 16] = [
    "https://doi.org/10.48550/arxiv.",
    "http://doi.org/10.48550/arxiv.",
    "doi:10.48550/arxiv.",
    "10.48550/arxiv.",
    "https://www.arxiv.org/abs/",
    "http://www.arxiv.org/abs/",
    "https://export.arxiv.org/abs/",
    "http://export.arxiv.org/abs/",
    "https://arxiv.org/abs/",
    "http://arxiv.org/abs/",
    "https://arxiv.org/pdf/",
    "http://arxiv.org/pdf/",
    "arxiv.org/abs/",
    "arxiv.org/pdf/",
    "oai:arxiv.org:",
    "arxiv:",
];

/// The identifier that `text` is, with or without `arXiv:`, an address of its page or DOI, a version.
///
/// ```
/// use shared::arxiv_id::parse;
/// let id = parse("https://arxiv.org/abs/math.GT/0309136v2").expect("an arXiv identifier");
/// assert_eq!((id.id.as_str(), id.year, id.version), ("math/0309136", 2003, Some(2)));
/// assert_eq!(parse("10.1103/PhysRev.47.777"), None);
/// ```
pub fn parse(text: &str) -> Option<ArxivId> {
    let text = text.trim();
    let prefix = PREFIXES.iter().find(|prefix| {
        text.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    });
    let text = prefix.map_or(text, |prefix| text[prefix.len()..].trim_start());
    let text = text.strip_suffix(".pdf").unwrap_or(text);
    let (base, version) = split_version(text)?;
    let found = match base.split_once('/') {
        Some((archive, number)) => old_style(archive, number)?,
        None => new_style(base)?,
    };
    Some(ArxivId { version, ..found })
}

fn split_version(text: &str) -> Option<(&str, Option<u16>)> {
    // Archives contain `v` too (`solv-int`), so only the last one can start a version.
    match text.rsplit_once('v') {
        Some((base, version)) if !version.is_empty() && is_digits(version) => Some((
            base,
            Some(version.parse().ok().filter(|version| *version > 0)?),
        )),
        _ => Some((text, None)),
    }
}

fn new_style(text: &str) -> Option<ArxivId> {
    let (stamp, number) = text.split_once('.')?;
    let (year, month) = year_and_month(stamp)?;
    let first = stamp >= "0704";
    let width = if stamp < "1501" { 4 } else { 5 };
    (first && number.len() == width && is_digits(number)).then_some(())?;
    Some(ArxivId {
        id: text.to_owned(),
        year: 2000 + year,
        month,
        number: number.parse().ok()?,
        version: None,
    })
}

fn old_style(archive: &str, number: &str) -> Option<ArxivId> {
    let archive = taxonomy::archive_of(archive);
    if number.len() != 7 || !is_digits(number) || taxonomy::group(archive).is_none() {
        return None;
    }
    let (year, month) = year_and_month(&number[..4])?;
    let year = match year {
        91.. => 1900 + year,
        ..=7 => 2000 + year,
        _ => return None,
    };
    Some(ArxivId {
        id: format!("{archive}/{number}"),
        year,
        month,
        number: number[4..].parse().ok()?,
        version: None,
    })
}

/// The two-digit year of `YYMM` and its month, where it is one.
fn year_and_month(text: &str) -> Option<(u16, u8)> {
    if text.len() != 4 || !is_digits(text) {
        return None;
    }
    let month: u8 = text[2..].parse().ok()?;
    (1..=12).contains(&month).then_some(())?;
    Some((text[..2].parse().ok()?, month))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_an_identifier_leads_to_its_canonical_form_and_year() {
        for (text, id, year, version) in [
            ("0704.0001", "0704.0001", 2007, None),
            ("1412.9999v12", "1412.9999", 2014, Some(12)),
            ("arXiv:1501.00001", "1501.00001", 2015, None),
            ("arxiv: 2310.06825v3", "2310.06825", 2023, Some(3)),
            ("http://arxiv.org/abs/2310.06825", "2310.06825", 2023, None),
            (
                "https://www.arxiv.org/abs/hep-th/9901001v1",
                "hep-th/9901001",
                1999,
                Some(1),
            ),
            ("oai:arXiv.org:cs/0703001", "cs/0703001", 2007, None),
            ("math.GT/0309136", "math/0309136", 2003, None),
            ("10.48550/arXiv.2310.06825", "2310.06825", 2023, None),
            (
                "https://doi.org/10.48550/arXiv.hep-th/9901001",
                "hep-th/9901001",
                1999,
                None,
            ),
            (
                "https://arxiv.org/pdf/2310.06825v3.pdf",
                "2310.06825",
                2023,
                Some(3),
            ),
            ("solv-int/9701001", "solv-int/9701001", 1997, None),
            (" astro-ph/9108001 ", "astro-ph/9108001", 1991, None),
        ] {
            let found = parse(text).unwrap_or_else(|| panic!("{text:?} is no identifier"));
            assert_eq!(
                (&*found.id, found.year, found.version),
                (id, year, version),
                "{text:?}"
            );
        }
    }

    #[test]
    fn an_identifier_says_its_month_and_number() {
        for (text, month, number) in [
            ("2310.06825v3", 10, 6825),
            ("0704.0001", 4, 1),
            ("math.GT/0309136", 9, 136),
        ] {
            let found = parse(text).expect("an identifier");
            assert_eq!((found.month, found.number), (month, number), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_quite_an_identifier_is_none() {
        for text in [
            "",
            "v2",
            "0703.0001",
            "1313.0001",
            "1412.00001",
            "1501.0001",
            "2310.06825v",
            "2310.06825v0",
            "2310.06825v99999",
            "2310.0682५",
            "hep-th/990100",
            "hep-th/0813001",
            "hep-th/5001001",
            "nowhere/9901001",
            "S2-00121",
            "10.1000/182",
            "é/9901001",
            "23é0.06825",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
