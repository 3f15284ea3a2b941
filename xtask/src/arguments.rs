//! The words after `cargo xtask`, taken one meaning at a time; what is left over is an error.

use std::fmt;
use std::path::PathBuf;

use anyhow::Result;

/// Words that mean nothing to us: the caller prints the usage and exits with 2.
#[derive(Debug)]
pub(crate) struct WrongUsage(pub(crate) String);

impl fmt::Display for WrongUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongUsage {}

/// Words not yet taken.
pub(crate) struct Arguments {
    words: Vec<String>,
}

impl Arguments {
    pub(crate) fn new(words: Vec<String>) -> Self {
        Self { words }
    }

    /// Takes the first word.
    pub(crate) fn command(&mut self) -> Option<String> {
        (!self.words.is_empty()).then(|| self.words.remove(0))
    }

    /// Takes `name`, and says whether it was there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() < before
    }

    /// Takes `name` with every file up to the next flag, as often as it stands there.
    pub(crate) fn files(&mut self, name: &str) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        while let Some(at) = self.words.iter().position(|word| is_named(word, name)) {
            let mut taken = Vec::new();
            if let Some((_, value)) = self.words.remove(at).split_once('=') {
                taken.push(PathBuf::from(value));
            }
            while self
                .words
                .get(at)
                .is_some_and(|word| !word.starts_with('-'))
            {
                taken.push(PathBuf::from(self.words.remove(at)));
            }
            if taken.is_empty() {
                return Err(WrongUsage(format!("{name} wants at least one file")).into());
            }
            files.append(&mut taken);
        }
        Ok(files)
    }

    /// Takes `name` with its number; the last one counts.
    pub(crate) fn number(&mut self, name: &str) -> Result<Option<u16>> {
        let mut number = None;
        while let Some(at) = self.words.iter().position(|word| is_named(word, name)) {
            let word = self.words.remove(at);
            let value = match word.split_once('=') {
                Some((_, value)) => value.to_owned(),
                None if at < self.words.len() => self.words.remove(at),
                None => String::new(),
            };
            let wrong = || WrongUsage(format!("{name} wants a number up to 65535, not {value:?}"));
            number = Some(value.parse().map_err(|_| wrong())?);
        }
        Ok(number)
    }

    /// Takes `name` with its one path.
    pub(crate) fn path(&mut self, name: &str) -> Result<Option<PathBuf>> {
        let mut files = self.files(name)?;
        if files.len() > 1 {
            return Err(WrongUsage(format!("{name} wants one path, not {}", files.len())).into());
        }
        Ok(files.pop())
    }

    /// All that nobody has taken.
    pub(crate) fn rest(self) -> Vec<String> {
        self.words
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`WrongUsage`], where words are left over.
    pub(crate) fn finish(self) -> Result<()> {
        match self.words.first() {
            None => Ok(()),
            Some(word) => Err(WrongUsage(format!("what does {word:?} mean here?")).into()),
        }
    }
}

fn is_named(word: &str, name: &str) -> bool {
    word.strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Arguments {
        Arguments::new(line.split_whitespace().map(str::to_owned).collect())
    }

    #[test]
    fn papers_take_every_file_up_to_the_next_flag() {
        let mut arguments = words("--papers a.parquet b.csv --sample 100 --papers=c.jsonl");
        let files = arguments.files("--papers").expect("files follow the flag");
        assert_eq!(files, ["a.parquet", "b.csv", "c.jsonl"].map(PathBuf::from));
        assert_eq!(
            arguments.rest(),
            ["--sample", "100"],
            "index-builder's own flags were touched"
        );
    }

    #[test]
    fn a_flag_without_its_value_is_wrong_usage() {
        for line in [
            "--papers --debug",
            "--papers",
            "--port",
            "--port 99999",
            "--port=x",
        ] {
            let papers = words(line).files("--papers");
            let port = words(line).number("--port");
            let error = papers
                .err()
                .or(port.err())
                .expect("one of the two is incomplete");
            assert!(
                error.is::<WrongUsage>(),
                "{line}: {error:#} is not wrong usage"
            );
        }
    }

    #[test]
    fn one_path_is_taken_where_one_is_meant() {
        let mut arguments = words("--out dist-v1 --config=a.toml --sample 5");
        let taken = arguments.path("--out").expect("one path");
        assert_eq!(taken, Some(PathBuf::from("dist-v1")));
        let taken = arguments.path("--config").expect("one path");
        assert_eq!(taken, Some(PathBuf::from("a.toml")));
        assert_eq!(arguments.path("--out").expect("none is left"), None);
        assert_eq!(arguments.rest(), ["--sample", "5"]);
        let error = words("--out a b").path("--out").expect_err("two paths");
        assert!(error.is::<WrongUsage>(), "{error:#}");
    }

    #[test]
    fn a_word_that_nobody_takes_is_wrong_usage() {
        let mut arguments = words("--fast --fats");
        assert!(arguments.flag("--fast"));
        let error = arguments.finish().expect_err("--fats was accepted");
        assert!(
            error.to_string().contains("--fats"),
            "{error:#} does not name the word"
        );
    }
}
