//! Formulas in titles: set, unbroken by marks, copied as their source, harmless.

use anyhow::{Result, ensure};
use serde_json::json;

use super::page::Page;
use super::{Console, in_browser};

/// What a copy of this paper's heading puts on the clipboard, as text and as HTML.
async fn copied(page: &Page, id: &str, what: &str) -> Result<(String, String)> {
    let script = "\
        const heading = document.querySelector(`[data-id='${arguments[0]}'] h2`);\n\
        const range = document.createRange();\n\
        range.selectNodeContents(heading.querySelector(arguments[1]) ?? heading);\n\
        const selection = getSelection();\n\
        selection.removeAllRanges();\n\
        selection.addRange(range);\n\
        const clipboardData = new DataTransfer();\n\
        const event = new ClipboardEvent('copy', { clipboardData, bubbles: true, cancelable: true });\n\
        heading.dispatchEvent(event);\n\
        return [clipboardData.getData('text/plain'), clipboardData.getData('text/html')];";
    Ok(serde_json::from_value(
        page.run(script, json!([id, what])).await?,
    )?)
}

#[test]
fn formulas_are_set_marks_leave_them_whole_and_copies_are_their_source() {
    in_browser(Console::Silent, async |page, _| {
        page.open_ready("?q=0%CE%BD%CE%B2%CE%B2+decay+Te+results+CUORE")
            .await?;
        page.results().await?;
        let id = "1710.07988";
        let title = "\
            const heading = document.querySelector(`[data-id='${arguments[0]}'] h2`);\n\
            const math = [...heading.querySelectorAll('math')];\n\
            return {\n\
              text: heading.innerText,\n\
              formulas: math.map((e) => e.querySelector('annotation').textContent),\n\
              namespaces: math.every((e) => [e, ...e.querySelectorAll('*')].every((n) =>\n\
                n.namespaceURI === 'http://www.w3.org/1998/Math/MathML')),\n\
              height: math.map((e) => e.getBoundingClientRect().height),\n\
              marks: [...heading.querySelectorAll('mark')].map((e) => e.textContent),\n\
              within: heading.querySelectorAll('math mark, mark math').length,\n\
              raised: heading.querySelectorAll('msup').length,\n\
            };";
        let title = page.run(title, json!([id])).await?;
        ensure!(
            title["formulas"] == json!([r"0\nu\beta\beta", "^{130}"]),
            "{title}"
        );
        ensure!(
            title["namespaces"] == json!(true) && title["raised"] == json!(1),
            "{title}"
        );
        ensure!(
            title["within"] == json!(0),
            "a mark within a formula: {title}"
        );
        let text = title["text"].as_str().unwrap_or_default();
        ensure!(!text.contains(['$', '\\']), "a source is in sight: {text}");
        ensure!(
            title["marks"] == json!(["Results", "CUORE", "Decay"]),
            "the words beside formulas are not marked: {title}"
        );

        let (text, html) = copied(page, id, "a").await?;
        let wanted = r"First Results from CUORE: A Search for Lepton Number Violation via $0\nu\beta\beta$ Decay of $^{130}$Te";
        ensure!(text == wanted, "copied {text:?}");
        ensure!(
            html.contains(r"$0\nu\beta\beta$") && !html.contains("<math"),
            "{html}"
        );
        let (part, _) = copied(page, id, "msup").await?;
        ensure!(part == "$^{130}$", "of a part of a formula: {part:?}");
        // Exports and names keep the source.
        let label = "return document.querySelector(`[data-id='${arguments[0]}'] [data-testid=similar]`).getAttribute('aria-label')";
        let label = page.run(label, json!([id])).await?;
        ensure!(
            label.as_str().unwrap_or_default().contains(r"$0\nu"),
            "{label}"
        );
        Ok(())
    });
}

#[test]
fn what_is_no_latex_stays_its_source_and_accents_are_read() {
    in_browser(Console::Silent, async |page, _| {
        for (asked, id, wanted) in [
            (
                "left-right+cross+section+asymmetry",
                "hep-ex/9404001",
                r"Production by $\ee$ Collisions",
            ),
            (
                "El+Ni%C3%B1o+forecasting+cooperativity",
                "1304.8039",
                "El Niño-Forecasting",
            ),
            ("static+force+in+SU(2)", "hep-lat/9310022", "Yang–Mills"),
        ] {
            page.open_ready(&format!("?q={asked}")).await?;
            page.results().await?;
            let heading = "return document.querySelector(`[data-id='${arguments[0]}'] h2`)?.innerText ?? null";
            let heading = page.run(heading, json!([id])).await?;
            let text = heading.as_str().unwrap_or_default();
            ensure!(
                text.contains(wanted),
                "{id} is shown as {text:?}, without {wanted:?}"
            );
        }
        Ok(())
    });
}
