//! The engine for browsers with relaxed SIMD: the same bits, faster. No other browser loads it,
//! since one instruction that it does not know makes a browser refuse the whole module.

use app::engine::embed::Int8;
use app::engine::protocol::EngineId;
use shared::math::Kernel;

fn main() {
    app::engine::worker::run(Int8 {
        id: EngineId::Int8Relaxed,
        kernel: kernel(),
    });
}

#[cfg(target_arch = "wasm32")]
fn kernel() -> Kernel {
    app::engine::embed::quickest([Kernel::relaxed(), Kernel::relaxed_in_steps()])
}

/// Checked natively, run in browsers.
#[cfg(not(target_arch = "wasm32"))]
fn kernel() -> Kernel {
    Kernel::best()
}
