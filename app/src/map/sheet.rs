//! What there is to draw: nine bytes a paper, column by column, from the worker to the page.

use shared::taxonomy::Group;

/// The year of a paper without one.
pub const NO_YEAR: u16 = 0;
/// The topic of a paper that is in none.
pub const NO_TOPIC: u16 = u16::MAX;
/// Both coordinates of a paper without a place: it has no words to be laid out by.
pub const NO_PLACE: u16 = u16::MAX;
/// The number of papers of no group of arXiv's; those of its groups are places in [`Group::ALL`].
pub const OTHER_GROUP: u8 = Group::ALL.len() as u8;
/// Bytes a paper.
const ROW: usize = 9;

/// The number of a group; [`OTHER_GROUP`] for none.
pub fn group_number(group: Option<Group>) -> u8 {
    let at = group.and_then(|group| Group::ALL.iter().position(|known| *known == group));
    at.map_or(OTHER_GROUP, |at| at as u8)
}

/// The group of a number; `None` for [`OTHER_GROUP`] and beyond.
pub fn group_at(number: u8) -> Option<Group> {
    Group::ALL.get(usize::from(number)).copied()
}

/// One entry a paper in every column, in the order of the papers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Places from left to right, in units of which the map has 65,536.
    pub x: Vec<u16>,
    /// Places from top to bottom, in the same units.
    pub y: Vec<u16>,
    /// The finest topic, by its number; [`NO_TOPIC`] for none.
    pub topic: Vec<u16>,
    /// Year of first submission; [`NO_YEAR`] for none.
    pub year: Vec<u16>,
    /// Number of the primary category's group.
    pub group: Vec<u8>,
}

impl Sheet {
    /// Papers on the map.
    pub fn len(&self) -> usize {
        self.x.len()
    }

    /// Whether there is no paper on it.
    pub fn is_empty(&self) -> bool {
        self.x.is_empty()
    }

    /// The columns one after the other, little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len() * ROW);
        for column in [&self.x, &self.y, &self.topic, &self.year] {
            bytes.extend(column.iter().flat_map(|value| value.to_le_bytes()));
        }
        bytes.extend(&self.group);
        bytes
    }

    /// The inverse of [`Self::to_bytes`]; `None` where the bytes are no whole rows.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let n = bytes.len() / ROW;
        if bytes.len() != n * ROW {
            return None;
        }
        let column = |at: usize| {
            let bytes = &bytes[at * 2 * n..(at + 1) * 2 * n];
            bytes
                .chunks_exact(2)
                .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
                .collect()
        };
        Some(Self {
            x: column(0),
            y: column(1),
            topic: column(2),
            year: column(3),
            group: bytes[8 * n..].to_vec(),
        })
    }

    /// Whether a paper has a place.
    pub fn is_placed(&self, paper: u32) -> bool {
        self.x[paper as usize] != NO_PLACE
    }

    /// Papers with a place.
    pub fn n_placed(&self) -> usize {
        self.x.iter().filter(|place| **place != NO_PLACE).count()
    }

    /// The least rectangle with every paper in it: left, top, right, bottom. The whole map where
    /// there is none.
    pub fn bounds(&self) -> [f64; 4] {
        let ends = |column: &[u16]| {
            let placed = || column.iter().copied().filter(|place| *place != NO_PLACE);
            let (least, most) = (placed().min(), placed().max());
            (
                f64::from(least.unwrap_or(0)),
                f64::from(most.unwrap_or(NO_PLACE)),
            )
        };
        let ((left, right), (top, bottom)) = (ends(&self.x), ends(&self.y));
        [left, top, right, bottom]
    }

    /// First and last year, where any paper has one.
    pub fn years(&self) -> Option<(u16, u16)> {
        let known = || self.year.iter().copied().filter(|year| *year != NO_YEAR);
        Some((known().min()?, known().max()?))
    }

    /// A paper's place.
    pub fn at(&self, paper: u32) -> (f64, f64) {
        let at = paper as usize;
        (f64::from(self.x[at]), f64::from(self.y[at]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_comes_back_from_its_bytes_and_half_a_row_does_not() {
        let sheet = Sheet {
            x: vec![0, 65_534, NO_PLACE],
            y: vec![1, 3, NO_PLACE],
            topic: vec![NO_TOPIC, 0, 12],
            year: vec![NO_YEAR, 1999, 2026],
            group: vec![0, OTHER_GROUP, 2],
        };
        let bytes = sheet.to_bytes();
        assert_eq!(bytes.len(), 27);
        assert_eq!(Sheet::parse(&bytes), Some(sheet.clone()));
        assert_eq!(Sheet::parse(&bytes[..26]), None);
        assert_eq!(sheet.years(), Some((1999, 2026)));
        assert_eq!(sheet.bounds(), [0.0, 1.0, 65_534.0, 3.0]);
        assert_eq!((sheet.n_placed(), sheet.is_placed(2)), (2, false));
        assert_eq!(Sheet::default().bounds(), [0.0, 0.0, 65_535.0, 65_535.0]);
    }

    #[test]
    fn every_group_has_a_number_of_its_own() {
        for (at, group) in Group::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(group_number(Some(group))), at);
            assert_eq!(group_at(at as u8), Some(group));
        }
        assert_eq!(group_at(group_number(None)), None);
    }
}
