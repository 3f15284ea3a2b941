//! One request at a time: redirections are followed here, so that a token stays where it belongs.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result, anyhow, ensure};
use ureq::http::{HeaderMap, Response, StatusCode, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};
use url::Url;

use super::failure::Failure;
use super::patience::{Clock, Patience, Wall};
use super::{Bearer, shown_url};

/// Redirections of one request; the hub itself needs two.
const MAX_REDIRECTIONS: u32 = 10;

/// Sends requests: trusts what the system trusts, so that company proxies work, and does not hang.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    pub(super) patience: Patience,
    pub(super) clock: Arc<dyn Clock>,
    /// Whether any byte that was asked for has come; clones know it, too.
    is_underway: Arc<AtomicBool>,
}

impl Client {
    /// A client with this patience; `clock` lets its waits pass.
    pub fn new(patience: Patience, clock: Arc<dyn Clock>) -> Self {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .timeout_resolve(Some(patience.connect))
            .timeout_connect(Some(patience.connect))
            .timeout_recv_response(Some(patience.silence))
            .timeout_per_read(Some(patience.silence))
            // The client would take the token along to another port of the same host.
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("offprint/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Self {
            agent,
            patience,
            clock,
            is_underway: Arc::default(),
        }
    }

    /// Whether anything was downloaded in this run.
    pub(super) fn is_underway(&self) -> bool {
        self.is_underway.load(Ordering::Relaxed)
    }

    /// Something was downloaded.
    pub(super) fn received(&self) {
        self.is_underway.store(true, Ordering::Relaxed);
    }

    /// The answer to `ask`, whatever its status, after all redirections.
    pub(super) fn send(&self, ask: &Ask) -> Result<Answer, Failure> {
        let mut url = ask.url.clone();
        for _ in 0..=MAX_REDIRECTIONS {
            let mut request = self.agent.get(url.as_str());
            let bearer = ask.bearer.map(|bearer| bearer.header(&url)).transpose();
            if let Some(value) = bearer.map_err(Failure::Final)?.flatten() {
                request = request.header(header::AUTHORIZATION, value);
            }
            if let Some(accept) = ask.accept {
                request = request.header(header::ACCEPT, accept);
            } else {
                // A file as it is: ranges and lengths of packed ones are of no use.
                request = request.header(header::ACCEPT_ENCODING, "identity");
            }
            if ask.from > 0 {
                request = request.header(header::RANGE, format!("bytes={}-", ask.from));
            }
            let response = request
                .call()
                .map_err(|error| Failure::of_error(&error, &url))?;
            let moved = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
            if !moved {
                return Ok(Answer { response, url });
            }
            url = next(&url, response.headers()).map_err(Failure::Final)?;
        }
        Err(Failure::Final(anyhow!(
            "{} leads to more than {MAX_REDIRECTIONS} redirections",
            shown_url(ask.url)
        )))
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new(Patience::default(), Arc::new(Wall))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) url: &'a Url,
    pub(crate) bearer: Option<&'a Bearer<'a>>,
    /// The types that are understood; `None` for a file, which may be of any.
    pub(crate) accept: Option<&'a str>,
    /// The first byte that is wanted.
    pub(crate) from: u64,
}

/// What a server answers in the end.
pub(super) struct Answer {
    pub(super) response: Response<Body>,
    /// Where it was found.
    pub(super) url: Url,
}

impl Answer {
    pub(super) fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// A header's text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The length of the file that is answered; `None` where it is not said, or is that of the
    /// file when packed.
    pub(super) fn n_bytes(&self) -> Option<u64> {
        let is_packed = self.header("Content-Encoding").is_some();
        let length = self.header("Content-Length").filter(|_| !is_packed)?;
        length.trim().parse().ok()
    }

    /// That this is not what was asked for.
    pub(super) fn refused(&self, client: &Client) -> Failure {
        let now = client.clock.now();
        Failure::of_status(self.status(), self.response.headers(), &self.url, now)
    }
}

/// Where a redirection leads.
fn next(url: &Url, headers: &HeaderMap) -> Result<Url> {
    let from = shown_url(url);
    let location = headers
        .get(header::LOCATION)
        .and_then(|it| it.to_str().ok());
    let location = location.with_context(|| format!("{from} redirects without saying where"))?;
    let mut to = url
        .join(location)
        .with_context(|| format!("{from} redirects to what is no address"))?;
    let is_as_safe = to.scheme() == "https" || to.scheme() == url.scheme();
    ensure!(
        is_as_safe && matches!(to.scheme(), "http" | "https"),
        "{from} redirects to {}: that is not followed, for it is not encrypted",
        shown_url(&to)
    );
    if to.origin() == url.origin() && to.username().is_empty() {
        // A login in the address holds for the whole server; these fail where there can be none.
        let _ = to.set_username(url.username());
        let _ = to.set_password(url.password());
    }
    Ok(to)
}
