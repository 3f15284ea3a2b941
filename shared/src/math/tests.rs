//! Every kernel against the judge, to the bit, over random shapes.

use proptest::prelude::*;

use super::*;

fn kernels() -> Vec<Kernel> {
    static SAID: std::sync::Once = std::sync::Once::new();
    let best = Kernel::best();
    if best == Kernel::Scalar {
        // Past the test harness, which shows what a test prints only where it fails.
        SAID.call_once(|| {
            let _ = std::io::Write::write_all(
                &mut std::io::stderr(),
                b"kernel tests compare the judge with itself: this machine runs no other\n",
            );
        });
    }
    vec![best]
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_machine_with_avx2_uses_it() {
    let has_it = std::arch::is_x86_feature_detected!("avx2");
    assert_eq!(Kernel::best() == Kernel::Scalar, !has_it);
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

proptest! {
    #[test]
    fn linear_layers_agree(m in 1_usize..11, panels in 1_usize..6, k16 in 1_usize..9, seed in any::<u64>()) {
        let (n, k) = (panels * PANEL, k16 * 16);
        let rows: Vec<i8> = floats(n * k, seed).iter().map(|x| (x * 100.0).clamp(-127.0, 127.0) as i8).collect();
        let sums: Vec<i32> = rows.chunks(k).map(|row| row.iter().map(|&w| i32::from(w)).sum()).collect();
        let (packed, scales, bias) = (pack(&rows, n, k), floats(n, seed ^ 1), floats(n, seed ^ 2));
        let w = Linear { n, k, packed: &packed, scales: &scales, sums: &sums, bias: &bias };
        let (x, multiplier) = (floats(m * k, seed ^ 3), floats(k, seed ^ 4));
        let mut judged = Activations::with_room(m, k);
        Kernel::Scalar.quantize_rows(&x, &multiplier, &mut judged);
        prop_assert!(judged.values.iter().all(|&q| q <= 127));
        let mut wanted = vec![0.0; m * n];
        Kernel::Scalar.linear(&judged, m, &w, &mut wanted);
        for kernel in kernels() {
            let mut a = Activations::with_room(m, k);
            kernel.quantize_rows(&x, &multiplier, &mut a);
            prop_assert_eq!((&a.values, bits(&a.scales), &a.zeros), (&judged.values, bits(&judged.scales), &judged.zeros), "{:?} quantizes otherwise", kernel);
            let mut out = vec![0.0; m * n];
            kernel.linear(&a, m, &w, &mut out);
            prop_assert_eq!(bits(&out), bits(&wanted), "{:?} multiplies otherwise", kernel);
        }
    }

    #[test]
    fn float_parts_agree(m in 1_usize..11, k in 1_usize..70, n16 in 1_usize..4, seed in any::<u64>()) {
        let n = n16 * 16;
        let (a, b) = (floats(m * k, seed), floats(k * n, seed ^ 1));
        let mut wanted = vec![0.0; m * n];
        Kernel::Scalar.matmul(&a, k, &b, n, &mut wanted, n, m, k, n);
        let (gamma, beta, y) = (floats(n, seed ^ 2), floats(n, seed ^ 3), floats(m * n, seed ^ 4));
        for kernel in kernels() {
            let mut c = vec![0.0; m * n];
            kernel.matmul(&a, k, &b, n, &mut c, n, m, k, n);
            prop_assert_eq!(bits(&c), bits(&wanted), "{:?}: matmul", kernel);
            let (mut one, mut two) = (c.clone(), c.clone());
            Kernel::Scalar.add_layer_norm(&mut one, &y, &gamma, &beta, 1e-12);
            kernel.add_layer_norm(&mut two, &y, &gamma, &beta, 1e-12);
            prop_assert_eq!(bits(&two), bits(&one), "{:?}: layer norm", kernel);
            let (mut one, mut two) = (c.clone(), c.clone());
            Kernel::Scalar.gelu(&mut one);
            kernel.gelu(&mut two);
            prop_assert_eq!(bits(&two), bits(&one), "{:?}: GELU", kernel);
            let wanted = Kernel::Scalar.dot(&a, &a[..]).to_bits();
            prop_assert_eq!(kernel.dot(&a, &a).to_bits(), wanted, "{:?}: dot", kernel);
            let (mut one, mut two) = (a.clone(), a.clone());
            Kernel::Scalar.softmax(&mut one);
            kernel.softmax(&mut two);
            prop_assert_eq!(bits(&two), bits(&one), "{:?}: softmax", kernel);
        }
    }

    #[test]
    fn dot_products_agree(pairs in prop::collection::vec((any::<i16>(), -127_i8..=127), 0..500)) {
        let (q, v): (Vec<i16>, Vec<i8>) = pairs.into_iter().map(|(q, v)| (q.max(-32767), v)).unzip();
        for kernel in kernels() {
            prop_assert_eq!(kernel.dot_i16_i8(&q, &v), Kernel::Scalar.dot_i16_i8(&q, &v), "{:?}", kernel);
        }
    }
}

#[test]
fn quantized_rows_come_back_within_half_a_step() {
    let (x, one) = (floats(5 * 64, 7), vec![1.0; 64]);
    let mut a = Activations::with_room(5, 64);
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
    let mut a = Activations::with_room(1, 16);
    Kernel::best().quantize_rows(&[0.0; 16], &[1.0; 16], &mut a);
    assert_eq!(
        (a.scales[0], a.zeros[0], a.values.iter().max()),
        (0.0, 0, Some(&0))
    );
}
