//! BibTeX: what an entry is called, and how much it may become.

use super::*;

#[test]
fn an_entry_is_called_by_its_arxiv_id_else_its_doi_else_its_key() {
    let folder = folder();
    let first = "@misc{k1, title={One}, doi={10.1000/One}, eprint={2310.06825}}\n\
                 @misc{k2, title={Two}, DOI={https://doi.org/10.1000/Two}, eprint={99}}\n\
                 @misc{k3, title={Three}, doi={to appear}}\n";
    // Keys of one's own: only the DOI tells the papers apart.
    let second = "@misc{k2, title={Four}, doi={10.1000/four}}\n\
                  @misc{k3, title={Five}}\n\
                  @misc{k4, title={Two again}, doi={10.1000/TWO}}\n";
    let files = [
        lines(&folder, "a.bib", first),
        lines(&folder, "b.bib", second),
    ];
    let (papers, report) = read_all(&files).expect("it is read");
    let found: Vec<_> = papers.iter().map(|it| (&*it.id, &*it.title)).collect();
    let wanted = [
        ("2310.06825", "One"),
        ("10.1000/two", "Two"),
        ("k3", "Three"),
        ("10.1000/four", "Four"),
    ];
    assert_eq!(found, wanted);
    assert_eq!(
        report.dropped[&DropReason::DuplicateId].count,
        2,
        "{report}"
    );
}

#[test]
fn strings_that_would_become_more_than_an_entry_cost_the_entry() {
    let folder = folder();
    let long = "x".repeat(3 << 20);
    // A thousand times three megabytes, in one value, in many and in a string.
    let joined = vec!["a"; 1000].join(" # ");
    let fields = "note = a, ".repeat(1000);
    let file = format!(
        "@string{{a = {{{long}}}}}\n\
         @misc{{one, title = {joined}}}\n\
         @misc{{many, {fields} title = {{T}}}}\n\
         @string{{b = {joined}}}\n\
         @misc{{fine, title = {{T}}, note = a}}\n"
    );
    let (papers, report) = read_all(&[lines(&folder, "p.bib", file)]).expect("it is read");
    let ids: Vec<_> = papers.iter().map(|paper| &*paper.id).collect();
    assert_eq!(ids, ["fine"], "{report}");
    let malformed = &report.dropped[&DropReason::Malformed];
    let rows: Vec<_> = malformed.examples.iter().map(|place| place.row).collect();
    assert_eq!(rows, [2, 3, 4], "{report}");
    let said = malformed.examples[0].to_string();
    assert!(said.contains("longer than 4 MiB with its"), "{said}");
}
