//! Runs of bits: numbers of any width, and numbers of which most are small.

/// Appends numbers to a run of bits, which fills every byte from its lowest bit up.
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits that fill no byte yet, and how many.
    rest: u64,
    n_rest: u32,
}

impl BitWriter {
    /// The `width` lowest bits of a number that has no others; at most 32.
    pub(super) fn put(&mut self, value: u32, width: u32) {
        debug_assert!(width == 32 || value >> width == 0, "a number fits its bits");
        self.rest |= u64::from(value) << self.n_rest;
        self.n_rest += width;
        while self.n_rest >= 8 {
            self.bytes.push(self.rest as u8);
            self.rest >>= 8;
            self.n_rest -= 8;
        }
    }

    /// A number in Rice's code (Rice 1979, JPL 79-22): so many ones as it has times 2^`parameter`, a zero, and
    /// the `parameter` lowest bits.
    pub(super) fn put_rice(&mut self, value: u32, parameter: u32) {
        let mut ones = value >> parameter;
        while ones >= 16 {
            self.put(0xffff, 16);
            ones -= 16;
        }
        self.put((1 << ones) - 1, ones + 1);
        self.put(value & ((1 << parameter) - 1), parameter);
    }

    /// The bytes; the last one is filled up with zeros.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        if self.n_rest > 0 {
            self.bytes.push(self.rest as u8);
        }
        self.bytes
    }
}

/// Bits that [`BitWriter::put_rice`] takes.
pub(super) fn rice_bits(value: u32, parameter: u32) -> u64 {
    u64::from(value >> parameter) + 1 + u64::from(parameter)
}

/// Reads what [`BitWriter`] wrote. On bytes that it did not it finds nothing, and never panics.
#[derive(Debug, Clone)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> BitReader<'a> {
    /// Reads from bit `at` on.
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// The bit that is read next.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// A number of so many bits, at most 32; `None` where they are not there.
    pub(super) fn take(&mut self, width: u32) -> Option<u32> {
        let value = self.window() & ((1 << width) - 1);
        self.advance(width)?;
        Some(value as u32)
    }

    /// A number in Rice's code; `None` where it is not whole, or of more than 32 bits.
    pub(super) fn take_rice(&mut self, parameter: u32) -> Option<u32> {
        // Bits that every window has, wherever in a byte it begins.
        const SURE: u32 = 57;
        let mut ones = 0_u32;
        loop {
            let run = self.window().trailing_ones();
            ones = ones.checked_add(run.min(SURE))?;
            if run < SURE {
                self.advance(run + 1)?;
                break;
            }
            self.advance(SURE)?;
        }
        let low = self.take(parameter)?;
        u32::try_from(u64::from(ones) << parameter | u64::from(low)).ok()
    }

    /// Whether nothing is left but zeros that fill up the last byte.
    pub(super) fn is_at_the_end(&self) -> bool {
        self.at.div_ceil(8) == self.bytes.len() && self.window() == 0
    }

    /// The next bits, 57 of them at least; zeros after the last.
    fn window(&self) -> u64 {
        let bytes = &self.bytes[(self.at / 8).min(self.bytes.len())..];
        let word = bytes.first_chunk().copied().unwrap_or_else(|| {
            let mut last = [0; 8];
            last[..bytes.len()].copy_from_slice(bytes);
            last
        });
        u64::from_le_bytes(word) >> (self.at % 8)
    }

    fn advance(&mut self, width: u32) -> Option<()> {
        let at = self.at + width as usize;
        (at <= 8 * self.bytes.len()).then(|| self.at = at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bits_lie_as_the_format_says() {
        let mut bits = BitWriter::default();
        bits.put(0b101, 3);
        // 11 is twice 4 and 3: two ones, a zero, and 11 in binary.
        bits.put_rice(11, 2);
        bits.put(0x1_ffff, 17);
        assert_eq!(bits.into_bytes(), [0b1101_1101, 0xff, 0xff, 1]);
    }

    #[test]
    fn long_runs_of_ones_are_read() {
        for value in [0, 1, 55, 56, 57, 58, 63, 64, 113, 114, 115, 1000] {
            for lead in 0..8 {
                let mut bits = BitWriter::default();
                bits.put(0, lead);
                bits.put_rice(value, 0);
                let bytes = bits.into_bytes();
                let mut read = BitReader::new(&bytes, lead as usize);
                assert_eq!(read.take_rice(0), Some(value), "after {lead} bits");
                assert!(read.is_at_the_end());
            }
        }
    }

    #[test]
    fn what_is_not_whole_is_not_read() {
        assert_eq!(
            BitReader::new(&[0xff, 0xff], 0).take_rice(0),
            None,
            "ones without end"
        );
        assert_eq!(
            BitReader::new(&[0b0111_1111], 0).take_rice(3),
            None,
            "no low bits"
        );
        assert_eq!(BitReader::new(&[0xff], 0).take(9), None);
        // Three times 2^31.
        assert_eq!(BitReader::new(&[0b111, 0, 0, 0, 0], 0).take_rice(31), None);
        assert_eq!(BitReader::new(&[], 0).take_rice(0), None);
        assert!(!BitReader::new(&[2], 1).is_at_the_end(), "a bit is left");
        assert!(
            !BitReader::new(&[0, 0], 8).is_at_the_end(),
            "a byte is left"
        );
    }

    proptest! {
        #[test]
        fn numbers_come_back(numbers in prop::collection::vec((any::<u32>(), 0_u32..32), 0..50)) {
            let mut bits = BitWriter::default();
            let mut n_bits = 0;
            for &(value, parameter) in &numbers {
                // No more than 2^16 ones.
                let value = value & (0xffff_u32.checked_shl(parameter).unwrap_or(0) | 0xffff);
                bits.put_rice(value, parameter.max(16));
                bits.put(value >> 16, 16);
                n_bits += rice_bits(value, parameter.max(16)) + 16;
            }
            let bytes = bits.into_bytes();
            prop_assert_eq!(bytes.len() as u64, n_bits.div_ceil(8));
            let mut read = BitReader::new(&bytes, 0);
            for (value, parameter) in numbers {
                let value = value & (0xffff_u32.checked_shl(parameter).unwrap_or(0) | 0xffff);
                prop_assert_eq!(read.take_rice(parameter.max(16)), Some(value));
                prop_assert_eq!(read.take(16), Some(value >> 16));
            }
            prop_assert!(read.is_at_the_end());
        }
    }
}
