//! Looking on while a text is embedded: for calibration and for profiles.

/// Which linear layer of a transformer layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Input {
    /// Query, key and value.
    Qkv,
    /// Attention's output.
    Out,
    /// Feed-forward, in.
    Up,
    /// Feed-forward, out.
    Down,
}

/// A linear layer's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Site {
    /// Number of the transformer layer.
    pub layer: usize,
    /// Which of its linear layers.
    pub input: Input,
}

/// A part of the work on a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// Text to token ids.
    Tokenize,
    /// Rows of the word and position tables.
    LookUp,
    /// Activations to 7 bits.
    Quantize,
    /// Linear layers.
    Linear,
    /// Scores, softmax and weighted values of all heads.
    Attention,
    /// GELU.
    Gelu,
    /// Residual sums and layer normalization.
    Normalize,
    /// The mean over tokens.
    Pool,
}

impl Part {
    /// Every part, in the order of their first work.
    pub const ALL: [Self; 8] = [
        Self::Tokenize,
        Self::LookUp,
        Self::Quantize,
        Self::Linear,
        Self::Attention,
        Self::Gelu,
        Self::Normalize,
        Self::Pool,
    ];

    /// Name, for tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tokenize => "tokenizer",
            Self::LookUp => "look-up",
            Self::Quantize => "quantize",
            Self::Linear => "linear",
            Self::Attention => "attention",
            Self::Gelu => "GELU",
            Self::Normalize => "layer norm",
            Self::Pool => "pooling",
        }
    }
}

/// Told what happens while texts are embedded.
pub trait Watch {
    /// `values[tokens, k]` enter the linear layer at `site`, before they are quantized.
    fn entering(&mut self, site: Site, values: &[f32]) {
        let _ = (site, values);
    }

    /// A stretch of work on `part` has ended.
    fn ended(&mut self, part: Part) {
        let _ = part;
    }
}

/// Nobody looks.
impl Watch for () {}
