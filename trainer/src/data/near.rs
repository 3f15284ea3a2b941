//! Near copies: papers that say the same in mostly the same words, such as two versions of one paper, or a paper and
//! its longer form under another title.
//!
//! How alike two papers are is the share of their runs of [`WORDS`] words that both have (Jaccard's index of shingles;
//! Broder 1997, "On the resemblance and containment of documents"). It is estimated from [`N_HASHES`] minima of hashes,
//! and only papers that agree in one of [`N_BANDS`] bands of them are compared at all (Leskovec, Rajaraman and Ullman
//! 2020, "Mining of Massive Datasets", §3.4). Hashes are fixed, so that the same papers always have the same near
//! copies. It takes 256 bytes a paper and about as long as reading the papers. Start at [`groups`].

use rayon::prelude::*;

use crate::model::ops::mix;

/// Words of a run. With longer runs, a few changed words hide what is alike; shorter ones are phrases of a field.
const WORDS: usize = 3;
/// Papers are near copies from this share of common runs. Of 394,978 papers of arXiv 865 pairs have it, of which 343 are
/// told by title or beginning as well; read, those just above are one work told twice (an extended abstract and its
/// paper, parts of a series), and those below 0.3 are other works of the same authors. A reworded title and first
/// sentence leave most abstracts at 0.6.
const ALIKE: f64 = 0.5;
/// Hashes of a signature: they estimate a share of one half to within 0.044, one standard deviation.
const N_HASHES: usize = 128;
/// Hashes of a band.
const BAND: usize = 4;
/// Bands of a signature. Two papers with a share `s` of common runs meet in one with the probability `1 - (1 - s⁴)³²`:
/// 0.87 where `s` is 0.5, 0.99 at 0.6, and less than 0.01 below 0.13.
const N_BANDS: usize = N_HASHES / BAND;
/// Papers of one band that each is compared with at most, so that many copies of one text take no quadratic time:
/// they find each other along a chain.
const COMPARED: usize = 32;

/// The lower half of the least hash of a paper's runs, by each of [`N_HASHES`] hash functions (b-bit minwise hashing;
/// Li and König 2010, arXiv:0910.3349).
pub(super) type Signature = [u16; N_HASHES];

/// The signature of a paper; of one without a word, nothing.
pub(super) fn signature(title: &str, abstract_: &str) -> Option<Signature> {
    let mut words = hashed_words(title);
    words.extend(hashed_words(abstract_));
    if words.is_empty() {
        return None;
    }
    let mut least = [u32::MAX; N_HASHES];
    // A text that is shorter than a run is one.
    for run in words.windows(WORDS.min(words.len())) {
        let run = run.iter().fold(0, |key, word| mix(key ^ word));
        for (least, (flipped, odd)) in least.iter_mut().zip(&FUNCTIONS) {
            *least = (*least).min((run as u32 ^ flipped).wrapping_mul(*odd));
        }
    }
    Some(least.map(|least| (least ^ (least >> 16)) as u16))
}

/// What the hash functions flip and multiply by.
static FUNCTIONS: [(u32, u32); N_HASHES] = {
    let mut functions = [(0, 0); N_HASHES];
    let (mut at, mut state) = (0, 1_u64);
    while at < N_HASHES {
        // Steps of PCG's multiplier (O'Neill 2014); its upper bits are the good ones.
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        let flipped = (state >> 32) as u32;
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        functions[at] = (flipped, (state >> 32) as u32 | 1);
        at += 1;
    }
    functions
};

/// Words in small letters, by hash; whatever is no letter or digit parts them.
fn hashed_words(text: &str) -> Vec<u64> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words
        .map(|word| {
            let letters = word.chars().flat_map(char::to_lowercase);
            letters.fold(0, |key, c| mix(key ^ u64::from(c)))
        })
        .collect()
}

/// Groups of near copies: for each paper the place of the first one of its group, which is its own where it is unlike
/// all others. A near copy of a near copy is of the group, too.
pub(super) fn groups(signatures: &[Option<Signature>]) -> Vec<u32> {
    let mut groups: Vec<u32> = (0..signatures.len() as u32).collect();
    let mut band: Vec<(u64, u32)> = Vec::with_capacity(signatures.len());
    for from in (0..N_BANDS).map(|at| at * BAND) {
        band.clear();
        band.extend(signatures.iter().enumerate().filter_map(|(at, signature)| {
            let hashes = signature.as_ref()?[from..from + BAND].iter();
            let key = hashes.fold(0, |key, &hash| key << 16 | u64::from(hash));
            Some((key, at as u32))
        }));
        band.par_sort_unstable();
        for met in band.chunk_by(|a, b| a.0 == b.0) {
            for (place, &(_, paper)) in met.iter().enumerate() {
                for &(_, other) in &met[place.saturating_sub(COMPARED)..place] {
                    let (a, b) = (first(&mut groups, paper), first(&mut groups, other));
                    if a != b && are_alike(signatures, paper, other) {
                        groups[a.max(b) as usize] = a.min(b);
                    }
                }
            }
        }
    }
    (0..groups.len() as u32)
        .map(|paper| first(&mut groups, paper))
        .collect()
}

/// The first paper of a paper's group; the way there is halved for the next time (Tarjan and van Leeuwen 1984).
fn first(groups: &mut [u32], mut paper: u32) -> u32 {
    while groups[paper as usize] != paper {
        let next = groups[groups[paper as usize] as usize];
        groups[paper as usize] = next;
        paper = next;
    }
    paper
}

fn are_alike(signatures: &[Option<Signature>], a: u32, b: u32) -> bool {
    let [Some(a), Some(b)] = [a, b].map(|at| signatures[at as usize].as_ref()) else {
        return false;
    };
    share(a, b) >= ALIKE
}

/// The share of runs that two papers have in common, as their signatures tell it.
fn share(a: &Signature, b: &Signature) -> f64 {
    let n_equal = a.iter().zip(b).filter(|(a, b)| a == b).count();
    n_equal as f64 / N_HASHES as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text of `n` words from a vocabulary that a seed shuffles.
    fn words(seed: u64, n: u64) -> Vec<String> {
        (0..n)
            .map(|at| format!("w{}", mix(seed << 32 | at) % 5000))
            .collect()
    }

    fn signed(words: &[String]) -> Option<Signature> {
        signature("", &words.join(" "))
    }

    #[test]
    fn a_reworded_title_and_first_sentence_hide_nothing() {
        let sentences = [
            "Spin glasses are magnets with frustrated interactions between their spins.",
            "We study the ground state of a three-dimensional model with Gaussian couplings by parallel tempering on \
             lattices of up to 14 spins along each side.",
            "The energy of domain walls grows with an exponent of 0.24, which agrees with droplet theory, while link \
             overlaps of large excitations do not.",
            "Finite-size corrections are shown to be larger than was thought, and a scaling of them is proposed that \
             holds for both periodic and free boundaries.",
        ];
        let text = sentences.join(" ");
        let first = "Disordered magnets, in which no arrangement of spins satisfies every bond, are called spin glasses.";
        let reworded = [&[first], &sentences[1..]].concat().join(" ");
        let other = "We measure the abundance of lithium in forty stars of the thick disk, and find a plateau that is \
                     lower than that of the halo by a tenth.";
        let papers = [
            signature("Ground states of spin glasses", &text),
            signature("Lithium in the thick disk", other),
            signature("Domain walls in frustrated magnets", &reworded),
            signature("GROUND STATES OF SPIN GLASSES", &text.to_uppercase()),
            None,
            None,
        ];
        assert_eq!(groups(&papers), [0, 1, 0, 0, 4, 5]);
    }

    #[test]
    fn the_share_that_a_signature_tells_is_near_the_counted_one() {
        let own = words(1, 400);
        for n_common in [100, 200, 300, 400] {
            let mut other = own.clone();
            other.splice(n_common.., words(2, 400 - n_common as u64));
            let runs = |words: &[String]| -> std::collections::HashSet<Vec<String>> {
                words.windows(WORDS).map(<[String]>::to_vec).collect()
            };
            let (a, b) = (runs(&own), runs(&other));
            let counted = a.intersection(&b).count() as f64 / a.union(&b).count() as f64;
            let [a, b] = [&own, &other].map(|words| signed(words).expect("it has words"));
            let told = share(&a, &b);
            assert!((told - counted).abs() < 3.0 * 0.044, "{told} for {counted}");
        }
    }

    #[test]
    fn groups_are_found_among_many_papers_and_many_copies_take_no_time() {
        let mut papers: Vec<_> = (0..2000).map(|seed| signed(&words(seed, 120))).collect();
        // Every hundredth comes again with its last words changed.
        for at in (0..2000).step_by(100) {
            let mut text = words(at, 120);
            text.splice(105.., words(at + 9000, 15));
            papers.push(signed(&text));
        }
        papers.extend(vec![signed(&words(7, 120)); 5000]);
        let found = groups(&papers);
        assert!(
            found[..2000].iter().copied().eq(0..2000),
            "each of these is like none before it"
        );
        for (place, at) in (0..2000).step_by(100).enumerate() {
            assert_eq!(found[2000 + place], at, "the changed one of {at}");
        }
        assert!(found[2020..].iter().all(|&group| group == 7));
        assert_eq!(groups(&papers), found, "the same papers, the same groups");
    }

    #[test]
    fn short_texts_are_alike_only_where_they_are_equal() {
        let titles = ["Large sets", "large sets.", "Small sets", "Sets"];
        let papers: Vec<_> = titles.iter().map(|title| signature(title, "")).collect();
        assert_eq!(groups(&papers), [0, 0, 2, 3]);
        assert_eq!(signature(" ", "."), None);
    }
}
