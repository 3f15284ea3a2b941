//! The engine: a worker that fetches, embeds, searches and classifies, and the page's way to it.
//!
//! [`protocol`] is all that page and worker share. On the page's thread stands [`client`]; in the
//! worker stand [`worker`] (messages in and out), [`embed`] (what makes one engine another), `build`
//! (the open build: no browser in it, so it is tested natively), `artifacts` (which files, in which
//! order, and what to do when one fails), `download` (one file), `cache` (what this device keeps) and `own` (a corpus
//! that is made in the tab).

pub mod embed;
pub mod protocol;

mod artifacts;
mod batch;
mod build;
mod cache;
mod describe;
mod download;
mod filter;
mod occlusion;
mod own;
mod progress;
pub(crate) mod timeline;

pub mod client;
pub mod worker;

pub use own::MOST_PAPERS as MOST_OWN_PAPERS;
