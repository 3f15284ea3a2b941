//! Numbers of seven bits a byte, lowest first; the high bit stands on every byte but the last.

/// Appends a number.
pub(super) fn put(to: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

/// The number at `at`, which moves behind it; `None` where the bytes end or exceed 32 bits.
pub(super) fn take(bytes: &[u8], at: &mut usize) -> Option<u32> {
    let (mut number, mut shift) = (0_u32, 0);
    loop {
        let byte = *bytes.get(*at)?;
        *at += 1;
        // The fifth byte has room for four bits, and no sixth follows.
        if shift == 28 && byte > 0x0f {
            return None;
        }
        number |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_taken_and_nothing_else() {
        let numbers = [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 1 << 28, u32::MAX];
        let mut bytes = Vec::new();
        for number in numbers {
            put(&mut bytes, number);
        }
        let mut at = 0;
        for number in numbers {
            assert_eq!(take(&bytes, &mut at), Some(number));
        }
        assert_eq!((take(&bytes, &mut at), at), (None, bytes.len()));
        assert_eq!(take(&[0x80], &mut 0), None);
        assert_eq!(take(&[0xff, 0xff, 0xff, 0xff, 0x10], &mut 0), None);
        assert_eq!(take(&[0x80, 0x80, 0x80, 0x80, 0x80, 0], &mut 0), None);
    }
}
