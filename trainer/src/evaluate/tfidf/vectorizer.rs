//! Texts to sparse vectors of words and pairs of words.

use std::collections::HashMap;

use rayon::prelude::*;

use super::super::words::words;

/// What a vectorizer keeps.
#[derive(Debug, Clone, Copy)]
pub struct VectorizerConfig {
    /// A word or pair must stand in so many texts.
    pub min_texts: u32,
    /// Of these the most frequent so many, by texts; of equals those met first.
    pub max_features: usize,
}

impl Default for VectorizerConfig {
    fn default() -> Self {
        Self {
            min_texts: 2,
            max_features: 50_000,
        }
    }
}

/// Rows with few entries that are not zero.
#[derive(Debug, Clone, Default)]
pub struct Sparse {
    /// `[rows + 1]`: where each row starts in the other two.
    pub starts: Vec<usize>,
    /// Columns, ascending in each row.
    pub columns: Vec<u32>,
    /// Their values.
    pub values: Vec<f32>,
}

impl Sparse {
    /// Rows.
    pub fn n_rows(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Columns and values of a row.
    pub fn row(&self, at: usize) -> impl Iterator<Item = (usize, f32)> {
        let span = self.starts[at]..self.starts[at + 1];
        let columns = self.columns[span.clone()].iter().map(|&c| c as usize);
        columns.zip(self.values[span].iter().copied())
    }

    /// The same entries by column: a row of the result is a column of this.
    #[must_use]
    pub fn transposed(&self, n_columns: usize) -> Self {
        let mut starts = vec![0_usize; n_columns + 1];
        for &column in &self.columns {
            starts[column as usize + 1] += 1;
        }
        for at in 0..n_columns {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut columns = vec![0; self.columns.len()];
        let mut values = vec![0.0; self.columns.len()];
        for row in 0..self.n_rows() {
            for (column, value) in self.row(row) {
                columns[next[column]] = row as u32;
                values[next[column]] = value;
                next[column] += 1;
            }
        }
        Self {
            starts,
            columns,
            values,
        }
    }
}

/// No second word: the key of a single one.
const ALONE: u32 = u32::MAX;

/// Term frequency, sublinear (`1 + ln n`), times smoothed inverse document frequency
/// (`1 + ln((1 + N) / (1 + n))`), rows of length one: the same numbers as scikit-learn's
/// `TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)`, but for which features a cap leaves out.
#[derive(Debug)]
pub struct Vectorizer {
    words: HashMap<String, u32>,
    /// Of a word and the one after it, or [`ALONE`], the column.
    columns: HashMap<(u32, u32), u32>,
    /// `[columns]`.
    rarity: Vec<f32>,
}

impl Vectorizer {
    /// Learns words and pairs from `texts`.
    pub fn fit(texts: &[String], config: VectorizerConfig) -> Self {
        let mut words = HashMap::new();
        // How many texts have a term, and which was met first.
        let mut known: HashMap<(u32, u32), (u32, u32)> = HashMap::new();
        for text in texts {
            let ids: Vec<u32> = terms_of(text)
                .map(|word| {
                    let next = words.len() as u32;
                    *words.entry(word).or_insert(next)
                })
                .collect();
            for (term, _) in counted(&ids) {
                let met = known.len() as u32;
                known.entry(term).or_insert((0, met)).0 += 1;
            }
        }
        let mut kept: Vec<((u32, u32), u32, u32)> = (known.into_iter())
            .filter(|(_, (texts, _))| *texts >= config.min_texts)
            .map(|(term, (texts, met))| (term, texts, met))
            .collect();
        kept.sort_unstable_by_key(|&(_, texts, met)| (std::cmp::Reverse(texts), met));
        kept.truncate(config.max_features);
        let n = texts.len() as f64;
        Self {
            words,
            columns: (kept.iter().zip(0..))
                .map(|(&(term, ..), column)| (term, column))
                .collect(),
            rarity: (kept.iter())
                .map(|&(_, texts, _)| (((1.0 + n) / (1.0 + f64::from(texts))).ln() + 1.0) as f32)
                .collect(),
        }
    }

    /// Words and pairs that have a column.
    pub fn n_features(&self) -> usize {
        self.rarity.len()
    }

    /// The column of a word, or of two in a row.
    pub fn column(&self, first: &str, second: Option<&str>) -> Option<usize> {
        let id = |word: &str| self.words.get(word).copied();
        let second = second.map_or(Some(ALONE), id)?;
        let column = self.columns.get(&(id(first)?, second))?;
        Some(*column as usize)
    }

    /// Texts as rows; a text without a known word has an empty one.
    pub fn transform(&self, texts: &[String]) -> Sparse {
        let rows: Vec<Vec<(u32, f32)>> = texts.par_iter().map(|text| self.row(text)).collect();
        let mut sparse = Sparse {
            starts: vec![0],
            ..Sparse::default()
        };
        for row in rows {
            for (column, value) in row {
                sparse.columns.push(column);
                sparse.values.push(value);
            }
            sparse.starts.push(sparse.columns.len());
        }
        sparse
    }

    fn row(&self, text: &str) -> Vec<(u32, f32)> {
        // A word that was never met parts the words around it, as an unknown one would.
        let ids: Vec<u32> = terms_of(text)
            .map(|word| self.words.get(&word).copied().unwrap_or(ALONE - 1))
            .collect();
        let mut row: Vec<(u32, f32)> = (counted(&ids).into_iter())
            .filter_map(|(term, n)| {
                let column = *self.columns.get(&term)?;
                Some((
                    column,
                    (1.0 + (n as f32).ln()) * self.rarity[column as usize],
                ))
            })
            .collect();
        row.sort_unstable_by_key(|&(column, _)| column);
        let length = row.iter().map(|(_, x)| x * x).sum::<f32>().sqrt();
        for (_, x) in &mut row {
            *x /= length;
        }
        row
    }
}

/// Words of two letters or more, as scikit-learn takes them.
fn terms_of(text: &str) -> impl Iterator<Item = String> {
    words(text).filter(|word| word.chars().nth(1).is_some())
}

/// How often each word and each pair stands in a text, in a fixed order.
fn counted(ids: &[u32]) -> Vec<((u32, u32), u32)> {
    let pairs = ids.windows(2).map(|pair| (pair[0], pair[1]));
    let mut terms: Vec<(u32, u32)> = ids.iter().map(|&id| (id, ALONE)).chain(pairs).collect();
    terms.sort_unstable();
    let runs = terms.chunk_by(|a, b| a == b);
    runs.map(|run| (run[0], run.len() as u32)).collect()
}
