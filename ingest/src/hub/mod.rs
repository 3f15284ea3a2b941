//! The Hugging Face hub, or a mirror of it: where it is, who asks, and what its refusals mean.
//!
//! Addresses and the hub's own cache are the business of `hf-hub`. The bytes come through
//! [`crate::http`]: `hf-hub` appends a whole file to a partial one where a server ignores `Range`,
//! wants headers that mirrors lack, and trusts its own certificates only.

mod remote;

use std::env;
use std::fmt;

use hf_hub::Cache;

use crate::http::{Token, shown};

pub(crate) use remote::Remote;

/// How to reach the hub.
#[derive(Clone)]
pub struct Hub {
    /// Its address: `https://huggingface.co`, or a mirror's.
    pub endpoint: String,
    /// Sent with every request to the endpoint and to no other server, never written anywhere.
    pub token: Option<Token>,
    /// The cache that Hugging Face's own tools share.
    pub cache: Option<Cache>,
}

impl Hub {
    /// The hub as `HF_ENDPOINT`, `HF_TOKEN` and `HF_HOME` describe it, to us as to Hugging Face's
    /// own tools: where no variable has the token, the file `token` in `HF_HOME` does.
    pub fn from_environment() -> Self {
        Self::from_variables(|name| env::var(name).ok())
    }

    /// Like [`Self::from_environment`], with `variable` for the environment.
    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let home = set("HF_HOME").map(std::path::PathBuf::from).or_else(|| {
            // The specification has relative paths ignored.
            let xdg = set("XDG_CACHE_HOME").map(std::path::PathBuf::from);
            let caches = xdg
                .filter(|path| path.is_absolute())
                .or_else(|| Some(env::home_dir()?.join(".cache")));
            Some(caches?.join("huggingface"))
        });
        let cache = home.map(|home| Cache::new(home.join("hub")));
        let by_variable = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]
            .into_iter()
            .find_map(|name| Token::new(&set(name)?, name));
        let token = by_variable.or_else(|| {
            let cache = cache.as_ref()?;
            let from = format!("the file {}", cache.token_path().display());
            Token::new(&cache.token()?, from)
        });
        Self {
            endpoint: set("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".to_owned()),
            token,
            cache,
        }
    }
}

impl fmt::Display for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the Hugging Face hub ({})", shown(&self.endpoint))
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("endpoint", &shown(&self.endpoint))
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_documentation_names_every_variable() {
        let about = include_str!("../../../docs/downloads.md");
        let asked = std::cell::RefCell::new(Vec::new());
        Hub::from_variables(|name| {
            asked.borrow_mut().push(name.to_owned());
            // A folder without a token, so that both variables for it are asked for.
            (name == "HF_HOME").then(|| "no-such-folder".to_owned())
        });
        let asked = asked.into_inner();
        assert!(asked.len() > 3, "{asked:?}");
        for name in &asked {
            assert!(about.contains(&format!("`{name}`")), "{name} is not there");
        }
    }

    #[test]
    fn the_token_is_found_where_hugging_faces_tools_find_it() {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().display().to_string();
        fs::write(home.path().join("token"), "of the file\n").expect("a file");
        let secret = |set: &[(&str, &str)]| {
            let variable = |name: &str| {
                let found = set.iter().find(|(it, _)| *it == name);
                let home = (name == "HF_HOME").then(|| path.clone());
                found.map(|(_, value)| (*value).to_owned()).or(home)
            };
            let token = Hub::from_variables(variable).token.expect("a token");
            token.from().to_owned()
        };
        let old = ("HUGGING_FACE_HUB_TOKEN", "of the old variable");
        assert_eq!(
            secret(&[("HF_TOKEN", " of the variable\n"), old]),
            "HF_TOKEN"
        );
        assert_eq!(secret(&[("HF_TOKEN", " "), old]), "HUGGING_FACE_HUB_TOKEN");
        let of_file = secret(&[]);
        assert!(
            of_file.starts_with("the file") && of_file.ends_with("token"),
            "{of_file}"
        );

        fs::write(home.path().join("token"), "\n").expect("a file");
        let hub = Hub::from_variables(|name| (name == "HF_HOME").then(|| path.clone()));
        assert!(hub.token.is_none(), "{hub:?} made a token of nothing");
        assert_eq!(hub.endpoint, "https://huggingface.co");
    }
}
