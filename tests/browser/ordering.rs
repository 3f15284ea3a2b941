//! A list in the order of the library.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use shared::Query;

use super::native::Native;
use super::page::Page;
use super::{Console, in_browser};

/// What the list is about, and what the library is about.
const QUESTION: &str = "learning from data";
const LIKED: &str = "?q=graph+attention+networks";

/// Cosine of two papers' stored vectors.
fn cosine(native: &Native, one: &str, other: &str) -> Result<f32> {
    let (papers, index) = (&native.folder.papers, &native.folder.vectors);
    let find = |id: &str| papers.find(id).with_context(|| format!("{id} is here"));
    let query = Query::new(&index.vector(find(one)?).context("it has a vector")?)?;
    index
        .similarity_to(&query, find(other)?)
        .context("so has the other")
}

/// The list by likeness to the nearest of these papers alone.
fn by_likeness(native: &Native, list: &[String], stars: &[String]) -> Result<Vec<String>> {
    let mut rows = Vec::new();
    for id in list {
        let mut nearest = f32::NEG_INFINITY;
        for star in stars {
            nearest = nearest.max(cosine(native, star, id)?);
        }
        rows.push((nearest, id.clone()));
    }
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(rows.into_iter().map(|(_, id)| id).collect())
}

/// Sets the weight of the library, in percent.
async fn weigh(page: &Page, weight: u8) -> Result<()> {
    let script = "const slider = document.querySelector('[data-testid=library-weight]');\n\
        slider.value = arguments[0];\n\
        slider.dispatchEvent(new Event('input', { bubbles: true }));";
    page.run(script, json!([weight])).await?;
    Ok(())
}

/// Waits until the results come in this order.
async fn until_listed(page: &Page, wanted: &[String]) -> Result<()> {
    let script = format!(
        "const ids = [...document.querySelectorAll('[data-testid=result]')].map((card) => card.dataset.id);\n\
         return JSON.stringify(ids) === JSON.stringify({})",
        json!(wanted)
    );
    page.until(&format!("the list is {wanted:?}"), &script)
        .await?;
    Ok(())
}

/// What every card says of its place; cards out of sight have no `innerText`.
async fn brought_up(page: &Page) -> Result<Vec<String>> {
    let script = "return [...document.querySelectorAll('[data-testid=brought-up]')].map((line) => line.textContent)";
    Ok(serde_json::from_value(page.run(script, json!([])).await?)?)
}

#[test]
fn a_list_follows_the_papers_with_a_star_by_weights_that_can_be_seen() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready(&format!("?q={}", QUESTION.replace(' ', "+")))
            .await?;
        let list = page.results().await?;

        // Without a star there is nothing to go by, and the page says so.
        page.click("by-library").await?;
        let says = page.element("by-library-says").await?.text().await?;
        ensure!(says.contains("No paper has a star yet"), "{says:?}");
        until_listed(page, &list).await?;

        // The first star counts at once; more of them when they are asked to.
        page.run(
            "document.querySelectorAll('[data-testid=star]')[4].click()",
            json!([]),
        )
        .await?;
        page.element("made-of").await?;
        weigh(page, 100).await?;
        let stars = [list[4].clone()];
        until_listed(page, &by_likeness(native, &list, &stars)?).await?;
        let itself = brought_up(page).await?;
        ensure!(
            itself.len() == list.len() && itself[0] == "It has a star itself · #5 as the list came",
            "{itself:?}"
        );
        page.run(
            "document.querySelectorAll('[data-testid=star]')[19].click()",
            json!([]),
        )
        .await?;
        let before = by_likeness(native, &list, &stars)?;
        page.element("order-again").await?;
        until_listed(page, &before).await?;
        let stars = [list[4].clone(), before[19].clone()];
        page.click("order-again").await?;
        let both = by_likeness(native, &list, &stars)?;
        ensure!(both != before, "a second star changes nothing");
        until_listed(page, &both).await?;

        // Every paper says which star it is like, and the stars say of how many.
        page.click("made-of-stars").await?;
        let shares = page.texts("star-share").await?;
        let mut n_near = [0, 0];
        for id in &list {
            let [one, other] = [
                cosine(native, &stars[0], id)?,
                cosine(native, &stars[1], id)?,
            ];
            n_near[usize::from(other > one)] += 1;
        }
        // The newest star stands first.
        let wanted = [n_near[1], n_near[0]].map(|n| format!("nearest to {n} of {}", list.len()));
        ensure!(shares == wanted, "{shares:?} instead of {wanted:?}");
        for (id, says) in both.iter().zip(brought_up(page).await?) {
            if stars.contains(id) {
                continue;
            }
            let [one, other] = [
                cosine(native, &stars[0], id)?,
                cosine(native, &stars[1], id)?,
            ];
            let nearest = &stars[usize::from(other > one)];
            let at = list
                .iter()
                .position(|known| known == id)
                .context("of the list")?;
            ensure!(
                says.starts_with("★ like ")
                    && says.ends_with(&format!(
                        ", {:.2} · #{} as the list came",
                        one.max(other),
                        at + 1
                    )),
                "{id}, nearest to {nearest}: {says:?}"
            );
        }

        // A star that is left out brings nothing up; no weight is the list as it came, and so is no order.
        page.click("star-counts").await?;
        until_listed(page, &before).await?;
        weigh(page, 0).await?;
        until_listed(page, &list).await?;
        weigh(page, 100).await?;
        until_listed(page, &before).await?;
        page.click("by-library").await?;
        until_listed(page, &list).await?;
        ensure!(page.text("made-of").await?.is_none(), "the weights stay");
        let query = page.query().await?;
        ensure!(
            query == "q=learning+from+data",
            "the address says {query:?}"
        );
        Ok(())
    });
}

#[test]
fn papers_of_one_tag_alone_may_count_and_the_next_list_follows_too() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready(LIKED).await?;
        let liked = page.results().await?;
        page.click("star").await?;
        page.click("tab-library").await?;
        page.click("remarks").await?;
        page.element("tags").await?.send_keys("graphs").await?;
        page.press(thirtyfour::Key::Escape).await?;
        page.element("own-tags").await?;
        page.click("tab-search").await?;
        page.results().await?;
        page.run(
            "document.querySelectorAll('[data-testid=star]')[11].click()",
            json!([]),
        )
        .await?;
        page.click("by-library").await?;
        page.element("made-of").await?;
        weigh(page, 100).await?;
        let stars = [liked[0].clone(), liked[11].clone()];
        until_listed(page, &by_likeness(native, &liked, &stars)?).await?;
        let tag = thirtyfour::By::Css("[data-testid=library-tag] option[value=graphs]");
        page.web.find(tag).await?.click().await?;
        until_listed(page, &by_likeness(native, &liked, &stars[..1])?).await?;

        let list: Vec<String> = native
            .search(QUESTION, liked.len())?
            .into_iter()
            .map(|(id, _)| id)
            .collect();
        page.ask(QUESTION).await?;
        until_listed(page, &by_likeness(native, &list, &stars[..1])?).await
    });
}
