//! arXiv's ids and the addresses they lead to.

/// What the page links for one paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Links {
    /// The abstract page.
    pub(crate) abs: String,
    /// The PDF.
    pub(crate) pdf: String,
    /// The HTML rendering.
    pub(crate) html: String,
    /// Every other format.
    pub(crate) other: String,
}

/// The links of an id, `None` where the id is not arXiv's.
///
/// New style `YYMM.NNNN` (to 2014) and `YYMM.NNNNN`, old style `archive/YYMMNNN` and
/// `archive.SC/YYMMNNN`, each with an optional `arXiv:` before and `vN` after it.
/// Source: <https://info.arxiv.org/help/arxiv_identifier.html>.
pub(crate) fn links(id: &str) -> Option<Links> {
    let id = bare(id);
    if !is_id(id) {
        return None;
    }
    let at = |page: &str| format!("https://arxiv.org/{page}/{id}");
    Some(Links {
        abs: at("abs"),
        pdf: at("pdf"),
        html: at("html"),
        other: at("format"),
    })
}

/// The id without its `arXiv:`.
pub(crate) fn bare(id: &str) -> &str {
    let id = id.trim();
    match id.get(..6) {
        Some(prefix) if prefix.eq_ignore_ascii_case("arxiv:") => id[6..].trim_start(),
        _ => id,
    }
}

fn is_id(id: &str) -> bool {
    let (stem, version) = match id.rsplit_once('v') {
        Some((stem, version)) if is_digits(version) => (stem, version),
        _ => (id, "1"),
    };
    if version.starts_with('0') {
        return false;
    }
    match stem.split_once('/') {
        Some((archive, number)) => is_archive(archive) && is_old_number(number),
        None => stem.split_once('.').is_some_and(|(month, number)| {
            month.len() == 4
                && is_month(month)
                && matches!(number.len(), 4 | 5)
                && is_digits(number)
        }),
    }
}

/// `hep-th`, `math.AG`, `q-bio`: lower case, then perhaps a two-letter subject class.
fn is_archive(archive: &str) -> bool {
    let (name, class) = match archive.split_once('.') {
        Some((name, class)) => (name, Some(class)),
        None => (archive, None),
    };
    let name_ok = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    name_ok
        && class
            .is_none_or(|class| class.len() == 2 && class.chars().all(|c| c.is_ascii_alphabetic()))
}

fn is_old_number(number: &str) -> bool {
    number.len() == 7 && is_digits(number) && is_month(&number[..4])
}

/// `YYMM` with a month that exists.
fn is_month(yymm: &str) -> bool {
    is_digits(yymm) && matches!(yymm[2..4].parse::<u8>(), Ok(1..=12))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_and_old_ids_lead_to_arxiv() {
        for id in [
            "2301.01234",
            "0704.0001",
            "1501.00001v12",
            "hep-th/9901001",
            "math.AG/0601001v2",
            "q-bio/0401001",
            "cond-mat/9612034",
        ] {
            let links = links(id).unwrap_or_else(|| panic!("{id} has no links"));
            assert_eq!(links.abs, format!("https://arxiv.org/abs/{id}"));
            assert_eq!(links.pdf, format!("https://arxiv.org/pdf/{id}"));
            assert_eq!(links.html, format!("https://arxiv.org/html/{id}"));
            assert_eq!(links.other, format!("https://arxiv.org/format/{id}"));
        }
    }

    #[test]
    fn the_prefix_is_no_part_of_the_address() {
        let links = links("arXiv:2301.01234").expect("a prefixed id is an id");
        assert_eq!(links.abs, "https://arxiv.org/abs/2301.01234");
    }

    #[test]
    fn other_ids_get_no_links() {
        for id in [
            "",
            "paper-17",
            "2313.01234",
            "2301.123",
            "2301.123456",
            "hep-th/990100",
            "10.1000/182",
            "hep-th/9913001",
            "2301.01234v0",
            "Ωmega",
            "../../etc",
            "2301.01234?x",
            "HEP/9901001",
        ] {
            assert_eq!(links(id), None, "{id:?} was taken for an arXiv id");
        }
    }
}
