//! The engine for browsers with WebAssembly SIMD; the page starts it in a worker.

use app::engine::embed::Int8;
use app::engine::protocol::EngineId;
use shared::math::Kernel;

fn main() {
    app::engine::worker::run(Int8 {
        id: EngineId::Int8Simd,
        kernel: kernel(),
    });
}

/// There is no other; trying it has the browser optimize it while the model is on its way.
#[cfg(target_arch = "wasm32")]
fn kernel() -> Kernel {
    app::engine::embed::quickest([Kernel::best()])
}

/// Checked natively, run in browsers.
#[cfg(not(target_arch = "wasm32"))]
fn kernel() -> Kernel {
    Kernel::best()
}
