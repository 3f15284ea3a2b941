//! A small vocabulary under every option, against the `tokenizers` crate.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// Longer words are unknown.
const MAX_CHARS: usize = 10;
/// What a text is cut at here: nowhere.
const UNCUT: usize = 1 << 20;

/// Words that tell the options and the steps apart.
const WORDS: [&str; 62] = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "[unused]",
    "a",
    "b",
    "e",
    "i",
    "k",
    "o",
    "s",
    "ss",
    "A",
    "E",
    "I",
    "É",
    "é",
    "ß",
    "ﬁ",
    "i\u{307}",
    "\u{307}",
    "\u{301}",
    "中",
    "国",
    "ᄀ",
    "가",
    "ω",
    "Ω",
    "ς",
    "σ",
    ".",
    "[",
    "]",
    "#",
    "##",
    "\u{1d157}",
    "\u{1d165}",
    "\u{302e}",
    "ab",
    "abe",
    "abeik",
    "##a",
    "##b",
    "##e",
    "##i",
    "##k",
    "##ss",
    "##É",
    "##é",
    "##\u{301}",
    "##中",
    "##ᅡ",
    "##\u{1d165}",
    "##\u{302e}",
    "##.",
    "##be",
    "##beik",
    "##ab",
    "\u{e000}",
    "\0",
];

fn file(clean: bool, ideographs: bool, strip: Option<bool>, lowercase: bool) -> Value {
    let vocabulary: serde_json::Map<_, _> = WORDS
        .iter()
        .zip(0..)
        .map(|(word, id)| ((*word).to_owned(), id.into()))
        .collect();
    let added = |id: usize, content: &str| {
        json!({"id": id, "content": content, "single_word": false, "lstrip": false,
               "rstrip": false, "normalized": false, "special": true})
    };
    let special = |token: &str| json!({"SpecialToken": {"id": token, "type_id": 0}});
    let text = json!({"Sequence": {"id": "A", "type_id": 0}});
    let template = [special("[CLS]"), text, special("[SEP]")];
    json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [
            added(0, "[PAD]"), added(1, "[UNK]"), added(3, "[SEP]"), added(4, "[MASK]"),
            added(WORDS.len(), "[MASK]]"), added(WORDS.len() + 1, "Éa"),
        ],
        "normalizer": {"type": "BertNormalizer", "clean_text": clean,
                       "handle_chinese_chars": ideographs, "strip_accents": strip,
                       "lowercase": lowercase},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing", "single": template, "pair": template,
            "special_tokens": {
                "[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]},
            },
        },
        "decoder": null,
        "model": {"type": "WordPiece", "vocab": vocabulary, "unk_token": "[UNK]",
                  "continuing_subword_prefix": "##", "max_input_chars_per_word": MAX_CHARS},
    })
}

/// Every combination of options.
fn files() -> impl Iterator<Item = Value> {
    (0..24).map(|at| {
        let strip = [None, Some(false), Some(true)][at / 8];
        file(at & 1 != 0, at & 2 != 0, strip, at & 4 != 0)
    })
}

fn pair(file: &Value) -> (tokenizers::Tokenizer, Tokenizer) {
    let json = file.to_string();
    let judge = tokenizers::Tokenizer::from_bytes(&json).expect("the judge reads it");
    let parts = TokenizerParts::from_json(json.as_bytes()).expect("we read it");
    let reopened = TokenizerParts::parse(&parts.to_section(), WORDS.len() + 2);
    assert_eq!(reopened.as_ref(), Ok(&parts), "written and read again");
    (judge, Tokenizer::new(parts, UNCUT))
}

fn judged(judge: &tokenizers::Tokenizer, text: &str) -> Vec<u32> {
    let encoding = judge.encode_fast(text, true).expect("any text has tokens");
    encoding.get_ids().to_vec()
}

/// Characters and texts that meet in no book.
fn nasty() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "a",
        "b",
        "e",
        "i",
        "k",
        "s",
        "A",
        "E",
        "K",
        "O",
        "ab",
        "abeik",
        " ",
        "\t",
        "\n",
        "\r",
        "\u{b}",
        "\u{85}",
        "\u{a0}",
        "\u{2028}",
        "\u{3000}",
        "\u{200b}",
        "\u{200d}",
        "\u{ad}",
        "\u{feff}",
        "\0",
        "\u{1}",
        "\u{7f}",
        "\u{fffd}",
        "\u{202e}",
        "\u{e000}",
        "\u{f0000}",
        "\u{378}",
        "é",
        "É",
        "e\u{301}",
        "\u{301}",
        "\u{323}",
        "\u{307}",
        "\u{34f}",
        "\u{fe0f}",
        "\u{302e}",
        "\u{1d165}",
        "\u{1d15e}",
        "\u{1d167}",
        "\u{1d16d}",
        "\u{f73}",
        "\u{f71}",
        "\u{9cb}",
        "\u{93c}",
        "İ",
        "ı",
        "ß",
        "ẞ",
        "ﬁ",
        "Ω",
        "Ω",
        "ω",
        "Σ",
        "ς",
        "K",
        "Å",
        "中",
        "国",
        "\u{f900}",
        "\u{2f800}",
        "\u{2b820}",
        "あ",
        "が",
        "가",
        "각",
        "ᄀ",
        "ᅡ",
        "ᆨ",
        "ا",
        "א",
        "🙂",
        "👩\u{200d}🔬",
        ".",
        "。",
        "–",
        "¿",
        "$",
        "+",
        "^",
        "`",
        "#",
        "##",
        "##a",
        "[",
        "]",
        "[MASK]",
        "[MASK]]",
        "[MASK",
        "[SEP]",
        "[CLS]",
        "[sep]",
        "Éa",
        "éa",
        "[UNK]",
        "[unused]",
        "abeabeabeab",
        "aaaaaaaaaa",
        "aaaaaaaaaaa",
    ]);
    let any = any::<char>().prop_map(String::from);
    let part = prop_oneof![9 => parts.prop_map(str::to_owned), 1 => any];
    prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn any_text_has_the_judges_tokens_under_every_option(text in nasty()) {
        thread_local! {
            static PAIRS: Vec<(tokenizers::Tokenizer, Tokenizer, Vec<bool>)> = files().map(|file| {
                let (judge, ours) = pair(&file);
                let producible = ours.producible();
                (judge, ours, producible)
            }).collect();
        }
        PAIRS.with(|pairs| {
            let mut buffer = TokenBuffer::default();
            for (at, (judge, ours, producible)) in pairs.iter().enumerate() {
                let wanted = judged(judge, &text);
                let found = ours.tokenize_into(&text, &mut buffer);
                prop_assert_eq!(&found.ids, &wanted, "{:?} under option set {}", text, at);
                prop_assert!(wanted.iter().all(|&id| producible[id as usize]), "{:?}: {:?} under {}", text, wanted, at);
            }
            Ok(())
        })?;
    }

    /// The window keeps the first tokens and the closing one, and counts the rest.
    #[test]
    fn a_window_cuts_before_the_closing_token(text in nasty(), max_tokens in 2_usize..12) {
        let json = file(true, true, None, true).to_string();
        let whole = Tokenizer::from_json(json.as_bytes(), UNCUT).expect("we read it").tokenize(&text);
        let cut = Tokenizer::from_json(json.as_bytes(), max_tokens).expect("we read it").tokenize(&text);
        let n_kept = whole.ids.len().min(max_tokens);
        prop_assert_eq!(cut.n_cut, whole.ids.len() - n_kept);
        prop_assert_eq!(&cut.ids[..n_kept - 1], &whole.ids[..n_kept - 1]);
        prop_assert_eq!(cut.ids.last(), Some(&3));
    }

    #[test]
    fn no_section_panics(at in 0_usize..600, with in prop::collection::vec(any::<u8>(), 0..40), keep in 0_usize..900) {
        let json = file(true, true, None, true).to_string();
        let parts = TokenizerParts::from_json(json.as_bytes()).expect("we read it");
        let mut bytes = parts.to_section();
        let at = at.min(bytes.len());
        let end = (at + with.len()).min(bytes.len());
        bytes.splice(at..end, with);
        bytes.truncate(keep);
        if let Ok(parts) = TokenizerParts::parse(&bytes, 64) {
            let again = TokenizerParts::parse(&parts.to_section(), 64);
            prop_assert_eq!(again.as_ref(), Ok(&parts));
            let found = Tokenizer::new(parts, 8).tokenize("ab中é[MASK]. \u{1d15e}");
            prop_assert!(found.ids.len() <= 8 && found.ids.iter().all(|&id| id < 64));
        }
    }
}

#[test]
fn every_scalar_value_has_the_judges_tokens() {
    let all: Vec<char> = ('\0'..=char::MAX).collect();
    // Beyond the third plane nothing differs from its neighbors but private use and tags.
    let near = all.iter().filter(|&&c| u32::from(c) < 0x3_2000);
    let far = all
        .iter()
        .filter(|&&c| u32::from(c) >= 0x3_2000)
        .step_by(97);
    let tried: Vec<char> = near.chain(far).copied().collect();
    // BERT's own options, and three others that between them turn each one about; what single
    // characters become under each option is tested in `unicode`.
    let options = [7, 10, 15, 20];
    for (at, file) in files().enumerate().filter(|(at, _)| options.contains(at)) {
        let (judge, ours) = pair(&file);
        // One text of many is what the judge is fast at.
        for chars in tried.chunks(200) {
            let same = |chars: &[char]| {
                let around = |c| format!("{c} a{c}b i{c}\u{301}\u{1d165}\u{302e} ");
                let text = chars.iter().map(around).collect::<Vec<_>>().concat();
                ours.tokenize(&text).ids == judged(&judge, &text)
            };
            if !same(chars) {
                let culprit = chars.iter().find(|&&c| !same(&[c]));
                panic!("{culprit:?} of {chars:?} differs under option set {at}");
            }
        }
    }
}

#[test]
fn each_producible_id_has_a_text_and_no_other_has() {
    for (at, file) in files().enumerate() {
        let (judge, ours) = pair(&file);
        let mut seen = vec![false; ours.n_ids()];
        let words = WORDS.map(|word| word.strip_prefix("##").unwrap_or(word));
        let mut see = |text: &str| {
            for id in judged(&judge, text) {
                seen[id as usize] = true;
            }
        };
        see("[MASK]] Éa [PAD] [UNK] [SEP]");
        for word in words {
            see(word);
            for before in words {
                see(&format!("{before}{word}"));
                see(&format!("{before}{word}k"));
            }
        }
        let claimed = ours.producible();
        for (id, word) in WORDS.iter().enumerate() {
            assert_eq!(claimed[id], seen[id], "{word:?} under option set {at}");
        }
    }
}

#[test]
fn a_buffer_keeps_nothing_of_the_text_before() {
    let json = file(true, true, None, true).to_string();
    let ours = Tokenizer::from_json(json.as_bytes(), 6).expect("we read it");
    let mut buffer = TokenBuffer::default();
    for text in [
        "aaaaaaaaaaaaa \u{1d165}",
        "ab ab ab ab ab ab ab",
        "",
        "\u{1d165}",
        "ab",
    ] {
        let found = ours.tokenize_into(text, &mut buffer).clone();
        assert_eq!(found, ours.tokenize(text), "{text:?} after another");
    }
    assert_eq!(ours.n_special(), ours.tokenize("").ids.len());
}

#[test]
#[rustfmt::skip] // one file a line
fn what_no_bert_tokenizer_does_is_refused_by_name() {
    let good = file(true, true, None, true);
    let set = |at: &str, value: Value| {
        let mut bad = good.clone();
        *bad.pointer_mut(at).unwrap_or_else(|| panic!("nothing at {at}")) = value;
        bad
    };
    let cases = [
        ("normalizer is Lowercase", set("/normalizer", json!({"type": "Lowercase"}))),
        ("normalizer is missing", set("/normalizer", json!(null))),
        ("pre_tokenizer is Whitespace", set("/pre_tokenizer/type", json!("Whitespace"))),
        ("post_processor is RobertaProcessing", set("/post_processor/type", json!("RobertaProcessing"))),
        ("model is BPE", set("/model/type", json!("BPE"))),
        ("template [", set("/post_processor/single/0", json!({"Sequence": {"id": "B", "type_id": 0}}))),
        ("template [", set("/post_processor/single/1/Sequence/id", json!("B"))),
        ("template [", set("/post_processor/single/1/Sequence/type_id", json!(1))),
        ("template [", set("/post_processor/special_tokens/[CLS]/ids", json!([2, 2]))),
        ("template [", set("/post_processor/special_tokens", json!({}))),
        ("single_word", set("/added_tokens/0/single_word", json!(true))),
        ("lstrip", set("/added_tokens/1/lstrip", json!(true))),
        ("rstrip", set("/added_tokens/2/rstrip", json!(true))),
        ("normalized", set("/added_tokens/3/normalized", json!(true))),
        ("1 to 255 bytes", set("/added_tokens/0/content", json!(""))),
        ("stands there once", set("/added_tokens/1/content", json!("[PAD]"))),
        ("the id of the vocabulary", set("/added_tokens/0/id", json!(5))),
        ("the next one after it", set("/added_tokens/4/id", json!(99))),
        ("which the vocabulary lacks", set("/model/unk_token", json!("[GONE]"))),
        ("an id of its own", set("/model/vocab/ab", json!(6))),
        ("less than 16,777,216", set("/model/vocab/ab", json!(16_777_216))),
        ("at most 255 bytes", set("/model/continuing_subword_prefix", json!("#".repeat(256)))),
        ("at most 255 bytes", set("/model/vocab", json!({"[UNK]": 1, "[PAD]": 0, "[SEP]": 3, "[MASK]": 4, "a".repeat(256): 2}))),
        ("not a tokenizer.json", set("/model/vocab", json!([]))),
        ("not a tokenizer.json", json!([])),
    ];
    for (said, bad) in cases {
        let error = TokenizerParts::from_json(bad.to_string().as_bytes()).expect_err(said);
        let line = error.to_string();
        assert!(line.contains(said), "{said:?} is not in {line:?}");
    }
}
