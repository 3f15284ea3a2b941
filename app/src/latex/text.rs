//! LaTeX of running text, read as what it shows: accents, letters, signs.
//!
//! Mathematics, `$…$`, is left as it is: a `$` without its partner opens none.

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
const LETTERS: [(&str, &str); 17] = [
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
    ("AA", "Å"),
    ("dh", "ð"),
    ("th", "þ"),
    ("i", "ı"),
    ("j", "ȷ"),
    ("dj", "đ"),
];

/// The text with accents, letters and escaped signs as Unicode: `El Ni\~no` is `El Niño`.
pub(crate) fn to_unicode(text: &str) -> String {
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
pub(crate) fn math(text: &str) -> Option<&str> {
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
pub(super) fn command(text: &str) -> (String, usize) {
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

    proptest! {
        /// Reading never fails, and what has no LaTeX is left alone.
        #[test]
        fn plain_text_reads_as_itself(text in r"[a-zA-Z éß.,:-]{0,40}", any in r"[a-z${}\\'^~i ]{0,30}") {
            prop_assert_eq!(to_unicode(&text), text);
            to_unicode(&any);
        }
    }
}
