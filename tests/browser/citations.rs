//! Citations: copied from a card, saved from a list.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use thirtyfour::Key;

use super::driver::cdp;
use super::page::Page;
use super::{Console, in_browser};

/// The paper that a question by its title finds first, and its entry.
const QUESTION: &str = "?q=graph+attention+networks";
const ID: &str = "1710.10903";
const ENTRY: &str = "\
@misc{veličković2017graphattentionnetworks,
  title={Graph Attention Networks},
  author={Petar Veličković and Guillem Cucurull and Arantxa Casanova and Adriana Romero and Pietro Liò and Yoshua Bengio},
  year={2017},
  eprint={1710.10903},
  archivePrefix={arXiv},
  primaryClass={stat.ML},
  url={https://arxiv.org/abs/1710.10903}
}
";

/// Keeps what the page saves as a file, in place of saving it.
const CATCH_FILES: &str = "\
    window.saved = [];\n\
    HTMLAnchorElement.prototype.click = function () {\n\
      window.saved.push({ name: this.download });\n\
    };\n\
    const made = URL.createObjectURL;\n\
    URL.createObjectURL = (blob) => {\n\
      const at = window.saved.length;\n\
      blob.text().then((text) => Object.assign(window.saved[at], { text, type: blob.type }));\n\
      return made.call(URL, blob);\n\
    };";

/// A file that the page saved.
pub(super) struct Saved {
    /// Its name.
    pub(super) name: String,
    /// What is in it.
    pub(super) text: String,
}

/// From here on, files are kept for [`saved`] in place of being saved.
pub(super) async fn catch_files(page: &Page) -> Result<()> {
    page.run(CATCH_FILES, json!([])).await?;
    Ok(())
}

/// The last file that was saved.
pub(super) async fn saved(page: &Page) -> Result<Saved> {
    let file = "const file = window.saved.at(-1); return file?.text === undefined ? null : file";
    let file = page.until("a file is saved", file).await?;
    let text = |name: &str| file[name].as_str().map(str::to_owned);
    Ok(Saved {
        name: text("name").context("it has a name")?,
        text: text("text").context("it has a text")?,
    })
}

pub(super) async fn may_read_clipboard(page: &Page) -> Result<()> {
    let rights = json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
    cdp(&page.web, "Browser.grantPermissions", rights).await?;
    Ok(())
}

pub(super) async fn clipboard(page: &Page) -> Result<String> {
    let text = page
        .value("navigator.clipboard.readText()", json!([]))
        .await?;
    Ok(text.as_str().unwrap_or_default().replace("\r\n", "\n"))
}

/// Waits until the page says this at its foot.
pub(super) async fn said(page: &Page, wanted: &str) -> Result<()> {
    let script = format!(
        "return document.querySelector('[data-testid=said]').innerText.includes({})",
        json!(wanted)
    );
    page.until(&format!("the page says {wanted:?}"), &script)
        .await?;
    Ok(())
}

async fn focused(page: &Page) -> Result<Value> {
    page.run(
        "return document.activeElement.dataset.testid ?? document.activeElement.tagName",
        json!([]),
    )
    .await
}

#[test]
fn a_result_is_cited_by_key_and_by_menu() {
    in_browser(Console::Silent, async |page, _| {
        page.open_ready(QUESTION).await?;
        may_read_clipboard(page).await?;
        let found = page.results().await?;
        ensure!(found[0] == ID, "found {found:?}");

        page.press("j").await?;
        page.press("c").await?;
        said(page, "BibTeX copied").await?;
        let text = clipboard(page).await?;
        ensure!(text == ENTRY, "copied {text}");

        page.click("cite").await?;
        // The menu takes the focus with the next frame.
        let menu = "return document.activeElement?.dataset.testid === 'copy-bib'";
        page.until("an open menu has the focus", menu).await?;
        page.press(Key::Down + Key::Down + Key::Down + Key::Up)
            .await?;
        ensure!(
            focused(page).await? == json!("copy-json"),
            "arrows go round"
        );
        page.press(Key::Escape).await?;
        ensure!(
            focused(page).await? == json!("cite"),
            "Escape gives the focus back"
        );
        ensure!(
            page.text("copy-json").await?.is_none(),
            "Escape closes the menu"
        );

        page.press(Key::Enter).await?;
        page.until("an open menu has the focus", menu).await?;
        page.press(Key::Down).await?;
        page.press(Key::Enter).await?;
        said(page, "RIS copied").await?;
        let text = clipboard(page).await?;
        ensure!(
            text.starts_with("TY  - UNPB\nID  - veličković2017"),
            "copied {text}"
        );
        ensure!(
            focused(page).await? == json!("cite"),
            "a choice gives the focus back"
        );

        page.click("cite").await?;
        page.click("copy-json").await?;
        said(page, "CSL-JSON copied").await?;
        let items: Value = serde_json::from_str(&clipboard(page).await?)?;
        ensure!(
            items[0]["number"] == json!("arXiv:1710.10903"),
            "copied {items}"
        );
        Ok(())
    });
}

#[test]
fn where_the_clipboard_is_refused_the_text_is_selected() {
    in_browser(Console::Silent, async |page, _| {
        page.open_ready(QUESTION).await?;
        page.results().await?;
        let refuse = "navigator.clipboard.writeText = () => Promise.reject(new Error('no'))";
        page.run(refuse, json!([])).await?;
        page.press("j").await?;
        page.press("c").await?;
        let selected = "\
            const area = document.activeElement;\n\
            return area.dataset.testid === 'by-hand' && area.value.slice(area.selectionStart, area.selectionEnd)";
        let selected = page.until("the text is selected", selected).await?;
        ensure!(selected == json!(ENTRY), "selected {selected}");
        page.press(Key::Escape).await?;
        let closed = "return !document.querySelector('dialog.by-hand').open";
        page.until("the dialog closes", closed).await?;
        Ok(())
    });
}

#[test]
fn a_list_of_results_is_saved_as_a_file_of_each_format() {
    in_browser(Console::Silent, async |page, _| {
        page.open_ready(QUESTION).await?;
        let found = page.results().await?;
        catch_files(page).await?;
        let label = page.text("export").await?.unwrap_or_default();
        ensure!(label == "Export 20 results", "the button says {label:?}");

        for (format, per_entry) in [
            ("bib", "@misc{"),
            ("ris", "TY  - "),
            ("json", "\"type\": \"article\""),
        ] {
            page.click("export").await?;
            page.click(&format!("export-{format}")).await?;
            said(page, &format!("20 papers in offprint-results.{format}")).await?;
            let file = saved(page).await?;
            ensure!(
                file.name == format!("offprint-results.{format}"),
                "{}",
                file.name
            );
            let n = file.text.matches(per_entry).count();
            ensure!(
                n == found.len(),
                "{n} entries of {}: {}",
                found.len(),
                file.text
            );
            // In the order of the list.
            let places: Vec<_> = found
                .iter()
                .map(|id| file.text.find(&format!("arxiv.org/abs/{id}")))
                .collect();
            ensure!(
                places.iter().all(Option::is_some) && places.is_sorted(),
                "{places:?}"
            );
        }
        Ok(())
    });
}
