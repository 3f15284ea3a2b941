//! Our own encoder.

use std::sync::Arc;

use shared::math::Kernel;
use shared::{Encoder, Model, Sha256};
use wasm_bindgen::prelude::*;

use crate::profile::Profile;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// The kernels of this build.
fn build() -> Vec<Kernel> {
    #[cfg(feature = "relaxed")]
    return vec![Kernel::relaxed(), Kernel::relaxed_in_steps()];
    #[cfg(not(feature = "relaxed"))]
    vec![Kernel::best()]
}

/// Names of the kernels of this build.
#[wasm_bindgen]
pub fn kernels() -> Vec<String> {
    let names = build().into_iter().map(|kernel| kernel.name().to_owned());
    names.collect()
}

/// What the page's engines do when they start, while the model is on its way: they try their kernels.
#[wasm_bindgen]
pub fn start() {
    for _ in 0..3 {
        for kernel in build() {
            kernel.exercise(400);
        }
    }
}

/// An open model and the buffers to embed with.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Engine {
    encoder: Encoder,
}

#[wasm_bindgen]
impl Engine {
    /// Opens a model artifact, whose SHA-256 the manifest has, for the kernel of this number.
    ///
    /// # Errors
    /// Damaged or malformed bytes; a kernel that is not there.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: Vec<u8>, sha256: &str, kernel: usize) -> Result<Self, JsError> {
        let kernel = build().get(kernel).copied();
        let kernel = kernel.ok_or_else(|| JsError::new("this build has fewer kernels"))?;
        let sha256: Sha256 = sha256.parse()?;
        let model = Arc::new(Model::parse(bytes, sha256)?);
        Ok(Self {
            encoder: Encoder::with_kernel(model, kernel),
        })
    }

    /// Name of the kernel that runs.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.encoder.kernel().to_owned()
    }

    /// Embeds one text: `[dim]`, length one.
    ///
    /// # Errors
    /// A text without a word.
    pub fn embed(&mut self, text: &str) -> Result<Vec<f32>, JsError> {
        Ok(self.encoder.embed(text)?.vector)
    }

    /// Milliseconds of each part of [`shared::encoder::Part::ALL`] for one text, the mean of so many runs.
    ///
    /// # Errors
    /// A text without a word.
    pub fn profile(&mut self, text: &str, runs: usize) -> Result<Vec<f64>, JsError> {
        let mut profile = Profile::new(now);
        for _ in 0..runs {
            profile.resume();
            self.encoder.embed_watched(text, &mut profile)?;
        }
        Ok(profile.ms.iter().map(|ms| ms / runs as f64).collect())
    }
}
