//! Numbers, bytes, times and probabilities as people read them.

/// `1234567` as `1,234,567`.
pub(crate) fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 paper`, `1,234 papers`.
pub(crate) fn counted(n: usize, one: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{} {one}s", count(n))
    }
}

/// Bytes with one decimal where it tells something; decimal units, as browsers' own download lists.
pub(crate) fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} B"),
        1_000..100_000 => format!("{:.1} kB", n as f64 / 1e3),
        100_000..1_000_000 => format!("{:.0} kB", n as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.2} GB", n as f64 / 1e9),
    }
}

/// `14.2 / 23.1 MB`: both in the unit of the whole.
pub(crate) fn of_bytes(done: u64, total: u64) -> String {
    match total {
        0 => bytes(done),
        1..1_000_000 => format!("{:.0} / {:.0} kB", done as f64 / 1e3, total as f64 / 1e3),
        _ => format!("{:.1} / {:.1} MB", done as f64 / 1e6, total as f64 / 1e6),
    }
}

/// Time that the rest will take at the speed so far; `None` before the speed is known.
pub(crate) fn time_left(done: u64, total: u64, elapsed_ms: f64) -> Option<String> {
    if done == 0 || done >= total || elapsed_ms < 500.0 {
        return None;
    }
    let seconds = (total - done) as f64 * elapsed_ms / done as f64 / 1e3;
    Some(match seconds {
        s if s < 1.0 => "less than 1 s left".to_owned(),
        s if s < 90.0 => format!("{s:.0} s left"),
        s => format!("{:.0} min left", (s / 60.0).ceil()),
    })
}

/// A share that was measured, never more than it was: `0.996` to two digits is `0.99`.
pub(crate) fn at_least(share: f64, digits: i32) -> String {
    let steps = 10_f64.powi(digits);
    // A share such as 0.29 is a little less than itself in binary.
    let whole = (share * steps + 1e-6).floor();
    format!("{:.*}", digits as usize, whole / steps)
}

/// A duration: `0.4 ms`, `12 ms`, `1.8 s`.
pub(crate) fn duration(ms: f64) -> String {
    match ms {
        ms if ms < 1.0 => format!("{ms:.1} ms"),
        ms if ms < 1_000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1e3),
    }
}

/// A probability in percent; never a certainty that nobody has.
pub(crate) fn percent(p: f64) -> String {
    match p * 100.0 {
        p if p < 1.0 => "< 1 %".to_owned(),
        p if p > 99.0 => "> 99 %".to_owned(),
        p => format!("{p:.0} %"),
    }
}

/// A probability in words.
pub(crate) fn likelihood(p: f64) -> &'static str {
    match p {
        p if p >= 0.9 => "very likely",
        p if p >= 0.7 => "likely",
        p if p >= 0.5 => "more likely than not",
        p if p >= 0.3 => "possible",
        _ => "hard to place",
    }
}

/// `1998–2024`, or one year alone.
pub(crate) fn years(from: u16, to: u16) -> String {
    if from == to {
        from.to_string()
    } else {
        format!("{from}–{to}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_not_rounded_up() {
        let said = [0.996, 0.9999, 1.0, 0.29, 0.5].map(|share| at_least(share, 2));
        assert_eq!(said, ["0.99", "0.99", "1.00", "0.29", "0.50"]);
        assert_eq!(at_least(0.9995, 3), "0.999");
    }

    #[test]
    fn large_counts_have_separators() {
        for (n, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1234567, "1,234,567"),
        ] {
            assert_eq!(count(n), text);
        }
        assert_eq!(counted(1, "paper"), "1 paper");
        assert_eq!(counted(1453, "paper"), "1,453 papers");
    }

    #[test]
    fn progress_keeps_one_unit() {
        assert_eq!(of_bytes(14_230_000, 23_100_000), "14.2 / 23.1 MB");
        assert_eq!(of_bytes(512, 48_000), "1 / 48 kB");
        assert_eq!(bytes(48_213), "48.2 kB");
        assert_eq!(bytes(950), "950 B");
    }

    #[test]
    fn time_left_waits_until_there_is_a_speed() {
        assert_eq!(time_left(10, 100, 100.0), None);
        assert_eq!(time_left(0, 100, 5000.0), None);
        assert_eq!(time_left(100, 100, 5000.0), None);
        assert_eq!(time_left(25, 100, 1000.0).as_deref(), Some("3 s left"));
        assert_eq!(time_left(1, 1000, 1000.0).as_deref(), Some("17 min left"));
    }

    #[test]
    fn no_probability_reads_as_certain_or_impossible() {
        assert_eq!(percent(0.9999), "> 99 %");
        assert_eq!(percent(0.0), "< 1 %");
        assert_eq!(percent(0.634), "63 %");
        assert_eq!(likelihood(0.634), "more likely than not");
    }
}
