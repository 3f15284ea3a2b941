//! Fits what the page ships, and says how good it is.

pub mod classifier;
pub mod device;
