//! The tests of the whole, in one binary.

mod allocation;
mod book;
mod browser;
mod evaluation;
mod filtering;
mod fixtures;
mod formats;
mod formulas;
mod interruption;
mod likeness;
mod parity;
mod pipeline;
mod planning;
mod programs;
mod sharded;
mod starter;
mod tokenizer;
mod training;
mod updating;
