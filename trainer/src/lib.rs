//! Finetunes the encoder, fits the classifier, and says how good both are.
//!
//! ```text
//! config ──▶ data ──▶ train: model, loss, optimize ──▶ track: a run's folder, curves, cards
//! embeddings of labelled papers ──▶ classifier
//! ```
//!
//! Start at [`train::Run`] and [`classifier::train`]; each command of the program is a module of [`commands`].

pub mod classifier;
pub mod commands;
pub mod config;
pub mod data;
pub mod device;
pub mod evaluate;
pub mod inputs;
pub mod loss;
pub mod memory;
pub mod model;
pub mod optimize;
pub mod track;
pub mod train;
