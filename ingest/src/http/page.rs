//! Answers that are read whole: a package index, a list of files.

use anyhow::{Context as _, Result};
use indicatif::ProgressBar;
use ureq::http::StatusCode;
use url::Url;

use super::client::{Ask, Client};
use super::failure::Failure;
use super::patience::Tries;
use super::shown_url;

/// A thousand files of the hub's are 300 kB, the whole of a package index's project 1 MB.
const MAX_BYTES: u64 = 16 << 20;

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) body: String,
    pub(crate) is_json: bool,
    /// Where it was found in the end.
    pub(crate) url: Url,
    /// The `Link` header, which says where a list goes on.
    pub(crate) link: Option<String>,
}

impl Client {
    /// The text that `ask` is for, in as many tries as it takes.
    ///
    /// # Errors
    /// An answer other than 200; and [`super::GaveUp`] in the chain where there was none.
    pub(crate) fn page(&self, ask: &Ask) -> Result<Page> {
        let bar = ProgressBar::hidden();
        let mut tries = Tries::new(self, ask.url, &bar);
        loop {
            match self.page_once(ask) {
                Ok(page) => return Ok(page),
                Err(failure) => tries.again(failure)?,
            }
        }
    }

    fn page_once(&self, ask: &Ask) -> Result<Page, Failure> {
        let mut answer = self.send(ask)?;
        if answer.status() != StatusCode::OK {
            return Err(answer.refused(self));
        }
        let kind = answer.header("Content-Type");
        let is_json = kind.is_some_and(|kind| kind.contains("json"));
        let link = answer.header("Link").map(str::to_owned);
        let body = answer.response.body_mut().with_config().limit(MAX_BYTES);
        let body = body.read_to_string().map_err(|error| {
            let about = || format!("cannot read {}", shown_url(&answer.url));
            match Failure::of_error(&error, &answer.url) {
                Failure::Passing(error) => Failure::Passing(error.context(about())),
                _ => Failure::Final(anyhow::Error::new(error).context(about())),
            }
        })?;
        self.received();
        Ok(Page {
            body,
            is_json,
            url: answer.url,
            link,
        })
    }

    /// Like [`Self::page`], for JSON of a known shape.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(
        &self,
        ask: &Ask,
    ) -> Result<(T, Option<String>)> {
        let page = self.page(ask)?;
        let value = serde_json::from_str(&page.body)
            .with_context(|| format!("{} answers what is not expected", shown_url(ask.url)))?;
        Ok((value, page.link))
    }
}
