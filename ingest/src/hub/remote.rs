//! One repository at one revision: its addresses, and what went wrong there in words.

use std::path::PathBuf;

use anyhow::{Context as _, Error, Result};
use hf_hub::Repo;
use hf_hub::api::sync::{ApiBuilder, ApiRepo};
use ureq::http::StatusCode;
use url::Url;

use super::Hub;
use crate::http::{Bearer, Refused, shown};

/// A repository of the hub, as requests to it need it.
pub(crate) struct Remote<'a> {
    hub: &'a Hub,
    repo: Repo,
    /// The repository in words: `data set OWNER/NAME`.
    name: String,
    addresses: ApiRepo,
    bearer: Option<Bearer<'a>>,
}

impl<'a> Remote<'a> {
    /// # Errors
    /// When the endpoint is no address.
    pub(crate) fn new(hub: &'a Hub, repo: Repo, name: String) -> Result<Self> {
        let endpoint = hub.endpoint.trim().trim_end_matches('/').to_owned();
        let home = Url::parse(&endpoint)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .context("HF_ENDPOINT is no address such as https://huggingface.co")?;
        // This cache is neither read nor written: hf-hub only puts addresses together here.
        let addresses = ApiBuilder::from_cache(hf_hub::Cache::new(PathBuf::new()))
            .with_endpoint(endpoint)
            .with_token(None)
            .build()
            .context("cannot set up the hub's client")?
            .repo(repo.clone());
        let bearer = hub.token.as_ref().map(|token| Bearer::new(token, &home));
        Ok(Self {
            hub,
            repo,
            name,
            addresses,
            bearer,
        })
    }

    /// The token, for the endpoint alone.
    pub(crate) fn bearer(&self) -> Option<&Bearer<'a>> {
        self.bearer.as_ref()
    }

    /// The address of a file's bytes.
    pub(crate) fn file(&self, path: &str) -> Result<Url> {
        // hf-hub takes paths as they are.
        let mut escaped = Url::parse("file:///").expect("it is an address");
        escaped
            .path_segments_mut()
            .expect("it has a path")
            .clear()
            .extend(path.split('/'));
        parse(&self.addresses.url(escaped.path().trim_start_matches('/')))
    }

    /// The address of what the hub says about the revision: its commit.
    pub(crate) fn about(&self) -> Result<Url> {
        let endpoint = self.hub.endpoint.trim().trim_end_matches('/');
        parse(&format!("{endpoint}/api/{}", self.repo.api_url()))
    }

    /// The address of the list of the revision's files.
    pub(crate) fn tree(&self) -> Result<Url> {
        let mut url = self.about()?;
        // `…/revision/REVISION`, where the revision is one segment.
        let path = url.path().to_owned();
        let (before, revision) = path.rsplit_once('/').expect("a path has a slash");
        let before = before.trim_end_matches("revision");
        url.set_path(&format!("{before}tree/{revision}"));
        url.set_query(Some("recursive=true"));
        Ok(url)
    }

    /// `error` with what it means here, where it is the server's refusal.
    pub(crate) fn explain(&self, error: Error, file: Option<&str>) -> Error {
        let Some(refused) = error.downcast_ref::<Refused>() else {
            return error;
        };
        let Self { name, hub, .. } = self;
        let revision = self.repo.revision();
        let code = refused.code.as_deref().unwrap_or_default();
        let meaning = match (refused.status, code, &hub.token) {
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, "GatedRepo", _) => format!(
                "the {name} is gated: accept its terms at {}/{}, and set HF_TOKEN to a token of \
                 that account",
                shown(&hub.endpoint).trim_end_matches('/'),
                self.repo.url()
            ),
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _, None) => format!(
                "access to the {name} is refused: it does not exist, or it is private or gated; \
                 check the name, or set HF_TOKEN to a token that may read it"
            ),
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _, Some(token)) => format!(
                "access to the {name} is refused (token from {}): check or unset the token",
                token.from()
            ),
            (StatusCode::NOT_FOUND, "RevisionNotFound", _) => {
                format!("the {name} has no revision {revision}: check it")
            }
            (StatusCode::NOT_FOUND, code, _) if code != "RepoNotFound" && file.is_some() => {
                format!(
                    "the {name} has no file {} in revision {revision}",
                    file.unwrap_or_default()
                )
            }
            (StatusCode::NOT_FOUND, _, _) => format!(
                "there is no {name} with revision {revision}: check both; for a private one set \
                 HF_TOKEN"
            ),
            _ => return error,
        };
        error.context(meaning)
    }
}

fn parse(url: &str) -> Result<Url> {
    Url::parse(url).context("the hub has no valid address: check HF_ENDPOINT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_escaped_and_keep_the_mirrors_path() {
        let hub = Hub {
            endpoint: "http://mirror.example/hf/".to_owned(),
            token: None,
            cache: None,
        };
        let repo = Repo::with_revision(
            "ada/papers".to_owned(),
            hf_hub::RepoType::Dataset,
            "refs/convert/parquet".to_owned(),
        );
        let remote = Remote::new(&hub, repo, "data set ada/papers".to_owned()).expect("a remote");
        let [file, about, tree] = [
            remote.file("a b/50%#?.parquet"),
            remote.about(),
            remote.tree(),
        ]
        .map(|url| url.expect("an address").to_string());
        let home = "http://mirror.example/hf";
        let at = "refs%2Fconvert%2Fparquet";
        assert_eq!(
            file,
            format!("{home}/datasets/ada/papers/resolve/{at}/a%20b/50%25%23%3F.parquet")
        );
        assert_eq!(
            about,
            format!("{home}/api/datasets/ada/papers/revision/{at}")
        );
        assert_eq!(
            tree,
            format!("{home}/api/datasets/ada/papers/tree/{at}?recursive=true")
        );

        for endpoint in ["", "huggingface.co", "ftp://huggingface.co"] {
            let hub = Hub {
                endpoint: endpoint.to_owned(),
                ..hub.clone()
            };
            let repo = Repo::model("a/b".to_owned());
            assert!(
                Remote::new(&hub, repo, String::new()).is_err(),
                "{endpoint:?} was taken"
            );
        }
    }
}
