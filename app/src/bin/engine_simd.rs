//! The engine for browsers with WebAssembly SIMD; the page starts it in a worker.

fn main() {
    app::engine::worker::run();
}
