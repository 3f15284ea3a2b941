//! LaTeX as it stands in titles and abstracts, read piece by piece.
//!
//! This is no TeX: it knows the accents, the letters and the Greek alphabet, which commands only set
//! type, and which are signs that nobody searches for. Every other command is a word by its name.

use std::ops::Range;

/// What stands next in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// One character, accents taken off where they were commands.
    Char(char),
    /// What a command for letters stands for, such as `\ss`.
    Letters(&'static str),
    /// A Greek letter by its name; it joins what stands beside it, but for another one.
    Symbol(&'static str),
    /// The name of a command that is a word of its own.
    Name(&'a str),
    /// `_`, which opens a subscript or stands between the words of a name.
    Underscore {
        /// Whether two letters follow, which are more than one sign.
        before_letters: bool,
    },
    /// An end of the word, whatever it is.
    Border,
}

/// The pieces of a text, with the bytes that each stands for.
#[derive(Debug)]
pub(super) struct Pieces<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// What is not read yet.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Passes over `n_bytes`, which end a character.
    pub(super) fn advance(&mut self, n_bytes: usize) {
        self.at += n_bytes;
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Reads on behind a backslash; `None` where the command only sets type.
    fn command(&mut self) -> Option<Piece<'a>> {
        let rest = self.rest();
        let n_letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let name = &rest[..n_letters];
        let Some(sign) = rest.chars().next() else {
            return Some(Piece::Border);
        };
        if name.is_empty() {
            self.at += sign.len_utf8();
            return match sign {
                '\'' | '"' | '`' | '^' | '~' | '=' | '.' => {
                    Some(self.accented().map_or(Piece::Border, Piece::Char))
                }
                // Inline mathematics, a place to hyphenate, an italic correction.
                '(' | ')' | '-' | '/' => None,
                '_' => Some(Piece::Char('_')),
                _ => Some(Piece::Border),
            };
        }
        self.at += n_letters;
        match meaning(name) {
            Meaning::Accent => match self.accented() {
                Some(letter) => Some(Piece::Char(letter)),
                None if self.rest().starts_with('{') => None,
                None => Some(Piece::Border),
            },
            Meaning::Letters(letters) => {
                if name != "ell" {
                    self.skip_spaces();
                }
                Some(Piece::Letters(letters))
            }
            Meaning::Symbol(name) => Some(Piece::Symbol(name)),
            Meaning::Type => {
                self.skip_spaces();
                None
            }
            Meaning::Sign => Some(Piece::Border),
            Meaning::Word => Some(Piece::Name(name)),
        }
    }

    /// The letter that an accent stands on, with or without braces; passes over it.
    fn accented(&mut self) -> Option<char> {
        let rest = self.rest().trim_start();
        let (inner, is_braced) = match rest.strip_prefix('{') {
            Some(inner) => (inner.trim_start(), true),
            None => (rest, false),
        };
        let (letter, behind) = if let Some(command) = inner.strip_prefix('\\') {
            // A dotless letter, where no longer name begins so.
            let letter = command.chars().next().filter(|c| matches!(c, 'i' | 'j'))?;
            let behind = &command[1..];
            if behind.starts_with(|c: char| c.is_ascii_alphabetic()) {
                return None;
            }
            (letter, behind)
        } else {
            let letter = inner.chars().next().filter(|c| c.is_alphabetic())?;
            (letter, &inner[letter.len_utf8()..])
        };
        let behind = if is_braced {
            behind.trim_start().strip_prefix('}')?
        } else {
            behind
        };
        self.at = self.text.len() - behind.len();
        Some(letter)
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = (Piece<'a>, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let start = self.at;
            let next = self.rest().chars().next()?;
            self.at += next.len_utf8();
            let piece = match next {
                '\\' => self.command(),
                // What a brace closes and what the next one opens are two arguments.
                '}' if self.rest().starts_with('{') => Some(Piece::Border),
                '$' | '{' | '}' => None,
                '_' => {
                    let mut next = self.rest().chars();
                    let mut is_letter = || next.next().is_some_and(char::is_alphabetic);
                    let before_letters = is_letter() && is_letter();
                    Some(Piece::Underscore { before_letters })
                }
                other => Some(Piece::Char(other)),
            };
            if let Some(piece) = piece {
                return Some((piece, start..self.at));
            }
        }
    }
}

/// What a command of letters is.
enum Meaning {
    Accent,
    Letters(&'static str),
    Symbol(&'static str),
    /// It sets type and shows nothing itself.
    Type,
    /// An operator, a relation, a space, a delimiter.
    Sign,
    /// Anything else.
    Word,
}

fn meaning(name: &str) -> Meaning {
    if let Some(greek) = greek(name) {
        return Meaning::Symbol(greek);
    }
    match name {
        "u" | "v" | "H" | "c" | "k" | "r" | "b" | "d" | "t" => Meaning::Accent,
        "ell" | "l" | "L" => Meaning::Letters("l"),
        "o" | "O" => Meaning::Letters("o"),
        "aa" | "AA" => Meaning::Letters("a"),
        "ae" | "AE" => Meaning::Letters("ae"),
        "oe" | "OE" => Meaning::Letters("oe"),
        "ss" => Meaning::Letters("ss"),
        "i" | "imath" => Meaning::Letters("i"),
        "j" | "jmath" => Meaning::Letters("j"),
        "dh" | "DH" | "dj" | "DJ" => Meaning::Letters("d"),
        "th" | "TH" => Meaning::Letters("th"),
        "ng" | "NG" => Meaning::Letters("n"),
        _ if TYPE.contains(&name) => Meaning::Type,
        _ if SIGNS.contains(&name) => Meaning::Sign,
        _ => Meaning::Word,
    }
}

/// The Greek letters, α to ω; the final sigma is a sigma.
pub(super) const GREEK: [&str; 24] = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
    "lambda", "mu", "nu", "xi", "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi",
    "psi", "omega",
];

/// The Greek letter that a command sets, small or capital, in any variant.
fn greek(name: &str) -> Option<&'static str> {
    let name = name.strip_prefix("var").unwrap_or(name);
    let (first, rest) = name.split_at_checked(1)?;
    GREEK
        .into_iter()
        .find(|letter| letter[..1].eq_ignore_ascii_case(first) && letter[1..] == *rest)
}

/// Commands that set type, and accents of mathematics.
#[rustfmt::skip]
const TYPE: &[&str] = &[
    "Big", "Bigg", "Biggl", "Biggr", "Bigl", "Bigr", "acute", "bar", "bf", "big", "bigg", "biggl", "biggr", "bigl",
    "bigr", "bm", "boldsymbol", "breve", "cal", "check", "ddot", "displaystyle", "dot", "em", "emph", "ensuremath",
    "grave", "hat", "hbox", "href", "it", "left", "limits", "mathbb", "mathbf", "mathbin", "mathcal", "mathfrak",
    "mathit", "mathnormal", "mathop", "mathrel", "mathring", "mathrm", "mathscr", "mathsf", "mathtt", "mbox",
    "nolimits", "operatorname", "overline", "overrightarrow", "pmb", "protect", "relax", "right", "rm", "sc",
    "scriptstyle", "sf", "sl", "text", "textbf", "textit", "textnormal", "textrm", "textsc", "textsf", "textsl",
    "textstyle", "textsubscript", "texttt", "textup", "tilde", "tt", "underline", "url", "vec", "widehat",
    "widetilde", "xspace",
];

/// Commands for what has no name that anybody would type.
#[rustfmt::skip]
const SIGNS: &[&str] = &[
    "Leftarrow", "Leftrightarrow", "Longrightarrow", "Rightarrow", "Vert", "approx", "approxeq", "ast", "backslash",
    "begin", "bullet", "cap", "cdot", "cdots", "cfrac", "circ", "cite", "colon", "cong", "cup", "ddots", "dfrac",
    "dots", "end", "eqref", "equiv", "exists", "footnote", "forall", "frac", "ge", "geq", "geqslant", "gg", "gtrsim",
    "hspace", "in", "item", "label", "land", "langle", "lbrace", "lceil", "ldots", "le", "leftarrow",
    "leftrightarrow", "leq", "leqslant", "lesssim", "lfloor", "linebreak", "ll", "longrightarrow", "lor", "lvert",
    "lVert", "mapsto", "mid", "mp", "ne", "neq", "newline", "ni", "noindent", "not", "notin", "over", "par",
    "parallel", "perp", "pm", "prime", "propto", "qquad", "quad", "rangle", "rbrace", "rceil", "ref", "rfloor",
    "rightarrow", "rvert", "rVert", "sim", "simeq", "star", "subset", "subseteq", "supset", "supseteq",
    "textsuperscript", "tfrac", "times", "to", "vdots", "vee", "vert", "vspace", "wedge",
];
