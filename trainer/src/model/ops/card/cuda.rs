//! The real card: memory and launches through candle's device.
#![expect(
    unsafe_code,
    reason = "a kernel is foreign code: that its arguments fit is kept here and by the emulator's tests"
)]

use candle_core::cuda_backend::cudarc::driver::{
    CudaSlice, DevicePtr, LaunchConfig, PushKernelArg, sys,
};
use candle_core::cuda_backend::{CudaDType, CudaDevice, WrapErr};
use candle_core::{CudaStorage, Layout, Result, bail};

use super::{Argument, Card, Launch, Place, THREADS};

/// The kernels, compiled by `build.rs`.
const PTX: [(&str, &str); 4] = [
    (
        "elementwise",
        include_str!(concat!(env!("OUT_DIR"), "/elementwise.ptx")),
    ),
    (
        "layer_norm",
        include_str!(concat!(env!("OUT_DIR"), "/layer_norm.ptx")),
    ),
    (
        "softmax",
        include_str!(concat!(env!("OUT_DIR"), "/softmax.ptx")),
    ),
    ("sums", include_str!(concat!(env!("OUT_DIR"), "/sums.ptx"))),
];

impl Card for CudaDevice {
    type Numbers = CudaSlice<f32>;
    type Words = CudaSlice<u32>;

    fn reserve(&self, len: usize) -> Result<Self::Numbers> {
        // SAFETY: whoever reserves lets a kernel write all of it before anything reads.
        unsafe { self.alloc(len.max(1)) }
    }

    fn upload(&self, words: &[u32]) -> Result<Self::Words> {
        self.clone_htod(words)
    }

    fn numbers(&self, memory: &Self::Numbers) -> Place {
        whole(self, memory)
    }

    fn words(&self, memory: &Self::Words) -> Place {
        whole(self, memory)
    }

    fn launch(&self, launch: &Launch) -> Result<()> {
        let Some((_, ptx)) = PTX.iter().find(|(file, _)| *file == launch.file) else {
            bail!("there are no kernels named {}", launch.file)
        };
        let module = format!("offprint-{}", launch.file);
        let function = self.get_or_load_custom_func(launch.kernel, &module, ptx)?;
        let mut builder = function.builder();
        for argument in &launch.arguments {
            match argument {
                Argument::Address(address) | Argument::Long(address) => builder.arg(address),
                Argument::Count(count) => builder.arg(count),
                Argument::Number(number) => builder.arg(number),
            };
        }
        let config = LaunchConfig {
            grid_dim: (launch.blocks.0, launch.blocks.1, 1),
            block_dim: (THREADS, 1, 1),
            shared_mem_bytes: 0,
        };
        // SAFETY: `super` checks every length against its tensor, and the emulator, which runs the same
        // launches, checks types and borders. Memory is freed on the stream that this runs on, after it.
        unsafe { builder.launch(config) }.w()?;
        Ok(())
    }
}

fn whole<T>(device: &CudaDevice, memory: &CudaSlice<T>) -> Place
where
    CudaSlice<T>: DevicePtr<T>,
{
    let stream = device.cuda_stream();
    // All work is on this one stream, so that nothing has to be waited for.
    let (address, _) = memory.device_ptr(&stream);
    Place {
        address,
        len: memory.len(),
    }
}

/// Where a contiguous tensor is, of `f32` or of `u32`.
pub(crate) fn place<T: CudaDType>(storage: &CudaStorage, layout: &Layout) -> Result<Place>
where
    CudaSlice<T>: DevicePtr<T>,
{
    let Some((from, to)) = layout.contiguous_offsets() else {
        bail!(
            "this operation wants contiguous tensors, not strides {:?}",
            layout.stride()
        )
    };
    whole(&storage.device, storage.as_cuda_slice::<T>()?).part(from, to - from)
}

/// Where a contiguous tensor of `f32` is.
pub(crate) fn numbers(storage: &CudaStorage, layout: &Layout) -> Result<Place> {
    place::<f32>(storage, layout)
}

/// Numbers as a tensor's storage.
pub(crate) fn storage(memory: CudaSlice<f32>, device: &CudaDevice) -> CudaStorage {
    CudaStorage::wrap_cuda_slice(memory, device.clone())
}

/// Readies a card for training: freed memory stays with us, and nothing is tracked between streams, of
/// which there is one.
///
/// # Errors
/// Where the driver refuses.
pub(crate) fn prepare(device: &CudaDevice) -> Result<()> {
    // SAFETY: every tensor is made and used on the device's one stream.
    unsafe { device.disable_event_tracking() };
    let stream = device.cuda_stream();
    let mut pool = std::ptr::null_mut();
    let mut kept = u64::MAX;
    // SAFETY: both calls get pointers to locals of the types that the driver's manual names, which outlive them.
    unsafe {
        sys::cuDeviceGetDefaultMemPool(&raw mut pool, stream.context().cu_device())
            .result()
            .w()?;
        // By default the pool goes back to the driver whenever the host waits for the card.
        let threshold = sys::CUmemPool_attribute_enum::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
        sys::cuMemPoolSetAttribute(pool, threshold, (&raw mut kept).cast())
            .result()
            .w()?;
    }
    Ok(())
}
