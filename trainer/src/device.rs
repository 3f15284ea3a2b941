//! Where the fit computes: the processor, or an NVIDIA card where it was built for one.

use anyhow::{Context as _, Result, ensure};
use candle_core::Device;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// What computes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compute {
    /// The processor.
    #[default]
    Cpu,
    /// The first NVIDIA card; needs a trainer built with the feature `cuda`.
    Cuda,
}

impl Compute {
    /// Opens the device.
    ///
    /// # Errors
    /// Where this trainer was built without CUDA, or there is no card.
    pub fn open(self) -> Result<Device> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Cuda => {
                ensure!(
                    cfg!(feature = "cuda"),
                    "this trainer was built without CUDA: build it with `cargo xtask build-cuda`, \
                     or compute on the processor (--device cpu; compute.device=cpu when training)"
                );
                // One stream for all threads: the default has one for each, which nothing keeps in order.
                let device = Device::new_cuda_with_stream(0).context(
                    "no NVIDIA card can be used: look at nvidia-smi, or compute on the processor \
                     (--device cpu; compute.device=cpu when training)",
                )?;
                #[cfg(feature = "cuda")]
                crate::model::ops::card::cuda::prepare(device.as_cuda_device()?)?;
                Ok(device)
            }
        }
    }
}

#[cfg(all(test, not(feature = "cuda")))]
mod tests {
    use super::*;

    #[test]
    fn a_trainer_without_cuda_says_how_to_get_one() {
        assert!(
            Compute::default()
                .open()
                .expect("every machine has one")
                .is_cpu()
        );
        let error = Compute::Cuda.open().expect_err("it was built without");
        let error = error.to_string();
        assert!(error.contains("build-cuda"), "{error} names no way out");
    }
}
