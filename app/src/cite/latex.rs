//! LaTeX in titles and names: read as what it shows, or made safe to be read by BibTeX and LaTeX.
//!
//! Mathematics, `$…$`, is left as it is by both: a `$` without its partner opens none.

use std::str::Chars;

/// Accents, each with the letters that have it, bare and accented in turn.
const ACCENTS: [(char, &str); 14] = [
    ('\'', "aáeéiíoóuúyýcćlĺnńrŕsśzźgǵAÁEÉIÍOÓUÚYÝCĆLĹNŃRŔSŚZŹ"),
    ('`', "aàeèiìoòuùnǹAÀEÈIÌOÒUÙ"),
    ('^', "aâeêiîoôuûcĉgĝhĥjĵsŝwŵyŷAÂEÊIÎOÔUÛCĈGĜHĤJĴSŜ"),
    ('"', "aäeëiïoöuüyÿAÄEËIÏOÖUÜYŸ"),
    ('~', "aãnñoõiĩuũAÃNÑOÕIĨUŨ"),
    ('=', "aāeēiīoōuūAĀEĒIĪOŌUŪ"),
    ('.', "zżcċeėgġiiZŻCĊEĖGĠIİ"),
    ('u', "aăeĕgğiĭoŏuŭAĂEĔGĞIĬOŎUŬ"),
    ('v', "cčdďeěgǧiǐlľnňrřsštťuǔzžaǎoǒCČDĎEĚGǦLĽNŇRŘSŠTŤZŽAǍOǑ"),
    ('H', "oőuűOŐUŰ"),
    ('c', "cçsştţeȩlļnņrŗkķCÇSŞTŢ"),
    ('d', "aạeẹiịoọuụhḥsṣtṭ"),
    ('k', "aąeęiįuųAĄEĘIĮUŲ"),
    ('r', "aåuůAÅUŮ"),
];

/// Letters that have a command of their own.
const LETTERS: [(&str, &str); 16] = [
    ("ss", "ß"),
    ("o", "ø"),
    ("O", "Ø"),
    ("l", "ł"),
    ("L", "Ł"),
    ("ae", "æ"),
    ("AE", "Æ"),
    ("oe", "œ"),
    ("OE", "Œ"),
    ("aa", "å"),
    ("AA", "Å"),
    ("dh", "ð"),
    ("th", "þ"),
    ("i", "ı"),
    ("j", "ȷ"),
    ("dj", "đ"),
];

/// The text with accents, letters and escaped signs as Unicode: `El Ni\~no` is `El Niño`.
pub(super) fn to_unicode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (piece, n) = match c {
            '$' => match math(rest) {
                Some(formula) => (formula.to_owned(), formula.len()),
                None => ("$".to_owned(), 1),
            },
            '\\' => command(rest),
            '{' => group(rest, out.chars().last()),
            '~' => (" ".to_owned(), 1),
            c => (c.to_string(), c.len_utf8()),
        };
        out.push_str(&piece);
        rest = &rest[n..];
    }
    out
}

/// `$…$` at the start of a text, where both signs are there.
fn math(text: &str) -> Option<&str> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '$' if !escaped && at > 1 => return Some(&text[..=at]),
            '$' if !escaped => return None,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    None
}

/// What a command at the start of a text shows, and its length; itself where that is not known.
fn command(text: &str) -> (String, usize) {
    let after = &text[1..];
    let Some(sign) = after.chars().next() else {
        return (String::new(), 1);
    };
    if "&%#_$".contains(sign) {
        return (sign.to_string(), 2);
    }
    let name_len = after
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(after.len());
    let name = &after[..name_len];
    if let Some((_, letter)) = LETTERS.iter().find(|(known, _)| *known == name) {
        let end = &after[name_len..];
        let n_end = if end.starts_with("{}") {
            2
        } else {
            usize::from(end.starts_with(' '))
        };
        return ((*letter).to_owned(), 1 + name_len + n_end);
    }
    let is_accent = ACCENTS.iter().any(|(accent, _)| *accent == sign);
    // `\c` is an accent, `\circ` is not; `\'e` needs nothing between.
    if is_accent && (name_len <= 1) {
        let argument = &after[sign.len_utf8()..];
        if let Some((letter, n)) = argument_letter(argument)
            && let Some(accented) = accented(sign, letter)
        {
            return (accented.to_string(), 1 + sign.len_utf8() + n);
        }
    }
    let n = 1 + name_len.max(sign.len_utf8());
    (text[..n].to_owned(), n)
}

/// The letter that an accent stands over, with or without braces, and the length of all that.
fn argument_letter(text: &str) -> Option<(char, usize)> {
    let trimmed = text.trim_start_matches(' ');
    let n_spaces = text.len() - trimmed.len();
    let (inner, braces) = match trimmed.strip_prefix('{') {
        Some(inner) => (inner, true),
        None => (trimmed, false),
    };
    let (letter, n) = match inner.strip_prefix('\\') {
        // A dotless letter gets its accent as the dotted one.
        Some(command) => {
            let letter = command.chars().next().filter(|c| matches!(c, 'i' | 'j'))?;
            let end = &command[1..];
            if end.starts_with(|c: char| c.is_ascii_alphabetic()) {
                return None;
            }
            (letter, 2 + usize::from(!braces && end.starts_with(' ')))
        }
        None => (inner.chars().next().filter(char::is_ascii_alphabetic)?, 1),
    };
    if !braces {
        return Some((letter, n_spaces + n));
    }
    inner[n..]
        .starts_with('}')
        .then_some((letter, n_spaces + n + 2))
}

fn accented(accent: char, letter: char) -> Option<char> {
    let (_, letters) = ACCENTS.iter().find(|(known, _)| *known == accent)?;
    let mut letters = letters.chars();
    while let (Some(bare), Some(accented)) = (letters.next(), letters.next()) {
        if bare == letter {
            return Some(accented);
        }
    }
    None
}

/// A group at the start of a text: what it shows where its braces only hold it together.
fn group(text: &str, before: Option<char>) -> (String, usize) {
    let itself = ("{".to_owned(), 1);
    let mut depth = 0;
    let end = text.char_indices().find(|(_, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    let Some((end, _)) = end else { return itself };
    let inner = &text[1..end];
    let shown = to_unicode(inner);
    let is_letter = inner.starts_with('\\') && !shown.contains('\\');
    let is_word = before.is_none_or(|c| c.is_whitespace() || "-(".contains(c))
        && !inner.contains(['\\', '{', '$']);
    if is_letter || is_word {
        (shown, end + 1)
    } else {
        itself
    }
}

/// The text as the inside of a BibTeX field: braces balance, no sign starts a comment, a table cell
/// or a subscript by accident, and a formula is still one.
pub(super) fn safe(text: &str) -> String {
    let text = with_powers(text);
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars();
    let mut in_math = false;
    // Signs so far that may have a partner, in the order of `partners`.
    let mut partner = partners(&text).into_iter();
    while let Some(c) = chars.next() {
        match c {
            '\\' => escaped(&mut out, &mut chars, &mut partner),
            '$' => {
                if partner.next() == Some(true) {
                    in_math = !in_math;
                    out.push('$');
                } else {
                    out.push_str("\\$");
                }
            }
            '{' | '}' => {
                if partner.next() == Some(true) {
                    out.push(c);
                }
            }
            '%' | '#' => out.extend(['\\', c]),
            '&' | '_' if !in_math => out.extend(['\\', c]),
            '^' if !in_math => out.push_str("\\^{}"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A backslash with what belongs to it.
fn escaped(out: &mut String, chars: &mut Chars, partner: &mut impl Iterator<Item = bool>) {
    match chars.next() {
        // It would take the field's own brace with it.
        None => out.push_str("\\textbackslash{}"),
        // BibTeX counts braces, escaped or not.
        Some(brace @ ('{' | '}')) => match (partner.next(), brace) {
            (Some(true), _) => out.extend(['\\', brace]),
            (_, '{') => out.push_str("\\lbrace{}"),
            _ => out.push_str("\\rbrace{}"),
        },
        Some(c) if c.is_control() => out.push_str("\\ "),
        Some(c) => out.extend(['\\', c]),
    }
}

/// The text with powers outside of mathematics as formulas: `^{199}Hg` was meant to be `$^{199}$Hg`.
fn with_powers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let n = match c {
            '$' => math(rest).map_or(1, str::len),
            '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            '^' => {
                if let Some(power) = power(&rest[1..]) {
                    out.push_str("$^");
                    out.push_str(power);
                    out.push('$');
                    rest = &rest[1 + power.len()..];
                    continue;
                }
                1
            }
            c => c.len_utf8(),
        };
        out.push_str(&rest[..n]);
        rest = &rest[n..];
    }
    out
}

/// A letter, a digit or a plain group at the start of a text.
fn power(text: &str) -> Option<&str> {
    let first = text.chars().next()?;
    if first.is_ascii_alphanumeric() {
        return Some(&text[..1]);
    }
    let group = text.strip_prefix('{')?;
    let end = group.find(|c: char| !c.is_ascii_alphanumeric() && !"+-*/., ".contains(c))?;
    group[end..].starts_with('}').then(|| &text[..end + 2])
}

/// For every brace, escaped brace and dollar of a text, in order, whether it has its partner.
fn partners(text: &str) -> Vec<bool> {
    let mut found = Vec::new();
    let (mut open, mut open_escaped, mut dollar) = (Vec::new(), Vec::new(), None::<usize>);
    let mut escaped = false;
    for c in text.chars() {
        let at = found.len();
        let braces = if escaped {
            &mut open_escaped
        } else {
            &mut open
        };
        match c {
            '{' => {
                braces.push(at);
                found.push(false);
            }
            '}' => {
                let other = braces.pop();
                if let Some(other) = other {
                    found[other] = true;
                }
                found.push(other.is_some());
            }
            '$' if !escaped => {
                let other = dollar.take();
                match other {
                    Some(other) => found[other] = true,
                    None => dollar = Some(at),
                }
                found.push(other.is_some());
            }
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accents_and_letters_are_read_and_formulas_stay() {
        for (text, wanted) in [
            ("El Ni\\~no-Forecasting", "El Niño-Forecasting"),
            (
                "Schr\\\"{o}dinger, Schr{\\\"o}dinger",
                "Schrödinger, Schrödinger",
            ),
            (
                "Poincar\\'e, Erd\\H{o}s, Mart{\\'\\i}n",
                "Poincaré, Erdős, Martín",
            ),
            (
                "Gau\\ss ian, \\O stergaard, {\\L}ojasiewicz",
                "Gaußian, Østergaard, Łojasiewicz",
            ),
            ("\\v Simi\\'c, Fran\\c{c}ois", "Šimić, François"),
            ("$\\bar{p}p$ at 5\\% \\& more", "$\\bar{p}p$ at 5% & more"),
            ("{BERT}-like {A}pproaches", "BERT-like Approaches"),
            ("(5+sqrt{13})/2 and ^{199}Hg", "(5+sqrt{13})/2 and ^{199}Hg"),
            ("90$^\\circ$, \\circ, \\ee", "90$^\\circ$, \\circ, \\ee"),
            ("a $ sign, \\'q, \\", "a $ sign, \\'q, "),
            ("T.~Bee", "T. Bee"),
        ] {
            assert_eq!(to_unicode(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn what_bibtex_would_misread_is_made_safe() {
        for (text, wanted) in [
            (
                "A 2.4% Q&A on #P and SLE_k",
                "A 2.4\\% Q\\&A on \\#P and SLE\\_k",
            ),
            ("A 2.4\\% Q\\&A", "A 2.4\\% Q\\&A"),
            ("$a_1 \\& b$ and $x^2$", "$a_1 \\& b$ and $x^2$"),
            ("moment of ^{199}Hg, 10^5", "moment of $^{199}$Hg, 10$^5$"),
            ("a^~b, a^{\\circ}", "a\\^{}~b, a\\^{}{\\circ}"),
            ("costs $5", "costs \\$5"),
            ("a {b} c} {d", "a {b} c d"),
            ("\\{a\\} and \\{b", "\\{a\\} and \\lbrace{}b"),
            ("end\\", "end\\textbackslash{}"),
        ] {
            assert_eq!(safe(text), wanted, "{text:?}");
        }
    }

    /// Depth of BibTeX's braces at the end; `None` where one closes what is not open.
    fn depth(text: &str) -> Option<usize> {
        text.chars().try_fold(0_usize, |depth, c| match c {
            '{' => Some(depth + 1),
            '}' => depth.checked_sub(1),
            _ => Some(depth),
        })
    }

    proptest! {
        /// Whatever a title holds, its field ends where we end it.
        #[test]
        fn braces_balance_and_no_sign_is_left_bare(text in r"[a-zA-Z ${}\\%#&_^~\n'é]{0,40}") {
            let safe = safe(&text);
            prop_assert_eq!(depth(&safe), Some(0), "{:?} became {:?}", text, safe);
            let mut before = false;
            let mut in_math = false;
            for c in safe.chars() {
                if !before {
                    in_math ^= c == '$';
                    let is_bare = "%#".contains(c) || (!in_math && "&_".contains(c));
                    prop_assert!(!is_bare, "{text:?} became {safe:?}, with a bare {c}");
                }
                before = c == '\\' && !before;
            }
            prop_assert!(!in_math && !before, "{text:?} became {safe:?}");
        }

        /// Reading never fails, and what has no LaTeX is left alone.
        #[test]
        fn plain_text_reads_as_itself(text in r"[a-zA-Z éß.,:-]{0,40}", any in r"[a-z${}\\'^~i ]{0,30}") {
            prop_assert_eq!(to_unicode(&text), text);
            to_unicode(&any);
        }
    }
}
