//! Operations against candle's differentiable primitives.

use candle_core::{D, Device, Tensor, Var};
use candle_nn::ops::{layer_norm_slow, softmax};

use super::*;

const EPSILON: f32 = 1e-6;

fn tensor(seed: u64, shape: (usize, usize)) -> Tensor {
    let draw = |at: u64| (mix(mix(seed) ^ at) >> 40) as f32 / (1_u64 << 23) as f32 - 1.0;
    let values: Vec<f32> = (0..(shape.0 * shape.1) as u64).map(draw).collect();
    Tensor::from_vec(values, shape, &Device::Cpu).expect("the shape fits")
}

fn close(what: &str, ours: &Tensor, wanted: &Tensor) {
    let off = (ours - wanted).and_then(|d| d.abs()?.max_all()?.to_scalar::<f32>());
    let off = off.expect("the shapes agree");
    assert!(off < 3e-6, "{what} is off by {off}");
}

/// More rows than one thread takes at a time, and a last block that is not full.
const SHAPE: (usize, usize) = (3 * ROWS + 5, 13);

#[test]
fn layer_norm_and_its_gradients_are_candles() -> Result<()> {
    let x = Var::from_tensor(&tensor(1, SHAPE))?;
    let gamma = Var::from_tensor(&tensor(2, (1, SHAPE.1)).get(0)?)?;
    let beta = Var::from_tensor(&tensor(3, (1, SHAPE.1)).get(0)?)?;
    let d = tensor(4, SHAPE);
    let slow = layer_norm_slow(x.as_tensor(), gamma.as_tensor(), beta.as_tensor(), EPSILON)?;
    let fast = x.apply_op3(&gamma, &beta, LayerNorm { epsilon: EPSILON })?;
    close("the norm", &fast, &slow);
    let slow = (slow * &d)?.sum_all()?.backward()?;
    let fast = (fast * &d)?.sum_all()?.backward()?;
    for (name, var, size) in [
        ("x", &x, 1.0),
        ("gamma", &gamma, 30.0),
        ("beta", &beta, 30.0),
    ] {
        let of = |store: &candle_core::backprop::GradStore| {
            store.get(var).expect("it has a gradient") / size
        };
        close(name, &of(&fast)?, &of(&slow)?);
    }
    Ok(())
}

#[test]
fn gelu_and_its_gradient_are_candles() -> Result<()> {
    let x = Var::from_tensor(&(tensor(1, SHAPE) * 4.0)?)?;
    let d = tensor(2, SHAPE);
    let slow = x.gelu_erf()?;
    close("gelu", &x.apply_op1_no_bwd(&Gelu)?, &slow);
    let slow = (slow * &d)?.sum_all()?.backward()?;
    let ours = d.copy()?;
    ours.inplace_op2(&x, &GeluBackward)?;
    close(
        "its gradient",
        &ours,
        slow.get(&x).expect("it has a gradient"),
    );
    Ok(())
}

#[test]
fn softmax_and_its_gradient_are_candles() -> Result<()> {
    let scale = 0.3;
    let x = Var::from_tensor(&(tensor(1, SHAPE) * 9.0)?)?;
    let d = tensor(2, SHAPE);
    let slow = softmax(&(x.as_tensor() * f64::from(scale))?, D::Minus1)?;
    let p = x.copy()?;
    p.inplace_op1(&Softmax { scale })?;
    close("softmax", &p, &slow);
    let slow = (slow * &d)?.sum_all()?.backward()?;
    let ours = d.copy()?;
    ours.inplace_op2(&p, &SoftmaxBackward { scale })?;
    close(
        "its gradient",
        &ours,
        slow.get(&x).expect("it has a gradient"),
    );
    Ok(())
}

#[test]
fn sums_and_additions_are_candles() -> Result<()> {
    let (x, y) = (tensor(1, SHAPE), tensor(2, SHAPE));
    let bias = tensor(3, (1, SHAPE.1)).get(0)?;
    close("a column sum", &x.apply_op1_no_bwd(&ColumnSum)?, &x.sum(0)?);
    let ours = x.copy()?;
    ours.inplace_op2(&bias, &AddBias)?;
    close("a bias", &ours, &x.broadcast_add(&bias)?);
    let ours = x.copy()?;
    ours.inplace_op3(&bias, &y, &AddBiasAndRows)?;
    close("a residual", &ours, &(x.broadcast_add(&bias)? + &y)?);
    let ours = x.copy()?;
    let part = y.narrow(1, 0, 5)?.contiguous()?;
    ours.inplace_op2(&part, &AddColumns { at: 3, scale: 0.5 })?;
    let padded = part.pad_with_zeros(1, 3, SHAPE.1 - 8)?;
    close("columns", &ours, &(&x + (padded * 0.5)?)?);
    let arena = Tensor::zeros(40 + SHAPE.1 * 4, candle_core::DType::F32, &Device::Cpu)?;
    arena.inplace_op2(&bias, &AddAt { at: 7 })?;
    arena.inplace_op2(&bias, &AddAt { at: 7 })?;
    close(
        "a sum in an arena",
        &arena.narrow(0, 7, SHAPE.1)?,
        &(&bias * 2.0)?,
    );
    Ok(())
}

#[test]
fn rows_add_to_the_rows_of_a_table() -> Result<()> {
    let x = tensor(1, (4, 3));
    let arena = Tensor::zeros(2 + 5 * 3, candle_core::DType::F32, &Device::Cpu)?;
    let rows = [4, 0, 4, 2].into();
    arena.inplace_op2(&x, &AddRowsAt { at: 2, rows })?;
    let ids = Tensor::new(&[4_u32, 0, 4, 2], &Device::Cpu)?;
    let table = Tensor::zeros((5, 3), candle_core::DType::F32, &Device::Cpu)?;
    let wanted = table.index_add(&ids, &x, 0)?.flatten_all()?;
    close("a table", &arena.narrow(0, 2, 15)?, &wanted);
    Ok(())
}

#[test]
fn a_mean_is_of_the_texts_own_rows_and_its_gradient_goes_to_them() -> Result<()> {
    let borders: std::sync::Arc<[u32]> = [0, 2, 3, 7].into();
    let (x, d) = (Var::from_tensor(&tensor(1, (7, 3)))?, tensor(2, (3, 3)));
    let texts = [(0, 2), (2, 1), (3, 4)];
    let means: Vec<Tensor> = texts
        .iter()
        .map(|&(from, n)| x.narrow(0, from, n)?.mean(0))
        .collect::<Result<_>>()?;
    let slow = Tensor::stack(&means, 0)?;
    let pool = MeanPool {
        borders: borders.clone(),
    };
    close("a mean", &x.apply_op1_no_bwd(&pool)?, &slow);
    let slow = (slow * &d)?.sum_all()?.backward()?;
    let ours = d.apply_op1_no_bwd(&MeanPoolBackward { borders })?;
    close(
        "its gradient",
        &ours,
        slow.get(&x).expect("it has a gradient"),
    );
    Ok(())
}

#[test]
fn dropout_drops_its_share_and_keeps_the_mean() -> Result<()> {
    let ones = Tensor::ones((200, 500), candle_core::DType::F32, &Device::Cpu)?;
    ones.inplace_op1(&Dropout { share: 0.3, key: 5 })?;
    let values = ones.flatten_all()?.to_vec1::<f32>()?;
    let n = values.len() as f32;
    let zeros = values.iter().filter(|&&x| x == 0.0).count() as f32 / n;
    // Three standard deviations of a share of 100,000.
    assert!((zeros - 0.3).abs() < 0.005, "{zeros} were dropped");
    assert!((values.iter().sum::<f32>() / n - 1.0).abs() < 0.01);
    Ok(())
}

#[test]
fn tensors_that_are_not_contiguous_are_refused() {
    let x = tensor(1, (4, 6));
    let turned = x.t().expect("a matrix");
    assert!(turned.apply_op1_no_bwd(&Gelu).is_err());
}
