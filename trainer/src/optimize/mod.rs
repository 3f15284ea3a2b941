//! How weights move: `AdamW` over one flat arena, and its learning rate.

mod adamw;
mod schedule;

pub use adamw::{AdamW, decays};
pub use schedule::{Length, learning_rate};
