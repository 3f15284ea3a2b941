//! The key of an entry, by arXiv's rule: who copies from arXiv and from here gets the same key.
//!
//! Surname of the first author, year, the first four words of the title that are no stop words; of that
//! the letters and digits, small. Follows `arxiv-browse` (`formatting/cite.py`) and `arxiv-base`
//! (`authors`), whose surname is the last word with one or two particles of a short list before it.

use std::collections::HashSet;

use super::name::Name;

/// Particles that belong to the surname in a key.
const PARTICLES: [&str; 12] = [
    "van", "der", "de", "la", "von", "del", "della", "da", "mac", "ter", "dem", "di",
];

/// Words of a title that its key leaves out, in alphabetical order.
const STOP_WORDS: &str = "\
    a about above across after afterwards again against all almost alone along already also although \
    always am among amongst amoungst amount an and another any anyhow anyone anything anyway anywhere \
    are around as at back be became because become becomes becoming been before beforehand behind being \
    below beside besides between beyond bill both bottom but by call can cannot cant co con could \
    couldnt cry de describe detail do done down due during each eg eight either eleven else elsewhere \
    empty enough etc even ever every everyone everything everywhere except few fifteen fify fill find \
    fire first five for former formerly forty found four from front full further get give go had has \
    hasnt have he hence her here hereafter hereby herein hereupon hers herself him himself his how \
    however hundred ie if in inc indeed interest into is it its itself keep last latter latterly least \
    less ltd made many may me meanwhile might mill mine more moreover most mostly move much must my \
    myself name namely neither never nevertheless next nine no nobody none noone nor not nothing now \
    nowhere of off often on once one only onto or other others otherwise our ours ourselves out over own \
    part per perhaps please put rather re same see seem seemed seeming seems serious several she should \
    show side since sincere six sixty so some somehow someone something sometime sometimes somewhere \
    still such system take ten than that the their them themselves then thence there thereafter thereby \
    therefore therein thereupon these they thickv thin third this those though three through throughout \
    thru thus to together too top toward towards twelve twenty two un under until up upon us very via \
    was we well were what whatever when whence whenever where whereafter whereas whereby wherein \
    whereupon wherever whether which while whither who whoever whole whom whose why will with within \
    without would yet you your yours yourself yourselves";

/// Words of a title in a key.
const N_WORDS: usize = 4;

/// The key of a paper, not yet compared with others'.
pub(super) fn of(first_author: Option<&Name>, year: Option<u16>, title: &str) -> String {
    let surname = first_author.map_or_else(|| "unknown".to_owned(), surname);
    let year = year.map_or_else(|| "unknown".to_owned(), |year| year.to_string());
    let stop_words: HashSet<&str> = STOP_WORDS.split_whitespace().collect();
    // As arXiv compares them: with whatever sticks to a word, so that "we," counts.
    let words = title
        .split_whitespace()
        .filter(|word| !stop_words.contains(&*word.to_lowercase()))
        .take(N_WORDS);
    let mut key = String::new();
    for part in [&*surname, &*year].into_iter().chain(words) {
        let letters = part.chars().filter(|c| c.is_alphanumeric());
        key.extend(letters.flat_map(char::to_lowercase));
    }
    key
}

fn surname(name: &Name) -> String {
    let words = match name {
        Name::Group(group) => {
            let words: Vec<&str> = group.split_whitespace().collect();
            // "ATLAS Collaboration" is a name; of "The ATLAS Collaboration" arXiv takes the last word.
            return match words[..] {
                [_, _] => group.clone(),
                [.., last] => last.to_owned(),
                [] => String::new(),
            };
        }
        Name::Person { words, .. } => words,
    };
    let is_particle = |at: Option<usize>| {
        at.and_then(|at| words.get(at)).is_some_and(|word| {
            let small = word.to_lowercase();
            PARTICLES.contains(&&*small)
        })
    };
    let n = words.len();
    // Something has to stand before the particle.
    let n_particles = match () {
        () if n > 3 && is_particle(n.checked_sub(2)) && is_particle(n.checked_sub(3)) => 2,
        () if n > 2 && is_particle(n.checked_sub(2)) => 1,
        () => 0,
    };
    words[n.saturating_sub(1 + n_particles)..].concat()
}

/// Keys that differ: where one is taken, the next gets a letter more.
pub(super) fn distinct(keys: impl Iterator<Item = String>) -> Vec<String> {
    let mut taken = HashSet::new();
    let mut free = |key: String| {
        let mut candidate = key.clone();
        let mut n = 0;
        while !taken.insert(candidate.clone()) {
            candidate = format!("{key}{}", letters(n));
            n += 1;
        }
        candidate
    };
    keys.map(&mut free).collect()
}

/// `a` … `z`, `aa`, `ab` ….
fn letters(n: usize) -> String {
    let last = char::from(b'a' + (n % 26) as u8);
    match n / 26 {
        0 => last.to_string(),
        more => format!("{}{last}", letters(more - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::name::names;
    use super::*;

    fn key(authors: &str, year: u16, title: &str) -> String {
        of(names(authors).first(), Some(year), title)
    }

    #[test]
    fn keys_are_those_that_arxiv_gives() {
        for (authors, year, title, wanted) in [
            (
                "Martín Abadi, Andy Chu",
                2016,
                "TensorFlow: Large-Scale Machine Learning on Heterogeneous Distributed Systems",
                "abadi2016tensorflowlargescalemachinelearning",
            ),
            (
                "Jiawei Mao",
                2023,
                "Medical supervised masked autoencoders: Crafting a better masking strategy",
                "mao2023medicalsupervisedmaskedautoencoders",
            ),
            (
                "Weyun Ye",
                2024,
                "PO3AD: Predicting Point Offsets toward Better 3D Point Cloud Anomaly Detection",
                "ye2024po3adpredictingpointoffsets",
            ),
            (
                "Aaron van den Oord, Yazhe Li",
                2018,
                "Representation Learning with Contrastive Predictive Coding",
                "oord2018representationlearningcontrastivepredictive",
            ),
            (
                "Lars von der Wense",
                2017,
                "Direct detection of the 229Th nuclear clock transition",
                "vonderwense2017directdetection229thnuclear",
            ),
            (
                "Clément de Chaisemartin",
                2018,
                "Two-way fixed effects estimators",
                "dechaisemartin2018twowayfixedeffectsestimators",
            ),
            (
                "Planck Collaboration, R. Adam",
                2016,
                "Planck intermediate results. XLVII",
                "planckcollaboration2016planckintermediateresultsxlvii",
            ),
            (
                "The SLD Collaboration",
                1994,
                "Precise Measurement of the Left-Right Cross Section Asymmetry",
                "collaboration1994precisemeasurementleftrightcross",
            ),
            ("Madonna", 2001, "A", "madonna2001"),
            ("van Dam", 2001, "A", "dam2001"),
            ("C. Bal\\'azs", 2007, "$\\mu$SR", "balázs2007musr"),
            ("J. Smith Jr.", 2007, "QCD", "smith2007qcd"),
        ] {
            assert_eq!(key(authors, year, title), wanted, "{authors:?}, {title:?}");
        }
        assert_eq!(of(None, None, ""), "unknownunknown");
    }

    #[test]
    fn letters_tell_clashing_keys_apart_whatever_else_there_is() {
        let keys = ["x", "x", "xa", "x"].map(str::to_owned);
        assert_eq!(distinct(keys.into_iter()), ["x", "xa", "xaa", "xb"]);
        let many = distinct((0..800).map(|_| "k".to_owned()));
        let all: HashSet<&String> = many.iter().collect();
        assert_eq!(all.len(), 800, "a key came twice");
        assert_eq!([letters(25), letters(26)], ["z", "aa"]);
    }

    #[test]
    fn stop_words_are_sorted_and_stand_once() {
        let words: Vec<&str> = STOP_WORDS.split_whitespace().collect();
        let out = words.windows(2).find(|pair| pair[0] >= pair[1]);
        assert_eq!(out, None);
    }
}
