//! Fits what the page ships, and says how good it is.

pub mod classifier;
pub mod commands;
pub mod config;
pub mod data;
pub mod device;
pub mod track;
pub mod loss;
pub mod model;
