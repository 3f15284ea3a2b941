//! The encoder as a module of WebAssembly of its own, for the page that measures it.
//!
//! One library, built three times: for plain simd128, with feature `relaxed` for relaxed SIMD, and with
//! feature `candle` around the f32 reference. Each exports one `Engine`. The binary beside it measures
//! natively, and has a browser run the builds. What other benchmarks need as well is public here.

#[cfg(all(target_arch = "wasm32", feature = "candle"))]
pub mod candle;
#[cfg(all(target_arch = "wasm32", not(feature = "candle")))]
pub mod int8;
#[cfg(not(target_arch = "wasm32"))]
pub mod machine;
#[cfg(not(target_arch = "wasm32"))]
pub mod node;
pub mod profile;
#[cfg(not(target_arch = "wasm32"))]
pub mod quantile;
