//! The gate between the converter and the page: its string as nodes that are all on a list.
//!
//! No source, however hostile, makes any other element or attribute: links, ids and scripts have no way in.
//! Style attributes, which the page's policy forbids, become classes where the page has them and are left
//! out elsewhere. What cannot be read so is no formula.

/// A step in building the nodes of a formula, inside of `math`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An element begins.
    Open {
        /// Its name, in the namespace of MathML.
        name: &'static str,
        /// Its attributes.
        attributes: Vec<(&'static str, String)>,
    },
    /// Text of the element that is open.
    Text(String),
    /// The element that is open ends.
    Close,
}

/// Elements that pass.
pub(super) const ELEMENTS: [&str; 22] = [
    "mrow",
    "mi",
    "mn",
    "mo",
    "mtext",
    "mspace",
    "msub",
    "msup",
    "msubsup",
    "mover",
    "munder",
    "munderover",
    "msqrt",
    "mroot",
    "mfrac",
    "mpadded",
    "mphantom",
    "mtable",
    "mtr",
    "mtd",
    "mmultiscripts",
    "mprescripts",
];

/// Attributes that pass.
pub(super) const ATTRIBUTES: [&str; 20] = [
    "mathvariant",
    "form",
    "fence",
    "separator",
    "stretchy",
    "symmetric",
    "largeop",
    "movablelimits",
    "lspace",
    "rspace",
    "minsize",
    "maxsize",
    "accent",
    "accentunder",
    "width",
    "height",
    "linethickness",
    "displaystyle",
    "scriptlevel",
    "columnspan",
];

/// Type inside of `mtext`: the HTML element, the class that stands for it.
const TYPE: [(&str, &str); 8] = [
    ("b", "tex-bold"),
    ("i", "tex-italic"),
    ("em", "tex-italic"),
    ("code", "tex-mono"),
    ("s", "tex-struck"),
    ("u", "tex-under"),
    ("span", ""),
    ("a", ""),
];

/// Declarations of a style that have a class, by their beginning.
const STYLES: [(&str, &str); 10] = [
    ("font-variant-caps", "tex-caps"),
    ("text-align: left", "tex-left"),
    ("text-align: right", "tex-right"),
    ("padding-left: 0", "tex-flush-left"),
    ("padding-right: 0", "tex-flush-right"),
    ("border-right: ", "tex-line-right"),
    ("border-left: ", "tex-line-left"),
    ("border-top: ", "tex-line-top"),
    ("margin-left:-", "tex-back"),
    ("math-shift:compact", "tex-compact"),
];

/// What is not on the lists.
pub(super) type Unknown = String;

/// Reads the converter's output.
pub(super) fn events(mathml: &str) -> Result<Vec<Event>, Unknown> {
    let mut events: Vec<Event> = Vec::new();
    // Names of the elements that are open.
    let mut open: Vec<&str> = Vec::new();
    let mut rest = mathml;
    while !rest.is_empty() {
        let Some(tag) = rest.strip_prefix('<') else {
            let (text, behind) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
            if open.is_empty() {
                return Err("text outside of elements".to_owned());
            }
            events.push(Event::Text(unescaped(text)?));
            rest = behind;
            continue;
        };
        let (tag, behind) = tag.split_once('>').ok_or("a tag without an end")?;
        rest = behind;
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Err(format!("</{name}> where it closes nothing"));
            }
            if !is_type(name) {
                events.push(Event::Close);
            }
            continue;
        }
        let (tag, is_empty) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes = read_attributes(attributes)?;
        if let Some((_, class)) = TYPE.iter().find(|(known, _)| *known == name) {
            // Text with a type of its own: the element of the text has its class.
            let Some(Event::Open {
                name: "mtext",
                attributes: outer,
            }) = events.last_mut()
            else {
                return Err(format!("<{name}> outside of text"));
            };
            add_class(&mut attributes, class);
            for (name, value) in attributes {
                if name == "class" {
                    add_class(outer, &value);
                }
            }
            open.push(name);
            continue;
        }
        let Some(name) = ELEMENTS.into_iter().find(|known| *known == name) else {
            return Err(format!("<{name}>"));
        };
        events.push(Event::Open { name, attributes });
        if is_empty {
            events.push(Event::Close);
        } else {
            open.push(name);
        }
    }
    open.pop()
        .map_or(Ok(events), |name| Err(format!("<{name}> without an end")))
}

fn is_type(name: &str) -> bool {
    TYPE.iter().any(|(known, _)| *known == name)
}

/// The attributes that pass; a style as classes.
fn read_attributes(text: &str) -> Result<Vec<(&'static str, String)>, Unknown> {
    let mut attributes = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, behind) = rest
            .split_once("=\"")
            .ok_or("an attribute without a value")?;
        let (value, behind) = behind.split_once('"').ok_or("a value without an end")?;
        rest = behind.trim_start();
        if name == "style" {
            for declaration in value.split(';') {
                let declaration = declaration.trim_start();
                if let Some((_, class)) = STYLES
                    .iter()
                    .find(|(known, _)| declaration.starts_with(known))
                {
                    add_class(&mut attributes, class);
                }
            }
        } else if let Some(known) = ATTRIBUTES.into_iter().find(|known| *known == name) {
            attributes.push((known, unescaped(value)?));
        }
    }
    Ok(attributes)
}

fn add_class(attributes: &mut Vec<(&'static str, String)>, class: &str) {
    if class.is_empty() {
        return;
    }
    match attributes.iter_mut().find(|(name, _)| *name == "class") {
        Some((_, classes)) => {
            classes.push(' ');
            classes.push_str(class);
        }
        None => attributes.push(("class", class.to_owned())),
    }
}

/// Text without its entities.
fn unescaped(text: &str) -> Result<String, Unknown> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, entity)) = rest.split_once('&') {
        out.push_str(before);
        let (name, behind) = entity.split_once(';').ok_or("a bare &")?;
        out.push(match name {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "quot" => '"',
            "#39" => '\'',
            name => return Err(format!("&{name};")),
        });
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_that_is_not_known_is_refused() {
        for mathml in [
            "<mi>x",
            "<mi>x</mo>",
            "x",
            "<script></script>",
            "<mi onload=\"a\">x</mi",
            "<mi>&nbsp;</mi>",
            "</mi>",
            "<b>x</b>",
            "<mi x>y</mi>",
            "<mi>a&b</mi>",
            "<annotation-xml></annotation-xml>",
        ] {
            assert!(events(mathml).is_err(), "{mathml} passed");
        }
        assert_eq!(
            events("<mi id=\"a\" onload=\"b\">x</mi>").expect("attributes are left out")[0],
            Event::Open {
                name: "mi",
                attributes: Vec::new()
            }
        );
    }
}
