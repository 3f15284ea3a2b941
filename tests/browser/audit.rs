//! Every view audited by axe-core, in both themes, wide and narrow: no fault of serious or critical impact.
//!
//! axe-core is a tool of the tests and no part of the page: it comes in through the driver, which the page's policy does
//! not bind. `OFFPRINT_AXE` names its `axe.min.js`, as `cargo xtask test` does; without it these tests say that they skip.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::batch::choose;
use super::classifying::classify_draft;
use super::driver::{Setup, cdp};
use super::native::Native;
use super::page::Page;
use super::{Console, in_browser};

/// Widths of windows, in CSS pixels.
const WIDE: u32 = 1280;
const NARROW: u32 = 360;

/// Faults of these impacts, each with its first places.
const AUDIT: &str = "axe.run(document, { resultTypes: ['violations'], preload: false }).then(({ violations }) =>\n\
    violations.filter(({ impact }) => ['serious', 'critical'].includes(impact)).map(({ id, impact, nodes }) =>\n\
      `${id} (${impact}, ${nodes.length} places): ` + nodes.slice(0, 4).map(({ target, failureSummary }) =>\n\
        `${target.join(' ')}: ${failureSummary.replaceAll('\\n', ' ')}`).join(' | ')))";

/// axe-core's own code; `None`, with a line that says so, where it is not there.
fn axe() -> Option<String> {
    Setup::from_environment()?;
    let path = std::env::var_os("OFFPRINT_AXE").filter(|value| !value.is_empty());
    let Some(path) = path.map(PathBuf::from) else {
        // Past the test harness, which shows what a test prints only where it fails.
        let why =
            "audits are skipped: OFFPRINT_AXE names no axe.min.js; `cargo xtask test` sets it";
        let _ = writeln!(std::io::stderr(), "{why}");
        return None;
    };
    let code = std::fs::read_to_string(&path);
    Some(code.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// A page under audit.
struct Audit<'a> {
    page: &'a Page,
    axe: &'a str,
    /// Theme and width.
    look: String,
    faults: Vec<String>,
}

impl Audit<'_> {
    /// Looks at what the page shows now.
    async fn look_at(&mut self, what: &str) -> Result<()> {
        self.page.run(self.axe, json!([])).await?;
        let found = self.page.value(AUDIT, json!([])).await?;
        let found: Vec<String> = serde_json::from_value(found)?;
        let named = found
            .into_iter()
            .map(|fault| format!("{what}, {}: {fault}", self.look));
        self.faults.extend(named);
        Ok(())
    }
}

async fn click_first(page: &Page, selector: &str) -> Result<()> {
    let script = format!("document.querySelector('{selector}').click()");
    page.run(&script, json!([])).await?;
    Ok(())
}

/// The search in its states, with a filter's branch open.
async fn search(audit: &mut Audit<'_>) -> Result<()> {
    let page = audit.page;
    page.open_ready("").await?;
    audit.look_at("the first view").await?;
    page.open_ready("?q=spin+glasses+and+learning&cat=cs")
        .await?;
    page.results().await?;
    page.element("abstract").await?;
    click_first(page, "[data-testid=star][aria-pressed=false]").await?;
    audit.look_at("results").await?;
    click_first(page, ".filters-button").await?;
    click_first(page, ".branch summary").await?;
    audit.look_at("the filters").await?;
    page.press("?").await?;
    page.until(
        "help is open",
        "return document.querySelector('dialog.help').open",
    )
    .await?;
    audit.look_at("help").await?;
    page.open_ready("?q=spin&cat=econ&from=1991&to=1992")
        .await?;
    page.element("no-results").await?;
    audit.look_at("no results").await?;
    page.open_ready("?q=%22spin&build=0123456789abcdef").await?;
    page.element("other-build").await?;
    page.results().await?;
    audit
        .look_at("a query with an error, and a link of another build")
        .await
}

/// The views behind the other tabs.
async fn others(audit: &mut Audit<'_>, native: &mut Native) -> Result<()> {
    let page = audit.page;
    page.open_ready("").await?;
    classify_draft(page, native).await?;
    audit.look_at("a classified draft").await?;
    page.click("tab-library").await?;
    page.element("library-paper").await?;
    audit.look_at("the library").await?;
    page.open_ready("?view=batch").await?;
    let table = "title,category\nspin glasses,cs.LG\nblack holes,gr-qc\n";
    choose(page, "batch-file", "papers.csv", table).await?;
    page.click("batch-start").await?;
    let done =
        "return document.querySelector('[data-testid=batch-says]')?.innerText.startsWith('Done')";
    page.until("the batch is done", done).await?;
    audit.look_at("a batch").await?;
    let paper = native.folder.papers.id(shared::PaperId(7)).to_owned();
    page.open_ready(&format!("?view=map&paper={paper}")).await?;
    page.element("map-says").await?;
    page.element("open-paper").await?;
    audit.look_at("the map").await?;
    page.open_ready("?view=about").await?;
    page.element("about-index").await?;
    audit.look_at("about").await?;
    page.open_ready("?view=verify").await?;
    page.click("verify-start").await?;
    let done = "return document.querySelector('[data-testid=verify-says]')?.innerText === 'Done'";
    page.until("the checks are done", done).await?;
    page.run(
        "document.querySelectorAll('.outcome details').forEach((details) => details.open = true)",
        json!([]),
    )
    .await?;
    audit.look_at("verify").await
}

/// Audits all views at this width, in both themes.
fn audit_at(width: u32) {
    let Some(axe) = axe() else { return };
    in_browser(Console::Silent, async |page, native| {
        page.resize(width).await?;
        let mut faults = Vec::new();
        for theme in ["light", "dark"] {
            let feature = json!({"features": [{"name": "prefers-color-scheme", "value": theme}]});
            cdp(&page.web, "Emulation.setEmulatedMedia", feature).await?;
            let mut audit = Audit {
                page,
                axe: &axe,
                look: format!("{theme}, {width} px"),
                faults: Vec::new(),
            };
            search(&mut audit).await.with_context(|| theme)?;
            others(&mut audit, native).await.with_context(|| theme)?;
            faults.append(&mut audit.faults);
        }
        ensure!(faults.is_empty(), "axe-core finds\n{}", faults.join("\n"));
        Ok(())
    });
}

#[test]
fn no_view_has_a_serious_fault_in_a_wide_window() {
    audit_at(WIDE);
}

#[test]
fn no_view_has_a_serious_fault_in_a_narrow_window() {
    audit_at(NARROW);
}

#[test]
fn the_audit_notices_a_fault() {
    let Some(axe) = axe() else { return };
    in_browser(Console::Silent, async |page, _| {
        page.open_ready("").await?;
        let spoil = "document.querySelector('[data-testid=theme]').removeAttribute('aria-label');\n\
            document.querySelector('[data-testid=theme]').removeAttribute('title');\n\
            document.documentElement.removeAttribute('lang');";
        page.run(spoil, json!([])).await?;
        let mut audit = Audit {
            page,
            axe: &axe,
            look: "spoiled".to_owned(),
            faults: Vec::new(),
        };
        audit.look_at("the first view").await?;
        let told = audit.faults.join("\n");
        for fault in ["button-name", "html-has-lang"] {
            ensure!(told.contains(fault), "{fault} is not among {told:?}");
        }
        Ok(())
    });
}
