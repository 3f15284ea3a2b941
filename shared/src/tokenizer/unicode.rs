//! What the characters are to `BertNormalizer` and `BertPreTokenizer`, character by character.
//!
//! Both follow the Unicode of their libraries, which are older than that of the standard library:
//! categories of Unicode 8, decompositions of Unicode 9. A model has learned what they do, so
//! `tables` has exactly that; a test asks the `tokenizers` crate about every scalar value.

mod tables;

use tables::{FOLDS, LATE, MANY, PUNCTUATION, REMOVED, STRIPPED, STRIPPED_STARTERS};

/// Entries of `FOLDS` from here on are places in `MANY`.
const BEYOND: u32 = 0x11_0000;

/// A part of a character's canonical decomposition without nonspacing marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// A character that stays, with its canonical combining class.
    Stays(char, u8),
    /// A mark that goes, and that no mark moves across: its class is 0.
    Border,
}

/// Whether `clean_text` removes a character: NUL, the replacement character, control, format and
/// private-use characters other than tab, line feed and carriage return.
pub(crate) fn is_removed(c: char) -> bool {
    contains(REMOVED, c)
}

/// Whether a character is a word of its own: ASCII punctuation, and what Unicode calls so.
pub(crate) fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation() || (!c.is_ascii() && contains(PUNCTUATION, c))
}

/// Whether `handle_chinese_chars` puts spaces around a character. The ranges are the crate's: its
/// block of extension E begins 256 too late.
pub(crate) fn is_ideograph(c: char) -> bool {
    matches!(
        u32::from(c),
        0x3400..=0x4DBF
            | 0x4E00..=0x9FFF
            | 0xF900..=0xFAFF
            | 0x2_0000..=0x2_A6DF
            | 0x2_A700..=0x2_B81F
            | 0x2_B920..=0x2_CEAF
            | 0x2_F800..=0x2_FA1F
    )
}

/// Gives the canonical decomposition of `c` without nonspacing marks, part by part.
pub(crate) fn fold(c: char, mut give: impl FnMut(Part)) {
    let code = u32::from(c);
    if code < 0xC0 {
        return give(Part::Stays(c, 0));
    }
    if let Some(jamo) = jamo(code) {
        return jamo.into_iter().for_each(|c| give(Part::Stays(c, 0)));
    }
    if contains(STRIPPED, c) {
        if contains(STRIPPED_STARTERS, c) {
            give(Part::Border);
        }
        return;
    }
    let mut stays = |c| give(Part::Stays(c, class(c)));
    match FOLDS.binary_search_by_key(&code, |&(from, _)| from) {
        Err(_) => stays(c),
        Ok(at) => match char::from_u32(FOLDS[at].1) {
            Some(one) => stays(one),
            None => MANY[(FOLDS[at].1 - BEYOND) as usize]
                .chars()
                .for_each(stays),
        },
    }
}

/// Canonical combining class of a character that is no nonspacing mark.
fn class(c: char) -> u8 {
    LATE.binary_search_by_key(&u32::from(c), |&(of, _)| of)
        .map_or(0, |at| LATE[at].1)
}

/// The two or three letters of a Hangul syllable (Unicode Standard, §3.12).
fn jamo(code: u32) -> Option<impl IntoIterator<Item = char>> {
    const FINALS: u32 = 28;
    const VOWELS: u32 = 21;
    let at = code.checked_sub(0xAC00).filter(|&at| at < 11_172)?;
    let letters = [
        Some(0x1100 + at / (VOWELS * FINALS)),
        Some(0x1161 + at / FINALS % VOWELS),
        Some(0x11A7 + at % FINALS).filter(|&last| last > 0x11A7),
    ];
    Some(letters.into_iter().flatten().filter_map(char::from_u32))
}

/// Whether one of the ascending ranges, both ends included, holds `c`.
fn contains(ranges: &[(u32, u32)], c: char) -> bool {
    let code = u32::from(c);
    let at = ranges.partition_point(|&(_, last)| last < code);
    ranges.get(at).is_some_and(|&(first, _)| first <= code)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    //! `OFFPRINT_BLESS=1 cargo test -p shared unicode` writes `tables.rs` anew.

    use std::fmt::Write as _;

    use tokenizers::normalizers::BertNormalizer;
    use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
    use tokenizers::{
        NormalizedString, Normalizer as _, OffsetReferential, OffsetType, PreTokenizedString,
        PreTokenizer as _,
    };
    use unicode_normalization_alignments::UnicodeNormalization as _;
    use unicode_normalization_alignments::char::canonical_combining_class;

    use super::*;

    fn normalized(by: BertNormalizer, c: char) -> String {
        let mut text = NormalizedString::from(c.to_string());
        by.normalize(&mut text)
            .expect("a normalizer takes any text");
        text.get().to_owned()
    }

    fn is_cleaned_away(c: char) -> bool {
        normalized(BertNormalizer::new(true, false, Some(false), false), c).is_empty()
    }

    fn is_spaced(c: char) -> bool {
        normalized(BertNormalizer::new(false, true, Some(false), false), c).len() > c.len_utf8()
    }

    fn stripped(c: char) -> String {
        normalized(BertNormalizer::new(false, false, Some(true), false), c)
    }

    fn is_isolated(c: char) -> bool {
        let mut text = PreTokenizedString::from(format!("a{c}a"));
        BertPreTokenizer
            .pre_tokenize(&mut text)
            .expect("a pre-tokenizer takes any text");
        let splits = text.get_splits(OffsetReferential::Original, OffsetType::Byte);
        splits.len() == 3
    }

    fn every_scalar() -> impl Iterator<Item = char> {
        '\0'..=char::MAX
    }

    fn ranges(name: &str, about: &str, holds: impl Fn(char) -> bool) -> String {
        let mut found: Vec<(u32, u32)> = Vec::new();
        for code in every_scalar().filter(|&c| holds(c)).map(u32::from) {
            match found.last_mut() {
                Some((_, last)) if *last + 1 == code => *last = code,
                _ => found.push((code, code)),
            }
        }
        let found = found.iter().map(|(a, b)| format!("({a:#x}, {b:#x})"));
        list(name, about, "(u32, u32)", found)
    }

    fn list(name: &str, about: &str, of: &str, entries: impl Iterator<Item = String>) -> String {
        let entries: Vec<String> = entries.collect();
        let mut text =
            format!("\n/// {about}\n#[rustfmt::skip]\npub(super) const {name}: &[{of}] = &[\n");
        let mut line = String::from("   ");
        for entry in entries {
            if line.len() + entry.len() > 116 {
                writeln!(text, "{line}").expect("a string takes any text");
                line = String::from("   ");
            }
            write!(line, " {entry},").expect("a string takes any text");
        }
        writeln!(text, "{line}\n];").expect("a string takes any text");
        text
    }

    /// The tables as the crates of the judge have them.
    fn made() -> String {
        let mut text = String::from(
            "//! Written by the test of `unicode`: what the `tokenizers` crate does, in ranges and pairs.\n",
        );
        text += &ranges("REMOVED", "What `clean_text` removes.", is_cleaned_away);
        text += &ranges("PUNCTUATION", "Punctuation beyond ASCII.", |c| {
            !c.is_ascii() && is_isolated(c)
        });
        text += &ranges(
            "STRIPPED",
            "Nonspacing marks, and what decomposes into nothing else.",
            |c| stripped(c).is_empty(),
        );
        text += &ranges(
            "STRIPPED_STARTERS",
            "Those of them that decompose to a character of canonical combining class 0.",
            |c| {
                let whole = c.to_string();
                let is_starter = |(c, _)| canonical_combining_class(c) == 0;
                stripped(c).is_empty() && whole.nfd().any(is_starter)
            },
        );
        let mut many = Vec::new();
        let mut folds = Vec::new();
        for c in every_scalar().filter(|&c| jamo(u32::from(c)).is_none()) {
            let to = stripped(c);
            let mut chars = to.chars();
            let code = match (chars.next(), chars.next()) {
                (None, _) => continue,
                (Some(one), None) if one == c => continue,
                (Some(one), None) => u32::from(one),
                _ => {
                    let escaped: String =
                        to.chars().map(|c| c.escape_unicode().to_string()).collect();
                    many.push(format!("\"{escaped}\""));
                    BEYOND + many.len() as u32 - 1
                }
            };
            folds.push(format!("({:#x}, {code:#x})", u32::from(c)));
        }
        text += &list(
            "FOLDS",
            "Canonical decompositions without nonspacing marks; from `0x110000` on: places in `MANY`.",
            "(u32, u32)",
            folds.into_iter(),
        );
        text += &list(
            "MANY",
            "Those that keep more than one character.",
            "&str",
            many.into_iter(),
        );
        let late = every_scalar()
            .filter(|&c| !stripped(c).is_empty() && canonical_combining_class(c) != 0)
            .map(|c| format!("({:#x}, {})", u32::from(c), canonical_combining_class(c)));
        text += &list(
            "LATE",
            "Canonical combining classes other than 0 of what is not stripped.",
            "(u32, u8)",
            late,
        );
        text
    }

    #[test]
    fn the_tables_are_those_of_the_judge() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src/tokenizer/unicode/tables.rs"
        );
        let made = made();
        if std::env::var_os("OFFPRINT_BLESS").is_some() {
            std::fs::write(path, &made).expect("the tables can be written");
        }
        let kept = std::fs::read_to_string(path).expect("the tables are there");
        assert!(
            kept == made,
            "{path} is not what the tokenizers crate does: OFFPRINT_BLESS=1 writes it anew"
        );
    }

    #[test]
    fn every_scalar_value_is_to_us_what_it_is_to_the_judge() {
        for c in every_scalar() {
            assert_eq!(is_removed(c), is_cleaned_away(c), "{c:?} under clean_text");
            assert_eq!(is_ideograph(c), is_spaced(c), "{c:?} between spaces");
            assert_eq!(
                is_punctuation(c),
                is_isolated(c),
                "{c:?} as a word of its own"
            );
            let mut ours = String::new();
            fold(c, |part| {
                if let Part::Stays(c, _) = part {
                    ours.push(c);
                }
            });
            assert_eq!(ours, stripped(c), "{c:?} without accents");
        }
    }

    /// `fold` tells no border beside a character, so there none may stand but where it changes
    /// nothing: next to a character of class 0, which is a border itself.
    #[test]
    fn classes_are_those_of_the_decomposition() {
        for c in every_scalar() {
            let mut ours = Vec::new();
            fold(c, |part| ours.push(part));
            let mut theirs: Vec<Part> = c
                .to_string()
                .nfd()
                .filter_map(
                    |(c, _)| match (canonical_combining_class(c), &*stripped(c)) {
                        (0, "") => Some(Part::Border),
                        (_, "") => None,
                        (class, _) => Some(Part::Stays(c, class)),
                    },
                )
                .collect();
            let is_border = |part: &Part| matches!(part, Part::Border | Part::Stays(_, 0));
            let redundant = |a: &Part, b: &Part| is_border(a) && is_border(b);
            theirs.dedup_by(|next, before| *next == Part::Border && redundant(before, next));
            theirs.reverse();
            theirs.dedup_by(|before, next| *before == Part::Border && redundant(before, next));
            theirs.reverse();
            assert_eq!(ours, theirs, "{c:?}");
        }
    }
}
