//! Our indexes as a module of WebAssembly of their own, for the page that measures them.
//!
//! The binary beside it prepares vectors, papers and questions, has a browser run ours and the peers
//! (`browser/indexes.mjs`), and judges what they found.

#[cfg(target_arch = "wasm32")]
pub mod vectors;
#[cfg(target_arch = "wasm32")]
pub mod words;
