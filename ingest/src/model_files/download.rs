//! One file over HTTP: resumed, counted, and renamed only when its SHA-256 is the wanted one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use ureq::Agent;
use ureq::config::RedirectAuthHeaders;
use ureq::http::StatusCode;
use ureq::tls::{RootCerts, TlsConfig};
use url::Url;

use super::ReleaseFile;
use crate::safe_file;

/// Tries in a row that bring not one byte before we give up.
const MAX_IDLE_TRIES: u32 = 3;

/// Tries of any kind.
const MAX_TRIES: u32 = 50;

/// A client that trusts what the system trusts, so that company proxies work, and does not hang.
pub(super) fn agent() -> Agent {
    // Ten seconds each to connect and to answer; half a minute of silence within a file.
    Agent::config_builder()
        .tls_config(
            TlsConfig::builder()
                .root_certs(RootCerts::PlatformVerifier)
                .build(),
        )
        .timeout_resolve(Some(Duration::from_secs(10)))
        .timeout_connect(Some(Duration::from_secs(10)))
        .timeout_recv_response(Some(Duration::from_secs(30)))
        .timeout_per_read(Some(Duration::from_secs(30)))
        .redirect_auth_headers(RedirectAuthHeaders::SameHost)
        .http_status_as_error(false)
        .user_agent(concat!("offprint/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

/// Fetches `wanted` from `url` to `target`, through `target.part`, which a later try goes on with.
pub(super) fn fetch(
    agent: &Agent,
    url: &str,
    token: Option<&str>,
    wanted: &ReleaseFile,
    target: &Path,
) -> Result<()> {
    let part = part_of(target);
    let folder = target.parent().context("the target is in no folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let bar = progress(wanted);
    let mut idle_tries = 0;
    for _ in 0..MAX_TRIES {
        let before = len(&part);
        if before == wanted.n_bytes && wanted.is_at(&part) {
            bar.finish_and_clear();
            return safe_file::rename(&part, target);
        }
        let failure = match go_on(agent, url, token, wanted, &part, &bar) {
            Ok(()) if wanted.is_at(&part) => continue,
            Ok(()) if len(&part) < wanted.n_bytes => anyhow!("the connection was closed early"),
            Ok(()) => {
                let found = super::release::sha256_of(&part)?;
                fs::remove_file(&part).context("cannot remove what was downloaded")?;
                if before > 0 {
                    // The beginning may have been another file's.
                    continue;
                }
                bail!(
                    "{} has the SHA-256 {found}, not {}",
                    shown(url),
                    wanted.sha256
                );
            }
            Err(Failure::Final(error)) => return Err(error),
            Err(Failure::Passing(error)) => error,
        };
        idle_tries = if len(&part) > before {
            0
        } else {
            idle_tries + 1
        };
        if idle_tries == MAX_IDLE_TRIES {
            return Err(failure.context(format!("gave up {}", shown(url))));
        }
        thread::sleep(Duration::from_millis(300 * u64::from(idle_tries)));
    }
    bail!("gave up {} after {MAX_TRIES} tries", shown(url))
}

enum Failure {
    /// Worth another try.
    Passing(anyhow::Error),
    Final(anyhow::Error),
}

/// Asks for what `part` lacks and appends it.
fn go_on(
    agent: &Agent,
    url: &str,
    token: Option<&str>,
    wanted: &ReleaseFile,
    part: &Path,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    let mut have = len(part);
    if have >= wanted.n_bytes {
        // Whole, or longer, and not what is wanted: the caller would have taken it.
        have = 0;
    }
    let mut request = agent.get(url);
    if let Some(token) = token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    if have > 0 {
        request = request.header("Range", format!("bytes={have}-"));
    }
    let response = request.call().map_err(|error| failed(&error, url))?;
    let status = response.status();
    let range = response
        .headers()
        .get("Content-Range")
        .and_then(|range| range.to_str().ok());
    let goes_on = status == StatusCode::PARTIAL_CONTENT
        && range.is_some_and(|range| range.starts_with(&format!("bytes {have}-")));
    match status {
        StatusCode::OK => have = 0,
        StatusCode::PARTIAL_CONTENT if goes_on => {}
        StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE if have > 0 => {
            fs::remove_file(part).map_err(|error| Failure::Final(error.into()))?;
            return Err(Failure::Passing(anyhow!(
                "the server cannot go on at byte {have}"
            )));
        }
        _ => return Err(refused(status, url)),
    }
    bar.set_position(have);
    let file = if have == 0 {
        File::create(part)
    } else {
        OpenOptions::new().append(true).open(part)
    };
    let disk = |error: io::Error| {
        Failure::Final(anyhow!(error).context(format!("cannot write {}", part.display())))
    };
    let mut file = file.map_err(disk)?;
    // One byte too many is enough to see that it is another file.
    let mut body = response
        .into_body()
        .into_reader()
        .take(wanted.n_bytes + 1 - have);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Failure::Passing(error.into())),
        };
        file.write_all(&buffer[..n]).map_err(disk)?;
        bar.inc(n as u64);
    }
    file.sync_all().map_err(disk)
}

/// A page of text, such as a package index answers, with its address after redirections.
pub(super) fn page(agent: &Agent, url: &Url, accept: &str) -> Result<Page> {
    const MAX_BYTES: u64 = 4 << 20;
    // The client sends a login in the address as the header that it is.
    let response = agent.get(url.as_str()).header("Accept", accept).call();
    let mut response = response.map_err(|error| clear_of_login(&error, url.as_str()))?;
    let status = response.status();
    ensure!(
        status == StatusCode::OK,
        "{} answers {status}",
        shown(url.as_str())
    );
    let kind = response
        .headers()
        .get("Content-Type")
        .and_then(|kind| kind.to_str().ok());
    let is_json = kind.is_some_and(|kind| kind.contains("json"));
    let body = response
        .body_mut()
        .with_config()
        .limit(MAX_BYTES)
        .read_to_string();
    let body = body.with_context(|| format!("cannot read {}", shown(url.as_str())))?;
    let address: Option<Url> = ureq::ResponseExt::get_uri(&response)
        .to_string()
        .parse()
        .ok();
    // Links of the page are relative to where it was found, and need the same login there.
    let moved = address.filter(|address| address.host() != url.host());
    Ok(Page {
        body,
        is_json,
        url: moved.unwrap_or_else(|| url.clone()),
    })
}

/// What a package index answered.
pub(super) struct Page {
    pub(super) body: String,
    pub(super) is_json: bool,
    /// Where it was found in the end.
    pub(super) url: Url,
}

/// An address without user name, password and query, fit for a message.
pub(super) fn shown(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else {
        return "an address that cannot be parsed".to_owned();
    };
    url.set_query(None);
    url.set_fragment(None);
    if !url.username().is_empty() || url.password().is_some() {
        // These fail where an address can have no login, and then it has none.
        let _ = (url.set_username(""), url.set_password(None));
    }
    url.to_string()
}

fn clear_of_login(error: &ureq::Error, url: &str) -> anyhow::Error {
    let said = error.to_string().replace(url, &shown(url));
    anyhow!("cannot fetch {}: {said}", shown(url))
}

fn failed(error: &ureq::Error, url: &str) -> Failure {
    let said = clear_of_login(error, url);
    match error {
        ureq::Error::Io(_) | ureq::Error::Timeout(_) | ureq::Error::Protocol(_) => {
            Failure::Passing(said)
        }
        _ => Failure::Final(said),
    }
}

fn refused(status: StatusCode, url: &str) -> Failure {
    let error = anyhow!("{} answers {status}", shown(url));
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Failure::Final(error.context("access refused: check or unset the token"))
        }
        StatusCode::TOO_MANY_REQUESTS => Failure::Passing(error),
        _ if status.is_server_error() => Failure::Passing(error),
        _ => Failure::Final(error),
    }
}

pub(super) fn part_of(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

fn len(path: &Path) -> u64 {
    path.metadata().map_or(0, |about| about.len())
}

fn progress(wanted: &ReleaseFile) -> ProgressBar {
    tracing::info!("downloading {} ({} bytes)", wanted.path, wanted.n_bytes);
    let style = "{msg} {bar:30} {bytes} of {total_bytes}, {eta} left";
    let style = ProgressStyle::with_template(style).expect("the template is well-formed");
    ProgressBar::new(wanted.n_bytes)
        .with_style(style)
        .with_message(wanted.path)
        .with_finish(ProgressFinish::AndClear)
}
