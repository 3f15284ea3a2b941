//! What there is to draw: nine bytes a paper, column by column, from the worker to the page.

use shared::taxonomy::Group;

/// The year of a paper without one.
pub const NO_YEAR: u16 = 0;
/// The topic of a paper that is in none.
pub const NO_TOPIC: u16 = u16::MAX;
/// arXiv's groups, in the order of their numbers.
pub const GROUPS: [Group; 8] = [
    Group::Physics,
    Group::Mathematics,
    Group::ComputerScience,
    Group::Statistics,
    Group::ElectricalEngineering,
    Group::QuantitativeBiology,
    Group::QuantitativeFinance,
    Group::Economics,
];
/// The number of papers of no group of arXiv's.
pub const OTHER_GROUP: u8 = GROUPS.len() as u8;
/// Bytes a paper.
const ROW: usize = 9;

/// The number of a group; [`OTHER_GROUP`] for none.
pub fn group_number(group: Option<Group>) -> u8 {
    let at = group.and_then(|group| GROUPS.iter().position(|known| *known == group));
    at.map_or(OTHER_GROUP, |at| at as u8)
}

/// The group of a number; `None` for [`OTHER_GROUP`] and beyond.
pub fn group_at(number: u8) -> Option<Group> {
    GROUPS.get(usize::from(number)).copied()
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

    /// The least rectangle with every paper in it: left, top, right, bottom. The whole map where
    /// there is none.
    pub fn bounds(&self) -> [f64; 4] {
        let ends = |column: &[u16]| {
            let least = column.iter().min().copied().unwrap_or(0);
            let most = column.iter().max().copied().unwrap_or(u16::MAX);
            (f64::from(least), f64::from(most))
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
            x: vec![0, 65_535, 700],
            y: vec![1, 2, 3],
            topic: vec![NO_TOPIC, 0, 12],
            year: vec![NO_YEAR, 1999, 2026],
            group: vec![0, OTHER_GROUP, 2],
        };
        let bytes = sheet.to_bytes();
        assert_eq!(bytes.len(), 27);
        assert_eq!(Sheet::parse(&bytes), Some(sheet.clone()));
        assert_eq!(Sheet::parse(&bytes[..26]), None);
        assert_eq!(sheet.years(), Some((1999, 2026)));
        assert_eq!(sheet.bounds(), [0.0, 1.0, 65_535.0, 3.0]);
    }

    #[test]
    fn every_group_has_a_number_of_its_own() {
        for (at, group) in GROUPS.into_iter().enumerate() {
            assert_eq!(usize::from(group_number(Some(group))), at);
            assert_eq!(group_at(at as u8), Some(group));
        }
        assert_eq!(group_at(group_number(None)), None);
    }
}
