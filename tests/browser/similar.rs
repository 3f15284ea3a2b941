//! Papers like one, like several, and away from others.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use thirtyfour::Key;

use super::native::ids;
use super::{Console, in_browser};

/// Hits on a first page.
const FIRST_PAGE: usize = 20;

#[test]
fn a_list_leans_towards_several_papers_and_away_from_others() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("").await?;
        let found = page.ask("quantum error correction").await?;
        let first = found[0].clone();
        ensure!(
            page.texts("lean-near").await?.is_empty(),
            "nothing to lean towards in answers to a question"
        );
        page.click("similar").await?;
        let like_one = page.results().await?;
        // The first card's, then the new list's first card's.
        let (second, wanted) = (like_one[0].clone(), "Like this too");
        ensure!(page.element("lean-near").await?.text().await? == wanted);
        page.click("lean-near").await?;
        let like_two = page.results().await?;
        let native_two = ids(&native.leaning(&[&first, &second], &[], FIRST_PAGE)?);
        ensure!(
            like_two == native_two,
            "{like_two:?} instead of {native_two:?}"
        );
        let third = like_two[0].clone();
        // By keys as well.
        page.run("document.activeElement.blur()", json!([])).await?;
        page.press("j").await?;
        page.press("-").await?;
        let leaning = page.results().await?;
        let wanted = ids(&native.leaning(&[&first, &second], &[&third], FIRST_PAGE)?);
        ensure!(leaning == wanted, "{leaning:?} instead of {wanted:?}");
        let query = page.query().await?;
        for part in [
            &format!("like={first}"),
            &format!("like={second}"),
            &format!("away={third}"),
        ] {
            ensure!(query.contains(&**part), "the address says {query:?}");
        }

        // The link alone brings list and names.
        page.open_ready(&format!("?{query}")).await?;
        ensure!(
            page.results().await? == wanted,
            "a link brings another list"
        );
        let titles = |ids: &[&str]| -> Result<Vec<String>> {
            let papers = &native.folder.papers;
            let title = |id: &&str| {
                let paper = papers.find(id).context("it is in the corpus")?;
                Ok(papers.title(paper).into_owned())
            };
            ids.iter().map(title).collect()
        };
        let near = page.element("seed-near").await?.text().await?;
        let away = page.element("seed-away").await?.text().await?;
        let named = titles(&[&first, &second])?;
        ensure!(
            named.iter().all(|title| near.contains(title)),
            "{near:?} lacks {named:?}"
        );
        let named = titles(&[&third])?;
        ensure!(away.contains(&named[0]), "{away:?} lacks {named:?}");

        // Taken out, in their order: the first, then the second, with which the third goes.
        page.click("lean-no-more").await?;
        let wanted = ids(&native.leaning(&[&second], &[&third], FIRST_PAGE)?);
        ensure!(page.results().await? == wanted, "without the first");
        page.click("lean-no-more").await?;
        let query = page.query().await?;
        ensure!(
            !query.contains("like=") && !query.contains("away="),
            "{query:?}"
        );
        Ok(())
    });
}

#[test]
fn a_link_to_more_like_this_names_the_paper() {
    in_browser(Console::Silent, async |page, native| {
        let papers = &native.folder.papers;
        let seed = shared::PaperId(papers.len() as u32 / 2);
        let (id, title) = (papers.id(seed).to_owned(), papers.title(seed).into_owned());
        page.open_ready(&format!("?like={id}")).await?;
        let found = page.results().await?;
        let wanted = ids(&native.similar(&id, FIRST_PAGE)?);
        ensure!(
            found == wanted,
            "like {id}: {found:?} instead of {wanted:?}"
        );
        let told = page.element("seed").await?.text().await?;
        ensure!(told.contains(&title), "of {title:?} the page says {told:?}");
        Ok(())
    });
}

#[test]
fn enter_in_the_search_box_leaves_more_like_this() {
    in_browser(Console::Silent, async |page, native| {
        let text = "dark matter";
        let id = native.folder.papers.id(shared::PaperId(0)).to_owned();
        page.open_ready(&format!("?q=dark+matter&like={id}"))
            .await?;
        page.element("seed").await?;
        let search_box = page.element("search-box").await?;
        search_box.send_keys(Key::Enter).await?;
        let gone = "return document.querySelector('[data-testid=seed]') === null";
        page.until("the paper is gone", gone).await?;
        let found = page.results().await?;
        ensure!(
            found == ids(&native.search(text, FIRST_PAGE)?),
            "{text:?} finds {found:?}"
        );
        let query = page.query().await?;
        ensure!(query == "q=dark+matter", "the address says {query:?}");
        Ok(())
    });
}
