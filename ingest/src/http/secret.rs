//! Tokens: kept out of every message, and sent to one origin.

use std::fmt;

use anyhow::{Context as _, Result};
use ureq::http::HeaderValue;
use url::{Origin, Url};

/// A token, which is sent and never shown.
#[derive(Clone)]
pub struct Token {
    secret: String,
    from: String,
}

impl Token {
    /// The token in `text`, as Hugging Face's own tools read it: line ends and outer spaces do not
    /// count. `None` where nothing is left. `from` names the variable or file it comes from.
    pub fn new(text: &str, from: impl Into<String>) -> Option<Self> {
        let secret = text.replace(['\r', '\n'], "").trim().to_owned();
        let from = from.into();
        (!secret.is_empty()).then_some(Self { secret, from })
    }

    /// The variable or the file that it comes from, for messages.
    pub fn from(&self) -> &str {
        &self.from
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token(hidden, from {})", self.from)
    }
}

/// A token with the only origin (scheme, host and port) that may see it.
#[derive(Debug)]
pub(crate) struct Bearer<'a> {
    token: &'a Token,
    origin: Origin,
}

impl<'a> Bearer<'a> {
    /// For requests to the server of `home`.
    pub(crate) fn new(token: &'a Token, home: &Url) -> Self {
        let origin = home.origin();
        Self { token, origin }
    }

    /// What a request to `url` carries: nothing where `url` is another server's.
    ///
    /// # Errors
    /// When the token has characters that cannot be sent.
    pub(super) fn header(&self, url: &Url) -> Result<Option<HeaderValue>> {
        if url.origin() != self.origin {
            return Ok(None);
        }
        // The error of `from_str` does not repeat the text.
        let value = HeaderValue::from_str(&format!("Bearer {}", self.token.secret));
        let mut value = value.with_context(|| {
            format!(
                "the token of {} has characters that no token has",
                self.token.from
            )
        })?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}
