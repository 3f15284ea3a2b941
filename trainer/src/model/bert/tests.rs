//! The explicit encoder against the one on candle's primitives, and against finite differences.

use candle_core::{Device, Tensor};

use super::reference::Reference;
use super::*;

const WIDTH: usize = 12;

pub(crate) fn small_config() -> BertConfig {
    BertConfig {
        model_type: "bert".into(),
        vocab_size: 23,
        hidden_size: WIDTH,
        num_hidden_layers: 2,
        num_attention_heads: 3,
        intermediate_size: 20,
        hidden_act: "gelu".into(),
        max_position_embeddings: 16,
        type_vocab_size: 2,
        layer_norm_eps: 1e-12,
    }
}

/// Random weights, the same each time; norms near one.
pub(crate) fn small_weights(config: &BertConfig) -> StoredWeights {
    let mut stored = StoredWeights::default();
    for (number, (name, shape)) in config::tensors(config).into_iter().enumerate() {
        let draw = |at: usize| {
            let bits = mix(mix(number as u64 + 7) ^ at as u64);
            let unit = (bits >> 40) as f32 / (1_u64 << 24) as f32 - 0.5;
            if name.ends_with("LayerNorm.weight") {
                1.0 + 0.4 * unit
            } else {
                unit
            }
        };
        let n: usize = shape.iter().product();
        let values: Vec<f32> = (0..n).map(draw).collect();
        stored.set(&name, &shape, &values).expect("the shape fits");
    }
    stored
}

fn small(tuning: Tuning) -> Bert {
    let config = small_config();
    let stored = small_weights(&config);
    Bert::new(config, stored, tuning, Vec::new(), &Device::Cpu).expect("it fits together")
}

fn lora(dropout: f64) -> LoraConfig {
    LoraConfig {
        rank: 2,
        alpha: 3.0,
        dropout,
        targets: Target::ALL.to_vec(),
    }
}

const TEXTS: [&[u32]; 3] = [&[1, 5, 9, 22, 2], &[1, 2], &[1, 7, 7, 3, 11, 20, 4, 2]];

fn batch() -> PackedBatch {
    PackedBatch::new(TEXTS, &Device::Cpu).expect("it packs")
}

const RANDOM: Randomness = Randomness {
    seed: 3,
    step: 1,
    part: 0,
};

/// What the loss of these tests weighs each number of the embeddings with.
fn weights() -> Tensor {
    let values: Vec<f32> = (0..TEXTS.len() * WIDTH)
        .map(|at| ((at * 7 % 11) as f32 - 5.0) / 5.0)
        .collect();
    Tensor::from_vec(values, (TEXTS.len(), WIDTH), &Device::Cpu).expect("the shape fits")
}

fn loss(bert: &Bert) -> f64 {
    let (y, _) = bert.forward(&batch(), RANDOM).expect("it embeds");
    let products = (y * weights())
        .and_then(|x| x.flatten_all())
        .expect("shapes agree");
    let products = products.to_vec1::<f32>().expect("f32");
    products.into_iter().map(f64::from).sum()
}

fn gradients(bert: &Bert) -> Vec<f32> {
    bert.parameters.zero_gradients().expect("on the processor");
    let (_, saved) = bert.forward(&batch(), RANDOM).expect("it embeds");
    bert.backward(saved, &weights()).expect("it goes back");
    bert.parameters.gradients().to_vec1().expect("f32")
}

/// Moves trained numbers, one at a time, and holds the slope of the loss against the gradient.
fn check_slopes(bert: &Bert, every: usize) {
    let gradients = gradients(bert);
    let state: Vec<f32> = bert.parameters.state().to_vec1().expect("f32");
    let largest = gradients.iter().fold(0.0_f32, |a, g| a.max(g.abs()));
    for at in (0..gradients.len()).step_by(every) {
        let slope = |by: f32| {
            let mut moved = state.clone();
            moved[at] += by;
            bert.parameters.restore(&moved).expect("the length fits");
            loss(bert)
        };
        let h = 4e-3;
        let slope = (slope(h) - slope(-h)) / f64::from(2.0 * h);
        let off = (slope - f64::from(gradients[at])).abs();
        assert!(
            off < 2e-3 * f64::from(largest).max(1.0),
            "number {at}: slope {slope}, gradient {}",
            gradients[at]
        );
    }
    bert.parameters.restore(&state).expect("the length fits");
}

#[test]
fn embeddings_and_all_gradients_are_those_of_candles_primitives() {
    let bert = small(Tuning::default());
    let judge = Reference::new(bert.config(), &small_weights(bert.config()));
    let theirs: Vec<Tensor> = TEXTS
        .map(|ids| judge.embed(ids).expect("it embeds"))
        .to_vec();
    let theirs = Tensor::stack(&theirs, 0).expect("one width");
    let ours = bert.embed(&batch()).expect("it embeds");
    let off = (&ours - &theirs).and_then(|d| d.abs()?.max_all()?.to_scalar::<f32>());
    assert!(off.expect("f32") < 2e-6, "embeddings differ");

    let store = (theirs * weights()).and_then(|x| x.sum_all()?.backward());
    let store = store.expect("candle goes back");
    let ours = gradients(&bert);
    let mut at = 0;
    for (name, shape) in bert.parameters.trained() {
        let n: usize = shape.iter().product();
        let wanted = store
            .get(&judge.vars[name])
            .expect("every tensor has a gradient");
        let wanted: Vec<f32> = wanted.flatten_all().and_then(|g| g.to_vec1()).expect("f32");
        let largest = wanted.iter().fold(1e-3_f32, |a, g| a.max(g.abs()));
        for (wanted, ours) in wanted.iter().zip(&ours[at..at + n]) {
            assert!(
                (wanted - ours).abs() < 2e-5 * largest.max(1.0),
                "{name}: {ours} instead of {wanted}"
            );
        }
        at += n;
    }
    assert_eq!(at, ours.len());
}

#[test]
fn gradients_are_the_slopes_of_the_loss() {
    check_slopes(&small(Tuning::default()), 37);
}

#[test]
fn with_dropout_the_backward_step_draws_the_masks_of_the_forward_step() {
    let bert = small(Tuning {
        dropout: 0.2,
        ..Tuning::default()
    });
    check_slopes(&bert, 61);
    let again = loss(&bert);
    assert_eq!(again, loss(&bert), "one key draws one mask");
    let (other, _) = bert
        .forward(&batch(), Randomness { step: 2, ..RANDOM })
        .expect("it embeds");
    let (first, _) = bert.forward(&batch(), RANDOM).expect("it embeds");
    let differ = (other - first).and_then(|d| d.abs()?.max_all()?.to_scalar::<f32>());
    assert!(
        differ.expect("f32") > 1e-3,
        "another step draws the same mask"
    );
}

/// Adapters as they are after training: `B` is zero before.
fn trained_adapters(dropout: f64) -> Bert {
    let bert = small(Tuning {
        lora: Some(lora(dropout)),
        frozen_layers: 1,
        ..Tuning::default()
    });
    let mut state: Vec<f32> = bert.parameters.state().to_vec1().expect("f32");
    let n = bert.parameters.n_trainable();
    for (at, x) in state[..n].iter_mut().enumerate() {
        *x += 0.2 * ((at * 5 % 13) as f32 - 6.0) / 6.0;
    }
    bert.parameters.restore(&state).expect("the length fits");
    bert
}

#[test]
fn adapters_learn_and_nothing_else_does() {
    check_slopes(&trained_adapters(0.0), 7);
    check_slopes(&trained_adapters(0.3), 11);
    let bert = trained_adapters(0.0);
    for (name, _) in bert.parameters.trained() {
        assert!(
            name.contains("encoder.layer.1.") && name.contains(".lora_"),
            "{name} is trained"
        );
    }
}

#[test]
fn untrained_adapters_change_nothing_and_merged_ones_give_the_same_embeddings() {
    let plain = small(Tuning::default());
    let begun = small(Tuning {
        lora: Some(lora(0.0)),
        ..Tuning::default()
    });
    let of = |bert: &Bert| -> Vec<f32> {
        let y = bert.embed(&batch()).expect("it embeds");
        y.flatten_all().and_then(|y| y.to_vec1()).expect("f32")
    };
    assert_eq!(of(&plain), of(&begun));

    let bert = trained_adapters(0.0);
    let merged = bert.merged().expect("it merges");
    let merged = Bert::new(
        small_config(),
        merged,
        Tuning::default(),
        Vec::new(),
        &Device::Cpu,
    )
    .expect("it fits together");
    let differ = |a: &[f32], b: &[f32]| {
        let pairs = a.iter().zip(b);
        pairs.fold(0.0_f32, |most, (a, b)| most.max((a - b).abs()))
    };
    assert!(
        differ(&of(&plain), &of(&bert)) > 1e-2,
        "the adapters do nothing"
    );
    let off = differ(&of(&bert), &of(&merged));
    assert!(off < 2e-6, "merged adapters are off by {off}");
}

#[test]
fn a_text_in_a_batch_is_embedded_as_it_is_alone() {
    let bert = small(Tuning::default());
    let all: Vec<Vec<f32>> = bert
        .embed(&batch())
        .and_then(|y| Ok(y.to_vec2()?))
        .expect("f32");
    for (text, row) in TEXTS.iter().zip(all) {
        let alone = PackedBatch::new([*text], &Device::Cpu).expect("it packs");
        let alone: Vec<Vec<f32>> = bert
            .embed(&alone)
            .and_then(|y| Ok(y.to_vec2()?))
            .expect("f32");
        for (a, b) in row.iter().zip(&alone[0]) {
            assert!(
                (a - b).abs() < 1e-6,
                "{text:?}: {a} in the batch, {b} alone"
            );
        }
    }
}

#[test]
fn bf16_products_give_nearly_the_same_gradients() {
    let of = |precision| {
        gradients(&small(Tuning {
            precision,
            ..Tuning::default()
        }))
    };
    let (single, half) = (of(Precision::F32), of(Precision::Bf16));
    assert_ne!(single, half, "nothing was multiplied in bf16");
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        let products = a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b));
        products.sum()
    };
    let cosine = dot(&single, &half) / (dot(&single, &single) * dot(&half, &half)).sqrt();
    assert!(cosine > 0.999, "cosine {cosine}");
}

/// Embeddings and gradients on a device, with everything that draws masks.
#[cfg(feature = "cuda")]
fn computed_on(device: &Device) -> (Vec<f32>, Vec<f32>) {
    let config = small_config();
    let tuning = Tuning {
        dropout: 0.2,
        ..Tuning::default()
    };
    let stored = small_weights(&config);
    let bert = Bert::new(config, stored, tuning, Vec::new(), device).expect("it fits together");
    let batch = PackedBatch::new(TEXTS, device).expect("it packs");
    let (y, saved) = bert.forward(&batch, RANDOM).expect("it embeds");
    let d = weights().to_device(device).expect("there is memory");
    bert.backward(saved, &d).expect("it goes back");
    let numbers = |tensor: &Tensor| {
        let flat = tensor.flatten_all().and_then(|flat| flat.to_vec1());
        flat.expect("it is of f32")
    };
    (numbers(&y), numbers(bert.parameters.gradients()))
}

#[cfg(feature = "cuda")]
#[test]
fn a_card_gives_the_processors_embeddings_and_gradients() {
    let Ok(card) = crate::device::Compute::Cuda.open() else {
        eprintln!("skipped: there is no NVIDIA card");
        return;
    };
    let (processor, card) = (computed_on(&Device::Cpu), computed_on(&card));
    for (ours, wanted) in [(card.0, processor.0), (card.1, processor.1)] {
        let largest = wanted.iter().fold(1.0_f32, |a, x| a.max(x.abs()));
        for (ours, wanted) in ours.iter().zip(&wanted) {
            assert!(
                (ours - wanted).abs() < 1e-4 * largest,
                "{ours}, not {wanted}"
            );
        }
    }
}

#[test]
fn frozen_parts_have_no_gradient_and_everything_else_has_one() {
    let bert = small(Tuning {
        freeze_embeddings: true,
        frozen_layers: 1,
        ..Tuning::default()
    });
    gradients(&bert);
    assert!(bert.parameters.without_gradient().expect("f32").is_empty());
    for (name, _) in bert.parameters.trained() {
        assert!(name.starts_with("encoder.layer.1."), "{name} is trained");
    }
    bert.parameters.zero_gradients().expect("on the processor");
    let silent = bert.parameters.without_gradient().expect("f32").len();
    assert_eq!(silent, bert.parameters.trained().count());
}

#[test]
fn a_text_longer_than_the_position_table_is_refused() {
    let bert = small(Tuning::default());
    let long = [3_u32; 17];
    let batch = PackedBatch::new([&long[..]], &Device::Cpu).expect("it packs");
    let error = bert.embed(&batch).expect_err("there are 16 positions");
    assert!(error.to_string().contains("lower max_tokens"), "{error}");
}
