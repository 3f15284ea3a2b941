//! What the library's view shows, and in which order.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Entry;

/// The order of the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// The newest star first.
    #[default]
    Starred,
    /// The newest paper first; those without a year last.
    Year,
    /// By title.
    Title,
}

/// The starred papers that have this tag, or all, in order.
pub fn listed(papers: &BTreeMap<String, Entry>, tag: Option<&str>, order: Order) -> Vec<Entry> {
    let has_tag = |entry: &&Entry| tag.is_none_or(|tag| entry.tags.iter().any(|t| t == tag));
    let mut found: Vec<Entry> = starred(papers).filter(has_tag).cloned().collect();
    // A stable order, on a map that is sorted by id.
    match order {
        Order::Starred => found.sort_by_key(|entry| Reverse(entry.starred_ms)),
        Order::Year => found.sort_by_key(|entry| Reverse(entry.year)),
        Order::Title => found.sort_by_cached_key(|entry| entry.title.to_lowercase()),
    }
    found
}

/// The tags of starred papers, in alphabetical order, each with how many have it.
pub fn tags(papers: &BTreeMap<String, Entry>) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<(String, &str), usize> = BTreeMap::new();
    for tag in starred(papers).flat_map(|entry| &entry.tags) {
        *counts.entry((tag.to_lowercase(), tag)).or_default() += 1;
    }
    let tag = |((_, tag), n): ((String, &str), usize)| (tag.to_owned(), n);
    counts.into_iter().map(tag).collect()
}

fn starred(papers: &BTreeMap<String, Entry>) -> impl Iterator<Item = &Entry> {
    papers.values().filter(|entry| entry.starred_ms.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn papers() -> BTreeMap<String, Entry> {
        let rows = [
            ("a", "beta", Some(2001), Some(3), &["x", "y"][..]),
            ("b", "Alpha", None, Some(5), &["x"]),
            ("c", "gamma", Some(2020), Some(1), &[]),
            ("d", "only read", Some(2022), None, &["z"]),
        ];
        rows.map(|(id, title, year, starred_ms, tags)| {
            let tags = tags.iter().map(|&tag| tag.to_owned()).collect();
            let (id, title) = (id.to_owned(), title.to_owned());
            let entry = Entry {
                id,
                title,
                year,
                starred_ms,
                tags,
                ..Entry::default()
            };
            (entry.id.clone(), entry)
        })
        .into()
    }

    #[test]
    fn only_starred_papers_are_listed_in_the_order_asked_for() {
        for (order, wanted) in [
            (Order::Starred, "bac"),
            (Order::Year, "cab"),
            (Order::Title, "bac"),
        ] {
            let ids: String = listed(&papers(), None, order)
                .into_iter()
                .map(|entry| entry.id)
                .collect();
            assert_eq!(ids, wanted, "{order:?}");
        }
        assert_eq!(listed(&papers(), Some("y"), Order::Title).len(), 1);
        assert_eq!(listed(&papers(), Some("z"), Order::Title).len(), 0);
    }

    #[test]
    fn tags_are_counted_over_starred_papers() {
        let found = tags(&papers());
        assert_eq!(found, [("x".to_owned(), 2), ("y".to_owned(), 1)]);
    }
}
