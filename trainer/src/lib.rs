//! Fits what the page ships, and says how good it is.

pub mod classifier;
pub mod commands;
pub mod device;
pub mod evaluate;
