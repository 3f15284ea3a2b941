//! A paper's details on a narrow screen.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use thirtyfour::Key;

use super::looking::{NARROW, fits};
use super::page::Page;
use super::{Console, in_browser};

const QUESTION: &str = "?q=phase+transition+of+a+magnet";
const IS_OPEN: &str = "return !!document.querySelector('dialog.sheet[open] [data-testid=sheet]')";
const IS_CLOSED: &str = "return !document.querySelector('dialog[open]')";

/// Presses "more" on the first card that has it, and gives the paper's id.
async fn open_sheet(page: &Page) -> Result<String> {
    page.element("more").await?;
    page.click("more").await?;
    page.until("the sheet is open", IS_OPEN).await?;
    let id = "return document.querySelector('[data-testid=sheet]').dataset.id";
    let id = page.run(id, json!([])).await?;
    Ok(id.as_str().context("the sheet is of a paper")?.to_owned())
}

/// Where the focus is, by `data-testid` or id.
async fn focus(page: &Page) -> Result<String> {
    let script = "const e = document.activeElement; return e.dataset.testid || e.id || e.tagName";
    let focus = page.run(script, json!([])).await?;
    Ok(focus.as_str().unwrap_or_default().to_owned())
}

#[test]
fn on_a_narrow_screen_details_open_in_a_sheet_that_escape_and_back_close() {
    in_browser(Console::Silent, async |page, native| {
        let papers = native.folder.all_papers()?;
        page.resize(NARROW).await?;
        page.open_ready("").await?;
        page.open_ready(QUESTION).await?;
        let list = page.results().await?;
        let id = open_sheet(page).await?;
        let whole = page.element("whole-abstract").await?;
        page.until(
            "the title has the focus",
            "return document.activeElement.id === 'sheet-title'",
        )
        .await?;
        let paper = papers.iter().find(|paper| paper.id == id);
        let text = &paper.context("a paper of the corpus")?.abstract_;
        if !text.contains(['$', '\\', '\n', '~', '{', '`']) {
            let shown = whole.prop("textContent").await?;
            ensure!(
                shown.as_ref() == Some(text),
                "{shown:?} instead of {text:?}"
            );
        }
        fits(page, "the sheet").await?;
        let wide = "const sheet = document.querySelector('.sheet'); return sheet.scrollWidth > sheet.clientWidth";
        ensure!(
            page.run(wide, json!([])).await? == json!(false),
            "the sheet scrolls sideways"
        );
        let unfolded =
            "return document.querySelectorAll('[data-testid=more][aria-expanded=true]').length";
        ensure!(
            page.run(unfolded, json!([])).await? == json!(0),
            "the list has it, too"
        );

        // Keys act on the paper of the sheet, and the list behind it is left alone.
        page.press("s").await?;
        let starred =
            "return document.querySelector('.sheet [data-testid=star]').ariaPressed === 'true'";
        page.until("the paper has a star", starred).await?;
        page.press("j").await?;
        ensure!(
            focus(page).await? == "sheet-title",
            "j leaves the sheet for {}",
            focus(page).await?
        );

        // Escape, the button, a tap beside it and "back": the list is as it was, and the focus where it was.
        page.press(Key::Escape).await?;
        page.until("Escape closes the sheet", IS_CLOSED).await?;
        ensure!(
            focus(page).await? == "more",
            "the focus is on {}",
            focus(page).await?
        );
        open_sheet(page).await?;
        page.click("sheet-close").await?;
        page.until("the button closes the sheet", IS_CLOSED).await?;
        open_sheet(page).await?;
        page.web
            .action_chain()
            .move_to(20, 20)
            .click()
            .perform()
            .await?;
        page.until("a tap beside it closes the sheet", IS_CLOSED)
            .await?;
        open_sheet(page).await?;
        page.web.back().await?;
        page.until("back closes the sheet", IS_CLOSED).await?;
        ensure!(page.results().await? == list, "the list is another one");
        ensure!(
            page.query().await? == QUESTION[1..],
            "{}",
            page.query().await?
        );

        // What is done in the sheet takes its step: one "back" leads to the list.
        let id = open_sheet(page).await?;
        let like = "document.querySelector('.sheet [data-testid=similar]').click()";
        page.run(like, json!([])).await?;
        page.until("the sheet is closed", IS_CLOSED).await?;
        ensure!(
            page.query().await?.contains(&format!("like={id}")),
            "{}",
            page.query().await?
        );
        page.web.back().await?;
        let back = format!(
            "return location.search === '{QUESTION}' && !document.querySelector('dialog[open]')"
        );
        page.until("back leads to the list", &back).await?;
        ensure!(page.results().await? == list, "the list is another one");
        // All steps of the sheets are gone: before the list comes the first view.
        page.web.back().await?;
        page.until(
            "before it was the first view",
            "return location.search === ''",
        )
        .await?;
        Ok(())
    });
}

#[test]
fn a_tap_on_a_card_opens_the_sheet_and_a_wide_screen_unfolds_the_abstract_in_its_list() {
    in_browser(Console::Silent, async |page, _| {
        page.resize(NARROW).await?;
        page.open_ready(QUESTION).await?;
        page.element("abstract").await?;
        page.click("abstract").await?;
        page.until("the sheet is open", IS_OPEN).await?;
        page.press(Key::Escape).await?;
        page.until("the sheet is closed", IS_CLOSED).await?;

        page.resize(1000).await?;
        page.click("more").await?;
        page.until(
            "the abstract is unfolded",
            "return document.querySelector('[data-testid=more]').ariaExpanded === 'true'",
        )
        .await?;
        ensure!(
            page.run(IS_CLOSED, json!([])).await? == json!(true),
            "a sheet on a wide screen"
        );
        page.click("abstract").await?;
        ensure!(
            page.run(IS_CLOSED, json!([])).await? == json!(true),
            "a sheet on a wide screen"
        );
        Ok(())
    });
}
