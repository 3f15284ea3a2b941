//! The finished page in a real browser, driven as a visitor would, on the starter corpus.
//!
//! Each test has a server, a browser and a profile of its own ([`server`], [`driver`]); [`page`]
//! speaks in the page's terms, [`native`] gives the answers that the page must give. A test ends
//! with a look at what the content security policy refused: nothing, in the whole run.
//!
//! `cargo xtask test` sets what they need; without it they say that they skip.

mod about;
mod audit;
mod batch;
mod citations;
mod classifying;
mod driver;
mod engines;
mod failing;
mod feeds;
mod formulas;
mod keys;
mod library;
mod links;
mod looking;
mod map;
mod map_lists;
mod native;
mod opening;
mod ordering;
mod own;
mod page;
mod policy;
mod reading;
mod reference;
mod scripting;
mod searching;
mod server;
mod sharded;
mod sheet;
mod similar;
mod sorting;
mod updating;
mod verify;
mod words;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::runtime::Builder;
use tokio::time::timeout;

use driver::{Driver, Setup};
use native::Native;
use page::Page;
use server::Server;

/// Where a project's page lies on GitHub Pages, only deeper.
const SUB_PATH: &str = "/a/b/";

/// Longer than any one test takes on a slow machine.
const LIMIT: Duration = Duration::from_mins(4);

/// Whether a test makes trouble that the browser may write to its console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Console {
    /// Not a word.
    Silent,
    /// What the browser says of files that do not come.
    MayComplain,
}

/// Runs a test in a browser, on a page served under a sub-path.
fn in_browser(console: Console, test: impl AsyncFnOnce(&Page, &mut Native) -> Result<()>) {
    in_browser_under(SUB_PATH, console, test);
}

/// Runs a test in a browser, on a page served under `base`.
fn in_browser_under(
    base: &str,
    console: Console,
    test: impl AsyncFnOnce(&Page, &mut Native) -> Result<()>,
) {
    // Two browsers at once would measure each other.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

    let Some(setup) = Setup::from_environment() else {
        return;
    };
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime starts");
    // Declared before the window, so that it goes after it.
    let driver = Driver::start(&setup).expect("chromedriver starts");
    let server = Server::start(setup.dist.clone(), base).expect("a port is free");
    let mut native = Native::open(&setup.dist).expect("the page's artifacts open natively");
    let web = runtime.block_on(driver.open(&setup));
    let page = Page {
        server,
        web: web.expect("a window opens"),
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let whole = async {
                test(&page, &mut native).await?;
                page.check_calm(console == Console::MayComplain).await
            };
            timeout(LIMIT, whole)
                .await
                .with_context(|| format!("not done within {LIMIT:?}"))?
        })
    }));
    let Page { server: _, web } = page;
    // A window that does not close goes with its driver.
    let _ = runtime.block_on(async { timeout(Duration::from_secs(10), web.quit()).await });
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(error)) => panic!("{error:#}"),
        Err(panic) => resume_unwind(panic),
    }
}
