//! Why a request brought nothing, and whether another one may.

use std::time::{Duration, SystemTime};

use anyhow::{Error, anyhow};
use ureq::http::{HeaderMap, StatusCode};
use url::Url;

use super::shown_url;

/// A try that did not bring what was asked for.
#[derive(Debug)]
pub(super) enum Failure {
    /// Another try would say the same.
    Final(Error),
    /// Nobody answered, or the connection broke.
    Passing(Error),
    /// The server answers that it cannot just now, and maybe for how long.
    Busy {
        error: Error,
        asked: Option<Duration>,
    },
}

/// A server's answer that is not what was asked for.
#[derive(Debug, thiserror::Error)]
#[error("{url} answers {status}")]
pub(crate) struct Refused {
    url: String,
    pub(crate) status: StatusCode,
    /// The hub's own word for it: `RepoNotFound`, `RevisionNotFound`, `EntryNotFound`, `GatedRepo`.
    pub(crate) code: Option<String>,
}

/// The server could not be reached, or was busy, however often we tried: the network's matter.
#[derive(Debug, thiserror::Error)]
#[error("gave up on {url} ({n_tries} tries)")]
pub(crate) struct GaveUp {
    pub(super) url: String,
    pub(super) n_tries: u32,
}

impl Failure {
    /// That no answer came.
    pub(super) fn of_error(error: &ureq::Error, url: &Url) -> Self {
        use ureq::Error as E;
        // The client's message may repeat the address, and that may hold a login.
        let said = error.to_string().replace(url.as_str(), &shown_url(url));
        let error_said = anyhow!("cannot fetch {}: {said}", shown_url(url));
        match error {
            E::Io(_)
            | E::Timeout(_)
            | E::Protocol(_)
            | E::HostNotFound
            | E::ConnectionFailed
            | E::ConnectProxyFailed(_) => Self::Passing(error_said),
            _ => Self::Final(error_said),
        }
    }

    /// That the answer has another status than wanted; `now` is for a `Retry-After` with a date.
    pub(super) fn of_status(
        status: StatusCode,
        headers: &HeaderMap,
        url: &Url,
        now: SystemTime,
    ) -> Self {
        let code = headers.get("X-Error-Code").and_then(|it| it.to_str().ok());
        let error = Error::new(Refused {
            url: shown_url(url),
            status,
            code: code.map(|code| code.chars().take(40).collect()),
        });
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            let asked = asked_wait(headers, now);
            Self::Busy { error, asked }
        } else {
            Self::Final(error)
        }
    }
}

/// How long the server asks us to wait: `Retry-After` in seconds or as a date (RFC 9110, 10.2.3),
/// else the `t` of `RateLimit`, which the hub sends (draft-ietf-httpapi-ratelimit-headers).
fn asked_wait(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let by_retry_after = |value: &str| {
        let value = value.trim();
        let by_date = || {
            let date = httpdate::parse_http_date(value).ok()?;
            Some(date.duration_since(now).unwrap_or(Duration::ZERO))
        };
        value.parse().ok().map(Duration::from_secs).or_else(by_date)
    };
    let by_rate_limit = |value: &str| {
        let mut parameters = value.split(';').map(str::trim);
        let seconds = parameters.find_map(|it| it.strip_prefix("t="))?;
        seconds.parse().ok().map(Duration::from_secs)
    };
    text("Retry-After")
        .and_then(by_retry_after)
        .or_else(|| text("RateLimit").and_then(by_rate_limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_read_in_seconds_as_a_date_or_from_the_hubs_own_header() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").expect("a date");
        for (name, value, wanted) in [
            ("Retry-After", "120", Some(120)),
            ("Retry-After", " 0 ", Some(0)),
            ("Retry-After", "Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
            ("Retry-After", "Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("Retry-After", "soon", None),
            ("RateLimit", "\"api\";r=0;t=55", Some(55)),
            ("RateLimit", "\"resolvers\"; r=12", None),
            ("Date", "Sun, 06 Nov 1994 08:50:07 GMT", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().expect("a header"));
            let asked = asked_wait(&headers, now);
            assert_eq!(asked, wanted.map(Duration::from_secs), "{name}: {value}");
        }
    }
}
