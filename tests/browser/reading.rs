//! What a card tells beside its title: the nearest sentence, its authors' other papers; and the years of the corpus.

use anyhow::{Context, Result, ensure};
use app::latex::{parts, sentences};
use serde_json::json;
use thirtyfour::By;

use super::native::Native;
use super::page::Page;
use super::{Console, in_browser};

/// The sentence of an abstract that is nearest to a question, by the native encoder.
fn nearest(native: &mut Native, question: &str, text: &str) -> Result<String> {
    let question = native.embed(question)?;
    let mut best: Option<(f32, String)> = None;
    for at in sentences(text, &parts(text)) {
        let sentence = text[at].to_owned();
        let cosine = shared::math::dot(&question.vector, &native.embed(&sentence)?.vector);
        if best.as_ref().is_none_or(|(most, _)| cosine > *most) {
            best = Some((cosine, sentence));
        }
    }
    Ok(best.context("an abstract has sentences")?.1)
}

#[test]
fn the_sentence_nearest_to_the_question_is_set_off_in_an_unfolded_abstract() {
    in_browser(Console::Silent, async |page, native| {
        let papers = native.folder.all_papers()?;
        let mut n_seen = 0;
        for question in [
            "how to train a network with noisy labels",
            "phase transition of a magnet",
        ] {
            page.open_ready("").await?;
            let ids = page.ask(question).await?;
            ensure!(
                page.texts("nearest-sentence").await?.is_empty(),
                "all are folded"
            );
            for (at, id) in ids.iter().enumerate().take(6) {
                let paper = papers.iter().find(|paper| &paper.id == id);
                let text = &paper.context("a paper of the corpus")?.abstract_;
                // What formulas and commands show is another matter.
                if text.contains(['$', '\\', '\n', '~', '{', '`']) {
                    continue;
                }
                let card = format!("document.querySelectorAll('[data-testid=result]')[{at}]");
                let there = format!("return !!{card}.querySelector('[data-testid=abstract]')");
                page.until("the abstract is there", &there).await?;
                let unfold = format!(
                    "{card}.scrollIntoView(); const more = {card}.querySelector('[data-testid=more]'); \
                     more?.click(); return !!more"
                );
                let is_long = page.run(&unfold, json!([])).await? == json!(true);
                if !is_long || sentences(text, &parts(text)).len() < 2 {
                    continue;
                }
                let find = format!(
                    "return {card}.querySelector('[data-testid=nearest-sentence]')?.textContent"
                );
                let shown = page.until("the nearest sentence is set off", &find).await?;
                ensure!(
                    shown == json!(nearest(native, question, text)?),
                    "{shown} of {text}"
                );
                n_seen += 1;
            }
            let fold = "[...document.querySelectorAll('[data-testid=more][aria-expanded=true]')].forEach((b) => b.click())";
            page.run(fold, json!([])).await?;
            page.until(
                "folded, none is set off",
                "return !document.querySelector('[data-testid=nearest-sentence]')",
            )
            .await?;
        }
        ensure!(n_seen >= 4, "of {n_seen} abstracts only");
        Ok(())
    });
}

#[test]
fn a_name_on_a_card_leads_to_all_its_papers() {
    in_browser(Console::Silent, async |page, native| {
        let papers = &native.folder.papers;
        let name = "Petar Veličković";
        let all = papers
            .all()
            .filter(|&paper| papers.authors(paper).contains(name));
        let n = all.count();
        page.open_ready("?q=graph+attention+networks&cat=cs,stat&from=2000")
            .await?;
        page.results().await?;
        let link = By::XPath("//a[@data-testid='author'][normalize-space()='Petar Veličković']");
        page.web.find(link).await?.click().await?;
        page.until(
            "his papers are there",
            &format!("return document.querySelectorAll('[data-testid=result]').length === {n}"),
        )
        .await?;
        let query = page.query().await?;
        ensure!(
            query.contains("q=au") && query.contains("sort=newest"),
            "{query}"
        );
        ensure!(
            !query.contains("cat=") && !query.contains("from="),
            "{query}"
        );
        for id in page.results().await? {
            let paper = papers.find(&id).context("a paper of the corpus")?;
            ensure!(papers.authors(paper).contains(name), "{id}");
        }
        page.web.back().await?;
        page.until(
            "the list of before is back",
            "return document.querySelector('[data-testid=search-box]')?.value === 'graph attention networks'",
        )
        .await?;
        Ok(())
    });
}

#[test]
fn a_drag_over_the_histogram_chooses_years() {
    in_browser(Console::Silent, async |page, native| {
        let (first, last) = native
            .folder
            .manifest
            .corpus
            .years
            .context("papers have years")?;
        let n = i64::from(last - first) + 1;
        page.open_ready("?q=dark+matter").await?;
        page.results().await?;
        let histogram = page.element("histogram").await?;
        histogram.scroll_into_view().await?;
        let width = histogram.rect().await?.width as i64;
        // From the middle of one bar to the middle of another, to the left: both ends count.
        let from_center =
            |year: u16| (i64::from(year - first) * 2 + 1) * width / (2 * n) - width / 2;
        let (late, early) = (last - 2, last - 6);
        let actions =
            page.web
                .action_chain()
                .move_to_element_with_offset(&histogram, from_center(late), 0);
        let actions = actions
            .click_and_hold()
            .move_by_offset(from_center(early) - from_center(late), 0);
        actions.release().perform().await?;
        page.until(
            "the years are in the address",
            &format!("return location.search.includes('from={early}') && location.search.includes('to={late}')"),
        )
        .await?;
        let inputs = years(page).await?;
        ensure!(
            inputs == [early.to_string(), late.to_string()],
            "{inputs:?}"
        );
        Ok(())
    });
}

async fn years(page: &Page) -> Result<Vec<String>> {
    let mut values = Vec::new();
    for id in ["filter-year-from", "filter-year-to"] {
        values.push(page.element(id).await?.value().await?.unwrap_or_default());
    }
    Ok(values)
}
