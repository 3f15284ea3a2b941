//! Suggested categories for a draft.

use anyhow::{Context, Result, ensure};
use app::latex::{parts, sentences};
use serde_json::json;

use super::batch::{choose, drop_file};
use super::native::Native;
use super::page::Page;
use super::{Console, in_browser};

/// A draft that nobody submitted, and the archives that would suit it.
const TITLE: &str = "Spin alignment in merging black hole binaries";
const ABSTRACT: &str = "We study the gravitational waves that two black holes emit while they \
    spiral into each other. Numerical relativity gives the waveform for spins that are tilted \
    against the orbit, and we compare it with the signals seen by ground based interferometers. \
    The posterior of the effective spin favors binaries that formed in dense star clusters over \
    those that evolved in isolation.";
const SUITABLE: [&str; 2] = ["gr-qc", "astro-ph"];

/// Puts a text into a field at once, as pasting does.
pub(crate) async fn paste(page: &Page, field: &str, text: &str) -> Result<()> {
    page.click(field).await?;
    page.run("document.execCommand('selectAll'); document.execCommand('insertText', false, arguments[0])", json!([text]))
        .await?;
    let held = page.element(field).await?.prop("value").await?;
    ensure!(held.as_deref() == Some(text), "{field} holds {held:?}");
    Ok(())
}

/// Pastes the draft and checks what comes of it, in a page that is ready.
pub(crate) async fn classify_draft(page: &Page, native: &mut Native) -> Result<()> {
    page.click("tab-classify").await?;
    paste(page, "classify-title", TITLE).await?;
    paste(page, "classify-abstract", ABSTRACT).await?;
    page.click("classify-submit").await?;
    let Some(wanted) = native.classify(TITLE, ABSTRACT)? else {
        return without_classifier(page).await;
    };
    let best = &wanted[0].0;
    let card = format!(
        "const card = document.querySelector('[data-testid=suggestion]');\n\
         return card && !card.closest('.stale') && card.querySelector('h2 .code').innerText === '{best}'"
    );
    page.until(&format!("{best} is suggested"), &card).await?;
    ensure!(
        SUITABLE.iter().any(|archive| best.starts_with(archive)),
        "a paper on black hole binaries would suit {best}"
    );
    let bars = page.texts("suggestion-bar").await?;
    ensure!(bars.len() == 5, "five bars are promised: {bars:?}");
    for (bar, (category, _)) in bars.iter().zip(&wanted) {
        ensure!(
            bar.contains(category.as_str()),
            "the bar {bar:?} should be of {category}"
        );
    }
    let evidence = page.texts("evidence").await?;
    ensure!(
        evidence.len() == 5,
        "five papers are promised as evidence: {evidence:?}"
    );
    let address = page.web.current_url().await?;
    ensure!(
        !address.as_str().contains("black"),
        "the draft stands in the address: {address}"
    );
    Ok(())
}

async fn without_classifier(page: &Page) -> Result<()> {
    let told = "return document.querySelector('.verdict').innerText.includes('no classifier')";
    page.until("the page says that there is no classifier", told)
        .await?;
    let answer = page.call("offprint.classify('x')", json!([])).await?;
    let error = answer
        .err()
        .context("a build without classifier classifies")?;
    ensure!(error.code == "no_classifier", "{error:?}");
    Ok(())
}

#[test]
fn a_pasted_abstract_gets_a_suggestion_with_bars_and_evidence() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("").await?;
        classify_draft(page, native).await
    });
}

#[test]
fn scripts_get_the_native_probabilities_to_the_bit() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("").await?;
        let draft = json!([{"title": TITLE, "abstract": ABSTRACT}]);
        // As bits: decimal digits would pass through a second parser on their way here.
        let bits = "offprint.classify(a[0]).then(({ suggestions }) => suggestions.map((one) => \
            [one.category, String(new BigUint64Array(Float64Array.of(one.probability).buffer)[0])]))";
        let answer = page.call(bits, draft).await?;
        let Some(wanted) = native.classify(TITLE, ABSTRACT)? else {
            let error = answer
                .err()
                .context("a build without classifier classifies")?;
            ensure!(error.code == "no_classifier", "{error:?}");
            return Ok(());
        };
        let found = answer.map_err(|error| anyhow::anyhow!("{error:?}"))?;
        let found: Vec<(String, String)> = serde_json::from_value(found)?;
        let sum: f64 = wanted.iter().map(|(_, bits)| f64::from_bits(*bits)).sum();
        ensure!((sum - 1.0).abs() < 1e-9, "the probabilities sum to {sum}");
        let wanted: Vec<(String, String)> = wanted
            .into_iter()
            .map(|(category, bits)| (category, bits.to_string()))
            .collect();
        ensure!(found == wanted, "{found:?} instead of {wanted:?}");
        Ok(())
    });
}

#[test]
fn a_few_words_and_too_many_are_said_to_be_so() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("?view=classify").await?;
        paste(page, "classify-abstract", "Only a few words.").await?;
        page.element("thin").await?;
        if native.folder.classifier.is_none() {
            return Ok(());
        }
        paste(page, "classify-abstract", &ABSTRACT.repeat(8)).await?;
        let cut = page.element("cut").await?.text().await?;
        let max = native.folder.model.meta().max_tokens;
        ensure!(
            cut.contains(&format!("{max} tokens")),
            "the cut is at {max} tokens, said: {cut:?}"
        );
        Ok(())
    });
}

#[test]
fn a_suggestion_says_what_it_has_meant_and_which_categories_it_may_be() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("").await?;
        classify_draft(page, native).await?;
        let Some((set, bin)) = native.prediction_set(TITLE, ABSTRACT)? else {
            return Ok(());
        };
        let shown = "return [...document.querySelectorAll('[data-testid=prediction-set] abbr')].map((tag) => tag.innerText)";
        let shown: Vec<String> = serde_json::from_value(page.run(shown, json!([])).await?)?;
        ensure!(shown == set, "the set is {set:?}, shown are {shown:?}");
        let meant = page.element("meant").await?.text().await?;
        let wanted = format!(
            "Of {} held-out papers scored about like this, {} were",
            bin.papers, bin.right
        );
        ensure!(
            meant.starts_with(&wanted),
            "{meant:?} instead of {wanted:?}"
        );
        Ok(())
    });
}

#[test]
fn cross_lists_are_those_of_the_native_build_and_say_what_such_have_meant() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("").await?;
        classify_draft(page, native).await?;
        let Some(wanted) = native.cross_lists(TITLE, ABSTRACT)? else {
            return Ok(());
        };
        ensure!(
            (1..=4).contains(&wanted.len()),
            "the draft is chosen so that there are some, not {wanted:?}"
        );
        let codes: Vec<&str> = wanted.iter().map(|(code, _)| &**code).collect();
        let shown = "return [...document.querySelectorAll('[data-testid=cross-list] abbr')].map((tag) => tag.innerText)";
        let shown: Vec<String> = serde_json::from_value(page.run(shown, json!([])).await?)?;
        ensure!(shown == codes, "{shown:?} instead of {codes:?}");
        let says = page.element("cross-lists").await?.text().await?;
        let meta = native.folder.classifier.as_ref();
        let meta = meta.and_then(|classifier| classifier.meta().cross);
        let papers = meta.context("cross-lists")?.papers;
        let papers = papers.to_string();
        let digits = says.replace(',', "");
        ensure!(
            digits.contains(&papers),
            "{says:?} does not say {papers} papers"
        );
        let draft = json!([{"title": TITLE, "abstract": ABSTRACT}]);
        let bits = "offprint.classify(a[0]).then(({ cross_lists }) => cross_lists.suggestions.map((one) => \
            [one.category, String(new BigUint64Array(Float64Array.of(one.probability).buffer)[0])]))";
        let found = page.call(bits, draft).await?;
        let found = found.map_err(|error| anyhow::anyhow!("{error:?}"))?;
        let found: Vec<(String, String)> = serde_json::from_value(found)?;
        let wanted = wanted
            .into_iter()
            .map(|(code, bits)| (code, bits.to_string()));
        let wanted: Vec<(String, String)> = wanted.collect();
        ensure!(found == wanted, "{found:?} instead of {wanted:?}");
        Ok(())
    });
}

#[test]
fn no_category_is_named_for_a_text_that_is_unlike_every_paper() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("?view=classify").await?;
        if native.prediction_set(TITLE, ABSTRACT)?.is_none() {
            return Ok(());
        }
        let recipe = "Whisk three eggs with the sugar until the foam is white, fold in flour and a pinch of salt, \
            butter the tin, bake for half an hour and let the cake cool before you dust it with cocoa and serve \
            it with whipped cream and cherries.";
        paste(page, "classify-abstract", recipe).await?;
        let why = page.element("abstains").await?.text().await?;
        ensure!(why.contains("farther from every paper"), "{why:?}");
        let bars = page.texts("suggestion-bar").await?;
        ensure!(bars.len() == 5, "what it would be is still shown: {bars:?}");
        paste(page, "classify-abstract", ABSTRACT).await?;
        page.until(
            "a category is named again",
            "return !!document.querySelector('[data-testid=meant]')",
        )
        .await?;
        Ok(())
    });
}

/// Waits until the page says what it took, or why nothing.
async fn until_told(page: &Page, id: &str, wanted: &str) -> Result<()> {
    let script = format!(
        "return document.querySelector('[data-testid={id}]')?.innerText.includes({})",
        json!(wanted)
    );
    page.until(&format!("{id} says {wanted:?}"), &script)
        .await?;
    Ok(())
}

#[test]
fn a_draft_is_taken_out_of_a_file_that_is_chosen_or_dropped() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("?view=classify").await?;
        let source = format!(
            "\\documentclass{{article}}\n\\title{{{TITLE}}} % \\title{{no}}\n\\begin{{document}}\n\
             \\begin{{abstract}}\n{ABSTRACT}\n\\end{{abstract}}\nThe rest is not taken.\n\\end{{document}}\n"
        );
        let held = "return ['title', 'abstract'].map((part) => \
            document.querySelector(`[data-testid=classify-${part}]`).value)";
        choose(page, "draft-file", "paper.tex", &source).await?;
        until_told(
            page,
            "draft-taken",
            "Taken from paper.tex: \\title and the abstract.",
        )
        .await?;
        let found = page.run(held, json!([])).await?;
        ensure!(found == json!([TITLE, ABSTRACT]), "{found}");
        if let Some(wanted) = native.classify(TITLE, ABSTRACT)? {
            let best = format!(
                "return document.querySelector('[data-testid=suggestion] h2 .code')?.innerText === '{}'",
                wanted[0].0
            );
            page.until("it is classified", &best).await?;
        }

        let text = format!("A title\n\nAbstract: {ABSTRACT}\n");
        let taken = drop_file(page, "[data-testid=classify-abstract]", "draft.txt", &text).await?;
        ensure!(taken, "a file that is dropped opens in place of the page");
        until_told(page, "draft-taken", "Taken from draft.txt").await?;
        let found = page.run(held, json!([])).await?;
        ensure!(found == json!(["A title", ABSTRACT]), "{found}");

        choose(page, "draft-file", "paper.pdf", "%PDF-1.7").await?;
        until_told(page, "draft-refused", "PDFs are not read").await?;
        let found = page.run(held, json!([])).await?;
        ensure!(
            found == json!(["A title", ABSTRACT]),
            "the draft is gone: {found}"
        );
        let address = page.web.current_url().await?;
        ensure!(
            address.query() == Some("view=classify"),
            "the draft stands in the address: {address}"
        );
        Ok(())
    });
}

/// The parts of a draft whose removal moves the probability of `category` most, by the native build, with what
/// the page says of each.
fn deciding(
    native: &mut Native,
    title: &str,
    text: &str,
    category: &str,
) -> Result<Vec<(String, String)>> {
    let mut p = |title: &str, text: &str| -> Result<f64> {
        let classes = native.classify(title, text)?.context("a classifier")?;
        let found = classes.into_iter().find(|(code, _)| code == category);
        Ok(f64::from_bits(found.context("one of its categories")?.1))
    };
    let whole = p(title, text)?;
    let places = sentences(text, &parts(text));
    let mut movers = vec![(format!("Title {title}"), p("", text)?)];
    for left_out in &places {
        let others = places.iter().filter(|place| *place != left_out);
        let others: Vec<&str> = others.map(|place| &text[place.clone()]).collect();
        movers.push((
            text[left_out.clone()].to_owned(),
            p(title, &others.join(" "))?,
        ));
    }
    movers.retain(|(_, without)| (without - whole).abs() >= 0.01);
    movers.sort_by(|a, b| (b.1 - whole).abs().total_cmp(&(a.1 - whole).abs()));
    movers.truncate(4);
    let says = |(part, without): (String, f64)| {
        let points = ((without - whole) * 100.0).round();
        let way = if points < 0.0 { "less" } else { "more" };
        (
            part,
            format!(
                "{:.0} point{} {way}",
                points.abs(),
                if points.abs() == 1.0 { "" } else { "s" }
            ),
        )
    };
    Ok(movers.into_iter().map(says).collect())
}

#[test]
fn the_sentences_that_decide_are_those_whose_removal_moves_the_probability_most() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("").await?;
        classify_draft(page, native).await?;
        let Some(classes) = native.classify(TITLE, ABSTRACT)? else {
            return Ok(());
        };
        let shown = "return [...document.querySelectorAll('[data-testid=deciding-sentence]')].map((row) => \
            [...row.querySelectorAll('p')].map((line) => line.textContent))";
        let some = format!("const rows = (() => {{ {shown} }})(); return rows.length > 0 && rows");
        let found = page.until("sentences that decide are named", &some).await?;
        let found: Vec<(String, String)> = serde_json::from_value(found)?;
        let wanted = deciding(native, TITLE, ABSTRACT, &classes[0].0)?;
        ensure!(wanted.len() >= 2, "the draft decides nothing: {wanted:?}");
        ensure!(
            found.len() == wanted.len(),
            "{found:?} instead of {wanted:?}"
        );
        for ((part, says), (wanted_part, wanted_says)) in found.iter().zip(&wanted) {
            ensure!(
                part == wanted_part && says.ends_with(wanted_says),
                "{part:?}, {says:?} instead of {wanted_part:?}, {wanted_says:?}"
            );
        }

        // Another text has other sentences, those of a long one that fit the window.
        let last = "Whatever stands behind the window is not read.";
        let long = format!("{} {last}", [ABSTRACT; 8].join(" "));
        paste(page, "classify-title", "").await?;
        paste(page, "classify-abstract", &long).await?;
        page.element("cut").await?;
        let told = "return !!document.querySelector('[data-testid=deciding] [data-testid=deciding-sentence], \
            [data-testid=none-decides]')";
        page.until("the long draft's sentences are weighed", told)
            .await?;
        let parts_shown = page.texts("deciding-text").await?;
        ensure!(
            parts_shown
                .iter()
                .all(|part| ABSTRACT.contains(part.as_str())),
            "{parts_shown:?}"
        );

        // Of one sentence nothing is left without it.
        paste(
            page,
            "classify-abstract",
            "Spins of black holes in dense star clusters",
        )
        .await?;
        page.until(
            "a lone sentence has no list",
            "return !document.querySelector('[data-testid=deciding], .stale [data-testid=suggestion]') \
             && !!document.querySelector('[data-testid=suggestion]')",
        )
        .await?;
        page.until(
            "nothing is pending",
            "return document.querySelector('.verdict').ariaBusy === 'false'",
        )
        .await?;
        Ok(())
    });
}
