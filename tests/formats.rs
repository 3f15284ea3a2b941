//! The formats of `docs/FORMAT.md`: damage, forgeries, edge cases, and files of every version.

mod binding;
mod container;
mod damage;
mod document;
mod edges;
mod forged;
mod golden;
mod promises;
mod sample;
mod shards;
