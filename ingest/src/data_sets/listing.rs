//! What a commit of a data set holds: every file with its length and digest.

use anyhow::{Context as _, Error, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::http::{Ask, Client, Digest, Wanted};
use crate::hub::Remote;

/// Pages of a list; at a thousand files each this is more than the hub allows in a repository.
const MAX_PAGES: u32 = 1000;

/// The files of a commit. It never changes, so it is asked for once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listing {
    /// 40 hexadecimal digits.
    pub(super) commit: String,
    pub(super) files: Vec<Entry>,
}

/// One file of a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Row", into = "Row")]
pub(super) struct Entry {
    /// Path in the data set, with `/`.
    pub(super) path: String,
    pub(super) wanted: Wanted,
}

/// How an entry is written.
#[derive(Serialize, Deserialize)]
struct Row {
    path: String,
    n_bytes: u64,
    digest: Digest,
}

impl From<Row> for Entry {
    fn from(row: Row) -> Self {
        let Row {
            path,
            n_bytes,
            digest,
        } = row;
        let wanted = Wanted { n_bytes, digest };
        Self { path, wanted }
    }
}

impl From<Entry> for Row {
    fn from(entry: Entry) -> Self {
        let Wanted { n_bytes, digest } = entry.wanted;
        Self {
            path: entry.path,
            n_bytes,
            digest,
        }
    }
}

/// Whether this revision is a commit's whole name, which needs no asking.
pub(super) fn is_commit(revision: &str) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    revision.len() == 40 && revision.bytes().all(is_digit)
}

/// The commit that the remote's revision is now.
pub(super) fn commit(client: &Client, remote: &Remote) -> Result<String> {
    #[derive(Deserialize)]
    struct About {
        sha: String,
    }
    let url = remote.about()?;
    let (about, _): (About, _) = ask(client, remote, &url)?;
    ensure!(
        is_commit(&about.sha),
        "the hub answers {:?} for a commit: check HF_ENDPOINT",
        about.sha.chars().take(80).collect::<String>()
    );
    Ok(about.sha)
}

/// The list of the remote's files, which is at `commit`.
pub(super) fn fetch(client: &Client, remote: &Remote, commit: &str) -> Result<Listing> {
    let mut url = remote.tree()?;
    let mut files = Vec::new();
    for _ in 0..MAX_PAGES {
        let (nodes, link): (Vec<Node>, _) = ask(client, remote, &url)?;
        for node in nodes.into_iter().filter(|node| node.kind == "file") {
            files.push(node.entry()?);
        }
        let Some(next) = link.as_deref().and_then(next_page) else {
            return Ok(Listing {
                commit: commit.to_owned(),
                files,
            });
        };
        // Of the link only the cursor counts: mirrors pass on addresses of the hub itself.
        let next = url.join(next).context("the hub's list goes on nowhere")?;
        ensure!(
            next.query() != url.query(),
            "the hub's list leads back to itself"
        );
        url.set_query(next.query());
    }
    bail!("the hub's list of files has more than {MAX_PAGES} pages")
}

fn ask<T: serde::de::DeserializeOwned>(
    client: &Client,
    remote: &Remote,
    url: &Url,
) -> Result<(T, Option<String>)> {
    let ask = Ask {
        url,
        bearer: remote.bearer(),
        accept: Some("application/json"),
        from: 0,
    };
    let explain = |error: Error| remote.explain(error, None);
    client.json(&ask).map_err(explain)
}

/// A file or a folder, as the hub lists it.
#[derive(Deserialize)]
struct Node {
    #[serde(rename = "type")]
    kind: String,
    path: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    oid: String,
    lfs: Option<Lfs>,
}

/// What git keeps elsewhere; its `oid` is a SHA-256, while the node's is the pointer's.
#[derive(Deserialize)]
struct Lfs {
    oid: String,
    size: u64,
}

impl Node {
    fn entry(self) -> Result<Entry> {
        let Self {
            path,
            size,
            oid,
            lfs,
            ..
        } = self;
        // The path becomes one on this disk.
        let is_inside = path
            .split('/')
            .all(|part| !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0']));
        let has_drive = cfg!(windows) && path.contains(':');
        ensure!(
            is_inside && !has_drive,
            "the hub lists {path:?}, which is no path of a file"
        );
        let (n_bytes, digest) = match &lfs {
            Some(lfs) => (lfs.size, Digest::parse(&lfs.oid)),
            None => (size, Digest::parse(&oid)),
        };
        let is_right_kind = |digest: &Digest| matches!(digest, Digest::Sha256(_)) == lfs.is_some();
        let digest = digest.filter(is_right_kind);
        let digest = digest.with_context(|| format!("the hub lists {path} without its digest"))?;
        let wanted = Wanted { n_bytes, digest };
        Ok(Entry { path, wanted })
    }
}

/// The address of `rel="next"` in a `Link` header (RFC 8288).
fn next_page(link: &str) -> Option<&str> {
    let mut rest = link;
    loop {
        let (_, after) = rest.split_once('<')?;
        let (address, after) = after.split_once('>')?;
        // Parameters reach to the next address; none of them has a `<`.
        let parameters = after.split('<').next().unwrap_or_default();
        let mut parameters = parameters.split([';', ',']).map(str::trim);
        if parameters.any(|it| matches!(it, "rel=\"next\"" | "rel=next")) {
            return Some(address);
        }
        rest = after;
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A list of files whose contents do not matter.
    pub(in super::super) fn listing_of(files: &[&str]) -> Listing {
        let wanted = Wanted {
            n_bytes: 1,
            digest: Digest::Sha256([0; 32]),
        };
        let entry = |path: &&str| Entry {
            path: (*path).to_owned(),
            wanted,
        };
        Listing {
            commit: "0".repeat(40),
            files: files.iter().map(entry).collect(),
        }
    }

    #[test]
    fn the_next_page_is_found_among_other_links() {
        for (link, wanted) in [
            (
                "<https://h/a?cursor=1>; rel=\"next\"",
                Some("https://h/a?cursor=1"),
            ),
            (
                "</a>; rel=\"prev\", </b?c=,;>; title=x; rel=next",
                Some("/b?c=,;"),
            ),
            ("</a>; rel=\"prev\"", None),
            ("", None),
        ] {
            assert_eq!(next_page(link), wanted, "{link:?}");
        }
    }

    #[test]
    fn a_path_that_leads_out_of_the_folder_and_a_file_without_digest_are_refused() {
        let node = |path: &str, oid: &str| Node {
            kind: "file".to_owned(),
            path: path.to_owned(),
            size: 3,
            oid: oid.to_owned(),
            lfs: None,
        };
        let oid = "0".repeat(40);
        assert!(node("a/b.csv", &oid).entry().is_ok());
        for path in ["../a", "a/../b", "/etc/passwd", "a//b", "a\\b", "", "a/."] {
            assert!(node(path, &oid).entry().is_err(), "{path:?} was taken");
        }
        for oid in ["", "0", &"0".repeat(64)] {
            assert!(node("a", oid).entry().is_err(), "{oid:?} was taken");
        }
    }
}
