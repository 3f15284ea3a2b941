//! Keys of one's own.

use anyhow::{Result, ensure};
use serde_json::json;
use thirtyfour::{By, Key};

use super::page::Page;
use super::{Console, in_browser};

/// Presses "Change" of the action that has this key at first.
async fn change(page: &Page, first: &str) -> Result<()> {
    let button = format!("[data-testid=rebind][data-action='{first}']");
    let button = page.web.find(By::Css(button)).await?;
    button.scroll_into_view().await?;
    Ok(button.click().await?)
}

/// Opens the help by its key.
async fn open_help(page: &Page, key: &str) -> Result<()> {
    page.run("document.activeElement.blur()", json!([])).await?;
    page.press(key).await?;
    let open = "return !!document.querySelector('dialog.help[open] .keys-list')";
    page.until("the help is open", open).await?;
    Ok(())
}

async fn says(page: &Page, id: &str, wanted: &str) -> Result<()> {
    let script = format!(
        "return document.querySelector('[data-testid={id}]')?.textContent === {}",
        json!(wanted)
    );
    page.until(&format!("the help says {wanted:?}"), &script)
        .await?;
    Ok(())
}

/// The place of the card that has the focus.
const FOCUSED: &str =
    "return [...document.querySelectorAll('.card')].indexOf(document.activeElement)";

#[test]
fn a_key_can_be_changed_is_refused_where_it_is_taken_and_all_are_put_back() {
    in_browser(Console::Silent, async |page, _| {
        page.open_ready("?q=spin+glass").await?;
        page.results().await?;
        open_help(page, "?").await?;
        change(page, "j").await?;
        page.press("k").await?;
        says(
            page,
            "key-refused",
            "k is the key of “Previous result” already: choose another one, or change that one first.",
        )
        .await?;
        page.press(Key::Enter).await?;
        says(
            page,
            "key-refused",
            "Only letters, digits and signs can be keys, alone or after g.",
        )
        .await?;
        page.press("n").await?;
        says(page, "key-done", "n: Next result").await?;
        // Escape leaves a choice, and only then the help.
        change(page, "k").await?;
        page.press(Key::Escape).await?;
        let still = "return !!document.querySelector('dialog.help[open]') && !document.querySelector('[aria-pressed=true][data-testid=rebind]')";
        page.until("the choice is left, the help is not", still)
            .await?;
        change(page, "g l").await?;
        page.press("g").await?;
        page.press("b").await?;
        says(page, "key-done", "g b: Go to the library").await?;
        change(page, "/").await?;
        page.press("x").await?;
        says(page, "key-done", "x: Go to the search box").await?;
        let shown =
            "return [...document.querySelectorAll('.keys-list kbd')].map((key) => key.textContent)";
        let shown: Vec<String> = serde_json::from_value(page.run(shown, json!([])).await?)?;
        ensure!(
            shown[0] == "x" && shown[2] == "n" && shown.contains(&"g b".to_owned()),
            "{shown:?}"
        );
        page.press(Key::Escape).await?;
        let closed = "return !document.querySelector('dialog[open]')";
        page.until("the help is closed", closed).await?;

        // They hold, the earlier ones do not, and a reload forgets none.
        for _ in 0..2 {
            page.run("document.activeElement.blur()", json!([])).await?;
            page.press("j").await?;
            page.press("/").await?;
            ensure!(
                page.run(FOCUSED, json!([])).await? == json!(-1),
                "j still walks"
            );
            page.press("n").await?;
            page.press("n").await?;
            ensure!(
                page.run(FOCUSED, json!([])).await? == json!(1),
                "n does not walk"
            );
            page.press("k").await?;
            ensure!(
                page.run(FOCUSED, json!([])).await? == json!(0),
                "k does not walk"
            );
            let hint = page.run(
                "return document.querySelector('.ask kbd').textContent",
                json!([]),
            );
            ensure!(
                hint.await? == json!("x"),
                "the search box names another key"
            );
            page.press("x").await?;
            let in_box = "return document.activeElement.dataset.testid === 'search-box'";
            page.until("x leads to the search box", in_box).await?;
            page.reload_ready().await?;
            page.results().await?;
        }
        let kept = "return localStorage.getItem('offprint-keys')";
        let kept = page.run(kept, json!([])).await?;
        ensure!(
            kept == json!(r#"{"/":"x","g l":"g b","j":"n"}"#),
            "kept is {kept}"
        );
        page.run("document.activeElement.blur()", json!([])).await?;
        page.press("g").await?;
        page.press("b").await?;
        page.element("library-empty").await?;

        open_help(page, "?").await?;
        page.click("keys-back").await?;
        says(page, "key-done", "All keys are as they were at first.").await?;
        page.click("help-close").await?;
        page.until("the help is closed", closed).await?;
        let kept = page
            .run("return localStorage.getItem('offprint-keys')", json!([]))
            .await?;
        ensure!(kept.is_null(), "still kept: {kept}");
        page.click("tab-search").await?;
        page.results().await?;
        page.run("document.activeElement.blur()", json!([])).await?;
        page.press("j").await?;
        ensure!(
            page.run(FOCUSED, json!([])).await? == json!(0),
            "j does not walk again"
        );
        Ok(())
    });
}
