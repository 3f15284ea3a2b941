//! The fields of a paper that have words.

/// A field of a paper that is searched by words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// `ti:`
    Title = 0,
    /// `abs:`
    Abstract = 1,
    /// `au:`
    Authors = 2,
}

/// Number of fields.
pub const N_FIELDS: usize = 3;

impl Field {
    /// Every field, in the order of postings.
    pub const ALL: [Self; N_FIELDS] = [Self::Title, Self::Abstract, Self::Authors];

    /// The field's name in answers: `title`, `abstract`, `authors`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Abstract => "abstract",
            Self::Authors => "authors",
        }
    }
}

/// Some of the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FieldSet(u8);

impl FieldSet {
    /// Every field.
    pub const ALL: Self = Self((1 << N_FIELDS) - 1);
    /// No field.
    pub const NONE: Self = Self(0);

    /// The set of this bit pattern: bit *i* for field *i*; `None` where another bit is set.
    pub fn from_bits(bits: u8) -> Option<Self> {
        (bits <= Self::ALL.0).then_some(Self(bits))
    }

    /// Bit *i* for field *i*.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Whether a field is in the set.
    pub fn has(self, field: Field) -> bool {
        self.0 >> field as u8 & 1 == 1
    }

    /// Whether no field is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The fields of both sets.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The fields of either set.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The fields of the set, in order.
    pub fn iter(self) -> impl Iterator<Item = Field> {
        Field::ALL.into_iter().filter(move |&field| self.has(field))
    }
}

impl From<Field> for FieldSet {
    fn from(field: Field) -> Self {
        Self(1 << field as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_it_was_made_of() {
        let both = FieldSet::from(Field::Title).or(Field::Authors.into());
        assert_eq!(
            both.iter().collect::<Vec<_>>(),
            [Field::Title, Field::Authors]
        );
        assert!(both.has(Field::Title) && !both.has(Field::Abstract));
        assert_eq!(both.and(Field::Authors.into()).bits(), 0b100);
        assert!(both.and(Field::Abstract.into()).is_empty() && !both.is_empty());
        assert_eq!(FieldSet::from_bits(7), Some(FieldSet::ALL));
        assert_eq!(FieldSet::from_bits(8), None);
    }
}
