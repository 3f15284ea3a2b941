//! Texts as words: what BM25 and TF-IDF count.

/// The words of a text, lower case: runs of letters, digits and underscores, as in scikit-learn's `\w+`.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_no_letter_parts_words() {
        let found: Vec<String> = words("Graph-based x_1: Erdős’ \\alpha, 3.14").collect();
        assert_eq!(
            found,
            ["graph", "based", "x_1", "erdős", "alpha", "3", "14"]
        );
    }
}
