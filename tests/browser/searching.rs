//! Filters, the address bar, "more like this", the keyboard.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use shared::taxonomy::{archive_of, canonical};
use thirtyfour::{By, Key};

use super::native::{Native, ids};
use super::page::Page;
use super::{Console, in_browser};

/// Hits on a first page.
const FIRST_PAGE: usize = 20;

/// Whether a paper is of this archive, cross-lists and old names included, and not older than `from`.
fn is_of(native: &Native, id: &str, archive: &str, from: u16) -> bool {
    let papers = &native.folder.papers;
    let Some(paper) = papers.find(id) else {
        return false;
    };
    let mut codes = papers.categories(paper);
    let within = codes.any(|code| {
        let today = canonical(code).map_or(code, |row| row.code);
        archive_of(code) == archive || archive_of(today) == archive
    });
    within && papers.year(paper).is_some_and(|year| year >= from)
}

/// What the exact native search finds under the filter.
fn filtered(native: &mut Native, text: &str, archive: &str, from: u16) -> Result<Vec<String>> {
    let papers = &native.folder.papers;
    let all = papers.all().map(|paper| papers.id(paper).to_owned());
    let passing: Vec<String> = all.filter(|id| is_of(native, id, archive, from)).collect();
    let found = native.among(text, FIRST_PAGE, |id| {
        passing.iter().any(|known| known == id)
    })?;
    Ok(ids(&found))
}

async fn chips(page: &Page) -> Result<Vec<String>> {
    let chips = page.texts("chip").await?;
    let names = chips
        .iter()
        .map(|chip| chip.trim_end_matches('×').trim().to_owned());
    Ok(names.collect())
}

/// Ticks the box of an archive or a category.
async fn tick(page: &Page, code: &str) -> Result<()> {
    let selector = format!("[data-testid=filter-category][value='{code}']");
    let checkbox = page.web.find(By::Css(selector)).await?;
    checkbox.scroll_into_view().await?;
    Ok(checkbox.click().await?)
}

#[test]
fn filters_leave_exactly_what_passes_and_the_address_bar_replays_them() {
    in_browser(Console::Silent, async |page, native| {
        let (text, archive, from) = ("learning from noisy data", "cs", 2015);
        page.open_ready("").await?;
        let open = page.ask(text).await?;
        let wanted = ids(&native.search(text, FIRST_PAGE)?);
        ensure!(
            open == wanted,
            "without a filter: {open:?} instead of {wanted:?}"
        );

        tick(page, archive).await?;
        let by_archive = page.results().await?;
        ensure!(
            by_archive == filtered(native, text, archive, 0)?,
            "the archive's filter gives {by_archive:?}"
        );
        let year = page.element("filter-year-from").await?;
        year.send_keys(format!("{from}")).await?;
        year.send_keys(Key::Tab).await?;
        let both = page.results().await?;
        ensure!(
            both == filtered(native, text, archive, from)?,
            "both filters give {both:?}"
        );
        for id in &both {
            ensure!(
                is_of(native, id, archive, from),
                "{id} does not pass {archive} from {from}"
            );
        }
        ensure!(
            both != by_archive && both != open,
            "the filters change nothing: {both:?}"
        );
        let line = page.text("result-line").await?.unwrap_or_default();
        ensure!(
            line.contains("exact"),
            "the line does not say that nothing is missing: {line:?}"
        );
        ensure!(
            chips(page).await? == ["cs", "from 2015"],
            "chips: {:?}",
            chips(page).await?
        );
        let query = page.query().await?;
        ensure!(
            query == "q=learning+from+noisy+data&cat=cs&from=2015",
            "the address says {query:?}"
        );

        // The address alone gives the same page.
        page.reload_ready().await?;
        let again = page.results().await?;
        ensure!(
            again == both,
            "after a reload: {again:?} instead of {both:?}"
        );
        let text_again = page.element("search-box").await?.prop("value").await?;
        ensure!(
            text_again.as_deref() == Some(text),
            "after a reload the box says {text_again:?}"
        );
        let ticked =
            "return document.querySelector('[data-testid=filter-category][value=cs]').checked";
        ensure!(
            page.run(ticked, json!([])).await? == json!(true),
            "the box of cs is not ticked"
        );

        // Chips remove, one after the other.
        page.click("chip").await?;
        let by_year = page.results().await?;
        ensure!(
            page.query().await? == "q=learning+from+noisy+data&from=2015",
            "{}",
            page.query().await?
        );
        page.click("chip").await?;
        ensure!(
            page.results().await? == open,
            "without chips the first results are back"
        );
        ensure!(
            chips(page).await?.is_empty(),
            "chips stay: {:?}",
            chips(page).await?
        );

        // And "back" undoes it step by step.
        page.web.back().await?;
        ensure!(page.results().await? == by_year, "one step back");
        page.web.back().await?;
        ensure!(page.results().await? == both, "two steps back");
        page.web.forward().await?;
        ensure!(page.results().await? == by_year, "forward again");
        Ok(())
    });
}

#[test]
fn one_category_of_an_archive_can_be_chosen_and_two_are_both_found() {
    in_browser(Console::Silent, async |page, native| {
        let text = "generative models of images";
        page.open_ready("").await?;
        page.ask(text).await?;
        let unfold = "document.querySelector('[data-testid=filter-category][value=cs]').closest('.branch').querySelector('summary').click()";
        page.run(unfold, json!([])).await?;
        let mut codes: Vec<&str> = Vec::new();
        for code in ["cs.LG", "cs.NE"] {
            tick(page, code).await?;
            codes.push(code);
            let papers = &native.folder.papers;
            let passes = |paper| papers.categories(paper).any(|known| codes.contains(&known));
            let passing: Vec<String> = papers
                .all()
                .filter(|&paper| passes(paper))
                .map(|paper| papers.id(paper).to_owned())
                .collect();
            let wanted = native.among(text, FIRST_PAGE, |id| {
                passing.iter().any(|known| known == id)
            })?;
            let found = page.results().await?;
            ensure!(
                found == ids(&wanted),
                "of {codes:?}: {found:?} instead of {wanted:?}"
            );
            ensure!(
                chips(page).await? == codes,
                "chips: {:?}",
                chips(page).await?
            );
        }
        Ok(())
    });
}

#[test]
fn where_nothing_passes_dropping_a_filter_is_offered() {
    in_browser(Console::Silent, async |page, _| {
        page.open_ready("?q=spin&cat=econ&from=1991&to=1992")
            .await?;
        let none = page.results().await?;
        ensure!(none.is_empty(), "economics of 1991 and 1992: {none:?}");
        page.element("no-results").await?;
        let left = "const left = [...document.querySelectorAll('[data-testid=drop-filter]')].map((e) => e.innerText);\n\
            return left.length === 2 && left.every((text) => text.includes('left')) ? left : null";
        page.until("both filters can be dropped, with counts", left)
            .await?;
        page.click("clear-filters").await?;
        ensure!(
            !page.results().await?.is_empty(),
            "without filters something is found"
        );
        Ok(())
    });
}

#[test]
fn the_keyboard_walks_the_results_and_finds_more_like_one() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("").await?;
        page.press("/").await?;
        let focus = "return document.activeElement.dataset.testid + ' ' + (document.activeElement.dataset.id ?? '')";
        let focused = async || -> Result<String> {
            let focused = page.run(focus, json!([])).await?;
            Ok(focused.as_str().unwrap_or_default().trim().to_owned())
        };
        ensure!(
            focused().await? == "search-box",
            "after /: {}",
            focused().await?
        );

        // While someone types, keys are letters.
        page.press("jk?m/ quantum").await?;
        let typed = page.element("search-box").await?.prop("value").await?;
        ensure!(
            typed.as_deref() == Some("jk?m/ quantum"),
            "the box holds {typed:?}"
        );
        page.press(Key::Escape).await?;
        let typed = page.element("search-box").await?.prop("value").await?;
        ensure!(
            typed.as_deref() == Some(""),
            "after Escape the box holds {typed:?}"
        );

        let found = page.ask("quantum error correction").await?;
        page.run("document.activeElement.blur()", json!([])).await?;
        for (key, at) in [("j", 0), ("j", 1), ("j", 2), ("k", 1)] {
            page.press(key).await?;
            let wanted = format!("result {}", found[at]);
            ensure!(
                focused().await? == wanted,
                "after {key}: {} instead of {wanted}",
                focused().await?
            );
        }
        page.press("m").await?;
        let seed = found[1].clone();
        let similar = page.results().await?;
        let wanted = ids(&native.similar(&seed, FIRST_PAGE)?);
        ensure!(
            similar == wanted,
            "like {seed}: {similar:?} instead of {wanted:?}"
        );
        let told = page.element("seed").await?.text().await?;
        let paper = native
            .folder
            .papers
            .find(&seed)
            .context("the seed is in the corpus")?;
        ensure!(
            told.contains(&*native.folder.papers.title(paper)),
            "the seed is not named: {told:?}"
        );
        let query = page.query().await?;
        ensure!(
            query.contains(&format!("like={seed}")),
            "the address says {query:?}"
        );
        page.click("back").await?;
        ensure!(page.results().await? == found, "back at the results");

        let is_open = "return document.querySelector('dialog').open";
        page.run("document.activeElement.blur()", json!([])).await?;
        page.press("?").await?;
        ensure!(
            page.run(is_open, json!([])).await? == json!(true),
            "? opens no help"
        );
        page.press(Key::Escape).await?;
        ensure!(
            page.run(is_open, json!([])).await? == json!(false),
            "Escape leaves the help open"
        );
        page.press("?").await?;
        ensure!(
            page.run(is_open, json!([])).await? == json!(true),
            "? opens the help once only"
        );
        Ok(())
    });
}

#[test]
fn a_card_shows_arxivs_links_and_its_abstract() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("?q=integrable+shallow+water+equation+with+peaked+solitons")
            .await?;
        let found = page.results().await?;
        let id = "patt-sol/9305002";
        ensure!(found[0] == id, "the paper by its title: {found:?}");
        let links = "return [...document.querySelector('[data-testid=result]').querySelectorAll('.id a')].map((a) => a.href)";
        let links: Vec<String> = serde_json::from_value(page.run(links, json!([])).await?)?;
        for kind in ["abs", "pdf"] {
            let link = format!("https://arxiv.org/{kind}/{id}");
            ensure!(links.contains(&link), "no {link} in {links:?}");
        }
        let paper = native
            .folder
            .papers
            .find(id)
            .context("it is in the corpus")?;
        let whole = native.folder.abstract_of(paper)?;
        let shown = page.element("abstract").await?.text().await?;
        let start: String = whole.chars().take(100).collect();
        ensure!(
            shown.starts_with(&start),
            "the abstract starts {start:?}, the card shows {shown:?}"
        );
        if page.text("more").await?.is_some() {
            page.click("more").await?;
            let shown = page.element("abstract").await?.text().await?;
            ensure!(shown.starts_with(&whole), "unfolded it shows {shown:?}");
        }
        Ok(())
    });
}
