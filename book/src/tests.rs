//! Each kind of broken place is found, and the book of this clone has none.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::{build, faults, rendered};

/// A clone with a book of two pages and a picture, in which nothing is broken.
const SOUND: [(&str, &str); 6] = [
    (
        "README.md",
        "# Here\n\n[Two](docs/two.md#why-so), [all](docs/)\n",
    ),
    (
        "docs/SUMMARY.md",
        "# Summary\n\n[One](one.md)\n\n- [Two](two.md)\n",
    ),
    (
        "docs/one.md",
        "# One\n\n[why](two.md#why-so), [here](#one), [the page](../), [web](https://example.org/x)\n",
    ),
    (
        "docs/two.md",
        "# Two\n\n## Why so\n\n![A dot](images/dot.svg)\n",
    ),
    (
        "docs/images/dot.svg",
        "<svg xmlns=\"http://www.w3.org/2000/svg\"><circle r=\"1\"/></svg>\n",
    ),
    (
        "docs/book.toml",
        "[book]\nsrc = \".\"\n[output.html]\ninput-404 = \"\"\n[output.html.print]\nenable = false\n",
    ),
];

/// [`SOUND`] with one file replaced or added.
fn clone_with(name: &str, text: &str) -> TempDir {
    let clone = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in SOUND.into_iter().chain([(name, text)]) {
        let path = clone.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, text).expect("written");
    }
    clone
}

fn sound() -> TempDir {
    clone_with(SOUND[0].0, SOUND[0].1)
}

/// The faults of a clone, one a line.
fn found(clone: &TempDir) -> Vec<String> {
    let faults = faults(clone.path()).expect("every file can be read");
    faults.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_sound_is_built_and_its_next_build_replaces_it() {
    let clone = sound();
    assert_eq!(found(&clone), Vec::<String>::new());
    let out = clone.path().join("out");
    let built = build(clone.path(), &out).expect("nothing is broken");
    assert_eq!(build(clone.path(), &out).expect("again"), built);
    let page = fs::read_to_string(out.join("one.html")).expect("a page");
    assert!(page.contains("href=\"two.html#why-so\""), "{page}");
    assert!(out.join("images/dot.svg").is_file());
    assert!(!out.join("book.toml").exists(), "settings are published");
    let left: Vec<_> = fs::read_dir(clone.path())
        .expect("the clone")
        .map(|entry| entry.expect("an entry").file_name())
        .filter(|name| name.to_string_lossy().starts_with(".book-"))
        .collect();
    assert!(left.is_empty(), "{left:?} was left behind");
}

#[test]
fn every_broken_link_is_found_with_file_and_line() {
    for (file, text, wanted) in [
        (
            "docs/two.md",
            "# Two\n\n## Why so\n\n[x](three.md)\n",
            "docs/two.md:5: \"three.md\"",
        ),
        (
            "docs/two.md",
            "## Why so\n![x](images/no.png)\n",
            "docs/two.md:2: \"images/no.png\"",
        ),
        (
            "docs/two.md",
            "# Two\n\n## Why not\n",
            "docs/one.md:3: \"two.md#why-so\"",
        ),
        (
            "docs/one.md",
            "# One\n\ntext\n[x](#two)\n",
            "docs/one.md:4: \"#two\"",
        ),
        (
            "docs/one.md",
            "[x](/two.md)\n",
            "docs/one.md:1: \"/two.md\"",
        ),
        (
            "docs/one.md",
            "[x](../README.md)\n",
            "docs/one.md:1: \"../README.md\"",
        ),
        ("docs/one.md", "[x](images)\n", "docs/one.md:1: \"images\""),
        (
            "README.md",
            "[x](docs/none.md)\n",
            "README.md:1: \"docs/none.md\"",
        ),
        (
            "README.md",
            "\n\n[x](docs/two.md#none)\n",
            "README.md:3: \"docs/two.md#none\"",
        ),
    ] {
        let faults = found(&clone_with(file, text));
        assert!(
            faults.iter().any(|fault| fault.starts_with(wanted)),
            "{text:?} in {file}: {faults:?}, not {wanted}"
        );
    }
}

#[test]
fn a_page_that_nobody_wrote_and_one_that_nobody_lists_are_found() {
    let missing = clone_with(
        "docs/SUMMARY.md",
        "[One](one.md)\n- [Two](two.md)\n- [Three](three.md)\n",
    );
    let faults = found(&missing);
    let [fault] = &faults[..] else {
        panic!("{faults:?}")
    };
    assert!(
        fault.starts_with("docs/SUMMARY.md:3: \"three.md\""),
        "{fault}"
    );

    let unlisted = clone_with("docs/deep/four.md", "# Four\n");
    let faults = found(&unlisted);
    let [fault] = &faults[..] else {
        panic!("{faults:?}")
    };
    assert!(fault.starts_with("docs/deep/four.md:1:"), "{fault}");
    let error = build(unlisted.path(), &unlisted.path().join("out")).expect_err("a page is lost");
    assert!(
        format!("{error:#}").contains("docs/deep/four.md:1:"),
        "{error:#}"
    );

    let twice = clone_with(
        "docs/SUMMARY.md",
        "[One](one.md)\n- [Two](two.md)\n- [More](two.md)\n",
    );
    let faults = found(&twice);
    assert!(
        faults.iter().any(|f| f.starts_with("docs/SUMMARY.md:3:")),
        "{faults:?}"
    );
}

#[test]
fn a_folder_of_somebody_elses_is_not_replaced() {
    let clone = sound();
    let out = clone.path().join("thesis");
    fs::create_dir(&out).expect("created");
    fs::write(out.join("chapter.tex"), "years of work").expect("written");
    let error = build(clone.path(), &out).expect_err("it was replaced");
    assert!(
        error.to_string().contains("--out"),
        "{error} names no way out"
    );
    assert!(out.join("chapter.tex").is_file());
}

#[test]
fn what_comes_from_another_site_is_found_in_the_rendered_book() {
    for (name, text) in [
        ("a.html", "<p>\n<img src=\"https://example.org/a.png\">"),
        (
            "a.html",
            "<link rel=\"stylesheet\" href=\"//example.org/a.css\">",
        ),
        (
            "a.html",
            "<script src=\"http://example.org/a.js\"></script>",
        ),
        ("a.html", "<a href=\"b.html\">b</a>"),
        ("a.html", "<h1 id=\"b\"></h1><a href=\"#c\">c</a>"),
        ("a.css", "@import \"b.css\";"),
        (
            "a.css",
            "a { background: url('https://example.org/a.png') }",
        ),
        ("a.svg", "<svg><script>alert(1)</script></svg>"),
    ] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join(name), text).expect("written");
        let faults = rendered::faults(folder.path()).expect("read");
        assert_eq!(faults.len(), 1, "{text}: {faults:?}");
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = "<h1 id=\"b\"></h1><a href=\"https://example.org\">x</a><a href=\"#b\">b</a><a href=\"../\">p</a>";
    fs::write(folder.path().join("a.html"), text).expect("written");
    assert_eq!(rendered::faults(folder.path()).expect("read"), []);
}

#[test]
fn the_book_of_this_clone_is_sound_and_forbids_other_sites() {
    let clone = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("book");
    let built = build(&clone, &out).unwrap_or_else(|error| panic!("{error:#}"));
    assert!(built.n_files > 30, "{built:?}");
    for file in ["index.html", "FORMAT.html", "fifty-thousand.report.json"] {
        assert!(out.join(file).is_file(), "{file} is missing");
    }
    let index = fs::read_to_string(out.join("index.html")).expect("the first page");
    assert!(
        index.contains("Content-Security-Policy"),
        "the policy is missing"
    );
    assert!(
        !index.contains("class=\"playground\""),
        "a block asks play.rust-lang.org"
    );
}
