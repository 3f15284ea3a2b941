//! How authors write formulas, where the converter knows LaTeX only: names that many give alike, commands of
//! plain TeX, and signs that mean something else in a line of an abstract.

use std::borrow::Cow;

/// What the converter lacks, and what authors name alike: for a name of its own nothing can be done.
#[rustfmt::skip]
pub(super) const MACROS: [(&str, &str); 66] = [
    ("widetilde", r"\tilde{#1}"),
    ("pmb", r"\boldsymbol{#1}"),
    ("mathds", r"\mathbb{#1}"),
    ("mathbbm", r"\mathbb{#1}"),
    ("Bbb", r"\mathbb{#1}"),
    ("Cal", r"\mathcal{#1}"),
    ("ensuremath", "#1"),
    ("protect", ""),
    ("xspace", ""),
    ("nonumber", ""),
    ("C", r"\mathbb{C}"),
    ("Q", r"\mathbb{Q}"),
    ("CC", r"\mathbb{C}"),
    ("FF", r"\mathbb{F}"),
    ("HH", r"\mathbb{H}"),
    ("NN", r"\mathbb{N}"),
    ("PP", r"\mathbb{P}"),
    ("QQ", r"\mathbb{Q}"),
    ("RR", r"\mathbb{R}"),
    ("TT", r"\mathbb{T}"),
    ("ZZ", r"\mathbb{Z}"),
    ("bbR", r"\mathbb{R}"),
    ("CP", r"\mathbb{CP}"),
    ("eps", r"\epsilon"),
    ("ep", r"\epsilon"),
    ("al", r"\alpha"),
    ("gam", r"\gamma"),
    ("lam", r"\lambda"),
    ("sig", r"\sigma"),
    ("om", r"\omega"),
    ("Om", r"\Omega"),
    ("msun", r"M_{\odot}"),
    ("Msun", r"M_{\odot}"),
    ("arcsec", r"^{\prime\prime}"),
    ("arcmin", r"^{\prime}"),
    ("Aut", r"\operatorname{Aut}"),
    ("End", r"\operatorname{End}"),
    ("Ext", r"\operatorname{Ext}"),
    ("Gal", r"\operatorname{Gal}"),
    ("GL", r"\operatorname{GL}"),
    ("PGL", r"\operatorname{PGL}"),
    ("SL", r"\operatorname{SL}"),
    ("SO", r"\operatorname{SO}"),
    ("SU", r"\operatorname{SU}"),
    ("Sp", r"\operatorname{Sp}"),
    ("Spec", r"\operatorname{Spec}"),
    ("Tr", r"\operatorname{Tr}"),
    ("tr", r"\operatorname{tr}"),
    ("dotsc", r"\ldots"),
    ("Hom", r"\operatorname{Hom}"),
    ("poly", r"\operatorname{poly}"),
    ("sgn", r"\operatorname{sgn}"),
    ("Var", r"\operatorname{Var}"),
    ("norm", r"\lVert #1\rVert"),
    ("abs", r"\lvert #1\rvert"),
    ("lsim", r"\lesssim"),
    ("gsim", r"\gtrsim"),
    ("ra", r"\rightarrow"),
    ("rar", r"\rightarrow"),
    ("sun", r"\odot"),
    ("degr", r"^{\circ}"),
    ("E", r"\mathbb{E}"),
    ("F", r"\mathbb{F}"),
    ("IR", r"\mathbb{R}"),
    ("bbC", r"\mathbb{C}"),
    ("bbZ", r"\mathbb{Z}"),
];

/// Commands that say how large or bold the rest is, which a formula in the line is not asked.
const LEFT_OUT: [&str; 9] = [
    "boldmath",
    "scriptsize",
    "footnotesize",
    "small",
    "large",
    "Large",
    "tiny",
    "normalsize",
    "nolinebreak",
];

/// Commands with another name.
const RENAMED: [(&str, &str); 6] = [
    ("mbox", r"\text"),
    ("hbox", r"\text"),
    ("textsc", r"\text"),
    ("AA", r"\mathrm{Å}"),
    ("sp", "^"),
    ("sb", "_"),
];

/// Switches that are given their group as an argument, as in `_\rm{ion}`.
const SWITCHES: [(&str, &str); 4] = [
    ("rm", r"\mathrm"),
    ("bf", r"\mathbf"),
    ("it", r"\mathit"),
    ("cal", r"\mathcal"),
];

/// The formula in the converter's LaTeX; itself, mostly.
pub(super) fn plain(tex: &str) -> Cow<'_, str> {
    if !tex.contains(['\\', '%', '#']) {
        return Cow::Borrowed(tex);
    }
    let mut out = String::with_capacity(tex.len() + 16);
    let mut rest = tex;
    while let Some(at) = rest.find(['\\', '%', '#']) {
        out.push_str(&rest[..at]);
        let sign = &rest[at..=at];
        rest = &rest[at + 1..];
        if sign != "\\" {
            // A comment would end the formula, and nothing defines a macro here.
            out.push('\\');
            out.push_str(sign);
            continue;
        }
        let n = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        if n == 0 {
            let n = rest.chars().next().map_or(0, char::len_utf8);
            out.push('\\');
            out.push_str(&rest[..n]);
            rest = &rest[n..];
            continue;
        }
        let (name, behind) = rest.split_at(n);
        rest = behind;
        rest = command(name, rest, &mut out);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Writes a command; what is left behind it.
fn command<'a>(name: &str, rest: &'a str, out: &mut String) -> &'a str {
    if LEFT_OUT.contains(&name) {
        return rest;
    }
    let known = |list: &[(&str, &'static str)]| {
        let found = list.iter().find(|(known, _)| *known == name);
        found.map(|(_, plain)| *plain)
    };
    if let Some(plain) = known(&RENAMED) {
        out.push_str(plain);
        return rest;
    }
    if rest.starts_with('{')
        && let Some(plain) = known(&SWITCHES)
    {
        out.push_str(plain);
        return rest;
    }
    let angle = match name {
        "left" => rest.strip_prefix('<').map(|rest| (r"\left\langle ", rest)),
        "right" => rest.strip_prefix('>').map(|rest| (r"\right\rangle ", rest)),
        "r" => rest.strip_prefix("{A}").map(|rest| (r"\mathrm{Å}", rest)),
        "begin" => equations(rest).map(|rest| (r"\begin{array}{rcl}", rest)),
        "end" => equations(rest).map(|rest| (r"\end{array}", rest)),
        "unicode" => {
            if let Some((sign, rest)) = unicode(rest) {
                out.push(sign);
                return rest;
            }
            None
        }
        _ => None,
    };
    if let Some((plain, rest)) = angle {
        out.push_str(plain);
        return rest;
    }
    out.push('\\');
    out.push_str(name);
    rest
}

/// What stands behind the name of the older environment for equations, with or without its star.
fn equations(rest: &str) -> Option<&str> {
    let rest = rest.strip_prefix("{eqnarray")?;
    rest.strip_prefix("*}").or_else(|| rest.strip_prefix('}'))
}

/// The character of `{x2013}`.
fn unicode(rest: &str) -> Option<(char, &str)> {
    let (code, rest) = rest.strip_prefix("{x")?.split_once('}')?;
    let sign = char::from_u32(u32::from_str_radix(code, 16).ok()?)?;
    sign.is_alphanumeric()
        .then_some((sign, rest))
        .or("–—−°×".contains(sign).then_some((sign, rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_latex_is_put_so() {
        for (tex, wanted) in [
            ("x^2", "x^2"),
            (r"6~\mbox{Gyr}, 40% of #1", r"6~\text{Gyr}, 40\% of \#1"),
            (
                r"\xi_\rm{ion} {\rm ion} \cal{L}",
                r"\xi_\mathrm{ion} {\rm ion} \mathcal{L}",
            ),
            (
                r"\left<t\right> \left(a\right)",
                r"\left\langle t\right\rangle  \left(a\right)",
            ),
            (
                r"10\AA, \r{A}, 3\unicode{x2013}4",
                r"10\mathrm{Å}, \mathrm{Å}, 3–4",
            ),
            (
                r"\begin{eqnarray*}a&=&b\end{eqnarray*}",
                r"\begin{array}{rcl}a&=&b\end{array}",
            ),
            (r"5\% \# \small x\", r"5\% \#  x\"),
        ] {
            assert_eq!(plain(tex), wanted, "{tex:?}");
        }
    }

    #[test]
    fn a_sign_by_its_number_is_no_way_in() {
        assert_eq!(plain(r"\unicode{x3C}"), r"\unicode{x3C}");
        assert_eq!(plain(r"\unicode{x202E}"), r"\unicode{x202E}");
    }
}
