//! Offprint's page: search research papers by meaning, in the browser tab alone.
//!
//! [`engine`] is the worker and the page's way to it; [`query`] is the address bar; [`state`] is
//! what the page knows; [`papers_file`] reads files of papers and [`batch`] works through them; [`cite`] writes
//! citations; [`latex`] reads titles and abstracts; [`verify`] says what checks on this device have found; [`library`] keeps what has a star; [`map`] has the rules of the
//! map; `view` shows it all. The page's thread neither embeds nor searches, and the worker never sees the DOM.

pub mod api;
pub mod batch;
pub mod cite;
pub mod engine;
pub mod latex;
pub mod library;
pub mod map;
pub mod papers_file;
pub mod query;
pub mod state;
pub mod verify;
mod view;

pub use view::App;
pub use view::browser::{asked_engine, asks_for_own, takes_update};
