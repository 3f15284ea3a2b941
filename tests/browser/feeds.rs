//! Feeds of saved queries: named, listed, well-formed.

use anyhow::{Context, Result, ensure};
use index_builder::feeds;
use serde::Deserialize;
use serde_json::json;

use super::driver::Setup;
use super::page::Page;
use super::{Console, in_browser};

/// A feed as the browser's own parser reads it.
#[derive(Debug, Deserialize)]
struct Read {
    fault: Option<String>,
    title: String,
    updated: Vec<String>,
    ids: Vec<String>,
    page: String,
    /// Elements that Atom demands and that are missing.
    missing: Vec<String>,
}

async fn read(page: &Page, address: &str) -> Result<Read> {
    let script = "fetch(a[0]).then((answer) => answer.text()).then((text) => {\n\
        const xml = new DOMParser().parseFromString(text, 'application/xml');\n\
        const atom = 'http://www.w3.org/2005/Atom';\n\
        const feed = xml.documentElement;\n\
        const of = (at, name) => [...at.children].filter((e) => e.namespaceURI === atom && e.localName === name);\n\
        const missing = [feed, ...of(feed, 'entry')].flatMap((at) =>\n\
          ['id', 'title', 'updated'].filter((name) => of(at, name).length !== 1).map((name) => at.localName + ' ' + name));\n\
        const texts = (name) => [feed, ...of(feed, 'entry')].map((at) => of(at, name)[0]?.textContent ?? '');\n\
        const page = of(feed, 'link').find((link) => link.getAttribute('rel') === 'alternate');\n\
        return {\n\
          fault: xml.querySelector('parsererror')?.textContent ?? null,\n\
          title: texts('title')[0], updated: texts('updated'), ids: texts('id'), missing,\n\
          page: new URL(page?.getAttribute('href') ?? 'none', a[0]).href,\n\
        };\n\
      })";
    Ok(serde_json::from_value(
        page.value(script, json!([address])).await?,
    )?)
}

#[test]
fn feeds_are_named_in_the_head_listed_and_well_formed() {
    in_browser(Console::Silent, async |page, native| {
        let saved = feeds::read(
            &Setup::from_environment()
                .context("this test runs")?
                .dist
                .join("artifacts"),
        )?;
        ensure!(
            saved.len() == 2,
            "tests/site.toml names two feeds: {saved:?}"
        );
        page.open_ready("?view=about").await?;
        let named = "return [...document.head.querySelectorAll('link[rel=alternate][type=\"application/atom+xml\"]')]\n\
            .map((link) => [link.title, link.href]);";
        let named: Vec<(String, String)> =
            serde_json::from_value(page.run(named, json!([])).await?)?;
        let listed = "return [...document.querySelectorAll('[data-testid=feed]')].map((link) => [link.innerText, link.href]);";
        let listed: Vec<(String, String)> =
            serde_json::from_value(page.run(listed, json!([])).await?)?;
        ensure!(
            named == listed,
            "the head names {named:?}, the page {listed:?}"
        );
        let titles: Vec<&String> = named.iter().map(|(title, _)| title).collect();
        let wanted: Vec<&String> = saved.iter().map(|saved| &saved.title).collect();
        ensure!(titles == wanted, "{titles:?}");

        let papers = &native.folder.papers;
        for ((title, address), saved) in named.iter().zip(&saved) {
            let feed = read(page, address).await?;
            ensure!(feed.fault.is_none(), "{address} is no XML: {feed:?}");
            ensure!(feed.title == *title, "{feed:?}");
            ensure!(
                feed.missing.is_empty(),
                "{address} lacks {:?}",
                feed.missing
            );
            ensure!((2..=51).contains(&feed.ids.len()), "{} ids", feed.ids.len());
            let newest = feed.updated.iter().skip(1);
            ensure!(
                newest.clone().is_sorted_by(|a, b| a >= b),
                "{:?}",
                feed.updated
            );
            ensure!(newest.max() == feed.updated.first(), "{:?}", feed.updated);
            // Its link leads to the same papers, the newest first.
            let query = feed.page.strip_prefix(&page.server.address());
            let query = query.with_context(|| format!("{} is no page of ours", feed.page))?;
            page.open_ready(&format!("{query}&k=50")).await?;
            let found = page.results().await?;
            let known = |id: &&String| papers.find(id).is_some();
            ensure!(!found.is_empty() && found.iter().all(|id| known(&id)));
            let ids: Vec<&str> = feed.ids[1..]
                .iter()
                .map(|id| id.trim_start_matches("https://arxiv.org/abs/"))
                .collect();
            ensure!(
                found.iter().map(String::as_str).eq(ids.iter().copied()),
                "{}: the page finds {found:?}, the feed has {ids:?}",
                saved.query
            );
        }
        Ok(())
    });
}
