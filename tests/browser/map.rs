//! The map as it is drawn: fetched once, labelled at every distance, hovered, opened, addressed.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use shared::{Map, PaperId};

use super::driver::cdp;
use super::native::Native;
use super::page::Page;
use super::{Console, in_browser};

/// Pixels between the outermost papers and the edge, as `app::map::Frame` has it.
const MARGIN: f64 = 36.0;

/// The map's surface, in pixels of the window.
pub(super) struct Surface {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Surface {
    pub(super) async fn of(page: &Page) -> Result<Self> {
        let script = "const it = document.querySelector('[data-testid=map]').getBoundingClientRect();\n\
            return [it.left, it.top, it.width, it.height]";
        let [left, top, width, height] =
            serde_json::from_value(page.run(script, json!([])).await?)?;
        Ok(Self {
            left,
            top,
            width,
            height,
        })
    }

    pub(super) fn middle(&self) -> (f64, f64) {
        (self.left + self.width / 2.0, self.top + self.height / 2.0)
    }

    /// Where a paper stands in the window when all of the map is shown.
    pub(super) fn place(&self, map: &Map, paper: usize) -> (f64, f64) {
        let ends = |column: Vec<u16>| {
            let (least, most) = (column.iter().min(), column.iter().max());
            (
                f64::from(*least.expect("papers")),
                f64::from(*most.expect("papers")),
            )
        };
        let placed = || map.points().filter(|at| at.0 != Map::NO_PLACE);
        let (left, right) = ends(placed().map(|at| at.0).collect());
        let (top, bottom) = ends(placed().map(|at| at.1).collect());
        let fit = ((self.width - 2.0 * MARGIN) / (right - left))
            .min((self.height - 2.0 * MARGIN) / (bottom - top));
        let (x, y) = (f64::from(map.x(paper)), f64::from(map.y(paper)));
        let middle = self.middle();
        (
            middle.0 + (x - f64::midpoint(left, right)) * fit,
            middle.1 + (y - f64::midpoint(top, bottom)) * fit,
        )
    }
}

/// Waits until the map is there and still, with labels on it.
pub(super) async fn settled(page: &Page) -> Result<()> {
    let script = "const map = document.querySelector('[data-testid=map]');\n\
        const places = () => [...document.querySelectorAll('.map-label.shown')].map((e) => e.style.transform).join();\n\
        if (!map || !places()) return null;\n\
        const before = window.labelsBefore;\n\
        window.labelsBefore = places();\n\
        return before === window.labelsBefore";
    tokio::time::sleep(Duration::from_millis(100)).await;
    page.until("the map is there and still", script).await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    page.until("the map stays still", script).await?;
    Ok(())
}

pub(super) async fn open_map(page: &Page, query: &str) -> Result<()> {
    page.open_ready(query).await?;
    settled(page).await
}

/// Moves a mouse; `buttons` is 1 while it is pressed, `modifiers` 8 with Shift.
pub(super) async fn mouse(
    page: &Page,
    kind: &str,
    (x, y): (f64, f64),
    modifiers: u32,
) -> Result<()> {
    let pressed = kind != "mouseMoved" || modifiers != 0;
    let event = json!({
        "type": kind, "x": x, "y": y, "modifiers": modifiers, "clickCount": 1,
        "button": if pressed { "left" } else { "none" }, "buttons": u32::from(pressed),
    });
    cdp(&page.web, "Input.dispatchMouseEvent", event).await?;
    Ok(())
}

async fn click_at(page: &Page, at: (f64, f64)) -> Result<()> {
    mouse(page, "mouseMoved", at, 0).await?;
    mouse(page, "mousePressed", at, 0).await?;
    mouse(page, "mouseReleased", at, 0).await
}

pub(super) fn native_map(native: &Native) -> Result<Map> {
    native.folder.map()?.context("the build has a map")
}

/// The papers whose circle of `reach` pixels has this place in it, all of the map in view.
fn at_hand(surface: &Surface, map: &Map, (x, y): (f64, f64), reach: f64) -> Vec<usize> {
    let near = |&paper: &usize| {
        let (px, py) = surface.place(map, paper);
        (px - x).hypot(py - y) <= reach
    };
    (0..map.len())
        .filter(|&paper| map.is_placed(paper))
        .filter(near)
        .collect()
}

async fn texts_of(page: &Page, selector: &str) -> Result<Vec<String>> {
    let script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)";
    Ok(serde_json::from_value(
        page.run(script, json!([selector])).await?,
    )?)
}

async fn shown_levels(page: &Page) -> Result<BTreeSet<u8>> {
    let script = "return [...document.querySelectorAll('.map-label.main.shown')].map((e) => Number(e.dataset.level))";
    Ok(serde_json::from_value(page.run(script, json!([])).await?)?)
}

#[test]
fn the_map_opens_by_its_keys_is_fetched_once_and_drawn_by_the_graphics_card() {
    in_browser(Console::Silent, async |page, native| {
        page.server.forbid_caching();
        page.open_ready("").await?;
        page.press("gm").await?;
        settled(page).await?;
        ensure!(page.query().await? == "view=map", "{}", page.query().await?);
        let file = &native.folder.manifest.map.as_ref().context("a map")?.file;
        // What is kept later is kept already, and other tabs come back to the same map.
        page.click("tab-about").await?;
        page.element("about").await?;
        page.click("tab-map").await?;
        settled(page).await?;
        tokio::time::sleep(Duration::from_secs(4)).await;
        let n = page.server.n_requests(file);
        ensure!(n == 1, "the map was fetched {n} times");
        // A frame that is drawn just before it is read: colors where papers are, nothing elsewhere.
        let script = "const canvas = document.querySelector('[data-testid=map] canvas');\n\
            const gl = canvas.getContext('webgl2');\n\
            if (canvas.dataset.painter !== 'webgl2') return done(canvas.dataset.painter);\n\
            document.querySelector('[data-testid=map]').dispatchEvent(new KeyboardEvent('keydown', { key: '+' }));\n\
            setTimeout(() => requestAnimationFrame(() => {\n\
              const pixels = new Uint8Array(canvas.width * canvas.height * 4);\n\
              gl.readPixels(0, 0, canvas.width, canvas.height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);\n\
              let drawn = 0;\n\
              for (let at = 3; at < pixels.length; at += 4) drawn += pixels[at] > 0;\n\
              done(drawn / (pixels.length / 4));\n\
            }), 60)";
        let script = format!("new Promise((done) => {{ {script} }})");
        let share = page.value(&script, json!([])).await?;
        let share = share
            .as_f64()
            .with_context(|| format!("painted by {share}"))?;
        ensure!(
            (0.001..0.5).contains(&share),
            "{share} of the canvas is drawn on"
        );
        let says = page.text("map-says").await?.unwrap_or_default();
        let trust = native_map(native)?
            .meta()
            .trustworthiness_at_15
            .context("measured")?;
        let trust = format!("Trustworthiness@15 {:.2}", (trust * 100.0).floor() / 100.0);
        ensure!(
            says.contains(&trust) && says.contains("no similarities"),
            "{says}"
        );
        Ok(())
    });
}

#[test]
fn labels_are_written_at_three_zooms_and_never_over_each_other() {
    in_browser(Console::Silent, async |page, native| {
        let map = native_map(native)?;
        // Where there is a topic of every level.
        let deep = map.labels().iter().find(|label| label.level == 2);
        let (x, y) = deep
            .map(|label| (label.x, label.y))
            .context("three levels")?;
        open_map(page, &format!("?view=map&at={x},{y},0")).await?;
        let mut seen = Vec::new();
        for _ in 0..3 {
            let levels = shown_levels(page).await?;
            ensure!(levels.len() == 1, "main labels of levels {levels:?}");
            seen.extend(levels);
            let over = "const boxes = [...document.querySelectorAll('.map-label.shown')].map((e) => e.getBoundingClientRect());\n\
                return boxes.filter((a, at) => boxes.slice(0, at).some((b) =>\n\
                  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)).length";
            ensure!(
                page.run(over, json!([])).await? == 0,
                "labels lie over each other"
            );
            page.click("map-in").await?;
            page.click("map-in").await?;
            settled(page).await?;
        }
        ensure!(seen == [0, 1, 2], "levels by zoom: {seen:?}");
        let texts: BTreeSet<&str> = map.labels().iter().map(|label| &*label.text).collect();
        for text in texts_of(page, ".map-label").await? {
            ensure!(texts.contains(&*text), "{text:?} is no topic");
        }
        Ok(())
    });
}

#[test]
fn a_paper_shows_its_card_and_its_true_neighbors_and_opens_by_a_click() {
    in_browser(Console::Silent, async |page, native| {
        let map = native_map(native)?;
        open_map(page, "?view=map").await?;
        let surface = Surface::of(page).await?;
        // A paper that nobody else is near to.
        let alone = (0..map.len())
            .find(|&paper| {
                map.is_placed(paper)
                    && at_hand(&surface, &map, surface.place(&map, paper), 20.0) == [paper]
            })
            .context("a paper apart from the others")?;
        let papers = &native.folder.papers;
        let id = papers.id(PaperId(alone as u32)).to_owned();
        let at = surface.place(&map, alone);
        mouse(page, "mouseMoved", at, 0).await?;
        let card = page.element("map-card").await?;
        ensure!(
            card.attr("data-id").await?.as_deref() == Some(&id),
            "another paper's card"
        );
        let text = card.text().await?;
        ensure!(
            text.contains(&*papers.title(PaperId(alone as u32))),
            "{text:?}"
        );
        let rays = "return document.querySelectorAll('[data-testid=map-ray]').length";
        let rays = page.run(rays, json!([])).await?.as_u64();
        let near = native.similar(&id, 8)?.len();
        ensure!(
            rays == Some(near as u64),
            "{rays:?} lines to {near} neighbors"
        );
        // A pointer on nothing shows nothing.
        mouse(
            page,
            "mouseMoved",
            (surface.left + 3.0, surface.top + 3.0),
            0,
        )
        .await?;
        page.until(
            "the card goes",
            "return !document.querySelector('[data-testid=map-card]')",
        )
        .await?;

        click_at(page, at).await?;
        let open = page.element("open-paper").await?;
        ensure!(
            open.attr("data-id").await?.as_deref() == Some(&id),
            "another paper is open"
        );
        let query = page.query().await?;
        ensure!(query.contains(&format!("paper={id}")), "{query}");
        page.click("map-close").await?;
        page.until(
            "the card closes",
            "return !document.querySelector('[data-testid=open-paper]')",
        )
        .await?;
        Ok(())
    });
}

#[test]
fn a_result_leads_to_its_place_and_an_address_brings_the_view_back() {
    in_browser(Console::Silent, async |page, _| {
        page.open_ready("?q=graph+attention+networks").await?;
        let found = page.results().await?;
        page.click("on-the-map").await?;
        settled(page).await?;
        let open = page.element("open-paper").await?;
        ensure!(
            open.attr("data-id").await?.as_deref() == Some(&found[0]),
            "another paper is open"
        );
        // It lies in the middle of the view.
        let surface = Surface::of(page).await?;
        mouse(page, "mouseMoved", surface.middle(), 0).await?;
        let card = page.element("map-card").await?;
        ensure!(
            card.attr("data-id").await?.as_deref() == Some(&found[0]),
            "it lies elsewhere"
        );
        let marked = page.text("list-results").await?;
        ensure!(marked.is_some(), "the question's results are no list here");

        page.click("color-year").await?;
        page.until(
            "the address says where the view is",
            "return location.search.includes('at=')",
        )
        .await?;
        let labels = texts_of(page, ".map-label.shown").await?;
        let query = page.query().await?;
        ensure!(query.contains("color=year"), "{query}");
        open_map(page, &format!("?{query}")).await?;
        ensure!(
            page.query().await? == query,
            "{} is not {query}",
            page.query().await?
        );
        ensure!(
            texts_of(page, ".map-label.shown").await? == labels,
            "another view"
        );
        let checked = "return document.querySelector('[data-testid=color-year]').checked";
        ensure!(
            page.run(checked, json!([])).await? == json!(true),
            "another color"
        );
        Ok(())
    });
}

#[test]
fn without_webgl_a_picture_stands_in() {
    in_browser(Console::Silent, async |page, _| {
        let refuse = "const get = HTMLCanvasElement.prototype.getContext;\n\
            HTMLCanvasElement.prototype.getContext = function (kind, ...more) {\n\
              return kind.startsWith('webgl') ? null : get.call(this, kind, ...more);\n\
            };";
        cdp(
            &page.web,
            "Page.addScriptToEvaluateOnNewDocument",
            json!({"source": refuse}),
        )
        .await?;
        open_map(page, "?view=map").await?;
        let drawn = "const canvas = document.querySelector('[data-testid=map] canvas');\n\
            const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;\n\
            let drawn = 0;\n\
            for (let at = 3; at < pixels.length; at += 4) drawn += pixels[at] > 0;\n\
            return [canvas.dataset.painter, drawn / (pixels.length / 4)]";
        let drawn = page.run(drawn, json!([])).await?;
        ensure!(drawn[0] == "picture", "{drawn}");
        let share = drawn[1].as_f64().context("a share")?;
        ensure!(
            (0.001..0.5).contains(&share),
            "{share} of the canvas is drawn on"
        );
        Ok(())
    });
}
