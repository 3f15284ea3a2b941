//! Files of papers: classified and matched as the native build does, stopped and gone on with, judged by labels.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use shared::PaperId;
use shared::metrics::{Judged, macro_f1, top_k_accuracy};

use super::citations::{catch_files, saved};
use super::native::Native;
use super::page::Page;
use super::{Console, in_browser};

/// Papers classified in one go.
const PAPERS: usize = 40;

/// Gives a file to an input.
pub(crate) async fn choose(page: &Page, input: &str, name: &str, text: &str) -> Result<()> {
    let script = "\
        const input = document.querySelector(`[data-testid=${arguments[0]}]`);\n\
        const files = new DataTransfer();\n\
        files.items.add(new File([arguments[2]], arguments[1]));\n\
        input.files = files.files;\n\
        input.dispatchEvent(new Event('change', { bubbles: true }));";
    page.element(input).await?;
    page.run(script, json!([input, name, text])).await?;
    Ok(())
}

/// Drops a file on what the selector finds; says whether the page took it over from the browser.
pub(crate) async fn drop_file(page: &Page, on: &str, name: &str, text: &str) -> Result<bool> {
    let script = "\
        const data = new DataTransfer();\n\
        data.items.add(new File([arguments[2]], arguments[1]));\n\
        const at = document.querySelector(arguments[0]);\n\
        const event = (name) => new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true });\n\
        return !at.dispatchEvent(event('dragover')) && !at.dispatchEvent(event('drop'));";
    Ok(page.run(script, json!([on, name, text])).await? == json!(true))
}

/// Waits until the page says how the work stands.
async fn until_says(page: &Page, wanted: &str) -> Result<()> {
    let script = format!(
        "return document.querySelector('[data-testid=batch-says]')?.innerText.startsWith('{wanted}')"
    );
    page.until(&format!("the batch says {wanted:?}"), &script)
        .await?;
    Ok(())
}

/// Rows done, as the page shows them.
async fn n_done(page: &Page) -> Result<usize> {
    let line = page.text("batch-progress").await?;
    let line = line.context("no progress is shown")?;
    let first = line.split(' ').next().unwrap_or_default();
    Ok(first.replace(',', "").parse()?)
}

/// The lines of a table, each by the names of the columns.
fn parse(csv: &str) -> Vec<BTreeMap<String, String>> {
    let mut records = vec![vec![String::new()]];
    let mut in_quotes = false;
    let mut signs = csv.chars().peekable();
    while let Some(sign) = signs.next() {
        let record = records.last_mut().expect("there is always one");
        match sign {
            '"' if in_quotes && signs.peek() == Some(&'"') => {
                record.last_mut().expect("a field").push('"');
                signs.next();
            }
            '"' => in_quotes = !in_quotes,
            ',' if !in_quotes => record.push(String::new()),
            '\r' if !in_quotes => {}
            '\n' if !in_quotes => records.push(vec![String::new()]),
            sign => record.last_mut().expect("a field").push(sign),
        }
    }
    let header = records.remove(0);
    records.retain(|record| record.len() == header.len());
    let named = |record: Vec<String>| header.iter().cloned().zip(record).collect();
    records.into_iter().map(named).collect()
}

async fn outcome(page: &Page) -> Result<Vec<BTreeMap<String, String>>> {
    page.click("batch-save").await?;
    Ok(parse(&saved(page).await?.text))
}

/// Papers of the corpus as a table, with a row that has no text and one that cannot be read.
fn table(native: &Native) -> Result<(String, Vec<PaperId>)> {
    let papers = &native.folder.papers;
    let step = (papers.len() / PAPERS).max(1);
    let chosen = (0..papers.len()).step_by(step).take(PAPERS);
    let chosen: Vec<PaperId> = chosen.map(|at| PaperId(at as u32)).collect();
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut lines = vec!["title,abstract,primary_category,id".to_owned()];
    for &paper in &chosen {
        let category = papers.categories(paper).next().unwrap_or_default();
        let (title, abstract_text) = (papers.title(paper), native.folder.abstract_of(paper)?);
        let (title, abstract_text) = (quoted(&title), quoted(&abstract_text));
        lines.push(format!("{title},{abstract_text},{category},"));
    }
    lines.push(",,cs.LG,2310.06825\n\"never closed,b,c,d\n".to_owned());
    Ok((lines.join("\n"), chosen))
}

#[test]
fn a_table_is_classified_stopped_gone_on_with_and_judged_by_its_labels() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("?view=batch").await?;
        catch_files(page).await?;
        let (text, chosen) = table(native)?;
        choose(page, "batch-file", "papers.csv", &text).await?;
        let holds = page.element("batch-holds").await?.text().await?;
        ensure!(
            holds.contains("41 papers: 40 with a text, 1 with an id"),
            "{holds:?}"
        );
        let faults = page.element("batch-faults").await?.text().await?;
        ensure!(faults.contains("1 row could not be read"), "{faults:?}");
        if native.folder.classifier.is_none() {
            return Ok(());
        }

        page.click("batch-start").await?;
        let some = "return document.querySelector('[data-testid=batch-row]') !== null";
        page.until("some rows are done", some).await?;
        page.click("batch-cancel").await?;
        until_says(page, "Stopped after").await?;
        let stopped = n_done(page).await?;
        ensure!((1..PAPERS).contains(&stopped), "stopped after {stopped}");
        let first = outcome(page).await?;
        page.click("batch-start").await?;
        until_says(page, "Done: 41 rows").await?;
        let all = outcome(page).await?;
        ensure!(all.len() == 42, "{} lines", all.len());
        let n_first = first
            .iter()
            .filter(|row| row["status"] != "unreadable")
            .count();
        ensure!(
            n_first == stopped && first[..stopped] == all[..stopped],
            "rows were done anew"
        );

        let mut classes: Vec<String> = Vec::new();
        let mut judged = Vec::new();
        for (row, &paper) in all.iter().zip(&chosen) {
            let papers = &native.folder.papers;
            let title = papers.title(paper).into_owned();
            let category = papers.categories(paper).next().map(str::to_owned);
            // As files are read: the words of a title, one space between them.
            let one_line = title.split_whitespace().collect::<Vec<_>>().join(" ");
            let abstract_text = native.folder.abstract_of(paper)?;
            let ranked = native.classify(&one_line, abstract_text.trim())?;
            let ranked = ranked.context("there is a classifier")?;
            ensure!(
                row["category"] == ranked[0].0,
                "{title:?} suits {}, not {}",
                ranked[0].0,
                row["category"]
            );
            let p = f64::from_bits(ranked[0].1);
            ensure!(row["probability"] == format!("{p:.4}"), "{row:?} but {p}");
            if classes.is_empty() {
                classes = ranked.iter().map(|(class, _)| class.clone()).collect();
                classes.sort();
            }
            let mut probabilities = vec![0.0; classes.len()];
            for (class, p) in &ranked {
                let at = classes.binary_search(class).ok().context("a class")?;
                probabilities[at] = f64::from_bits(*p);
            }
            let class = |name: &str| classes.iter().position(|class| class == name);
            let canonical = |name: &str| class(shared::taxonomy::canonical(name)?.code);
            let label = category.and_then(|name| class(&name).or_else(|| canonical(&name)));
            judged.extend(label.map(|label| (probabilities, label)));
        }
        ensure!(all[PAPERS]["note"] == "no title and no abstract");
        ensure!(all[PAPERS + 1]["note"] == "a quote is never closed");

        let judged: Vec<Judged> = judged
            .iter()
            .map(|(probabilities, label)| Judged {
                probabilities,
                label: *label,
            })
            .collect();
        let shown = page.element("judged").await?.text().await?;
        for wanted in [
            format!("{} rows compared", judged.len()),
            format!("{:.1} %", top_k_accuracy(&judged, 1) * 100.0),
            format!("{:.1} %", top_k_accuracy(&judged, 5) * 100.0),
            format!("{:.3}", macro_f1(&judged)),
        ] {
            ensure!(shown.contains(&wanted), "no {wanted:?} in {shown:?}");
        }
        page.element("reliability").await?;
        page.element("matrix").await?;

        // Without labels there is nothing to compare with; what is done stays.
        let none = "const select = document.querySelector('[data-testid=label-column]');\n\
            select.focus(); select.value = ''; select.dispatchEvent(new Event('change', { bubbles: true }));";
        page.run(none, json!([])).await?;
        let gone = "return document.querySelector('[data-testid=judged]') === null\n\
            && document.activeElement.dataset.testid === 'label-column'";
        page.until("nothing is compared", gone).await?;
        until_says(page, "Done: 41 rows").await
    });
}

#[test]
fn ids_are_found_as_themselves_with_their_nearest_and_unknown_ones_are_said() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("?view=batch").await?;
        catch_files(page).await?;
        let papers = &native.folder.papers;
        let ids: Vec<String> = (0..papers.len() as u32)
            .map(|at| papers.id(PaperId(at)).to_owned())
            .filter(|id| shared::arxiv_id::parse(id).is_some())
            .take(5)
            .collect();
        let list = format!("{}v3\nnot an id\n9912.99999\n", ids.join("\narXiv:"));
        ensure!(
            drop_file(page, "[data-testid=batch]", "ids.txt", &list).await?,
            "a file that is dropped opens in place of the page"
        );
        let holds = page.element("batch-holds").await?.text().await?;
        ensure!(holds.contains("A list of ids of 6 papers"), "{holds:?}");
        page.click("batch-start").await?;
        until_says(page, "Done: 6 rows").await?;
        let all = outcome(page).await?;
        for id in &ids {
            let found: Vec<_> = all.iter().filter(|row| row["id"] == *id).collect();
            ensure!(
                found[0]["status"] == "itself" && found[0]["match_id"] == *id,
                "{id} is {:?}",
                found[0]
            );
            let near: Vec<&str> = found[1..].iter().map(|row| &*row["match_id"]).collect();
            let wanted = super::native::ids(&native.similar(id, 5)?);
            ensure!(near == wanted, "near {id}: {near:?} instead of {wanted:?}");
        }
        let note = |line: &str| {
            let row = all.iter().find(|row| row["line"] == line);
            row.map(|row| row["note"].clone()).unwrap_or_default()
        };
        ensure!(note("6").contains("is no arXiv id"), "{all:?}");
        ensure!(note("7").contains("not in the corpus"), "{all:?}");
        Ok(())
    });
}

#[test]
fn a_question_overtakes_a_file_and_the_file_goes_on() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("?view=batch").await?;
        let papers = &native.folder.papers;
        let row = |at| json!({"title": papers.title(PaperId(at)).repeat(3)}).to_string();
        let rows = (0..papers.len() as u32).cycle().take(2_000).map(row);
        let lines = rows.collect::<Vec<_>>().join("\n");
        choose(page, "batch-file", "papers.jsonl", &lines).await?;
        page.click("task-match").await?;
        page.click("batch-start").await?;
        let some = "return document.querySelector('[data-testid=batch-row]') !== null";
        page.until("some rows are done", some).await?;
        page.ask("graph attention networks").await?;
        // It is answered while the file is under way, which the page says.
        page.element("batch-notice").await?;
        page.run(
            "document.querySelector('[data-testid=batch-notice] a').click()",
            json!([]),
        )
        .await?;
        page.element("batch-cancel").await?;
        let before = n_done(page).await?;
        ensure!(before < 2_000, "all rows went before the question");
        let further = format!(
            "return parseInt(document.querySelector('[data-testid=batch-progress]').innerText) > {before}"
        );
        page.until("the file goes on", &further).await?;
        page.click("batch-cancel").await?;
        until_says(page, "Stopped after").await
    });
}

#[test]
fn files_that_are_not_read_say_why_and_the_button_takes_the_keyboard() {
    in_browser(Console::Silent, async |page, _| {
        page.open_ready("?view=classify").await?;
        let follow = "document.querySelector('.draft-file a[href*=\"view=batch\"]').click()";
        page.run(follow, json!([])).await?;
        page.element("batch").await?;
        ensure!(page.query().await?.contains("view=batch"));
        for (name, text, wanted) in [
            ("paper.pdf", "%PDF-1.7", "PDFs are not read"),
            ("sheet.xlsx", "PK\u{3}\u{4}", "save it as CSV"),
            ("notes.csv", "x,y\n1,2\n", "must name a column"),
            ("empty.csv", " \n", "it is empty"),
        ] {
            choose(page, "batch-file", name, text).await?;
            let said = format!(
                "const said = document.querySelector('[data-testid=batch-fault]')?.innerText ?? '';\n\
                 return said.startsWith({}) && said.includes({})",
                json!(name),
                json!(wanted)
            );
            page.until(&format!("{name} is refused"), &said).await?;
        }
        let large = "\
            const input = document.querySelector('[data-testid=batch-file]');\n\
            const files = new DataTransfer();\n\
            files.items.add(new File([new Uint8Array(50000001)], 'large.csv'));\n\
            input.files = files.files;\n\
            input.dispatchEvent(new Event('change', { bubbles: true }));";
        page.run(large, json!([])).await?;
        let said = "return document.querySelector('[data-testid=batch-fault]').innerText.includes('more than 50 MB')";
        page.until("a large file is refused", said).await?;
        let focused = "document.querySelector('[data-testid=batch-file]').focus();\n\
            const label = document.activeElement.closest('label');\n\
            return label !== null && getComputedStyle(label).outlineStyle !== 'none'";
        ensure!(
            page.run(focused, json!([])).await? == json!(true),
            "the input takes no focus, or does not show it"
        );
        page.resize(360).await?;
        let fits =
            "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";
        ensure!(
            page.run(fits, json!([])).await? == json!(true),
            "the view is wider than a phone"
        );
        Ok(())
    });
}
