//! How long each part of the encoder takes, by a clock that the target has.

use shared::encoder::{Part, Watch};

/// Milliseconds of each part, summed over all texts that it watched.
#[derive(Debug)]
pub struct Profile<Clock> {
    clock: Clock,
    last: f64,
    /// In the order of [`Part::ALL`].
    pub ms: [f64; Part::ALL.len()],
}

impl<Clock: Fn() -> f64> Profile<Clock> {
    /// A profile by a clock of milliseconds; what happened since its last reading is the next part.
    pub fn new(clock: Clock) -> Self {
        Self {
            last: clock(),
            clock,
            ms: [0.0; Part::ALL.len()],
        }
    }

    /// Forgets the time since the last part: it was no work of the encoder.
    pub fn resume(&mut self) {
        self.last = (self.clock)();
    }
}

impl<Clock: Fn() -> f64> Watch for Profile<Clock> {
    fn ended(&mut self, part: Part) {
        let now = (self.clock)();
        for (known, ms) in Part::ALL.iter().zip(&mut self.ms) {
            if *known == part {
                *ms += now - self.last;
            }
        }
        self.last = now;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_part_has_the_time_since_the_one_before() {
        let now = Cell::new(10.0);
        let mut profile = Profile::new(|| now.get());
        now.set(12.0);
        profile.ended(Part::Tokenize);
        now.set(15.0);
        profile.ended(Part::Linear);
        now.set(100.0);
        profile.resume();
        now.set(101.0);
        profile.ended(Part::Tokenize);
        let of = |part| Part::ALL.iter().position(|known| *known == part);
        let of = |part| profile.ms[of(part).expect("every part is there")];
        assert_eq!((of(Part::Tokenize), of(Part::Linear)), (3.0, 3.0));
        assert_eq!(profile.ms.iter().sum::<f64>(), 6.0);
    }
}
