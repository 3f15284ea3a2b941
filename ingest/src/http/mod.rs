//! HTTP that survives a bad network: resumed, verified, patient, and silent about secrets.
//!
//! ```text
//! Download::run ──▶ Client::send ──▶ redirections one by one; a token goes to its own origin only
//!       │                └─▶ Failure: final, passing, or busy with the time that the server asks for
//!       └─▶ tries and waits · `part` → digest → `target`
//! ```
//!
//! Start at [`Client`]; `download` is what it is for, `patience` says how long it goes on.

mod client;
mod digest;
mod download;
mod failure;
mod page;
mod patience;
mod progress;
mod secret;
#[cfg(test)]
pub(crate) mod stand_in;
#[cfg(test)]
mod tests;

use url::Url;

pub use client::Client;
pub use digest::sha256_of;
pub use patience::{Clock, Patience};
pub use secret::Token;

pub(crate) use client::Ask;
pub(crate) use digest::Digest;
#[cfg(test)]
pub(crate) use digest::n_hashed;
pub(crate) use download::{Download, Wanted, part_of};
pub(crate) use failure::{GaveUp, Refused};
pub(crate) use progress::Progress;
pub(crate) use secret::Bearer;

/// An address without user name, password and query, fit for a message.
pub(crate) fn shown(url: &str) -> String {
    Url::parse(url).map_or_else(
        |_| "an address that cannot be parsed".to_owned(),
        |url| shown_url(&url),
    )
}

fn shown_url(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    if !url.username().is_empty() || url.password().is_some() {
        // These fail where an address can have no login, and then it has none.
        let _ = (url.set_username(""), url.set_password(None));
    }
    url.to_string()
}
