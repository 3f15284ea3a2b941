//! The address bar: what the page shows, written as a query string and read back.
//!
//! Everything that a link should carry is here; what is pasted for classification is not.
//! Parameters of other parts pass through untouched.

mod encoding;

use crate::engine::client::Choice;
use crate::engine::protocol::{By, Filter, Listed, Sort};
use crate::map::Camera;
use crate::map::paint::ColorBy;
use encoding::{decode, encode};

/// Hits on a first page; "show more" adds as many.
pub const PAGE_OF_HITS: usize = 20;
/// Most hits a link can ask for.
const MOST_HITS: usize = 500;
/// The value of `cross=` that leaves cross-lists out.
const NO: &str = "no";
/// The value of `sort=` that puts the newest first.
const NEWEST: &str = "newest";
/// The value of `engine=` that asks for [`Choice::Reference`].
const REFERENCE: &str = "reference";
/// The value of `color=` that asks for [`ColorBy::Year`].
const YEAR: &str = "year";

/// The tabs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum View {
    /// Query, filters, results.
    #[default]
    Search,
    /// The corpus as a landscape.
    Map,
    /// A category for a draft.
    Classify,
    /// Categories or nearest papers for a file of papers.
    Batch,
    /// Papers with a star.
    Library,
    /// What is indexed, by which model, under which licences.
    About,
    /// Checks of the build on this device.
    Verify,
}

impl View {
    /// All of them.
    const ALL: [Self; 7] = [
        Self::Search,
        Self::Map,
        Self::Classify,
        Self::Batch,
        Self::Library,
        Self::About,
        Self::Verify,
    ];

    /// The tab of this `view=`; the search where there is none.
    fn named(slug: &str) -> Self {
        let known = Self::ALL.into_iter().find(|view| view.slug() == slug);
        known.unwrap_or_default()
    }

    /// The value of `view=`.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Map => "map",
            Self::Classify => "classify",
            Self::Batch => "batch",
            Self::Library => "library",
            Self::About => "about",
            Self::Verify => "verify",
        }
    }

    /// Where a question is answered that is asked here: beside the map, or in the list.
    #[must_use]
    pub fn that_asks(self) -> Self {
        match self {
            Self::Map => Self::Map,
            _ => Self::Search,
        }
    }
}

/// What of the map is shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MapPart {
    /// Where the view is; all of the map where it is not said.
    pub at: Option<Camera>,
    /// What colors say.
    pub color: ColorBy,
    /// Id of the paper whose card is open.
    pub paper: Option<String>,
}

/// The papers that a list is near to, and those that it keeps away from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Like {
    /// Ids of papers; none where a text is asked about.
    pub near: Vec<String>,
    /// Ids of others; they count only where there is one to be near to.
    pub away: Vec<String>,
}

impl Like {
    /// Like one paper alone.
    pub fn one(id: String) -> Self {
        Self {
            near: vec![id],
            away: Vec::new(),
        }
    }

    /// Whether a list is asked for by papers.
    pub fn is_some(&self) -> bool {
        !self.near.is_empty()
    }

    /// Adds a paper to one side, and takes it from the other.
    pub fn put(&mut self, id: String, side: Side) {
        self.take(&id);
        match side {
            Side::Near => self.near.push(id),
            Side::Away => self.away.push(id),
        }
    }

    /// Takes a paper out. With nothing to be near to, there is nothing to keep away from.
    pub fn take(&mut self, id: &str) {
        self.near.retain(|known| known != id);
        self.away.retain(|known| known != id);
        if self.near.is_empty() {
            self.away.clear();
        }
    }
}

/// A side of [`Like`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// More like it.
    Near,
    /// Less like it.
    Away,
}

/// What the page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The tab.
    pub view: View,
    /// The text of the search box.
    pub text: String,
    /// Category and archive codes, in the order of choice.
    pub categories: Vec<String>,
    /// Which of a paper's categories count.
    pub listed: Listed,
    /// First year.
    pub from: Option<u16>,
    /// Last year.
    pub to: Option<u16>,
    /// The papers whose neighbors are shown instead of the text's.
    pub like: Like,
    /// Hits wanted.
    pub k: usize,
    /// Which lists answer.
    pub by: By,
    /// What comes first.
    pub sort: Sort,
    /// The engine that answers.
    pub engine: Choice,
    /// What of the map is shown.
    pub map: MapPart,
    /// First digits of the build that a link was made with; none where the address is not of such a link.
    pub build: Option<String>,
    /// Parameters that are not ours.
    pub other: Vec<(String, String)>,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            view: View::Search,
            text: String::new(),
            categories: Vec::new(),
            listed: Listed::Anywhere,
            from: None,
            to: None,
            like: Like::default(),
            k: PAGE_OF_HITS,
            by: By::Both,
            sort: Sort::Relevance,
            engine: Choice::Fast,
            map: MapPart::default(),
            build: None,
            other: Vec::new(),
        }
    }
}

impl Query {
    /// Reads `location.search`, with or without its `?`. What makes no sense is left out.
    pub fn parse(search: &str) -> Self {
        let mut query = Self::default();
        let mut away = Vec::new();
        for pair in search
            .trim_start_matches('?')
            .split('&')
            .filter(|pair| !pair.is_empty())
        {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = decode(value);
            match name {
                "q" => query.text = value,
                "view" => query.view = View::named(&value),
                "cat" => {
                    for code in value
                        .split(',')
                        .map(str::trim)
                        .filter(|code| !code.is_empty())
                    {
                        if !query.categories.iter().any(|known| known == code) {
                            query.categories.push(code.to_owned());
                        }
                    }
                }
                "from" => query.from = value.parse().ok(),
                "to" => query.to = value.parse().ok(),
                "like" if !value.is_empty() => query.like.put(value, Side::Near),
                "away" if !value.is_empty() => away.push(value),
                "like" | "away" => {}
                "k" => {
                    query.k = value
                        .parse()
                        .map_or(PAGE_OF_HITS, |k: usize| k.clamp(1, MOST_HITS));
                }
                "by" => {
                    query.by = match value.as_str() {
                        "words" => By::Words,
                        "meaning" => By::Meaning,
                        _ => By::Both,
                    };
                }
                "at" if Camera::parse(&value).is_some() => query.map.at = Camera::parse(&value),
                "color" if value == YEAR => query.map.color = ColorBy::Year,
                "paper" => query.map.paper = Some(value).filter(|id| !id.is_empty()),
                "build" if names_build(&value) => query.build = Some(value),
                "cross" if value == NO => query.listed = Listed::Primary,
                "sort" if value == NEWEST => query.sort = Sort::Newest,
                "engine" if value == REFERENCE => query.engine = Choice::Reference,
                _ => query.other.push((decode(name), value)),
            }
        }
        // Named on both sides, a paper is one that the list is near to.
        away.retain(|id| !query.like.near.contains(id));
        if query.like.is_some() {
            for id in away {
                query.like.put(id, Side::Away);
            }
        }
        query
    }

    /// The query string without `?`; empty for the page's first state.
    pub fn to_search(&self) -> String {
        let mut pairs = Vec::new();
        let mut put = |name: &str, value: &str| pairs.push(format!("{name}={}", encode(value)));
        if self.view != View::Search {
            put("view", self.view.slug());
        }
        if !self.text.is_empty() {
            put("q", &self.text);
        }
        for id in &self.like.near {
            put("like", id);
        }
        for id in &self.like.away {
            put("away", id);
        }
        if !self.categories.is_empty() {
            put("cat", &self.categories.join(","));
        }
        if self.listed == Listed::Primary {
            put("cross", NO);
        }
        for (name, year) in [("from", self.from), ("to", self.to)] {
            if let Some(year) = year {
                put(name, &year.to_string());
            }
        }
        if self.k != PAGE_OF_HITS {
            put("k", &self.k.to_string());
        }
        match self.by {
            By::Both => {}
            By::Words => put("by", "words"),
            By::Meaning => put("by", "meaning"),
        }
        if self.sort == Sort::Newest {
            put("sort", NEWEST);
        }
        if self.engine == Choice::Reference {
            put("engine", REFERENCE);
        }
        if self.view == View::Map {
            if let Some(camera) = self.map.at {
                put("at", &camera.to_address());
            }
            if self.map.color == ColorBy::Year {
                put("color", YEAR);
            }
            if let Some(id) = &self.map.paper {
                put("paper", id);
            }
        }
        if let Some(build) = &self.build {
            put("build", build);
        }
        for (name, value) in &self.other {
            put(&encode(name), value);
        }
        pairs.join("&")
    }

    /// The engine's filter; one open end of the years takes the corpus' own.
    pub fn filter(&self) -> Filter {
        let years = (self.from.is_some() || self.to.is_some())
            .then(|| (self.from.unwrap_or(0), self.to.unwrap_or(u16::MAX)));
        Filter {
            categories: self.categories.clone(),
            listed: self.listed,
            years,
        }
    }

    /// Whether the engine has something to look for.
    pub fn asks(&self) -> bool {
        self.like.is_some() || !self.text.trim().is_empty()
    }

    /// Whether another list is asked for than by `other`, however long.
    pub fn asks_otherwise(&self, other: &Self) -> bool {
        let asked = |query: &Self| Self {
            text: query.text.trim().to_owned(),
            categories: query.categories.clone(),
            listed: query.listed,
            from: query.from,
            to: query.to,
            like: query.like.clone(),
            by: query.by,
            sort: query.sort,
            engine: query.engine,
            ..Self::default()
        };
        asked(self) != asked(other)
    }

    /// Removes every filter.
    pub fn clear_filters(&mut self) {
        self.categories.clear();
        self.listed = Listed::Anywhere;
        self.from = None;
        self.to = None;
    }
}

/// Digits of a build's SHA-256 that a link carries, as the names of files do.
pub const BUILD_DIGITS: usize = 16;

fn names_build(text: &str) -> bool {
    text.len() == BUILD_DIGITS && text.bytes().all(|c| c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests;
