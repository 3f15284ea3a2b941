//! Our tokenizer against the crate `tokenizers`, both with the base encoder's own file.

use ingest::model_files::{self, Which};
use ingest::papers;
use proptest::prelude::*;
use shared::Paper;
use shared::tokenizer::{TokenBuffer, Tokenizer, TokenizerParts};

use crate::fixtures::{data_folder, repository, say};

/// No text here is cut.
const UNCUT: usize = 1 << 24;

/// The judge, ours, and what ours was made of.
struct Pair {
    judge: tokenizers::Tokenizer,
    ours: Tokenizer,
    parts: TokenizerParts,
}

/// `None` where no source has the base encoder, which is said.
fn pair() -> Option<Pair> {
    crate::fixtures::base_model()?;
    let files = model_files::find(&Which::Base).expect("the base encoder was just found");
    let json = std::fs::read(files.tokenizer).expect("tokenizer.json reads");
    let mut judge = tokenizers::Tokenizer::from_bytes(&json).expect("the judge reads it");
    judge.with_truncation(None).expect("nothing is cut");
    judge.with_padding(None);
    let parts = TokenizerParts::from_json(&json).expect("we read it");
    Some(Pair {
        judge,
        ours: Tokenizer::new(parts.clone(), UNCUT),
        parts,
    })
}

impl Pair {
    fn judged(&self, text: &str) -> Vec<u32> {
        let encoding = self.judge.encode_fast(text, true);
        encoding.expect("any text has tokens").get_ids().to_vec()
    }

    fn agree_on<'a>(&self, papers: impl Iterator<Item = &'a Paper>, of: &str) {
        let mut buffer = TokenBuffer::default();
        let (mut n_texts, mut n_tokens) = (0, 0);
        for paper in papers {
            let text = format!("{}. {}", paper.title, paper.abstract_);
            let found = self.ours.tokenize_into(&text, &mut buffer);
            assert_eq!(found.ids, self.judged(&text), "{of}: {text:?}");
            n_texts += 1;
            n_tokens += found.ids.len();
        }
        assert!(n_texts > 0, "{of} is empty");
        say(&format!("{of}: {n_texts} texts, {n_tokens} tokens alike"));
    }
}

#[test]
fn every_scalar_value_has_the_judges_tokens() {
    let Some(pair) = pair() else { return };
    let all: Vec<char> = ('\0'..=char::MAX).collect();
    for chars in all.chunks(500) {
        let same = |chars: &[char]| {
            let texts = chars
                .iter()
                .map(|c| format!("{c} a{c}b {c}\u{323}e\u{301}{c} "));
            let text: String = texts.collect();
            pair.ours.tokenize(&text).ids == pair.judged(&text)
        };
        if !same(chars) {
            let culprit = chars.iter().find(|&&c| !same(&[c]));
            panic!("{culprit:?} is tokenized otherwise");
        }
    }
}

#[test]
fn papers_have_the_judges_tokens() {
    let Some(pair) = pair() else { return };
    let (starter, _) = papers::read_all(&[repository().join("corpus/starter.jsonl")])
        .expect("the starter corpus reads");
    pair.agree_on(starter.iter(), "starter corpus");
    let Some(data) = data_folder() else { return };
    let selection = ingest::select::Selection {
        sample: Some((20_000, 11)),
        ..Default::default()
    };
    let (sample, _) = ingest::select::select(&[data.join("arxiv/papers.parquet")], &selection)
        .expect("papers.parquet reads");
    pair.agree_on(sample.iter(), "arXiv papers");
}

#[test]
fn nasty_texts_have_the_judges_tokens() {
    let Some(pair) = pair() else { return };
    let parts = prop::sample::select(vec![
        "spin",
        "Glasses",
        "un",
        "##ing",
        "$\\alpha$",
        "x^2",
        "don't",
        " ",
        "\t",
        "\n",
        "\u{85}",
        "\u{a0}",
        "\u{3000}",
        "\u{200b}",
        "\u{200d}",
        "\u{ad}",
        "\0",
        "\u{1b}",
        "\u{fffd}",
        "\u{202e}",
        "\u{e000}",
        "é",
        "E\u{301}",
        "\u{301}",
        "\u{323}",
        "\u{1d165}",
        "\u{302e}",
        "\u{1d15e}",
        "İ",
        "ı",
        "ß",
        "ﬁ",
        "Ω",
        "Σ",
        "中文",
        "\u{f900}",
        "가각",
        "ひらがな",
        "العربية",
        "עברית",
        "हिन्दी",
        "ไทย",
        "🙂",
        "👩\u{200d}🔬",
        "–",
        "…",
        "。",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "[MASK",
        "[PAD]",
        "[UNK]",
        "[unused5]",
        "[mask]",
        "antidisestablishmentarianismantidisestablishmentarianism",
    ]);
    let any = any::<char>().prop_map(String::from);
    let part = prop_oneof![9 => parts.prop_map(str::to_owned), 1 => any];
    let text = prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat());
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(4000)
    };
    proptest!(config, |(text in text)| {
        prop_assert_eq!(pair.ours.tokenize(&text).ids, pair.judged(&text), "{:?}", text);
    });
}

/// Every row that is said to be producible has a text here, as the judge tokenizes it.
#[test]
fn rows_that_are_producible_have_a_text() {
    let Some(pair) = pair() else { return };
    let producible = pair.ours.producible();
    let has = |text: &str, id: u32| pair.judged(text).contains(&id);
    // A beginning that no longer word takes up: letters of scripts that join hardly any.
    let begins: Vec<&str> = pair
        .parts
        .words
        .iter()
        .map(|(word, _)| word)
        .filter(|word| word.chars().count() == 1 && word.chars().all(char::is_alphanumeric))
        .collect();
    for (word, id) in pair.parts.words.iter() {
        if !producible[id as usize] {
            continue;
        }
        let found = match word.strip_prefix("##").filter(|rest| !rest.is_empty()) {
            None => has(word, id),
            Some(rest) => begins
                .iter()
                .rev()
                .any(|begin| has(&format!("{begin}{rest}"), id)),
        };
        assert!(found, "no text has {word:?}, id {id}");
    }
    let never = producible.iter().filter(|&&can| !can).count();
    say(&format!(
        "{never} of {} rows have no text",
        producible.len()
    ));
    assert!(never > 900, "the unused rows alone are more than {never}");
}

#[test]
fn what_lies_beyond_the_window_is_counted_only() {
    let Some(pair) = pair() else { return };
    let window = Tokenizer::new(pair.parts.clone(), 256);
    let mut buffer = TokenBuffer::default();
    let text = "lattice gauge theory, superconductors ".repeat(25_000);
    let whole = pair.ours.tokenize(&text);
    let cut = window.tokenize_into(&text, &mut buffer);
    assert_eq!(cut.ids.len() + cut.n_cut, whole.ids.len());
    assert_eq!(cut.ids[..255], whole.ids[..255]);
    assert!(cut.ids.capacity() <= 512, "{} ids kept", cut.ids.capacity());
}

#[test]
fn the_artifacts_tokenizer_is_the_files() {
    let Some(prepared) = crate::fixtures::base_model() else {
        return;
    };
    let Some(pair) = pair() else { return };
    let window = Tokenizer::new(pair.parts, prepared.model.meta().max_tokens);
    let (starter, _) = papers::read_all(&[repository().join("corpus/starter.jsonl")])
        .expect("the starter corpus reads");
    for paper in &starter {
        let text = &paper.abstract_;
        assert_eq!(
            prepared.model.tokenizer().tokenize(text),
            window.tokenize(text)
        );
    }
}
