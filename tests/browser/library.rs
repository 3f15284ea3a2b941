//! The library: stars, read marks, tags and notes, on this device; the backup.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use thirtyfour::{By, Key};

use super::citations::{catch_files, said, saved};
use super::page::Page;
use super::{Console, in_browser};

/// A question with results enough.
const QUESTION: &str = "?q=graph+attention+networks";

/// Ids of the papers that the library shows.
async fn listed(page: &Page) -> Result<Vec<String>> {
    let script = "return [...document.querySelectorAll('[data-testid=library-paper]')].map((card) => card.dataset.id)";
    Ok(serde_json::from_value(page.run(script, json!([])).await?)?)
}

/// Opens the library's tab and waits for so many papers.
async fn open_library(page: &Page, n: usize) -> Result<Vec<String>> {
    page.click("tab-library").await?;
    until_listed(page, n).await
}

async fn until_listed(page: &Page, n: usize) -> Result<Vec<String>> {
    let script =
        format!("return document.querySelectorAll('[data-testid=library-paper]').length === {n}");
    page.until(&format!("the library shows {n} papers"), &script)
        .await?;
    listed(page).await
}

/// Waits until the device holds records for which `test`, a JavaScript expression of `all`, holds.
async fn until_kept(page: &Page, test: &str) -> Result<()> {
    let script = format!(
        "(async () => {{\n\
           for (let n = 0; n < 100; n++) {{\n\
             const all = await new Promise((resolve, reject) => {{\n\
               const open = indexedDB.open('offprint-library');\n\
               open.onerror = () => reject(open.error);\n\
               open.onsuccess = () => {{\n\
                 const request = open.result.transaction('papers').objectStore('papers').getAll();\n\
                 request.onsuccess = () => {{ open.result.close(); resolve(request.result); }};\n\
               }};\n\
             }});\n\
             if ({test}) return true;\n\
             await new Promise((resolve) => setTimeout(resolve, 50));\n\
           }}\n\
           return false;\n\
         }})()"
    );
    let kept = page.value(&script, json!([])).await?;
    ensure!(kept == json!(true), "the device never holds {test}");
    Ok(())
}

/// Gives a file to "Read a backup".
async fn restore(page: &Page, text: &str) -> Result<()> {
    let script = "\
        const input = document.querySelector('[data-testid=restore]');\n\
        const files = new DataTransfer();\n\
        files.items.add(new File([arguments[0]], 'offprint-library.json'));\n\
        input.files = files.files;\n\
        input.dispatchEvent(new Event('change', { bubbles: true }));";
    page.run(script, json!([text])).await?;
    Ok(())
}

/// Writes tags and a note of the first paper of the library.
async fn write_remarks(page: &Page, tags: &str, note: &str) -> Result<()> {
    page.click("remarks").await?;
    let field = page.element("tags").await?;
    field.clear().await?;
    field.send_keys(tags).await?;
    let field = page.element("note").await?;
    field.send_keys(note).await?;
    page.press(Key::Escape).await?;
    let closed = "return document.querySelector('[data-testid=note]') === null\n\
        && document.activeElement.dataset.testid === 'remarks'";
    page.until("Escape closes the editor", closed).await?;
    Ok(())
}

#[test]
fn a_star_tags_a_note_and_a_read_mark_survive_a_reload() {
    in_browser(Console::Silent, async |page, _| {
        page.open_ready(QUESTION).await?;
        let found = page.results().await?;
        for key in ["j", "s", "j", "s", "r"] {
            page.press(key).await?;
        }
        let pressed = "return [...document.querySelectorAll('[data-testid=star][aria-pressed=true]')].length === 2";
        page.until("two stars are pressed", pressed).await?;
        until_kept(page, "all.length === 2").await?;

        page.run("document.activeElement.blur()", json!([])).await?;
        page.press("g").await?;
        page.press("l").await?;
        let shown = until_listed(page, 2).await?;
        ensure!(page.query().await?.contains("view=library"));
        ensure!(
            shown == [found[1].clone(), found[0].clone()],
            "the newest star is not first: {shown:?}"
        );
        write_remarks(
            page,
            "graphs, to read, Graphs",
            "compare\nwith message passing",
        )
        .await?;
        until_kept(
            page,
            "all.some((p) => p.note.includes('passing') && p.tags.length === 2)",
        )
        .await?;

        page.open_ready("?view=library").await?;
        let again = until_listed(page, 2).await?;
        ensure!(again == shown, "after a reload: {again:?}");
        let note = page.text("own-note").await?;
        ensure!(
            note.as_deref() == Some("compare\nwith message passing"),
            "{note:?}"
        );
        ensure!(
            page.texts("tag-filter").await?.len() == 2,
            "{:?}",
            page.texts("tag-filter").await?
        );
        let read = "return document.querySelectorAll('.card.read').length";
        ensure!(
            page.run(read, json!([])).await? == json!(1),
            "the read mark is gone"
        );

        // A tag leaves its papers only; the list's order follows the choice.
        page.click("tag-filter").await?;
        ensure!(until_listed(page, 1).await? == shown[..1]);
        page.click("tag-filter").await?;
        until_listed(page, 2).await?;
        let titles = page.texts("library-title").await?;
        let order = page
            .web
            .find(By::Css("[data-testid=library-order] option[value=title]"))
            .await?;
        order.click().await?;
        let mut sorted = titles.clone();
        sorted.sort_by_key(|title| title.to_lowercase());
        let first = format!(
            "return document.querySelector('[data-testid=library-title]').innerText === {}",
            json!(sorted[0])
        );
        page.until("the list is sorted by title", &first).await?;

        // What was opened is read, and the mark can be taken away.
        page.open_ready(QUESTION).await?;
        page.results().await?;
        let follow = "const link = document.querySelectorAll('[data-testid=result]')[2].querySelector('a[data-key=p]');\n\
            link.addEventListener('click', (event) => event.preventDefault());\n\
            link.click();";
        page.run(follow, json!([])).await?;
        until_kept(page, "all.length === 3").await?;
        let mark = page
            .web
            .find(By::Css("[data-testid=read]:not([hidden])"))
            .await?;
        mark.click().await?;
        until_kept(page, "all.filter((p) => p.read_ms !== null).length === 1").await
    });
}

#[test]
fn what_is_removed_can_be_brought_back_and_what_is_erased_cannot() {
    in_browser(Console::Silent, async |page, _| {
        page.open_ready(QUESTION).await?;
        page.results().await?;
        page.click("star").await?;
        open_library(page, 1).await?;
        write_remarks(page, "kept", "a note").await?;
        page.click("star").await?;
        page.element("library-empty").await?;
        until_kept(page, "all.length === 0").await?;
        page.press("u").await?;
        until_listed(page, 1).await?;
        ensure!(page.text("own-note").await?.as_deref() == Some("a note"));
        until_kept(page, "all.length === 1 && all[0].tags[0] === 'kept'").await?;

        page.click("erase").await?;
        page.press(Key::Enter).await?;
        let closed = "return document.querySelector('dialog[open]') === null";
        page.until("Enter keeps the library", closed).await?;
        until_listed(page, 1).await?;
        page.click("erase").await?;
        page.click("erase-now").await?;
        page.element("library-empty").await?;
        until_kept(page, "all.length === 0").await
    });
}

#[test]
fn a_library_is_exported_and_its_backup_read_back_and_joined() {
    in_browser(Console::Silent, async |page, _| {
        page.open_ready(QUESTION).await?;
        let found = page.results().await?;
        for key in ["j", "s", "j", "s"] {
            page.press(key).await?;
        }
        open_library(page, 2).await?;
        write_remarks(page, "old", "first").await?;
        catch_files(page).await?;
        page.click("export").await?;
        page.click("export-bib").await?;
        let file = saved(page).await?;
        ensure!(
            file.name == "offprint-library.bib" && file.text.matches("@misc{").count() == 2,
            "{}",
            file.text
        );

        page.click("backup").await?;
        said(page, "2 papers in offprint-library.json").await?;
        let file = saved(page).await?;
        let backup: Value = serde_json::from_str(&file.text)?;
        ensure!(
            backup["format"] == json!("offprint-library") && backup["version"] == json!(1),
            "{backup}"
        );

        // What was edited after the backup stays; what was removed comes back.
        write_remarks(page, "new", " and second").await?;
        let gone = listed(page).await?[1].clone();
        let star = page.web.find_all(By::Css("[data-testid=star]")).await?;
        star.get(1).context("a second star")?.click().await?;
        until_listed(page, 1).await?;
        restore(page, &file.text).await?;
        said(
            page,
            "2 papers read from offprint-library.json, 1 of them new",
        )
        .await?;
        let back = until_listed(page, 2).await?;
        ensure!(back.contains(&gone) && back.contains(&found[1]), "{back:?}");
        let note = page.text("own-note").await?;
        ensure!(
            note.as_deref() == Some("first and second"),
            "the older note won: {note:?}"
        );
        until_kept(
            page,
            "all.length === 2 && all.some((p) => p.tags[0] === 'new')",
        )
        .await?;

        // A file with a fault changes nothing and says what is wrong.
        let mut bad = backup.clone();
        bad["papers"][1]["tags"] = json!(7);
        for (text, why) in [
            (bad.to_string(), "paper 2"),
            ("{}".to_owned(), "no library of Offprint"),
            (
                file.text.replace("\"version\": 1", "\"version\": 9"),
                "version 9",
            ),
        ] {
            restore(page, &text).await?;
            let fault = format!(
                "return document.querySelector('[data-testid=restore-fault]')?.innerText.includes({})",
                json!(why)
            );
            page.until(&format!("the fault is named: {why}"), &fault)
                .await?;
        }
        until_kept(page, "all.length === 2").await?;

        // Papers that are near those of the library.
        page.click("near").await?;
        page.element("near-library").await?;
        let near = page.texts("result-title").await?;
        ensure!(near.len() == 20, "{} papers near the library", near.len());
        Ok(())
    });
}

#[test]
fn two_tabs_lose_nothing_of_each_other() {
    in_browser(Console::Silent, async |page, _| {
        page.open_ready(QUESTION).await?;
        let found = page.results().await?;
        page.click("star").await?;
        open_library(page, 1).await?;
        let first = page.web.window().await?;
        let second = page.web.new_tab().await?;
        page.web.switch_to_window(second.clone()).await?;
        page.open_ready("?view=library").await?;
        until_listed(page, 1).await?;
        write_remarks(page, "second", "from the second").await?;

        page.web.switch_to_window(first.clone()).await?;
        let told = "return document.querySelector('[data-testid=own-note]')?.innerText === 'from the second'";
        page.until("the first tab shows the second's note", told)
            .await?;
        page.click("tab-search").await?;
        page.results().await?;
        page.press("j").await?;
        page.press("j").await?;
        page.press("s").await?;
        until_kept(page, "all.length === 2").await?;

        page.web.switch_to_window(second).await?;
        let both = until_listed(page, 2).await?;
        ensure!(
            both.contains(&found[0]) && both.contains(&found[1]),
            "{both:?}"
        );
        page.web.close_window().await?;
        page.web.switch_to_window(first).await?;
        until_kept(
            page,
            "all.length === 2 && all.some((p) => p.note === 'from the second')",
        )
        .await
    });
}

#[test]
fn where_the_browser_keeps_nothing_the_page_says_so() {
    in_browser(Console::Silent, async |page, _| {
        // As in a private window.
        let refuse = json!({"source": "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError') }"});
        super::driver::cdp(&page.web, "Page.addScriptToEvaluateOnNewDocument", refuse).await?;
        page.open_ready(QUESTION).await?;
        page.results().await?;
        page.click("star").await?;
        open_library(page, 1).await?;
        let kept = page.text("kept").await?.unwrap_or_default();
        ensure!(kept.contains("as long as this tab"), "{kept:?}");
        Ok(())
    });
}

#[test]
fn every_control_of_a_card_and_of_the_library_has_a_name_and_room() {
    in_browser(Console::Silent, async |page, _| {
        page.open_ready(QUESTION).await?;
        page.results().await?;
        page.click("star").await?;
        let faults = "\
            const seen = [...document.querySelectorAll('main button, main select, main input, main textarea')]\n\
              .filter((e) => e.checkVisibility({ contentVisibilityAuto: true }) && !e.classList.contains('hidden') && !e.closest('.filters'));\n\
            return seen.flatMap((e) => {\n\
              const name = e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent;\n\
              const { width, height } = e.getBoundingClientRect();\n\
              const low = height < 24 && !e.closest('p');\n\
              return name?.trim() && !low ? [] : [`${e.outerHTML.slice(0, 120)} ${width}x${height}`];\n\
            });";
        let of_cards: Vec<String> = serde_json::from_value(page.run(faults, json!([])).await?)?;
        ensure!(of_cards.is_empty(), "{of_cards:#?}");
        open_library(page, 1).await?;
        page.click("remarks").await?;
        page.element("note").await?;
        let of_library: Vec<String> = serde_json::from_value(page.run(faults, json!([])).await?)?;
        ensure!(of_library.is_empty(), "{of_library:#?}");

        // On the narrowest phone nothing sticks out, menus included.
        page.resize(320).await?;
        page.click("cite").await?;
        let fits =
            "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";
        ensure!(
            page.run(fits, json!([])).await? == json!(true),
            "the library is too wide"
        );
        page.press(Key::Escape).await?;
        page.click("export").await?;
        ensure!(
            page.run(fits, json!([])).await? == json!(true),
            "the export menu is too wide"
        );
        Ok(())
    });
}
