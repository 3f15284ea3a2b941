//! The site's own name, and what the page says of its index.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use thirtyfour::By;

use super::native::Native;
use super::page::Page;
use super::server::Fault;
use super::{Console, in_browser};

#[test]
fn the_sites_name_stands_in_the_shell_and_in_the_page() {
    in_browser(Console::Silent, async |page, native| {
        let site = native.folder.manifest.site.clone();
        let site = site.context("tests/site.toml names its site")?;
        let title = format!("{}: search papers by words and meaning", site.title);
        page.server.fail("app-", Fault::Held);
        page.open("").await?;
        let brand = page.web.find(By::Css("#shell .brand")).await?;
        ensure!(brand.text().await? == site.title, "the shell's header");
        ensure!(page.web.title().await? == title, "the shell's title");
        page.server.heal("app-");
        page.ready().await?;
        ensure!(page.web.title().await? == title, "the page's title");
        let wordmark = page.web.find(By::Css(".wordmark")).await?;
        ensure!(wordmark.text().await? == site.title, "the page's header");

        page.click("tab-about").await?;
        let described = page.element("about-site").await?.text().await?;
        ensure!(Some(described) == site.description, "the description");
        let shown = page.web.title().await?;
        ensure!(shown == format!("About · {}", site.title), "{shown}");
        Ok(())
    });
}

#[test]
fn about_this_index_says_what_the_manifest_says() {
    in_browser(Console::Silent, about_this_index);
}

async fn about_this_index(page: &Page, native: &mut Native) -> Result<()> {
    page.open_ready("").await?;
    page.click("tab-about").await?;
    let facts = page.element("about-index").await?.text().await?;
    let manifest = &native.folder.manifest;
    let (first, last) = manifest.corpus.years.context("papers have years")?;
    for wanted in [
        manifest.corpus.name.clone(),
        manifest.corpus.papers.to_string(),
        first.to_string(),
        last.to_string(),
        manifest.build.to_string(),
        format!("index-builder {}", manifest.builder),
        "every paper is compared".to_owned(),
    ] {
        ensure!(facts.contains(&wanted), "no {wanted} in {facts:?}");
    }
    let judged = manifest.quality.iter().flat_map(|quality| &quality.search);
    for entry in judged {
        let wanted = format!("{} {:.3}", entry.set, entry.ndcg_at_10);
        ensure!(facts.contains(&wanted), "no {wanted} in {facts:?}");
    }
    let bytes: u64 = manifest.files().map(|entry| entry.bytes).sum();
    let words = manifest.words.as_ref().context("the build has words")?;
    let later = words.words_bytes + words.places_bytes + manifest.abstracts_bytes;
    let later = later + manifest.map.as_ref().map_or(0, |entry| entry.bytes);
    let bytes = (bytes + later) as f64 / 1e6;
    let size = page.element("about-size").await?.text().await?;
    ensure!(
        size.starts_with(&format!("{bytes:.1} MB")),
        "{bytes:.1} MB in all, but the page says {size:?}"
    );

    let files = page.texts("about-file").await?;
    ensure!(files.len() == manifest.files().count(), "{files:?}");
    for (row, entry) in files.iter().zip(manifest.files()) {
        let short = &entry.sha256.to_string()[..12];
        ensure!(row.contains(&entry.file), "{row:?} is not {}", entry.file);
        ensure!(row.contains(short), "{row:?} lacks {short}");
    }
    page.run(
        "document.querySelector('.digest summary').click()",
        json!([]),
    )
    .await?;
    let opened = page.web.find(By::Css(".digest .copyable")).await?;
    let (shown, whole) = (opened.text().await?, manifest.model.sha256.to_string());
    ensure!(shown == whole, "{shown} is not {whole}");
    Ok(())
}

#[test]
fn the_guide_is_below_the_page_and_the_page_stays_in_charge_of_itself() {
    in_browser(Console::MayComplain, async |page, _| {
        page.open_ready("").await?;
        page.click("tab-about").await?;
        let link = page.element("about-book").await?;
        let address = link.prop("href").await?.unwrap_or_default();
        let wanted = format!("{}book/index.html", page.server.address());
        ensure!(address == wanted, "the guide is at {address}");
        page.click("about-book").await?;
        let title = page
            .until(
                "the guide is open",
                "return location.pathname.includes('/book/') && document.title",
            )
            .await?;
        ensure!(
            title.as_str().is_some_and(|title| !title.is_empty()),
            "no title"
        );
        page.web.back().await?;
        page.ready().await?;
        let kept = page
            .value(
                "caches.keys().then(async (names) => (await Promise.all(names.map(async (name) => \
                 (await (await caches.open(name)).keys()).map((request) => request.url)))).flat())",
                json!([]),
            )
            .await?;
        let kept: Vec<String> = serde_json::from_value(kept)?;
        ensure!(!kept.is_empty(), "the page keeps nothing on this device");
        let of_book: Vec<_> = kept.iter().filter(|url| url.contains("/book/")).collect();
        ensure!(of_book.is_empty(), "the guide is kept: {of_book:?}");
        Ok(())
    });
}
