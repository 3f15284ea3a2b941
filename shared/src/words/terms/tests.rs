use proptest::prelude::*;

use super::*;

fn texts(text: &str) -> Vec<String> {
    terms(text).into_iter().map(|term| term.text).collect()
}

#[track_caller]
fn cut(text: &str, wanted: &str) {
    let wanted: Vec<&str> = wanted.split(' ').filter(|word| !word.is_empty()).collect();
    assert_eq!(texts(text), wanted, "{text:?}");
}

#[test]
fn words_are_small_and_without_accents() {
    cut("Deep Learning, REVISITED!", "deep learning revisited");
    cut("Poincaré–Bendixson théorème", "poincare bendixson theoreme");
    cut(
        "Erdős, Łukasz, Søren, Straße, Ærø",
        "erdos lukasz soren strasse aero",
    );
    cut("e\u{301}tale cohomology", "etale cohomology");
    cut("İstanbul", "istanbul");
    cut(
        "co\u{ad}operation and zero\u{200b}width",
        "cooperation and zerowidth",
    );
    cut("ﬁne eﬀects", "fine effects");
    cut("Это тест", "это тест");
    cut("  ", "");
    cut("— … !?", "");
}

#[test]
fn hyphens_part_words_and_a_possessive_s_is_none() {
    cut("state-of-the-art", "state of the art");
    cut(
        "Bell's and Bell’s inequalities",
        "bell and bell inequalities",
    );
    cut("the authors' model isn't", "the authors model isn t");
    cut(
        "O'Brien, d'Alembert, 's-Hertogenbosch",
        "o brien d alembert s hertogenbosch",
    );
    let positions: Vec<u32> = terms("Bell's inequality")
        .iter()
        .map(|t| t.position)
        .collect();
    assert_eq!(positions, [0, 1], "a phrase goes across a possessive s");
}

#[test]
fn numbers_and_names_with_signs_stay_whole() {
    cut(
        "3D, 3.14, COVID-19 and GPT-3.5.",
        "3d 3.14 covid 19 and gpt 3.5",
    );
    cut(
        "C++, C#; c++11 a+b a++b F# issue#5",
        "c++ c# c 11 a b a b f# issue 5",
    );
    cut("Fig.3 of 1,000; see 5. Next", "fig 3 of 1 000 see 5 next");
    cut("v1.2.3 at 2101.00001v2", "v1.2.3 at 2101.00001v2");
    cut(
        "https://arxiv.org/abs/2101.00001",
        "https arxiv org abs 2101.00001",
    );
    cut("snake_case, T_c, x_10, log_2", "snake case tc x10 log2");
}

#[test]
fn latex_is_read_as_what_it_shows() {
    cut(
        r#"Schr\"{o}dinger, Schr{\"o}dinger, Schr\"odinger"#,
        "schrodinger schrodinger schrodinger",
    );
    cut(
        r#"Erd\H{o}s, Erd\H os, Ne\v{c}as, Fa\c{c}ade, na\"{\i}ve, \'Etale"#,
        "erdos erdos necas facade naive etale",
    );
    cut(
        r"\L{}ukasz, S\o ren, M{\o}ller, Stra\ss e, \AA ngstr\\om",
        "lukasz soren moller strasse angstr om",
    );
    cut(
        r"H$_2$O, H_2O, H₂O, $\mathrm{H}_2\mathrm{O}$",
        "h2o h2o h2o h2o",
    );
    cut(r"$\ell_1$-norm, ℓ₁ norm", "l1 norm l1 norm");
    cut(r"$\mathcal{N}=4$ super-Yang--Mills", "n 4 super yang mills");
    cut(
        r"$\alpha$-decay, α-decay, \Alpha",
        "alpha decay alpha decay alpha",
    );
    cut(
        r"$\Lambda$CDM, ΛCDM, NF-$\kappa$B, NF-κB",
        "lambdacdm lambdacdm nf kappab nf kappab",
    );
    cut(r"$g_{\mu\nu}$ and \varepsilon", "gmu nu and epsilon");
    cut(r"$10^{-5}$, 10⁻⁵, 10²³, $^{13}$C", "10 5 10 5 10 23 13c");
    cut(r"\frac{a}{b} \leq \sqrt{n} \log n", "a b sqrt n log n");
    cut(r"M_{\rm BH} \sim 10^8 M_\odot", "mbh 10 8 m odot");
    cut(
        r"{\it Kepler} and \textbf{bold} \LaTeX",
        "kepler and bold latex",
    );
    cut(r"$\left( x \right)$ \(y\) \[z\]", "x y z");
    cut(r"100\% of \$5 \& more \", "100 of 5 more");
    cut("{BERT}: {D}eep", "bert deep");
    cut("μm, µm, $\\mu$m", "mum mum mum");
    cut("λόγος ΛΌΓΟΣ", "λογοσ λογοσ");
}

#[test]
fn ideographs_are_words_each() {
    cut("学習アルゴリズム", "学 習 アルコリスム");
    cut("한국", "한국");
}

#[test]
fn ranges_are_the_source_of_each_term() {
    let source = r#"The Schr\"{o}dinger's $\alpha$ of H$_2$O, Ångström"#;
    let found: Vec<&str> = terms(source)
        .iter()
        .map(|t| &source[t.bytes.clone()])
        .collect();
    assert_eq!(
        found,
        [
            "The",
            r#"Schr\"{o}dinger"#,
            r"\alpha",
            "of",
            "H$_2$O",
            "Ångström"
        ]
    );
}

#[test]
fn a_long_term_is_cut_and_keeps_its_range() {
    let long = "é".repeat(100);
    let found = terms(&long);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].text.len(), found[0].bytes.clone()),
        (MAX_TERM, 0..200)
    );
}

#[test]
fn between_authors_one_position_stays_empty() {
    let mut found = Vec::new();
    let line = "Ä. Ång, B. C. Bee, Université";
    for_each_author_term(line, |term, position, bytes| {
        found.push((term.to_owned(), position, line[bytes].to_owned()));
    });
    let wanted = [
        ("a", 0, "Ä"),
        ("ang", 1, "Ång"),
        ("b", 3, "B"),
        ("c", 4, "C"),
        ("bee", 5, "Bee"),
        ("universite", 7, "Université"),
    ];
    assert_eq!(
        found,
        wanted.map(|(term, at, source)| (term.to_owned(), at, source.to_owned()))
    );
}

#[test]
fn every_character_alone_is_terms_that_are_their_own() {
    for c in '\0'..=char::MAX {
        let found = texts(&c.to_string());
        for term in &found {
            assert_eq!(texts(term), [&**term], "of {c:?}, {:#x}", u32::from(c));
        }
        assert_eq!(texts(&found.join("-")), found, "{c:?}, {:#x}", u32::from(c));
    }
}

/// Texts of pieces that mean something to the cutter, and of anything.
fn sources() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "a",
            "B",
            "é",
            "ß",
            "α",
            "Β",
            "ς",
            "\\alpha",
            "\\'e",
            "\\\"{o}",
            "\\mathrm",
            "\\frac",
            "\\o ",
            "\\v{c}",
            "{",
            "}",
            "$",
            "_",
            "^",
            "+",
            "++",
            "#",
            ".",
            "3",
            "14",
            "-",
            "'",
            "’s",
            "²",
            "₂",
            "学",
            "한",
            "\u{301}",
            "\u{200b}",
            " ",
            "\\",
            "\\i",
            "ﬁ",
            "İ",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_term_is_its_own_only_term(source in sources()) {
        for term in texts(&source) {
            prop_assert!(!term.is_empty() && term.len() <= MAX_TERM);
            prop_assert_eq!(texts(&term), vec![term.clone()], "of {:?}", source);
        }
    }

    #[test]
    fn ranges_ascend_and_positions_count(source in sources()) {
        let mut end = 0;
        for (at, term) in terms(&source).into_iter().enumerate() {
            prop_assert_eq!(term.position as usize, at);
            prop_assert!(term.bytes.start >= end && term.bytes.end > term.bytes.start, "{:?}", term);
            prop_assert!(source.get(term.bytes.clone()).is_some(), "{:?} cuts a character", term);
            end = term.bytes.end;
        }
    }

    /// A phrase in quotes is read as its terms with spaces between.
    #[test]
    fn terms_in_a_row_are_the_same_terms(source in sources()) {
        let found = texts(&source);
        prop_assert_eq!(texts(&found.join(" ")), found.clone());
        prop_assert_eq!(texts(&found.join("-")), found);
    }
}
