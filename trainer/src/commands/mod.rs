//! The commands of the trainer: one module each, which reads its arguments and calls the library.

pub mod classifier;
pub mod evaluate;
pub mod export;
pub mod pack;
pub mod pairs;
pub mod runs;
pub mod train;
