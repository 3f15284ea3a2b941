//! Where a text would lie that is not on the map: among its neighbors, as surely as they agree.

use serde::{Deserialize, Serialize};

/// Neighbors that have a say.
pub const NEIGHBORS: usize = 10;

/// A place among neighbors.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    /// In units of the map.
    pub x: f64,
    /// In units of the map.
    pub y: f64,
    /// How far its neighbors lie from it, as the root of the weighted mean square, in units of the map:
    /// the radius of the ring that says how uncertain the place is.
    pub spread: f64,
}

/// The mean of its neighbors' places, weighted by similarity. `neighbors` are x, y and cosine;
/// `None` where nobody is near at all.
pub fn place(neighbors: &[(f64, f64, f64)]) -> Option<Placed> {
    let weigh = |similarity: f64| similarity.max(0.0);
    let total: f64 = neighbors.iter().map(|near| weigh(near.2)).sum();
    if total <= 0.0 {
        return None;
    }
    let mean = |value: &dyn Fn(&(f64, f64, f64)) -> f64| {
        let weighted = neighbors.iter().map(|near| value(near) * weigh(near.2));
        weighted.sum::<f64>() / total
    };
    let (x, y) = (mean(&|near| near.0), mean(&|near| near.1));
    let spread = mean(&|near| (near.0 - x).powi(2) + (near.1 - y).powi(2)).sqrt();
    Some(Placed { x, y, spread })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_lies_nearer_to_whom_it_is_more_like() {
        let placed = place(&[(0.0, 0.0, 0.75), (100.0, 0.0, 0.25)]).expect("two neighbors");
        assert!(
            (placed.x - 25.0).abs() < 1e-9 && placed.y == 0.0,
            "{placed:?}"
        );
        let wanted = (0.75 * 625.0 + 0.25 * 5625.0_f64).sqrt();
        assert!((placed.spread - wanted).abs() < 1e-9, "{placed:?}");
    }

    #[test]
    fn neighbors_that_agree_leave_no_doubt_and_strangers_have_no_say() {
        let placed = place(&[(7.0, 9.0, 0.5), (7.0, 9.0, 0.5), (900.0, 900.0, -0.1)]);
        assert_eq!(
            placed,
            Some(Placed {
                x: 7.0,
                y: 9.0,
                spread: 0.0
            })
        );
        assert_eq!(place(&[]), None);
        assert_eq!(place(&[(1.0, 1.0, -0.2)]), None);
    }
}
