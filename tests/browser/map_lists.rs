//! The map as lists: topics, what is chosen, a draft's neighbors; and the map where it is missing.

use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::json;
use shared::PaperId;
use thirtyfour::Key;

use super::citations::{catch_files, said, saved};
use super::classifying::classify_draft;
use super::driver::cdp;
use super::map::{Surface, mouse, native_map, open_map, settled};
use super::server::Fault;
use super::{Console, in_browser};

#[test]
fn a_line_around_papers_makes_a_list_of_exactly_these_which_is_exported_and_cleared() {
    in_browser(Console::Silent, async |page, native| {
        let map = native_map(native)?;
        open_map(page, "?view=map").await?;
        catch_files(page).await?;
        let surface = Surface::of(page).await?;
        // A rectangle whose edge no paper is near to, with some inside.
        let inside = |[left, top, right, bottom]: [f64; 4]| {
            let places = (0..map.len()).filter(|&paper| map.is_placed(paper));
            let mut inside = Vec::new();
            for paper in places {
                let (x, y) = surface.place(&map, paper);
                let depth = (x - left).min(right - x).min(y - top).min(bottom - y);
                if depth.abs() < 1.5 {
                    return None;
                }
                if depth > 0.0 {
                    inside.push(paper);
                }
            }
            (5..200).contains(&inside.len()).then_some(inside)
        };
        let middle = surface.middle();
        let mut tries = (0..200).map(|n| {
            let (dx, dy) = (
                f64::from(n % 20) * 7.0 - 70.0,
                f64::from(n / 20) * 7.0 - 35.0,
            );
            let (x, y) = (middle.0 + dx, middle.1 + dy);
            [x - 90.0, y - 70.0, x + 90.0, y + 70.0].map(f64::round)
        });
        let found = tries.find_map(|edges| inside(edges).map(|papers| (edges, papers)));
        let ([left, top, right, bottom], inside) = found.context("a rectangle among the papers")?;

        mouse(page, "mouseMoved", (left, top), 0).await?;
        mouse(page, "mousePressed", (left, top), 8).await?;
        for corner in [(right, top), (right, bottom), (left, bottom), (left, top)] {
            mouse(page, "mouseMoved", corner, 8).await?;
        }
        mouse(page, "mouseReleased", (left, top), 8).await?;
        let line = page.element("chosen-line").await?.text().await?;
        ensure!(
            line.starts_with(&format!("{} papers", inside.len())),
            "{line} of {}",
            inside.len()
        );
        page.click("export").await?;
        page.click("export-bib").await?;
        said(
            page,
            &format!("{} papers in offprint-map.bib", inside.len()),
        )
        .await?;
        let file = saved(page).await?;
        let papers = &native.folder.papers;
        let entries = file.text.matches("@misc{").count();
        ensure!(
            entries == inside.len(),
            "{entries} entries of {}",
            inside.len()
        );
        for paper in &inside {
            let id = papers.id(PaperId(*paper as u32));
            ensure!(
                file.text.contains(&format!("eprint={{{id}}}")),
                "{id} is not in the file"
            );
        }
        // The others stand back, and are there all the same.
        page.press(Key::Escape).await?;
        page.until(
            "the choice is taken back",
            "return !document.querySelector('[data-testid=chosen]')",
        )
        .await?;

        page.click("map-choose-view").await?;
        let line = page.element("chosen-line").await?.text().await?;
        let all = (0..map.len()).filter(|&paper| map.is_placed(paper)).count();
        ensure!(line.starts_with(&format!("{all} papers")), "{line}");
        Ok(())
    });
}

#[test]
fn the_keyboard_walks_from_a_topic_to_a_paper() {
    in_browser(Console::Silent, async |page, native| {
        let map = native_map(native)?;
        open_map(page, "?view=map").await?;
        let first = "document.querySelector('[data-testid=topic]').focus()";
        page.run(first, json!([])).await?;
        let here = "const e = document.activeElement; return [e.dataset.testid, e.dataset.id ?? e.querySelector('.name')?.textContent ?? '']";
        let mut path = Vec::new();
        for _ in 0..12 {
            let [kind, name]: [String; 2] =
                serde_json::from_value(page.run(here, json!([])).await?)?;
            path.push(format!("{kind} {name}"));
            if kind == "topic-paper" {
                page.press(Key::Enter).await?;
                let open = page.element("open-paper").await?;
                ensure!(
                    open.attr("data-id").await?.as_deref() == Some(&name),
                    "another paper"
                );
                return Ok(());
            }
            if kind == "topic" {
                page.press(Key::Right).await?;
                // Papers come from the engine.
                let there = "const row = document.activeElement.parentElement.querySelector('ul');\n\
                    return row !== null && (row.querySelector('[data-testid=topic-paper], [data-testid=topic]') !== null)";
                page.until("the topic is unfolded", there).await?;
            }
            page.press(Key::Down).await?;
        }
        let n = map.labels().len();
        anyhow::bail!("no paper within twelve steps of {n} topics: {path:?}")
    });
}

#[test]
fn filters_and_results_dim_the_others_and_say_how_many_pass() {
    in_browser(Console::Silent, async |page, native| {
        open_map(page, "?view=map&cat=cs").await?;
        let line = page.element("map-passing").await?.text().await?;
        let papers = &native.folder.papers;
        let is_cs = |paper: &PaperId| {
            let mut codes = papers.categories(*paper);
            codes.any(|code| {
                let today = shared::taxonomy::canonical(code).map_or(code, |row| row.code);
                [code, today]
                    .iter()
                    .any(|code| shared::taxonomy::archive_of(code) == "cs")
            })
        };
        let n = papers.all().filter(is_cs).count();
        ensure!(
            line.starts_with(&format!("{n} papers pass")),
            "{line}, of {n}"
        );
        let asked = page.ask("neural networks").await?;
        ensure!(
            page.query().await?.contains("view=map"),
            "a question leaves the map"
        );
        ensure!(!asked.is_empty(), "no results beside the map");
        Ok(())
    });
}

#[test]
fn a_draft_is_placed_among_its_neighbors_and_is_in_no_address() {
    in_browser(Console::Silent, async |page, native| {
        page.open_ready("").await?;
        classify_draft(page, native).await?;
        page.click("draft-on-map").await?;
        settled(page).await?;
        page.element("draft-line").await?;
        page.until(
            "its place is drawn",
            "return document.querySelector('[data-testid=map-draft] .spread') !== null",
        )
        .await?;
        let rays = page.run("return document.querySelectorAll('[data-testid=map-draft] [data-testid=map-ray]').length", json!([])).await?;
        ensure!(rays == 10, "{rays} neighbors");
        let query = page.query().await?;
        ensure!(
            query.starts_with("view=map&at=") && !query.contains("paper"),
            "{query}"
        );
        page.click("draft-near").await?;
        let line = page.element("chosen-line").await?.text().await?;
        ensure!(line.starts_with("10 papers"), "{line}");
        Ok(())
    });
}

#[test]
fn the_map_works_without_its_server_after_a_visit_that_did_not_open_it() {
    in_browser(Console::MayComplain, async |page, native| {
        page.open_ready("").await?;
        page.value("navigator.serviceWorker.ready.then(() => true)", json!([]))
            .await?;
        let file = &native.folder.manifest.map.as_ref().context("a map")?.file;
        let kept = "caches.open('offprint-artifacts-v1').then(async (cache) => \
            (await cache.keys()).some((key) => key.url.endsWith(a[0])))";
        while page.value(kept, json!([file])).await? != json!(true) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        page.server.stop();
        open_map(page, "?view=map").await
    });
}

#[test]
fn a_map_that_does_not_come_is_said_and_comes_when_asked_again() {
    in_browser(Console::MayComplain, async |page, _| {
        page.server.forbid_caching();
        page.server.fail("map-", Fault::Flipped);
        page.open_ready("?view=map").await?;
        let told = page.element("error").await?.text().await?;
        ensure!(
            told.contains("The map did not come") && told.contains("map-"),
            "{told:?}"
        );
        page.server.heal("map-");
        page.click("error-action").await?;
        settled(page).await
    });
}

#[test]
fn a_build_without_a_map_offers_none_and_says_so() {
    in_browser(Console::Silent, async |page, native| {
        let mut manifest = native.folder.manifest.clone();
        manifest.map.take().context("a map to drop")?;
        page.server.replace("manifest.json", manifest.to_bytes());
        page.open_ready("?q=dark+matter").await?;
        page.results().await?;
        for id in ["tab-map", "on-the-map"] {
            ensure!(page.text(id).await?.is_none(), "{id} leads nowhere");
        }
        page.open_ready("?view=map").await?;
        let told = page.element("no-map").await?.text().await?;
        ensure!(told.contains("no map"), "{told:?}");
        Ok(())
    });
}

#[test]
fn arrows_and_signs_move_the_map_and_nought_shows_all_of_it() {
    in_browser(Console::Silent, async |page, _| {
        open_map(page, "?view=map").await?;
        page.run(
            "document.querySelector('[data-testid=map]').focus()",
            json!([]),
        )
        .await?;
        page.press("++").await?;
        page.press(Key::Right).await?;
        page.until(
            "the address follows",
            "return location.search.includes('at=')",
        )
        .await?;
        let zoom = "return Number(new URLSearchParams(location.search).get('at').split(',')[2])";
        let zoom = page
            .run(zoom, json!([]))
            .await?
            .as_f64()
            .context("a zoom")?;
        ensure!((zoom - 1.5).abs() < 0.01, "zoomed to {zoom}");
        page.press("0").await?;
        page.until(
            "all of it is shown",
            "return !location.search.includes('at=')",
        )
        .await?;
        Ok(())
    });
}

#[test]
fn on_a_narrow_screen_the_map_fits_and_a_tap_opens_a_paper() {
    in_browser(Console::Silent, async |page, native| {
        let map = native_map(native)?;
        page.resize(320).await?;
        open_map(page, "?view=map").await?;
        let fits =
            "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";
        ensure!(
            page.run(fits, json!([])).await? == json!(true),
            "the map scrolls sideways"
        );
        let surface = Surface::of(page).await?;
        let paper = (0..map.len())
            .find(|&paper| map.is_placed(paper))
            .context("a paper")?;
        let (x, y) = surface.place(&map, paper);
        for (kind, points) in [
            ("touchStart", json!([{"x": x, "y": y}])),
            ("touchEnd", json!([])),
        ] {
            let event = json!({"type": kind, "touchPoints": points});
            cdp(&page.web, "Input.dispatchTouchEvent", event).await?;
        }
        page.element("open-paper").await?;
        ensure!(
            page.run(fits, json!([])).await? == json!(true),
            "an open paper scrolls sideways"
        );
        Ok(())
    });
}
