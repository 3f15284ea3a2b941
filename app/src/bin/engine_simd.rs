//! The engine for browsers with WebAssembly SIMD; the page starts it in a worker.

use app::engine::embed::Int8;
use app::engine::protocol::EngineId;
use shared::math::Kernel;

fn main() {
    app::engine::worker::run(Int8 {
        id: EngineId::Int8Simd,
        kernel: Kernel::best(),
    });
}
