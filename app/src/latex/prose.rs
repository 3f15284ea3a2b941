//! Running text with its LaTeX, read piece by piece: what shows itself, and commands with what they show.

use std::ops::Range;

use super::Part;
use super::text::command;

/// Commands that set their argument in some type.
const TYPE: [&str; 15] = [
    "emph",
    "textit",
    "textbf",
    "texttt",
    "textsc",
    "textrm",
    "textsf",
    "textsl",
    "textup",
    "textnormal",
    "text",
    "underline",
    "mbox",
    "hbox",
    "url",
];

/// Switches of type: they hold to the end of their group.
const SWITCHES: [&str; 11] = [
    "it", "em", "bf", "rm", "sc", "sf", "sl", "tt", "itshape", "bfseries", "scshape",
];

/// Signs by name, as running text has them.
#[rustfmt::skip]
const SIGNS: [(&str, &str); 60] = [
    ("alpha", "α"), ("beta", "β"), ("gamma", "γ"), ("delta", "δ"), ("epsilon", "ϵ"), ("varepsilon", "ε"), ("zeta", "ζ"),
    ("eta", "η"), ("theta", "θ"), ("vartheta", "ϑ"), ("iota", "ι"), ("kappa", "κ"), ("lambda", "λ"), ("mu", "μ"),
    ("nu", "ν"), ("xi", "ξ"), ("pi", "π"), ("rho", "ρ"), ("sigma", "σ"), ("tau", "τ"), ("upsilon", "υ"), ("phi", "ϕ"),
    ("varphi", "φ"), ("chi", "χ"), ("psi", "ψ"), ("omega", "ω"), ("Gamma", "Γ"), ("Delta", "Δ"), ("Theta", "Θ"),
    ("Lambda", "Λ"), ("Xi", "Ξ"), ("Pi", "Π"), ("Sigma", "Σ"), ("Upsilon", "Υ"), ("Phi", "Φ"), ("Psi", "Ψ"),
    ("Omega", "Ω"), ("deg", "°"), ("degree", "°"), ("circ", "∘"), ("infty", "∞"), ("pm", "±"), ("times", "×"),
    ("cdot", "·"), ("to", "→"), ("rightarrow", "→"), ("leq", "≤"), ("le", "≤"), ("geq", "≥"), ("ge", "≥"),
    ("sim", "∼"), ("approx", "≈"), ("ell", "ℓ"), ("otimes", "⊗"), ("sqrt", "√"), ("sun", "☉"), ("odot", "⊙"),
    ("ldots", "…"), ("dots", "…"), ("S", "§"),
];

/// Groups in each other that are taken apart. Each that turns out to be none is read again.
const DEEPEST: usize = 4;

/// Reads a stretch of a text and appends its parts.
pub(super) fn read(text: &str, within: Range<usize>, parts: &mut Vec<Part>) {
    read_within(text, within, DEEPEST, parts);
}

fn read_within(text: &str, within: Range<usize>, deeper: usize, parts: &mut Vec<Part>) {
    let mut at = within.start;
    while at < within.end {
        at = step(text, at..within.end, deeper, parts);
    }
}

/// Reads the first piece of a stretch; where the next one begins.
fn step(text: &str, within: Range<usize>, deeper: usize, parts: &mut Vec<Part>) -> usize {
    let (at, end) = (within.start, within.end);
    let rest = &text[at..end];
    let sign = |n: usize, shown: &str, parts: &mut Vec<Part>| {
        push(parts, text, at..at + n, shown);
        at + n
    };
    if rest.starts_with('\\') {
        return command_at(text, within, deeper, parts);
    }
    if rest.starts_with('{')
        && deeper > 0
        && let Some(group) = group(rest)
        && let Some(inner) = dissolved(text, at + 1..at + group - 1, deeper - 1)
    {
        parts.extend(inner);
        return at + group;
    }
    for (source, shown) in [("---", "—"), ("--", "–"), ("``", "“"), ("''", "”")] {
        if rest.starts_with(source) {
            return sign(source.len(), shown, parts);
        }
    }
    // A tie between two words; `~10` means about ten, and a path has its own.
    let is_tie = |rest: &str| rest.starts_with(char::is_alphanumeric);
    let before = text[..at].chars().next_back();
    if rest.strip_prefix('~').is_some_and(is_tie)
        && before.is_some_and(|c| c.is_alphanumeric() || ".,)".contains(c))
    {
        return sign(1, "\u{a0}", parts);
    }
    let n = rest.chars().next().map_or(1, char::len_utf8);
    sign(n, &rest[..n], parts)
}

/// Reads a command.
fn command_at(text: &str, within: Range<usize>, deeper: usize, parts: &mut Vec<Part>) -> usize {
    let (at, end) = (within.start, within.end);
    let rest = &text[at..end];
    let after = &rest[1..];
    let n_name = after.bytes().take_while(u8::is_ascii_alphabetic).count();
    let name = &after[..n_name];
    let behind = &after[n_name..];
    let mut sign = |n: usize, shown: &str| {
        push(parts, text, at..at + n, shown);
        at + n
    };
    if name.is_empty() {
        match after.chars().next() {
            Some(' ' | '\\') => return sign(2, " "),
            Some(',' | ';' | ':') => return sign(2, "\u{2009}"),
            Some('-' | '/' | '!') => return sign(2, ""),
            Some(brace @ ('{' | '}')) => return sign(2, brace.encode_utf8(&mut [0; 4])),
            _ => {}
        }
    }
    if TYPE.contains(&name)
        && deeper > 0
        && behind.starts_with('{')
        && let Some(group) = group(behind)
    {
        let open = at + 1 + n_name;
        let inner = open + 1..open + group - 1;
        if name == "url" {
            push(parts, text, inner.clone(), &text[inner]);
        } else {
            read_within(text, inner, deeper - 1, parts);
        }
        return open + group;
    }
    if SWITCHES.contains(&name) {
        // The space behind a switch belongs to it.
        return at + 1 + n_name + usize::from(behind.starts_with(' '));
    }
    let known = SIGNS.iter().find(|(known, _)| *known == name);
    if let Some((_, shown)) = known {
        let n_end = if behind.starts_with("{}") { 2 } else { 0 };
        return sign(1 + n_name + n_end, shown);
    }
    let (shown, n) = command(rest);
    if n > 1 {
        return sign(n, &shown);
    }
    // A backslash at the very end.
    sign(1, "\\")
}

/// The parts of a group, where its braces only hold it together: not behind `^`, `_` or a command.
fn dissolved(text: &str, inner: Range<usize>, deeper: usize) -> Option<Vec<Part>> {
    let before = &text[..inner.start - 1];
    if before.ends_with(['^', '_', '}', ']']) || ends_in_command(before) {
        return None;
    }
    let mut parts = Vec::new();
    read_within(text, inner, deeper, &mut parts);
    let is_raw = |part: &Part| match part {
        Part::Plain(source) => text[source.clone()].contains(['\\', '{', '}', '^', '_']),
        Part::Sign { .. } | Part::Formula(_) => false,
    };
    (!parts.iter().any(is_raw)).then_some(parts)
}

/// Whether a text ends in a command's name, so that a brace behind it opens an argument.
fn ends_in_command(text: &str) -> bool {
    let stem = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    stem.len() < text.len() && stem.ends_with('\\')
}

/// The length of a group at the start of a text, with its braces.
fn group(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => {}
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// Appends a piece; what shows itself joins what stands before it.
fn push(parts: &mut Vec<Part>, text: &str, source: Range<usize>, shown: &str) {
    if source.is_empty() {
        return;
    }
    if text[source.clone()] != *shown {
        parts.push(Part::Sign {
            source,
            shown: shown.to_owned(),
        });
    } else if let Some(Part::Plain(last)) = parts.last_mut()
        && last.end == source.start
    {
        last.end = source.end;
    } else {
        parts.push(Part::Plain(source));
    }
}
