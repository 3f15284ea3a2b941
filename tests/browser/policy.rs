//! The content security policy binds the page and its worker.

use anyhow::ensure;
use serde_json::{Value, json};

use super::server::Server;
use super::{Console, in_browser};

/// What must fail, in page and worker alike.
const FORBIDDEN: [&str; 4] = ["foreign fetch", "foreign module", "eval", "new Function"];

#[test]
fn neither_page_nor_worker_reaches_another_origin_or_makes_code_of_text() {
    in_browser(Console::MayComplain, async |page, _| {
        let elsewhere = tempfile::tempdir()?;
        std::fs::write(elsewhere.path().join("module.js"), "export default 1;")?;
        let foreign = Server::start(elsewhere.path().to_owned(), "/")?;
        page.open_ready("").await?;
        ensure!(
            page.seen().await?.is_empty(),
            "refused already: {:?}",
            page.seen().await?
        );

        let own = format!("{}icon.svg", page.server.address());
        let address = format!("{}/module.js", foreign.origin());
        for place in ["inPage", "inWorker"] {
            let call = format!("offprintTests.{place}(...a)");
            let outcome = page.value(&call, json!([own, address])).await?;
            ensure!(
                outcome["own file"] == Value::Null,
                "{place}: not even an own file can be fetched: {outcome}"
            );
            for name in FORBIDDEN {
                let error = outcome[name].as_str().unwrap_or_default();
                ensure!(!error.is_empty(), "{place}: {name} is allowed: {outcome}");
            }
        }
        let n = foreign.n_requests("");
        ensure!(n == 0, "{n} requests left the origin");

        // It was the policy that refused, not chance.
        let seen = page.seen().await?;
        for place in ["page", "worker"] {
            for what in [
                format!("{place}: refused connect-src {}", foreign.origin()),
                format!("{place}: refused script-src-elem {}", foreign.origin()),
                format!("{place}: refused script-src eval"),
            ] {
                let n = seen.iter().filter(|line| line.starts_with(&what)).count();
                ensure!(n > 0, "no {what:?} in {seen:?}");
            }
        }
        // The engine is none the worse for it.
        page.value("offprint.embed('spin')", json!([])).await?;
        page.forget().await
    });
}

#[test]
fn a_whole_visit_asks_for_files_of_the_page_only() {
    in_browser(Console::Silent, async |page, _| {
        page.open_ready("").await?;
        page.ask("thermodynamics of small systems").await?;
        page.element("abstract").await?;
        page.click("tab-classify").await?;
        page.click("tab-about").await?;
        page.element("about").await?;
        let addresses =
            "return performance.getEntriesByType('resource').map((entry) => entry.name)";
        let addresses: Vec<String> = serde_json::from_value(page.run(addresses, json!([])).await?)?;
        ensure!(!addresses.is_empty(), "a page without a single file");
        let base = page.server.address();
        for address in &addresses {
            let own = address.starts_with(&base) || address.starts_with("blob:");
            ensure!(own, "{address} does not lie under {base}");
        }
        Ok(())
    });
}

#[test]
fn a_page_that_is_kept_tells_its_site_nothing_of_a_search() {
    in_browser(Console::Silent, async |page, _| {
        page.open_ready("").await?;
        page.value("navigator.serviceWorker.ready.then(() => true)", json!([]))
            .await?;
        let controlled = "return navigator.serviceWorker.controller !== null";
        page.until("the service worker answers for the page", controlled)
            .await?;
        page.ask("thermodynamics of small systems").await?;
        page.reload_ready().await?;
        ensure!(page.query().await?.contains("thermodynamics"));
        page.open_ready("?q=a+link+with+a+search+in+it").await?;
        let n = page.server.n_requests("index.html");
        ensure!(
            n >= 3,
            "the page itself was asked for {n} times only: a new build would go unseen"
        );
        let queries = page.server.queries();
        ensure!(queries.is_empty(), "the site was told {queries:?}");
        Ok(())
    });
}
