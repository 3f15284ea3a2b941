//! One line of shell: words in quotes, comments, continued lines, a variable in front. Nothing more: what the
//! docs show must be understood at a glance.

/// What a shell gives a meaning of its own and these docs do without.
const OPERATORS: [char; 8] = ['|', '&', ';', '<', '>', '`', '$', '*'];

/// The commands of a fence, each with the number of its first line from 1. A `\` at the end goes on.
pub(super) fn lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (at, line) in text.lines().enumerate() {
        let (line, next_goes_on) = match line.trim_end().strip_suffix('\\') {
            Some(start) => (start, true),
            None => (line, false),
        };
        match lines.last_mut() {
            Some((_, command)) if goes_on => {
                command.push(' ');
                command.push_str(line.trim());
            }
            _ => lines.push((at + 1, line.trim().to_owned())),
        }
        goes_on = next_goes_on;
    }
    lines.retain(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
}

/// The words of a command, comments left out.
///
/// # Errors
/// Where a quote does not end, or a shell would do more than start one program.
pub(super) fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '#' if word.is_none() => break,
            ' ' | '\t' => words.extend(word.take()),
            '\'' | '"' => {
                let quoted = word.get_or_insert_default();
                loop {
                    match letters.next() {
                        Some(end) if end == letter => break,
                        Some('$' | '`' | '\\') if letter == '"' => {
                            return Err("a variable or an escape in double quotes".to_owned());
                        }
                        Some(other) => quoted.push(other),
                        None => return Err(format!("the quote {letter} does not end")),
                    }
                }
            }
            other if OPERATORS.contains(&other) => {
                return Err(format!("{other:?} is more than starting one program"));
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Takes `NAME=value` off the front.
pub(super) fn variables(words: &[String]) -> (Vec<(String, String)>, &[String]) {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let pairs: Vec<_> = words
        .iter()
        .map_while(|word| word.split_once('=').filter(|(name, _)| is_name(name)))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let rest = &words[pairs.len()..];
    (pairs, rest)
}

#[test]
fn a_line_of_shell_is_read_as_a_shell_reads_it() {
    let text = "# first\none 'two  three' \\\n  \"#four\" x'y'\"z\"   # five\n\nsix\n";
    let lines = lines(text);
    assert_eq!(lines.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [2, 5]);
    let read = words(&lines[0].1).expect("nothing unusual");
    assert_eq!(read, ["one", "two  three", "#four", "xyz"]);
    for unusual in [
        "a | b", "a && b", "a > b", "a $B", "a \"$B\"", "a `b`", "a *.csv", "'a",
    ] {
        assert!(
            words(unusual).is_err(),
            "{unusual} was taken for plain words"
        );
    }
    assert_eq!(words("a '*.csv'").expect("quoted"), ["a", "*.csv"]);
}

#[test]
fn variables_stand_in_front_only() {
    let line = words("A_1=b C=d run E=f --g=h").expect("plain words");
    let (pairs, rest) = variables(&line);
    let wanted = [("A_1", "b"), ("C", "d")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(pairs, wanted);
    assert_eq!(rest, ["run", "E=f", "--g=h"]);
}
