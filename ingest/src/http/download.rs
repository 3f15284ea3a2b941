//! One file: resumed, counted, and renamed only when its digest is the wanted one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use ureq::http::StatusCode;
use url::Url;

use super::client::{Answer, Ask, Client};
use super::failure::Failure;
use super::patience::Tries;
use super::{Bearer, Digest, Progress, shown_url};
use crate::safe_file;

/// A file as it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) n_bytes: u64,
    pub(crate) digest: Digest,
}

impl Wanted {
    /// Whether the file at `path` is this one, to the byte.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        let has_length = path.metadata().is_ok_and(|it| it.len() == self.n_bytes);
        has_length
            && self
                .digest
                .of_file_like(path)
                .is_ok_and(|it| it == self.digest)
    }
}

/// What comes from where to where.
#[derive(Debug)]
pub(crate) struct Download<'a> {
    pub(crate) url: &'a Url,
    pub(crate) bearer: Option<&'a Bearer<'a>>,
    pub(crate) wanted: Wanted,
    /// Takes the bytes; left behind by what interrupts us, and gone on with by a later run.
    pub(crate) part: &'a Path,
    /// Where the file is when it is whole.
    pub(crate) target: &'a Path,
}

impl Download<'_> {
    /// Fetches the file.
    ///
    /// # Errors
    /// A server that refuses or has another file; [`super::GaveUp`] in the chain where the network
    /// is the matter; a full disk. Except for another file's, the bytes so far stay in `part`.
    pub(crate) fn run(&self, client: &Client, progress: &Progress) -> Result<()> {
        for path in [self.part, self.target] {
            let folder = path.parent().context("a file needs a folder")?;
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let mut part = Part {
            path: self.part,
            is_ours: false,
        };
        if self.wanted.n_bytes == 0 {
            File::create(self.part).with_context(|| part.cannot_write())?;
        }
        let mut tries = Tries::new(client, self.url, progress.bar());
        loop {
            let before = part.len();
            if before >= self.wanted.n_bytes {
                if self.is_whole(&part)? {
                    safe_file::rename(self.part, self.target)?;
                    progress.finished(self.wanted.n_bytes);
                    return Ok(());
                }
                continue;
            }
            let result = self.go_on(client, &mut part, progress);
            if part.len() > before {
                tries.progressed();
                client.received();
            }
            if let Err(failure) = result {
                tries.again(failure)?;
            }
        }
    }

    /// Whether `part`, which has as many bytes as it should or more, is the wanted file. Where it
    /// is not, it goes; an earlier run's may have been another file's, and is fetched anew.
    fn is_whole(&self, part: &Part) -> Result<bool> {
        let Wanted { n_bytes, digest } = self.wanted;
        let n_found = part.len();
        let found = digest.of_file_like(self.part)?;
        if n_found == n_bytes && found == digest {
            return Ok(true);
        }
        part.remove()?;
        if !part.is_ours {
            tracing::debug!("{} was another file's", self.part.display());
            return Ok(false);
        }
        let url = shown_url(self.url);
        if n_found != n_bytes {
            bail!("{url} has more than the {n_bytes} bytes that it should have: it was removed");
        }
        bail!(
            "{url} has the {} {found}, not {digest}: it was changed or damaged on its way, and was \
             removed",
            digest.kind()
        )
    }

    /// Asks for what `part` lacks and appends it.
    fn go_on(&self, client: &Client, part: &mut Part, progress: &Progress) -> Result<(), Failure> {
        let n_bytes = self.wanted.n_bytes;
        let mut have = part.len();
        let answer = client.send(&Ask {
            url: self.url,
            bearer: self.bearer,
            accept: None,
            from: have,
        })?;
        let range = answer.header("Content-Range").and_then(Range::parse);
        let goes_on = range.as_ref().is_some_and(|range| range.from == have);
        let n_there = match answer.status() {
            StatusCode::OK => {
                have = 0;
                answer.n_bytes()
            }
            StatusCode::PARTIAL_CONTENT if goes_on => range.and_then(|range| range.n_bytes),
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE if have > 0 => {
                part.remove().map_err(Failure::Final)?;
                let url = shown_url(self.url);
                return Err(Failure::Passing(anyhow!(
                    "{url} cannot go on at byte {have}"
                )));
            }
            _ => return Err(answer.refused(client)),
        };
        if let Some(n_there) = n_there.filter(|n_there| *n_there != n_bytes) {
            part.remove().map_err(Failure::Final)?;
            let url = shown_url(self.url);
            return Err(Failure::Final(anyhow!(
                "{url} has {n_there} bytes, not {n_bytes}: it is another file"
            )));
        }
        progress.at(have);
        let file = part.open(have).map_err(Failure::Final)?;
        self.append(answer, file, have, part, progress)
    }

    fn append(
        &self,
        answer: Answer,
        mut file: File,
        mut have: u64,
        part: &Part,
        progress: &Progress,
    ) -> Result<(), Failure> {
        let disk = |error: io::Error| Failure::Final(anyhow!(error).context(part.cannot_write()));
        let url = shown_url(self.url);
        // One byte too many is enough to see that it is another file.
        let most = self.wanted.n_bytes + 1 - have;
        let mut body = answer.response.into_body().into_reader().take(most);
        let mut buffer = vec![0; 1 << 16];
        loop {
            let n = match body.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    let error = anyhow!(error).context(format!("{url} broke off at byte {have}"));
                    return Err(Failure::Passing(error));
                }
            };
            file.write_all(&buffer[..n]).map_err(disk)?;
            have += n as u64;
            progress.add(n as u64);
        }
        file.sync_all().map_err(disk)?;
        if have < self.wanted.n_bytes {
            let error = anyhow!("{url} was closed at byte {have}");
            return Err(Failure::Passing(error));
        }
        Ok(())
    }
}

/// The file that grows.
struct Part<'a> {
    path: &'a Path,
    /// Whether its first byte came in this run.
    is_ours: bool,
}

impl Part<'_> {
    fn len(&self) -> u64 {
        self.path.metadata().map_or(0, |about| about.len())
    }

    fn remove(&self) -> Result<()> {
        match fs::remove_file(self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", self.path.display()))
            }
            _ => Ok(()),
        }
    }

    /// For writing from byte `at` on, which is its end or its beginning.
    fn open(&mut self, at: u64) -> Result<File> {
        let file = if at == 0 {
            self.is_ours = true;
            File::create(self.path)
        } else {
            OpenOptions::new().append(true).open(self.path)
        };
        file.with_context(|| self.cannot_write())
    }

    fn cannot_write(&self) -> String {
        format!("cannot write {} (what it has is kept)", self.path.display())
    }
}

/// `Content-Range: bytes FROM-TO/LENGTH`.
struct Range {
    from: u64,
    n_bytes: Option<u64>,
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let (range, length) = text.trim().strip_prefix("bytes")?.trim().split_once('/')?;
        let (from, _) = range.split_once('-')?;
        Some(Self {
            from: from.trim().parse().ok()?,
            n_bytes: length.trim().parse().ok(),
        })
    }
}

/// The name under which a file grows beside its final place.
pub(crate) fn part_of(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".part");
    name.into()
}
