//! The tests of the whole, in one binary.

mod browser;
mod fixtures;
mod formats;
mod parity;
mod pipeline;
mod starter;
