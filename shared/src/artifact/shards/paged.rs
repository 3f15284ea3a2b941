//! Pieces of a file that come when they are asked for.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Pieces that stay open at most: of 32 papers each, some 60 MB of leaves.
const MOST_OPEN: usize = 4096;
/// Pieces that one look around may ask for: whatever is beyond is asked for by the next.
const MOST_WANTED: usize = 256;

/// Pieces by number. Whoever asks for one that is not here leaves a note of it: the caller fetches what is
/// noted, puts it here, and asks again.
#[derive(Debug)]
pub(super) struct Paged<T> {
    inner: Mutex<Inner<T>>,
}

#[derive(Debug)]
struct Inner<T> {
    /// Open pieces, each with when it was last asked for.
    open: HashMap<u32, (Arc<T>, u64)>,
    wanted: BTreeSet<u32>,
    /// Pieces that could not be had: nobody waits for them.
    lacking: BTreeSet<u32>,
    most_open: usize,
    /// Counts what was asked for.
    clock: u64,
}

impl<T> Default for Paged<T> {
    fn default() -> Self {
        Self {
            inner: Mutex::new(Inner {
                open: HashMap::new(),
                wanted: BTreeSet::new(),
                lacking: BTreeSet::new(),
                most_open: MOST_OPEN,
                clock: 0,
            }),
        }
    }
}

impl<T> Paged<T> {
    fn inner(&self) -> MutexGuard<'_, Inner<T>> {
        // Nothing in here panics half-way.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A piece, where it is here; otherwise it is noted as wanted.
    pub(super) fn get(&self, number: u32) -> Option<Arc<T>> {
        let mut inner = self.inner();
        inner.clock += 1;
        let now = inner.clock;
        if let Some((piece, used)) = inner.open.get_mut(&number) {
            *used = now;
            return Some(Arc::clone(piece));
        }
        if inner.wanted.len() < MOST_WANTED && !inner.lacking.contains(&number) {
            inner.wanted.insert(number);
        }
        None
    }

    /// Notes that a piece cannot be had: until that is forgotten it is not wanted.
    pub(super) fn lack(&self, number: u32) {
        let mut inner = self.inner();
        inner.wanted.remove(&number);
        inner.lacking.insert(number);
    }

    /// Whether a piece cannot be had.
    pub(super) fn lacks(&self, number: u32) -> bool {
        self.inner().lacking.contains(&number)
    }

    /// What could not be had may be had now.
    pub(super) fn forget_lacking(&self) {
        self.inner().lacking.clear();
    }

    /// Whether a piece is here; notes nothing.
    pub(super) fn has(&self, number: u32) -> bool {
        self.inner().open.contains_key(&number)
    }

    /// Puts a piece here. Where there are too many by now, the half that was asked for longest ago goes.
    pub(super) fn put(&self, number: u32, piece: T) {
        let mut inner = self.inner();
        if inner.open.len() >= inner.most_open {
            let mut used: Vec<u64> = inner.open.values().map(|(_, used)| *used).collect();
            let middle = used.len() / 2;
            let (_, &mut since, _) = used.select_nth_unstable(middle);
            inner.open.retain(|_, (_, used)| *used >= since);
        }
        inner.clock += 1;
        let now = inner.clock;
        inner.open.insert(number, (Arc::new(piece), now));
        inner.wanted.remove(&number);
        inner.lacking.remove(&number);
    }

    /// What was asked for and is not here, since this was last asked; ascending.
    pub(super) fn take_wanted(&self) -> Vec<u32> {
        let wanted = std::mem::take(&mut self.inner().wanted);
        wanted.into_iter().collect()
    }

    /// From here on every piece stays.
    pub(super) fn keep_all(&self) {
        self.inner().most_open = usize::MAX;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_here_is_wanted_once() {
        let pages = Paged::default();
        assert!(pages.get(7).is_none() && pages.get(3).is_none() && pages.get(7).is_none());
        assert!(!pages.has(3), "asking whether it is here wants nothing");
        pages.put(3, "three");
        assert_eq!(pages.take_wanted(), [7]);
        assert_eq!(pages.take_wanted(), [0; 0]);
        assert_eq!(pages.get(3).as_deref(), Some(&"three"));
    }

    #[test]
    fn what_cannot_be_had_is_not_wanted_until_that_is_forgotten() {
        let pages = Paged::default();
        assert!(pages.get(1).is_none());
        pages.lack(1);
        assert!(pages.get(1).is_none() && pages.lacks(1));
        assert_eq!(pages.take_wanted(), [0; 0]);
        pages.forget_lacking();
        assert!(pages.get(1).is_none());
        assert_eq!(pages.take_wanted(), [1]);
        pages.lack(1);
        pages.put(1, "came after all");
        assert!(!pages.lacks(1) && pages.get(1).is_some());
    }

    #[test]
    fn of_too_many_those_asked_for_last_stay() {
        let pages = Paged::default();
        for number in 0..MOST_OPEN as u32 {
            pages.put(number, number);
        }
        let in_use = pages.get(5).expect("it was put there");
        pages.put(MOST_OPEN as u32, 0);
        assert!(pages.has(5) && pages.has(MOST_OPEN as u32));
        assert!(!pages.has(0) && !pages.has(6));
        assert_eq!(*in_use, 5);
        pages.keep_all();
        for number in 0..2 * MOST_OPEN as u32 {
            pages.put(number, number);
        }
        assert!((0..2 * MOST_OPEN as u32).all(|number| pages.has(number)));
    }

    #[test]
    fn one_look_around_wants_a_bounded_number() {
        let pages = Paged::<()>::default();
        for number in 0..10_000 {
            assert!(pages.get(number).is_none());
        }
        assert_eq!(pages.take_wanted().len(), MOST_WANTED);
    }
}
