//! Papers that their authors or arXiv took back: nobody looks for them, and what is left of their
//! abstract is often only the notice.
//!
//! Only a text that *begins* with a notice is one. A paper about withdrawal, or one of which a part
//! is withdrawn, stays; so does a notice in unusual words, which costs less than a paper lost.

/// What is taken back, as its authors call it.
const THINGS: [&str; 13] = [
    "article",
    "comment",
    "draft",
    "eprint",
    "letter",
    "manuscript",
    "note",
    "paper",
    "preprint",
    "report",
    "submission",
    "version",
    "work",
];

/// Letters of a text that are looked at: a notice comes first or not at all.
const START_CHARS: usize = 300;

/// Whether `text`, an abstract or a comment, begins with a notice of withdrawal.
pub(super) fn is_notice(text: &str) -> bool {
    let start = text
        .char_indices()
        .nth(START_CHARS)
        .map_or(text, |(at, _)| &text[..at]);
    if !speaks_of_withdrawal(start) {
        return false;
    }
    let words = words(start);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // "arXiv admin note: this submission has been withdrawn by arXiv administrators".
    let words = match &*words {
        ["arxiv", "admin", "note", ".", rest @ ..] | ["admin", "note", ".", rest @ ..] => rest,
        words => words,
    };
    begins_withdrawn(words) || thing_is_withdrawn(words) || people_withdraw(words)
}

/// Tells nearly every text apart by one look.
fn speaks_of_withdrawal(text: &str) -> bool {
    let is = |window: &[u8]| window.eq_ignore_ascii_case(b"withdra");
    text.as_bytes().windows(7).any(is)
}

/// Lower-case words without apostrophes and hyphens; marks between them become one word `.`.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_new = true;
    for c in text.chars() {
        if c.is_alphanumeric() {
            if is_new {
                words.push(String::new());
            }
            let word = words.last_mut().expect("one was just begun");
            word.extend(c.to_lowercase());
            is_new = false;
        } else if !matches!(c, '-' | '\'' | '’') {
            is_new = true;
            if !c.is_whitespace() && words.last().is_some_and(|last| last != ".") {
                words.push(".".to_owned());
            }
        }
    }
    words
}

/// "Withdrawn.", "Withdrawn by the author"; not "Withdrawn from a bath, a plate is wet".
fn begins_withdrawn(words: &[&str]) -> bool {
    match words {
        ["withdrawn", rest @ ..] => matches!(rest, [] | [".", ..]) || says_why(rest),
        _ => false,
    }
}

/// "This paper has been withdrawn", "preprint withdrawn.".
fn thing_is_withdrawn(words: &[&str]) -> bool {
    let (is_ours, rest) = match words {
        ["this" | "our", rest @ ..] => (true, rest),
        ["the", "above", "named", rest @ ..] | ["the", rest @ ..] => (false, rest),
        // A heading has no verb.
        [thing, "withdrawn", rest @ ..] if THINGS.contains(thing) => {
            return matches!(rest, [] | [".", ..]) || says_why(rest);
        }
        _ => return false,
    };
    let rest = skip(rest, &["arxiv", "present"]);
    let rest = match rest {
        [thing, "has", "been", rest @ ..] | [thing, "is", rest @ ..] if THINGS.contains(thing) => {
            rest
        }
        // "The paper was withdrawn" may be the story that the paper tells.
        [thing, "was", rest @ ..] if is_ours && THINGS.contains(thing) => rest,
        _ => return false,
    };
    let rest = skip(rest, &["now", "temporarily", "hereby", "voluntarily"]);
    match rest {
        ["withdrawn", rest @ ..] => {
            is_ours || matches!(rest, [] | ["." | "effective", ..]) || says_why(rest)
        }
        _ => false,
    }
}

/// "by the author", "due to an error": of a journal or a court a paper speaks otherwise.
fn says_why(words: &[&str]) -> bool {
    let rest = match words {
        ["due" | "because" | "since" | "owing" | "as", ..] => return true,
        ["by", "the" | "its" | "all" | "both", rest @ ..] | ["by", rest @ ..] => rest,
        _ => return false,
    };
    let rest = skip(rest, &["arxiv", "first", "corresponding", "submitting"]);
    matches!(
        rest,
        [
            "author" | "authors" | "admin" | "administrators" | "submitter" | "us" | "me",
            ..
        ]
    )
}

/// "We withdraw this paper", "The authors have decided to withdraw this submission".
fn people_withdraw(words: &[&str]) -> bool {
    let (["we" | "i", rest @ ..] | ["the", "author" | "authors", rest @ ..]) = words else {
        return false;
    };
    let rest = skip(rest, &["have", "has"]);
    let rest = match rest {
        ["decided" | "wish" | "wishes" | "prefer", "to", rest @ ..] | rest => rest,
    };
    matches!(
        rest,
        ["withdraw" | "withdraws" | "withdrawn", "this" | "the" | "our" | "my", thing, ..]
            if THINGS.contains(thing)
    )
}

/// What follows the first word, if that is one of `optional`.
fn skip<'a, 'b>(words: &'a [&'b str], optional: &[&str]) -> &'a [&'b str] {
    match words {
        [first, rest @ ..] if optional.contains(first) => rest,
        words => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_begins_with_a_notice_is_withdrawn() {
        for text in [
            "Withdrawn",
            "withdrawn.",
            "(Withdrawn) We count the sheep of a valley.",
            "Withdrawn by the authors: the third lemma fails.",
            "withdrawn due to a sign error",
            "This paper has been withdrawn by the author(s), due to a gap in Section 2.",
            "THIS PAPER HAS BEEN WITHDRAWN",
            "This paper was withdrawn from the conference and from here.",
            "This e-print is temporarily withdrawn",
            "The paper has been withdrawn by the author. Sheep are counted otherwise.",
            "The above named manuscript has been withdrawn.",
            "The submission is withdrawn because it was made twice.",
            "Submission withdrawn because it was made twice",
            "preprint withdrawn. A better one will follow.",
            "Admin note: withdrawn by arXiv admin because of a false name.",
            "arXiv admin note: This submission has been withdrawn by arXiv administrators",
            "We withdraw this paper, since its theorem is known.",
            "I have withdrawn the paper, after having merged it into another.",
            "The authors have decided to withdraw this submission.",
        ] {
            assert!(is_notice(text), "{text:?} is no notice");
        }
    }

    #[test]
    fn a_paper_about_withdrawal_stays() {
        for text in [
            "",
            "12 pages, 3 figures",
            "Withdrawal of liquid from a bath leaves a film.",
            "Withdrawn from a bath at low speed, a plate keeps a film of liquid.",
            "Withdrawn plates keep a film of liquid.",
            "The paper was withdrawn by the journal in 1936, as letters of the time tell.",
            "The article was withdrawn. We ask why.",
            "The paper has been withdrawn from circulation in several archives.",
            "The paper is partially withdrawn: its second lemma is false.",
            "This paper studies when investors withdraw.",
            "This drug has been withdrawn by the authorities.",
            "We withdraw water from a basin and watch its surface.",
            "We withdraw the fluid through a tube.",
            "I withdraw nothing.",
            "The authors have shown that deposits are withdrawn at random.",
            "Papers withdrawn by their authors are counted over thirty years.",
            "12 pages; this paper has been withdrawn from a workshop",
            "Papers may be withdrawn. This paper has been withdrawn, one often reads.",
        ] {
            assert!(!is_notice(text), "{text:?} is taken for a notice");
        }
    }

    #[test]
    fn only_the_start_of_a_text_is_looked_at() {
        let text = format!("{} withdrawn", "é".repeat(2 * START_CHARS));
        assert!(!is_notice(&text));
    }
}
