//! Every kernel against the judge, to the bit, over random shapes.

use proptest::prelude::*;

use super::*;

/// Those that this machine runs, but the judge.
fn kernels() -> Vec<Kernel> {
    static SAID: std::sync::Once = std::sync::Once::new();
    let all: Vec<Kernel> = Kernel::all().split_off(1);
    if all.is_empty() {
        // Past the test harness, which shows what a test prints only where it fails.
        SAID.call_once(|| {
            let _ = std::io::Write::write_all(
                &mut std::io::stderr(),
                b"kernel tests have nothing to compare: this machine runs only the judge\n",
            );
        });
    }
    all
}

#[test]
fn the_best_kernel_is_the_last_of_all() {
    assert_eq!(Some(&Kernel::best()), Kernel::all().last());
    assert_eq!(Kernel::all()[0], Kernel::SCALAR);
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_machine_with_avx2_uses_it() {
    let has_it = std::arch::is_x86_feature_detected!("avx2");
    assert_eq!(Kernel::all().iter().any(|k| k.name() == "AVX2"), has_it);
}

#[test]
#[cfg(target_arch = "aarch64")]
fn a_machine_with_a_dot_product_of_bytes_uses_it() {
    let has_it = std::arch::is_aarch64_feature_detected!("dotprod");
    assert_eq!(Kernel::best().name() == "NEON with sdot", has_it);
}

#[test]
fn every_kernel_exercises_to_the_same_result() {
    let judged = Kernel::SCALAR.exercise(1);
    assert!(judged.abs() > 1.0);
    for kernel in kernels() {
        assert_eq!(kernel.exercise(2), judged, "{kernel:?}");
    }
}

#[test]
fn runs_are_even_and_cover_all() {
    for n in 0..40 {
        let runs: Vec<_> = runs(n, 4).collect();
        assert!(runs.iter().all(|&(_, len)| (1..=4).contains(&len)));
        let ends = runs.iter().scan(0, |end, &(start, len)| {
            assert_eq!(start, *end);
            *end = start + len;
            Some(*end)
        });
        assert_eq!(ends.last().unwrap_or(0), n);
    }
    assert_eq!(
        runs(9, 4).map(|(_, len)| len).collect::<Vec<_>>(),
        [3, 3, 3]
    );
}

/// Values that look like activations: mostly small, now and then an outlier.
fn floats(n: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..n)
        .map(|i| next() * if i % 37 == 0 { 20.0 } else { 2.0 })
        .collect()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

/// Weights whose groups reach the limit: of each four that follow one another, two are as large as
/// can be.
fn weights(n: usize, seed: u64) -> Vec<i8> {
    let one = |(at, x): (usize, &f32)| {
        let x = (x * 100.0).clamp(-127.0, 127.0);
        if at % 8 < 2 {
            x as i8
        } else {
            (x / 127.0 * 2.0) as i8
        }
    };
    floats(n, seed).iter().enumerate().map(one).collect()
}

#[test]
fn groups_beyond_the_limit_are_seen_by_every_kernel() {
    let (n, k) = (PANEL, 16);
    for (at, lane) in [(3, [2, 3, 6, 7]), (9, [8, 9, 12, 13])] {
        for (weights, fits) in [
            ([127, 127, 2, 2], true),
            ([127, 127, 2, 3], false),
            ([-127, -127, -5, 0], false),
            ([-127, -127, -4, 127], true),
        ] {
            let mut rows = vec![1_i8; n * k];
            for (place, weight) in lane.iter().zip(weights) {
                rows[at * k + place] = weight;
            }
            let packed = pack(&rows, n, k);
            for kernel in Kernel::all() {
                let mut sums = vec![7; n];
                assert_eq!(
                    kernel.row_sums(&packed, k, &mut sums),
                    fits,
                    "{kernel:?}: {weights:?}"
                );
                let wanted = rows[at * k..][..k].iter().map(|&w| i32::from(w)).sum();
                assert_eq!((sums[0], sums[at]), (16, wanted), "{kernel:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn linear_layers_agree(m in 1_usize..11, panels in 1_usize..6, k16 in 1_usize..9, seed in any::<u64>()) {
        let (n, k) = (panels * PANEL, k16 * 16);
        let rows = weights(n * k, seed);
        let sums: Vec<i32> = rows.chunks(k).map(|row| row.iter().map(|&w| i32::from(w)).sum()).collect();
        let (packed, scales, bias) = (pack(&rows, n, k), floats(n, seed ^ 1), floats(n, seed ^ 2));
        let w = Linear { n, k, packed: &packed, scales: &scales, sums: &sums, bias: &bias };
        let (x, multiplier) = (floats(m * k, seed ^ 3), floats(k, seed ^ 4));
        let mut judged = Activations::with_room(Kernel::SCALAR, m, k);
        Kernel::SCALAR.quantize_rows(&x, &multiplier, &mut judged);
        prop_assert!(judged.values.iter().all(|&q| q <= 127));
        let mut wanted = vec![0.0; m * n];
        Kernel::SCALAR.linear(&judged, m, &w, &mut wanted);
        for kernel in kernels() {
            let mut a = Activations::with_room(kernel, m, k);
            kernel.quantize_rows(&x, &multiplier, &mut a);
            prop_assert_eq!((&a.values, bits(&a.scales), &a.zeros), (&judged.values, bits(&judged.scales), &judged.zeros), "{:?} quantizes otherwise", kernel);
            let mut out = vec![0.0; m * n];
            kernel.linear(&a, m, &w, &mut out);
            prop_assert_eq!(bits(&out), bits(&wanted), "{:?} multiplies otherwise", kernel);
        }
    }

    #[test]
    fn products_in_16_bits_agree(m in 1_usize..11, k2 in 1_usize..40, panels in 1_usize..4, gap in 0_usize..5, seed in any::<u64>()) {
        let (k, n) = (2 * k2, panels * PANEL);
        let whole = |n: usize, seed: u64| -> Vec<i16> { floats(n, seed).iter().map(|x| (x * 290.0) as i16).collect() };
        let (a, b) = (whole(m * (k + gap), seed), whole(k * n, seed ^ 1));
        let product = Product16 { a: &a, lda: k + gap, b: &b, m, k, n };
        let mut wanted = vec![0; m * n];
        Kernel::SCALAR.product_i16(&product, &mut wanted);
        for kernel in kernels() {
            let mut c = vec![0; m * n];
            kernel.product_i16(&product, &mut c);
            prop_assert_eq!(&c, &wanted, "{:?}", kernel);
        }
    }

    #[test]
    fn attention_parts_agree(n in 1_usize..90, gap in 0_usize..20, scale in 0.0_f32..1e-5, seed in any::<u64>()) {
        let (width, limit) = (32, 5792);
        let x = floats(n * (width + gap), seed);
        let scores: Vec<i32> = floats(n, seed ^ 1).iter().map(|x| (x * 1e6) as i32).collect();
        let mut rows = vec![0; n * width];
        let step = Kernel::SCALAR.to_i16(&x, width + gap, width, limit, &mut rows);
        prop_assert!(rows.iter().all(|x| x.unsigned_abs() <= 5792));
        let mut weights = vec![1; n.next_multiple_of(2)];
        let total = Kernel::SCALAR.soft_weights(&scores, scale, &mut weights);
        prop_assert!(weights.contains(&8191) && weights[n..].iter().all(|&w| w == 0));
        prop_assert_eq!(total, weights.iter().map(|&w| i32::from(w)).sum::<i32>());
        for kernel in kernels() {
            let mut ours = vec![0; n * width];
            let our_step = kernel.to_i16(&x, width + gap, width, limit, &mut ours);
            prop_assert_eq!((our_step.to_bits(), &ours), (step.to_bits(), &rows), "{:?}: rounding", kernel);
            let padded = n.next_multiple_of(PANEL) * width;
            for pack in [Kernel::pack_keys, Kernel::pack_values] {
                let (mut one, mut two) = (vec![3; padded], vec![3; padded]);
                pack(Kernel::SCALAR, &rows, width, &mut one);
                pack(kernel, &rows, width, &mut two);
                prop_assert_eq!(one, two, "{:?}: packing", kernel);
            }
            let (mut one, mut two) = (vec![0.0; n], vec![0.0; n]);
            Kernel::SCALAR.scale(&scores, step, &mut one);
            kernel.scale(&scores, step, &mut two);
            prop_assert_eq!(bits(&one), bits(&two), "{:?}: scaling", kernel);
            let mut ours = vec![2; n.next_multiple_of(2)];
            let sum = kernel.soft_weights(&scores, scale, &mut ours);
            prop_assert_eq!((sum, &ours), (total, &weights), "{:?}: softmax", kernel);
        }
    }

    #[test]
    fn float_parts_agree(m in 1_usize..11, n16 in 1_usize..9, seed in any::<u64>()) {
        let n = n16 * 16;
        let x = floats(m * n, seed);
        let (gamma, beta, y) = (floats(n, seed ^ 2), floats(n, seed ^ 3), floats(m * n, seed ^ 4));
        for kernel in kernels() {
            let (mut one, mut two) = (x.clone(), x.clone());
            Kernel::SCALAR.add_layer_norm(&mut one, &y, &gamma, &beta, 1e-12);
            kernel.add_layer_norm(&mut two, &y, &gamma, &beta, 1e-12);
            prop_assert_eq!(bits(&two), bits(&one), "{:?}: layer norm", kernel);
            let (mut one, mut two) = (x.clone(), x.clone());
            Kernel::SCALAR.gelu(&mut one);
            kernel.gelu(&mut two);
            prop_assert_eq!(bits(&two), bits(&one), "{:?}: GELU", kernel);
            let short = &x[..x.len() - m];
            let wanted = Kernel::SCALAR.dot(short, &y[..short.len()]).to_bits();
            prop_assert_eq!(kernel.dot(short, &y[..short.len()]).to_bits(), wanted, "{:?}: dot", kernel);
        }
    }

    #[test]
    fn dot_products_agree(pairs in prop::collection::vec((any::<i16>(), -127_i8..=127), 0..500)) {
        let (q, v): (Vec<i16>, Vec<i8>) = pairs.into_iter().map(|(q, v)| (q.max(-32767), v)).unzip();
        for kernel in kernels() {
            prop_assert_eq!(kernel.dot_i16_i8(&q, &v), Kernel::SCALAR.dot_i16_i8(&q, &v), "{:?}", kernel);
        }
    }

    #[test]
    fn unlike_bits_agree(
        (width, words) in (1_usize..9, prop::collection::vec(any::<u64>(), 8..80)),
    ) {
        let (query, codes) = words.split_at(width);
        let codes = &codes[..codes.len() / width * width];
        let mut wanted = vec![0; codes.len() / width];
        for (at, wanted) in wanted.iter_mut().enumerate() {
            for bit in 0..64 * width {
                let [q, c] = [query[bit / 64], codes[at * width + bit / 64]].map(|word| word >> (bit % 64) & 1);
                *wanted += u16::from(q != c);
            }
        }
        for kernel in kernels() {
            let mut counted = vec![0; wanted.len()];
            kernel.unlike_bits(query, codes, &mut counted);
            prop_assert_eq!(&counted, &wanted, "{:?}", kernel);
        }
    }
}

#[test]
fn quantized_rows_come_back_within_half_a_step() {
    let (x, one) = (floats(5 * 64, 7), vec![1.0; 64]);
    let mut a = Activations::with_room(Kernel::best(), 5, 64);
    Kernel::best().quantize_rows(&x, &one, &mut a);
    for (at, &x) in x.iter().enumerate() {
        let (scale, zero) = (a.scales[at / 64], a.zeros[at / 64]);
        let back = scale * (i32::from(a.values[at]) - zero) as f32;
        assert!(
            (back - x).abs() <= scale * 1.001,
            "{x} became {back}, step {scale}"
        );
    }
}

#[test]
fn a_row_of_zeros_stays_zero() {
    let mut a = Activations::with_room(Kernel::best(), 1, 16);
    Kernel::best().quantize_rows(&[0.0; 16], &[1.0; 16], &mut a);
    assert_eq!(
        (a.scales[0], a.zeros[0], a.values.iter().max()),
        (0.0, 0, Some(&0))
    );
}
