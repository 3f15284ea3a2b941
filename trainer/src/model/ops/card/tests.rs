//! Kernels and launches, run by the emulator, against the same operations on the processor.

use std::sync::Arc;

use candle_core::{Device, Result, Tensor};

use super::emulator::Emulator;
use super::*;
use crate::model::ops::{
    AddAt, AddBias, AddBiasAndRows, AddColumns, AddRowsAt, ColumnSum, Gelu, GeluBackward,
    LayerNorm, LayerNormBackward, LayerNormParameters, MaskedDropout, MaskedSoftmax, MeanPool,
    MeanPoolBackward, Softmax, SoftmaxBackward, mix,
};

/// Wider than a warp, and no multiple of one; more rows than two blocks of a sum take, and a last one
/// that is not full.
const SHAPE: (usize, usize) = (75, 41);
const EPSILON: f32 = 1e-6;

fn tensor(seed: u64, shape: impl Into<candle_core::Shape>) -> Tensor {
    let shape = shape.into();
    let draw = |at: u64| (mix(mix(seed) ^ at) >> 40) as f32 / (1_u64 << 23) as f32 - 1.0;
    let values: Vec<f32> = (0..shape.elem_count() as u64).map(draw).collect();
    Tensor::from_vec(values, shape, &Device::Cpu).expect("the shape fits")
}

fn numbers(tensor: &Tensor) -> Vec<f32> {
    let flat = tensor.flatten_all().and_then(|flat| flat.to_vec1());
    flat.expect("it is of f32")
}

fn put(card: &Emulator, tensor: &Tensor) -> Place {
    card.put(&numbers(tensor))
}

#[track_caller]
fn close(card: &Emulator, ours: Place, wanted: &Tensor) {
    let (ours, wanted) = (card.get(ours), numbers(wanted));
    assert_eq!(ours.len(), wanted.len());
    for (at, (ours, wanted)) in ours.iter().zip(&wanted).enumerate() {
        let off = (ours - wanted).abs() / wanted.abs().max(1.0);
        assert!(off < 3e-6, "number {at} is {ours}, not {wanted}");
    }
}

/// The emulated card, or the end of the test where there is none.
macro_rules! card {
    () => {
        match Emulator::new() {
            Some(card) => card,
            None => return Ok(()),
        }
    };
}

#[test]
fn additions_are_the_processors() -> Result<()> {
    let card = card!();
    let (x, y) = (tensor(1, SHAPE), tensor(2, SHAPE));
    let bias = tensor(3, SHAPE.1);
    let (at_y, at_bias) = (put(&card, &y), put(&card, &bias));

    let ours = put(&card, &x);
    add_bias(&card, ours, at_bias)?;
    let wanted = x.copy()?;
    wanted.inplace_op2(&bias, &AddBias)?;
    close(&card, ours, &wanted);

    add_bias_and_rows(&card, ours, at_bias, at_y)?;
    wanted.inplace_op3(&bias, &y, &AddBiasAndRows)?;
    close(&card, ours, &wanted);

    let part = y.narrow(1, 0, 35)?.contiguous()?;
    let at_part = (put(&card, &part), 35);
    add_columns(&card, (ours, SHAPE.1), at_part, 3, 0.5)?;
    wanted.inplace_op2(&part, &AddColumns { at: 3, scale: 0.5 })?;
    close(&card, ours, &wanted);

    add_at(&card, ours, 100, at_y.part(0, 2000)?)?;
    let some = y.flatten_all()?.narrow(0, 0, 2000)?;
    wanted.inplace_op2(&some, &AddAt { at: 100 })?;
    close(&card, ours, &wanted);
    assert!(add_at(&card, at_bias, 1, at_bias).is_err(), "it overflows");
    Ok(())
}

#[test]
fn gelu_and_dropout_are_the_processors() -> Result<()> {
    let card = card!();
    let x = (tensor(1, SHAPE) * 4.0)?;
    let d = tensor(2, SHAPE);
    let (at_x, at_d) = (put(&card, &x), put(&card, &d));
    close(&card, gelu(&card, at_x)?, &x.apply_op1_no_bwd(&Gelu)?);
    gelu_backward(&card, at_d, at_x)?;
    let wanted = d.copy()?;
    wanted.inplace_op2(&x, &GeluBackward)?;
    close(&card, at_d, &wanted);

    let mask = Dropout {
        share: 0.3,
        key: 0xfeed_5eed_dead_beef,
    };
    dropout(&card, at_x, mask)?;
    x.inplace_op1(&mask)?;
    assert_eq!(
        card.get(at_x),
        numbers(&x),
        "the mask is the same, bit for bit"
    );
    Ok(())
}

#[test]
fn layer_norm_and_its_gradients_are_the_processors() -> Result<()> {
    let card = card!();
    let (x, d) = (((tensor(1, SHAPE) + 3.0)?), tensor(4, SHAPE));
    let (gamma, beta) = (tensor(2, SHAPE.1), tensor(3, SHAPE.1));
    let [at_x, at_d, at_gamma, at_beta] = [&x, &d, &gamma, &beta].map(|t| put(&card, t));
    let epsilon = EPSILON;
    let norm = Norm {
        gamma: at_gamma,
        epsilon,
    };
    let y = x.apply_op3_no_bwd(&gamma, &beta, &LayerNorm { epsilon })?;
    close(&card, layer_norm(&card, at_x, norm, at_beta)?, &y);
    let of_x = d.apply_op3_no_bwd(&x, &gamma, &LayerNormBackward { epsilon })?;
    close(&card, layer_norm_backward(&card, at_d, at_x, norm)?, &of_x);
    let of_both = d.apply_op2_no_bwd(&x, &LayerNormParameters { epsilon })?;
    let ours = layer_norm_parameters(&card, at_d, at_x, SHAPE.1, epsilon)?;
    close(&card, ours, &of_both);
    Ok(())
}

#[test]
fn softmax_and_its_gradient_are_the_processors() -> Result<()> {
    let card = card!();
    let (x, d) = ((tensor(1, SHAPE) * 20.0)?, tensor(2, SHAPE));
    let (at_x, at_d) = (put(&card, &x), put(&card, &d));
    let scale = 0.3;
    softmax(&card, at_x, SHAPE.1, scale, None)?;
    x.inplace_op1(&Softmax { scale })?;
    close(&card, at_x, &x);
    softmax_backward(&card, at_d, at_x, SHAPE.1, scale)?;
    d.inplace_op2(&x, &SoftmaxBackward { scale })?;
    close(&card, at_d, &d);
    let long = card.put(&[0.0; 513]);
    let error = softmax(&card, long, 513, scale, None).expect_err("it is too long");
    assert!(error.to_string().contains("max_tokens"), "{error}");
    Ok(())
}

#[test]
fn padded_texts_are_the_processors() -> Result<()> {
    let card = card!();
    let (n_heads, n) = (2, 37);
    let x = (tensor(1, (3, n_heads, n, n)) * 5.0)?;
    let lengths = Tensor::new(&[37_u32, 1, 33], &Device::Cpu)?;
    let texts = Tensor::new(&[8_u32, 2, 5], &Device::Cpu)?;
    let at_x = put(&card, &x);
    let masked = Masked {
        lengths: card.upload(&lengths.to_vec1()?)?,
        n_heads,
    };
    let at_texts = card.upload(&texts.to_vec1()?)?;
    let scale = 0.3;
    softmax(&card, at_x, n, scale, Some(masked))?;
    x.inplace_op2(&lengths, &MaskedSoftmax { scale, n_heads })?;
    close(&card, at_x, &x);
    let dropout = Dropout {
        share: 0.4,
        key: 77,
    };
    dropout_weights(&card, at_x, n, masked, at_texts, dropout)?;
    x.inplace_op3(&lengths, &texts, &MaskedDropout { dropout, n_heads })?;
    close(&card, at_x, &x);
    let zeros = |numbers: &[f32]| numbers.iter().filter(|&&x| x == 0.0).count();
    assert_eq!(
        zeros(&card.get(at_x)),
        zeros(&numbers(&x)),
        "the same are dropped"
    );
    Ok(())
}

#[test]
fn sums_are_the_processors() -> Result<()> {
    let card = card!();
    let x = tensor(1, SHAPE);
    let at_x = put(&card, &x);
    let wanted = x.apply_op1_no_bwd(&ColumnSum)?;
    close(&card, column_sum(&card, at_x, SHAPE.1)?, &wanted);

    // One row gets more than two pieces hold.
    let many = tensor(2, (200, 3));
    let rows: Arc<[u32]> = (0..200)
        .map(|at| if at % 7 == 0 { at % 5 } else { 2 })
        .collect();
    let arena = tensor(3, 2 + 5 * 3 + 1);
    let at_arena = put(&card, &arena);
    add_rows_at(&card, at_arena, 2, (put(&card, &many), 3), &rows)?;
    arena.inplace_op2(&many, &AddRowsAt { at: 2, rows })?;
    close(&card, at_arena, &arena);
    Ok(())
}

#[test]
fn means_of_texts_are_the_processors() -> Result<()> {
    let card = card!();
    let borders: Arc<[u32]> = [0, 2, 3, 60, 75].into();
    let (x, d) = (tensor(1, SHAPE), tensor(2, (4, SHAPE.1)));
    let (at_x, at_d) = (put(&card, &x), put(&card, &d));
    let pool = MeanPool {
        borders: borders.clone(),
    };
    let ours = mean_pool(&card, at_x, SHAPE.1, &borders)?;
    close(&card, ours, &x.apply_op1_no_bwd(&pool)?);
    let ours = mean_pool_backward(&card, at_d, SHAPE.1, &borders)?;
    let wanted = d.apply_op1_no_bwd(&MeanPoolBackward { borders })?;
    close(&card, ours, &wanted);
    Ok(())
}
