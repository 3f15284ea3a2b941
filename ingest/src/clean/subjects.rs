//! Categories as collections write them: codes, or arXiv's names of subjects.

use shared::taxonomy::{self, CATEGORIES, Category};

use super::line;

/// Category codes of a text; each once, in its order.
///
/// Codes may be separated by spaces, commas or semicolons. Names of arXiv's subjects become codes:
/// with the code in brackets, or alone where one category has the name. Anything else stays as it
/// is; of words that are no codes, those between the strongest separators there are stay together.
///
/// ```
/// use ingest::clean::categories;
/// assert_eq!(categories("cs.LG stat.ML, cs.LG"), ["cs.LG", "stat.ML"]);
/// assert_eq!(categories("Machine Learning (cs.LG); Optics"), ["cs.LG", "physics.optics"]);
/// assert_eq!(categories("soil science, cs.LG"), ["soil science", "cs.LG"]);
/// ```
pub fn categories(text: &str) -> Vec<String> {
    let mut codes = Vec::new();
    let text = line(text);
    if !text.is_empty() {
        take(&text, Separator::Semicolon, &mut codes);
    }
    codes
}

/// Category codes of a list, each item as [`categories`] takes it; words of one item stay together.
///
/// ```
/// use ingest::clean::category_list;
/// assert_eq!(category_list(["soil science", "cs.LG stat.ML"]), ["soil science", "cs.LG", "stat.ML"]);
/// ```
pub fn category_list<'a>(items: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut codes = Vec::new();
    for item in items {
        let item = line(item);
        if !item.is_empty() {
            take_item(&item, &mut codes);
        }
    }
    codes
}

/// From the strongest to the weakest.
#[derive(Clone, Copy)]
enum Separator {
    Semicolon,
    Comma,
    Space,
}

fn take(text: &str, separator: Separator, codes: &mut Vec<String>) {
    // "Computational Engineering, Finance, and Science" is one name.
    if let Some(code) = named(text) {
        add(code, codes);
        return;
    }
    let (mark, weaker) = match separator {
        Separator::Semicolon => (';', Separator::Comma),
        Separator::Comma => (',', Separator::Space),
        Separator::Space => {
            text.split(' ').for_each(|code| add(code, codes));
            return;
        }
    };
    if text.contains(mark) {
        let items = text.split(mark).map(str::trim);
        items
            .filter(|item| !item.is_empty())
            .for_each(|item| take_item(item, codes));
    } else {
        take(text, weaker, codes);
    }
}

/// One item of a list: a name, several codes, or words that belong together.
fn take_item(item: &str, codes: &mut Vec<String>) {
    let parts = || item.split([' ', ',', ';']).filter(|part| !part.is_empty());
    if let Some(code) = named(item) {
        add(code, codes);
    } else if parts().all(is_code) {
        parts().for_each(|code| add(code, codes));
    } else if item.contains(',') {
        let items = item.split(',').map(str::trim);
        items
            .filter(|item| !item.is_empty())
            .for_each(|item| take_item(item, codes));
    } else {
        add(item, codes);
    }
}

fn add(code: &str, codes: &mut Vec<String>) {
    if !code.is_empty() && !codes.iter().any(|known| known == code) {
        codes.push(code.to_owned());
    }
}

/// The code that a subject's name means; a name of several categories stays itself.
fn named(text: &str) -> Option<&str> {
    let bracketed = text
        .strip_suffix(')')
        .and_then(|text| text.rsplit_once('('));
    if let Some((name, code)) = bracketed {
        // The last of several names in a list ends with a code, too.
        let is_list = name.contains([',', ';', ')'])
            && !taxonomy::category(code).is_some_and(|row| is_name(row, name.trim_end()));
        return (is_code(code) && !is_list).then_some(code);
    }
    let mut same = CATEGORIES.iter().filter(|row| is_name(row, text));
    let first = today(same.next()?);
    if same.all(|row| today(row) == first) {
        Some(first.code)
    } else {
        Some(text)
    }
}

fn is_name(row: &Category, text: &str) -> bool {
    row.name.eq_ignore_ascii_case(text)
}

fn today(row: &'static Category) -> &'static Category {
    taxonomy::canonical(row.code).unwrap_or(row)
}

/// Whether a word is a code of arXiv, or looks like one: `cs.LG`, `hep-th`, `foo.Bar`.
fn is_code(word: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    match word.split_once('.') {
        Some((archive, class)) => is_part(archive) && is_part(class),
        None => taxonomy::group(word).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_codes_lists_of_them_and_bare_names_become_codes() {
        let rows: [(&str, &[&str]); 22] = [
            ("", &[]),
            (" ; , ", &[]),
            ("Machine Learning (cs.LG)", &["cs.LG"]),
            (
                "Machine Learning (cs.LG); Machine Learning (stat.ML)",
                &["cs.LG", "stat.ML"],
            ),
            (
                "Machine Learning (cs.LG), Optics (physics.optics)",
                &["cs.LG", "physics.optics"],
            ),
            (
                "High Energy Physics - Theory (hep-th);Quantum Physics (quant-ph)",
                &["hep-th", "quant-ph"],
            ),
            ("Computation and Language", &["cs.CL"]),
            (
                "computational engineering, finance, and science",
                &["cs.CE"],
            ),
            (
                "Optics; Computation and Language",
                &["physics.optics", "cs.CL"],
            ),
            ("goats, Machine Learning (cs.LG)", &["goats", "cs.LG"]),
            (
                "Computational Engineering, Finance, and Science (cs.CE)",
                &["cs.CE"],
            ),
            // One category of two names.
            ("Information Theory", &["cs.IT"]),
            // Two categories of one name.
            ("Machine Learning", &["Machine Learning"]),
            ("Foo (foo.BAR)", &["foo.BAR"]),
            ("cs.LG stat.ML", &["cs.LG", "stat.ML"]),
            ("cs.LG,stat.ML;cs.LG", &["cs.LG", "stat.ML"]),
            ("cs.NA\nmath.NA\thep-th", &["cs.NA", "math.NA", "hep-th"]),
            ("sheep goats", &["sheep", "goats"]),
            ("sheep farming, goats", &["sheep farming", "goats"]),
            (
                "sheep farming; cs.LG stat.ML",
                &["sheep farming", "cs.LG", "stat.ML"],
            ),
            ("astro-ph cmp-lg q-alg", &["astro-ph", "cmp-lg", "q-alg"]),
            ("Sheep (and goats)", &["Sheep", "(and", "goats)"]),
        ];
        for (text, wanted) in rows {
            assert_eq!(categories(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn every_subject_is_known_by_its_name_and_code() {
        for row in &CATEGORIES {
            let text = format!("{} ({})", row.name, row.code);
            assert_eq!(categories(&text), [row.code], "{text:?}");
        }
    }
}
