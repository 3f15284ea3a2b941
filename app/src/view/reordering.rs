//! The order of a list by the library: whether it is wanted, what it is made of, and the list in it.
//!
//! The stars are those of the moment when the list came: one that is given meanwhile must not move the
//! papers under the pointer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::engine::client::Engine;
use crate::engine::protocol::{Hit, Reply, Request};
use crate::library::{Entry, Library, Likeness, Order, Placed, listed};
use crate::state::Page;

/// The newest stars that count.
pub(crate) const MOST_STARS: usize = 200;
/// What the library counts for at first, in percent.
const HALF: u8 = 50;

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pairs {
    papers: Vec<String>,
    stars: Vec<String>,
}

/// What came of it; `None` where it failed.
type Compared = (Pairs, Option<Arc<Likeness>>);

/// The list's order; given to every view through leptos' context, and gone with the tab.
#[derive(Clone, Copy)]
pub(crate) struct Reordering {
    library: Library,
    /// Whether it is wanted.
    pub(crate) on: RwSignal<bool>,
    /// What the library counts for, in percent; the rest is the list's own.
    pub(crate) weight: RwSignal<u8>,
    /// The tag whose papers count alone.
    pub(crate) tag: RwSignal<Option<String>>,
    /// Ids of starred papers that do not count.
    pub(crate) left_out: RwSignal<BTreeSet<String>>,
    /// The starred papers of the moment when the list came, the newest star first.
    pub(crate) stars: RwSignal<Vec<Entry>>,
    /// What is to be compared now; none where nothing can be.
    wanted: Memo<Option<Pairs>>,
    compared: RwSignal<Option<Compared>>,
    /// The order, once its papers are compared.
    pub(crate) order: Memo<Option<Arc<Ordered>>>,
    /// The results as they are shown.
    pub(crate) shown: Memo<Vec<Hit>>,
}

/// A list in an order by the library.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ordered {
    /// Where each paper comes, the first one first.
    pub(crate) places: Vec<Placed>,
    /// What it goes by.
    pub(crate) likeness: Arc<Likeness>,
}

impl Reordering {
    /// Keeps the order in step with the results and the engine for the page's life.
    pub(crate) fn new(page: Page, engine: Engine, library: Library) -> Self {
        let on = RwSignal::new(false);
        let weight = RwSignal::new(HALF);
        let tag = RwSignal::new(None::<String>);
        let left_out = RwSignal::new(BTreeSet::new());
        let stars = RwSignal::new(Vec::<Entry>::new());
        let compared = RwSignal::new(None::<Compared>);
        let papers = Memo::new(move |_| {
            with_hits(page, |hits| -> Vec<String> {
                hits.iter().map(|hit| hit.id.clone()).collect()
            })
        });
        let wanted = Memo::new(move |_| {
            let is_ready = on.get() && page.info.with(Option::is_some);
            let pairs = is_ready.then(|| Pairs {
                papers: papers.get(),
                stars: stars.with(|stars| stars.iter().map(|entry| entry.id.clone()).collect()),
            });
            pairs.filter(|pairs| !pairs.papers.is_empty() && !pairs.stars.is_empty())
        });
        let order = Memo::new(move |_| {
            let pairs = wanted.get()?;
            let likeness = compared.with(|compared| {
                let (known, likeness) = compared.as_ref()?;
                likeness.clone().filter(|_| *known == pairs)
            })?;
            let counts: Vec<bool> = stars.with(|stars| {
                let chosen = tag.get();
                let has_tag = |entry: &Entry| {
                    let tag = chosen.as_ref();
                    tag.is_none_or(|tag| entry.tags.contains(tag))
                };
                left_out.with(|out| {
                    let counts = |entry: &Entry| has_tag(entry) && !out.contains(&entry.id);
                    stars.iter().map(counts).collect()
                })
            });
            let weight = f64::from(weight.get()) / 100.0;
            Some(Arc::new(Ordered {
                places: likeness.order(weight, |star| counts[star]),
                likeness,
            }))
        });
        let shown = Memo::new(move |before: Option<&Vec<Hit>>| {
            let hits = with_hits(page, <[Hit]>::to_vec);
            let Some(pairs) = wanted.get() else {
                return hits;
            };
            match order.get() {
                Some(order) => (order.places.iter())
                    .filter_map(|placed| hits.get(placed.listed).cloned())
                    .collect(),
                // Rather the list of before for a moment than one that is taken apart at once.
                None => match before {
                    Some(before) if !is_known(compared, &pairs) => before.clone(),
                    _ => hits,
                },
            }
        });
        let reordering = Self {
            library,
            on,
            weight,
            tag,
            left_out,
            stars,
            wanted,
            compared,
            order,
            shown,
        };
        Effect::new(move |_| {
            papers.track();
            if on.get() {
                reordering.take_stars();
            }
        });
        Effect::new(move |_| {
            // Where the list had to do without a star, the first one counts at once.
            let first = reordering.have_changed() && stars.with_untracked(Vec::is_empty);
            if first && on.get() {
                reordering.take_stars();
            }
        });
        Effect::new(move |_| {
            if let Some(pairs) = wanted.get()
                && !is_here(compared, &pairs)
            {
                reordering.compare(engine, pairs);
            }
        });
        reordering
    }

    /// Whether the papers at hand could not be compared.
    pub(crate) fn failed(self) -> bool {
        let pairs = self.wanted.get();
        pairs.is_some_and(|pairs| {
            is_known(self.compared, &pairs) && self.order.with(Option::is_none)
        })
    }

    /// Whether other papers have a star now, or other tags.
    pub(crate) fn have_changed(self) -> bool {
        let now = self.library.papers().with(newest);
        let marks = |entries: &[Entry]| -> Vec<(String, Vec<String>)> {
            let of = |entry: &Entry| (entry.id.clone(), entry.tags.clone());
            entries.iter().map(of).collect()
        };
        self.stars.with(|stars| marks(stars) != marks(&now))
    }

    /// Lets the stars of now count.
    pub(crate) fn take_stars(self) {
        let now = self.library.papers().with_untracked(newest);
        if self.stars.with_untracked(|stars| *stars != now) {
            self.stars.set(now);
        }
    }

    fn compare(self, engine: Engine, pairs: Pairs) {
        let request = Request::Likeness {
            papers: pairs.papers.clone(),
            to: pairs.stars.clone(),
        };
        spawn_local(async move {
            let likeness = match engine.ask(request).await {
                Ok(answered) if answered.reply == Reply::Likeness => {
                    let Pairs { papers, stars } = pairs.clone();
                    answered.vectors.map(|cosines| {
                        Arc::new(Likeness {
                            papers,
                            stars,
                            cosines: cosines.to_vec(),
                        })
                    })
                }
                // The list stays as it came, and says why.
                _ => None,
            };
            if self.wanted.get_untracked().as_ref() == Some(&pairs) {
                self.compared.set(Some((pairs, likeness)));
            }
        });
    }
}

/// The newest stars.
fn newest(papers: &BTreeMap<String, Entry>) -> Vec<Entry> {
    let mut newest = listed(papers, None, Order::Starred);
    newest.truncate(MOST_STARS);
    newest
}

/// The results as they came.
fn with_hits<T: Default>(page: Page, read: impl FnOnce(&[Hit]) -> T) -> T {
    page.found.with(|found| {
        let hits = found.as_ref().and_then(|found| found.outcome.as_ref().ok());
        hits.map(|hits| read(&hits.hits)).unwrap_or_default()
    })
}

/// Whether something came of these pairs.
fn is_known(compared: RwSignal<Option<Compared>>, pairs: &Pairs) -> bool {
    compared.with(|compared| compared.as_ref().is_some_and(|(known, _)| known == pairs))
}

/// Whether these pairs were compared.
fn is_here(compared: RwSignal<Option<Compared>>, pairs: &Pairs) -> bool {
    compared.with_untracked(|compared| {
        let known = |(known, likeness): &Compared| known == pairs && likeness.is_some();
        compared.as_ref().is_some_and(known)
    })
}
