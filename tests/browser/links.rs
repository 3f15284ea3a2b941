//! Links that are copied: they replay, and say the build that they were made with.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::citations::{clipboard, may_read_clipboard, said};
use super::page::Page;
use super::{Console, in_browser};

/// Copies by a button, and gives what stands behind the `?`.
async fn copied(page: &Page, button: &str) -> Result<String> {
    page.click(button).await?;
    said(page, "Link copied").await?;
    let link = clipboard(page).await?;
    let query = link.strip_prefix(&page.server.address());
    let query = query.with_context(|| format!("{link} is no address of this page"))?;
    Ok(query.to_owned())
}

#[test]
fn a_copied_link_says_its_build_and_a_page_of_another_build_says_so() {
    in_browser(Console::Silent, async |page, native| {
        may_read_clipboard(page).await?;
        page.open_ready("?q=learning+from+noisy+data&cat=cs")
            .await?;
        let found = page.results().await?;
        let link = copied(page, "copy-link").await?;
        let build = native.folder.manifest.build.short();
        ensure!(
            link == format!("?q=learning+from+noisy+data&cat=cs&build={build}"),
            "{link}"
        );
        ensure!(
            !page.query().await?.contains("build="),
            "copying changed the address"
        );

        // The same build: nothing is said.
        page.open_ready(&link).await?;
        ensure!(
            page.results().await? == found,
            "the link finds something else"
        );
        ensure!(
            page.text("other-build").await?.is_none(),
            "it is this very build"
        );

        // Another one: a line says so, and nothing else is different.
        let older = "0123456789abcdef";
        page.open_ready(&link.replace(&build, older)).await?;
        ensure!(
            page.results().await? == found,
            "the link finds something else"
        );
        let told = page.element("other-build").await?.text().await?;
        ensure!(
            told.contains(older) && told.contains("may differ"),
            "{told:?}"
        );
        // More of the same list is still of that link; another question is not.
        page.click("show-more").await?;
        page.results().await?;
        ensure!(
            page.text("other-build").await?.is_some(),
            "the line is gone"
        );
        page.ask("spin glasses").await?;
        ensure!(
            page.text("other-build").await?.is_none(),
            "the line has stayed"
        );
        ensure!(!page.query().await?.contains("build="));
        page.open_ready(&link.replace(&build, older)).await?;
        page.element("other-build").await?;
        page.run(
            "document.querySelector('[data-testid=other-build] button').click()",
            json!([]),
        )
        .await?;
        ensure!(
            page.text("other-build").await?.is_none(),
            "it cannot be dismissed"
        );
        ensure!(page.query().await?.contains("q=learning"));
        Ok(())
    });
}

#[test]
fn a_link_to_the_map_brings_its_view_back() {
    in_browser(Console::Silent, async |page, native| {
        may_read_clipboard(page).await?;
        let at = "at=31245,20411,3.25";
        page.open_ready(&format!("?view=map&{at}")).await?;
        page.element("map-says").await?;
        let link = copied(page, "map-link").await?;
        let build = native.folder.manifest.build.short();
        ensure!(link == format!("?view=map&{at}&build={build}"), "{link}");
        Ok(())
    });
}
