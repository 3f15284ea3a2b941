//! Titles that a page offers as questions.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::taxonomy::archive_of;

/// Example queries that the page offers.
const EXAMPLES: usize = 6;

/// Six titles spread over a corpus of `n` papers that read well as queries: the same for the same corpus. `category`
/// is a paper's primary one.
pub fn examples<'a>(
    n: usize,
    title: impl Fn(usize) -> Cow<'a, str>,
    category: impl Fn(usize) -> Option<&'a str>,
) -> Vec<String> {
    let mut archives = BTreeSet::new();
    let mut found = Vec::new();
    for part in 0..EXAMPLES {
        let stretch = || n * part / EXAMPLES..n * (part + 1) / EXAMPLES;
        let archive = |paper| category(paper).map(archive_of);
        let good = |paper: &usize| reads_well(&title(*paper));
        let choice = stretch()
            .filter(good)
            .find(|&paper| archive(paper).is_none_or(|archive| !archives.contains(archive)))
            .or_else(|| stretch().find(good))
            .or_else(|| stretch().find(|&paper| !title(paper).is_empty()));
        if let Some(paper) = choice {
            archives.extend(archive(paper));
            found.push(title(paper).into_owned());
        }
    }
    found
}

/// Neither a stub nor a paragraph, and free of formulas.
fn reads_well(title: &str) -> bool {
    (20..=80).contains(&title.chars().count()) && !title.contains(['$', '\\', '{', '^'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_six_readable_titles_from_six_places() {
        let title = |at: usize| match at % 10 {
            0 => "Short".into(),
            _ => format!("A title of a readable length, number {at}").into(),
        };
        let category = |at: usize| Some(["math.NA", "cs.NA", "hep-th"][at % 3]);
        let examples = examples(60, title, category);
        let distinct: BTreeSet<_> = examples.iter().collect();
        assert_eq!((examples.len(), distinct.len()), (6, 6), "{examples:?}");
        assert!(examples.iter().all(|title| reads_well(title)));
    }
}
