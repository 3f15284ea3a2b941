//! The page in its own terms: open, ask, read results, press keys, call `window.offprint`.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use thirtyfour::{By, Key, TypingData, WebDriver, WebElement};

use super::driver::cdp;
use super::server::Server;

/// Ample for a download, a crash and a restart on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A window that shows the page of a server.
pub(crate) struct Page {
    /// Serves the page; fails when told to.
    pub(crate) server: Server,
    /// The window.
    pub(crate) web: WebDriver,
}

/// A rejected promise.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Rejection {
    /// The error's `name`.
    pub(crate) name: String,
    /// The error's `code`; empty where it has none.
    pub(crate) code: String,
    /// The error's `message`.
    pub(crate) message: String,
}

impl Page {
    /// Goes to the page with this query string (with its `?`, or empty).
    pub(crate) async fn open(&self, query: &str) -> Result<()> {
        let address = format!("{}{query}", self.server.address());
        Ok(self.web.goto(address).await?)
    }

    /// Opens the page and waits until it can search.
    pub(crate) async fn open_ready(&self, query: &str) -> Result<Value> {
        self.open(query).await?;
        self.ready().await
    }

    /// Loads the page anew and waits until it can search.
    pub(crate) async fn reload_ready(&self) -> Result<Value> {
        self.web.refresh().await?;
        self.ready().await
    }

    /// Waits until the engine is ready, and gives `offprint.info()`.
    pub(crate) async fn ready(&self) -> Result<Value> {
        self.until("the page is alive", "return window.offprint !== undefined")
            .await?;
        let info = self.call("offprint.ready()", json!([])).await?;
        info.map_err(|error| anyhow::anyhow!("the engine is not ready: {error:?}"))
    }

    /// Runs a script's body, which has `arguments` and may `return`.
    pub(crate) async fn run(&self, script: &str, arguments: Value) -> Result<Value> {
        let Value::Array(arguments) = arguments else {
            bail!("arguments are an array");
        };
        let done = self.web.execute(script, arguments).await?;
        Ok(done.json().clone())
    }

    /// Awaits an expression, in which `a` is the array of arguments: a value, or the rejection.
    pub(crate) async fn call(
        &self,
        expression: &str,
        arguments: Value,
    ) -> Result<Result<Value, Rejection>> {
        let script = format!(
            "const [a, done] = arguments;\n\
             const text = (value) => value === undefined ? '' : String(value);\n\
             (async () => ({expression}))().then(\n\
               (value) => done({{ value: value === undefined ? null : value }}),\n\
               (e) => done({{ error: {{ name: text(e.name), code: text(e.code), message: text(e.message) }} }}));"
        );
        let done = self.web.execute_async(script, vec![arguments]).await;
        let done = done.with_context(|| format!("{expression} gives no answer"))?;
        match done.json().get("error") {
            Some(error) => Ok(Err(serde_json::from_value(error.clone())?)),
            None => Ok(Ok(done.json()["value"].clone())),
        }
    }

    /// As [`Self::call`], where a rejection is a failure of the test.
    pub(crate) async fn value(&self, expression: &str, arguments: Value) -> Result<Value> {
        let answer = self.call(expression, arguments).await?;
        answer.map_err(|error| anyhow::anyhow!("{expression} is rejected: {error:?}"))
    }

    /// Waits until the script gives something that is neither null, false nor empty.
    pub(crate) async fn until(&self, what: &str, script: &str) -> Result<Value> {
        let start = Instant::now();
        loop {
            let found = self.run(script, json!([])).await?;
            if found != json!(null) && found != json!(false) && found != json!("") {
                return Ok(found);
            }
            if start.elapsed() > PATIENCE {
                let page = "return document.title + '\\n' + document.body.innerText.slice(0, 1500)";
                let page = self.run(page, json!([])).await?;
                let page = page.as_str().unwrap_or_default();
                bail!("waited {PATIENCE:?} in vain until {what}; the page says:\n{page}");
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// The element of this `data-testid`, as soon as it is there.
    pub(crate) async fn element(&self, id: &str) -> Result<WebElement> {
        let selector = format!("[data-testid={id}]");
        let script = format!("return document.querySelector('{selector}') !== null");
        self.until(&format!("{selector} is there"), &script).await?;
        Ok(self.web.find(By::Css(selector)).await?)
    }

    /// The text of this `data-testid`; `None` where there is no such element now.
    pub(crate) async fn text(&self, id: &str) -> Result<Option<String>> {
        let script =
            "return document.querySelector(`[data-testid=${arguments[0]}]`)?.innerText ?? null";
        let text = self.run(script, json!([id])).await?;
        Ok(text.as_str().map(str::to_owned))
    }

    /// The texts of every element of this `data-testid`.
    pub(crate) async fn texts(&self, id: &str) -> Result<Vec<String>> {
        let script = "return [...document.querySelectorAll(`[data-testid=${arguments[0]}]`)].map((e) => e.innerText)";
        Ok(serde_json::from_value(
            self.run(script, json!([id])).await?,
        )?)
    }

    /// Clicks on the element of this `data-testid`.
    pub(crate) async fn click(&self, id: &str) -> Result<()> {
        let element = self.element(id).await?;
        element.scroll_into_view().await?;
        Ok(element.click().await?)
    }

    /// Presses Enter on the control of this `data-testid`: where lists grow above it, a pointer would miss it.
    pub(crate) async fn enter(&self, id: &str) -> Result<()> {
        Ok(self.element(id).await?.send_keys(Key::Enter).await?)
    }

    /// Types a question into the search box and waits for its results.
    pub(crate) async fn ask(&self, text: &str) -> Result<Vec<String>> {
        let search_box = self.element("search-box").await?;
        search_box.clear().await?;
        search_box.send_keys(text).await?;
        self.results().await
    }

    /// Ids of the results, once they answer what the page asks now.
    pub(crate) async fn results(&self) -> Result<Vec<String>> {
        let script = "\
            const list = document.querySelector('.results[aria-busy=false]');\n\
            const line = document.querySelector('[data-testid=result-line]');\n\
            if (!list || !line || !line.innerText) return null;\n\
            return [...list.querySelectorAll('[data-testid=result]')].map((card) => card.dataset.id);";
        let ids = self.until("the results are there", script).await?;
        Ok(serde_json::from_value(ids)?)
    }

    /// Presses keys where the focus is.
    pub(crate) async fn press(&self, keys: impl Into<TypingData>) -> Result<()> {
        Ok(self.web.action_chain().send_keys(keys).perform().await?)
    }

    /// The query string, decoded where a form would decode it.
    pub(crate) async fn query(&self) -> Result<String> {
        let address = self.web.current_url().await?;
        Ok(address.query().unwrap_or_default().to_owned())
    }

    /// What the policy refused and what went wrong since the last [`Self::forget`].
    pub(crate) async fn seen(&self) -> Result<Vec<String>> {
        let seen = self
            .run("return window.offprintTests?.seen() ?? []", json!([]))
            .await?;
        Ok(serde_json::from_value(seen)?)
    }

    /// Forgets what was seen.
    pub(crate) async fn forget(&self) -> Result<()> {
        self.run("window.offprintTests.forget()", json!([])).await?;
        self.web.browser_log().await?;
        Ok(())
    }

    /// Makes the window this wide, in CSS pixels.
    pub(crate) async fn resize(&self, width: u32) -> Result<()> {
        let size = json!({"width": width, "height": 700, "deviceScaleFactor": 1, "mobile": false});
        cdp(&self.web, "Emulation.setDeviceMetricsOverride", size).await?;
        Ok(())
    }

    /// Checks that the policy refused nothing and, unless `trouble` was made, that nothing failed.
    pub(crate) async fn check_calm(&self, trouble: bool) -> Result<()> {
        let seen = self.seen().await?;
        let refused: Vec<_> = seen
            .iter()
            .filter(|line| line.contains("refused"))
            .collect();
        ensure!(
            refused.is_empty(),
            "the page's own policy refuses what it does: {refused:?}"
        );
        let log = self.web.browser_log().await?;
        let bad: Vec<_> = log
            .iter()
            .filter(|entry| {
                let policy = entry.message.contains("Content Security Policy");
                policy || (entry.level == "SEVERE" && !trouble)
            })
            .map(|entry| &entry.message)
            .collect();
        ensure!(bad.is_empty(), "the console holds errors: {bad:?}");
        ensure!(
            trouble || seen.is_empty(),
            "the engine complained: {seen:?}"
        );
        Ok(())
    }
}
