//! The newest first; and primary categories alone.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use shared::arxiv_id;
use shared::taxonomy::archive_of;
use thirtyfour::By;

use super::native::{Native, ids};
use super::page::Page;
use super::{Console, in_browser};

/// How many of the best the page sorts by date.
const NEWEST_OF: usize = 100;

/// When a paper was submitted, as far as its id tells.
fn date(native: &Native, id: &str) -> (u16, u8) {
    let papers = &native.folder.papers;
    let year = papers.find(id).and_then(|paper| papers.year(paper));
    let month = arxiv_id::parse(id).map_or(0, |id| id.month);
    (year.unwrap_or_default(), month)
}

async fn choose(page: &Page, selector: &str) -> Result<Vec<String>> {
    let choice = page.web.find(By::Css(selector)).await?;
    choice.scroll_into_view().await?;
    choice.click().await?;
    page.results().await
}

async fn line(page: &Page) -> Result<String> {
    page.text("result-line").await?.context("the line is there")
}

const NEWEST: &str = "[data-testid=sort] label:nth-of-type(2) input";
const RELEVANCE: &str = "[data-testid=sort] label:nth-of-type(1) input";

#[test]
fn the_newest_come_first_and_the_page_says_of_what() {
    in_browser(Console::Silent, async |page, native| {
        let text = "phase transitions";
        page.open_ready("").await?;
        let best = page.ask(text).await?;
        let newest = choose(page, NEWEST).await?;
        ensure!(page.query().await?.contains("sort=newest"));
        let of = ids(&native.search(text, NEWEST_OF)?);
        ensure!(of[..best.len()] == best, "the best are others natively");
        let dates: Vec<_> = newest.iter().map(|id| date(native, id)).collect();
        ensure!(dates.is_sorted_by(|a, b| a >= b), "{dates:?}");
        ensure!(newest.iter().all(|id| of.contains(id)));
        let last = dates.last().context("hits")?;
        for id in of.iter().filter(|id| !newest.contains(id)) {
            ensure!(date(native, id) <= *last, "{id} is newer and missing");
        }
        let said = line(page).await?;
        ensure!(said.contains("the 100 best, newest first"), "{said}");
        // The address brings it back, and relevance leaves it again.
        page.reload_ready().await?;
        ensure!(page.results().await? == newest);
        ensure!(choose(page, RELEVANCE).await? == best);
        ensure!(!page.query().await?.contains("sort="));

        // Where something is demanded, all that match are sorted.
        page.open_ready("?q=cat:hep-th&sort=newest&k=500").await?;
        let all = page.results().await?;
        let dates: Vec<_> = all.iter().map(|id| date(native, id)).collect();
        ensure!(
            all.len() > 20 && dates.is_sorted_by(|a, b| a >= b),
            "{dates:?}"
        );
        let said = line(page).await?;
        ensure!(
            said.contains("that match") && said.contains(" · newest first"),
            "{said}"
        );

        // More like this, too.
        page.open_ready("?like=1803.11100&sort=newest").await?;
        let near = page.results().await?;
        let dates: Vec<_> = near.iter().map(|id| date(native, id)).collect();
        ensure!(
            near.len() == 20 && dates.is_sorted_by(|a, b| a >= b),
            "{dates:?}"
        );
        Ok(())
    });
}

#[test]
fn cross_lists_are_left_out_where_the_primary_category_alone_counts() {
    in_browser(Console::Silent, async |page, native| {
        let text = "learning from noisy data";
        page.open_ready("?q=learning+from+noisy+data&cat=stat&k=500")
            .await?;
        let anywhere = page.results().await?;
        let primary = choose(page, "[data-testid=primary-only]").await?;
        ensure!(page.query().await?.contains("cross=no"));
        let papers = &native.folder.papers;
        let is_primary = |id: &str| {
            let paper = papers.find(id);
            let first = paper.and_then(|paper| papers.categories(paper).next());
            first.is_some_and(|code| archive_of(code) == "stat")
        };
        let passing: Vec<String> = (papers.all())
            .map(|paper| papers.id(paper).to_owned())
            .filter(|id| is_primary(id))
            .collect();
        ensure!(passing.len() < anywhere.len(), "no paper is cross-listed");
        let wanted = native.among(text, 500, |id| passing.iter().any(|known| known == id))?;
        ensure!(primary == ids(&wanted), "{primary:?}");
        let count = "return document.querySelector('[data-testid=filter-category][value=stat]').closest('label').querySelector('.count').textContent";
        let count = page.run(count, json!([])).await?;
        ensure!(
            count == json!(passing.len().to_string()),
            "the tree counts {count}, and {} pass",
            passing.len()
        );
        page.reload_ready().await?;
        ensure!(page.results().await? == primary, "the address forgets it");
        ensure!(
            page.texts("chip")
                .await?
                .iter()
                .any(|chip| chip.contains("primary"))
        );
        Ok(())
    });
}
