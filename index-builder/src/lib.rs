//! Papers to the artifacts that the page loads.
//!
//! `build` on one screen: papers are selected ([`ingest::select`]), embedded over all cores with
//! a cache ([`embed`]), linked by instant-distance ([`graph`]), measured against exact search
//! ([`recall`]), written under content-hashed names with the manifest last ([`pack`]), and
//! reported ([`report`]). [`plan`] says beforehand what that will cost. [`update`] adds papers to what was built. The other commands open what `build` wrote ([`folder`]).

pub mod build;
pub mod commands;
pub mod config;
pub mod embed;
pub mod feeds;
pub mod folder;
pub mod golden;
pub mod graph;
pub mod interrupt;
pub mod landscape;
pub mod model;
pub mod pack;
pub mod plan;
pub mod quantize;
pub mod recall;
pub mod report;
pub mod shards;
pub mod update;
