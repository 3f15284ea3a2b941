//! Chromium and its driver: found through the environment, started afresh for each test, and ended
//! with it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{
    CapabilitiesHelper, ChromeCapabilities, ChromiumLikeCapabilities, DesiredCapabilities,
    LoggingPrefsLogLevel, PageLoadStrategy, WebDriver,
};

/// Nothing of a visitor's own browser, and no traffic but the page's.
const FLAGS: [&str; 13] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    "--window-size=1280,900",
];

/// Run before the page's own scripts, in every document.
const LISTEN: &str = include_str!("listen.js");

/// What the tests need.
pub(crate) struct Setup {
    chromium: PathBuf,
    chromedriver: PathBuf,
    /// The finished page.
    pub(crate) dist: PathBuf,
}

impl Setup {
    /// Reads the environment. `None`, with a line that says so, where these tests are not asked for.
    ///
    /// # Panics
    /// Where they are, but there is no page.
    pub(crate) fn from_environment() -> Option<Self> {
        static SAID: Once = Once::new();
        let skip = |why: &str| {
            // Past the test harness, which shows what a test prints only where it fails.
            SAID.call_once(|| {
                let _ = writeln!(std::io::stderr(), "browser tests are skipped: {why}");
            });
            None
        };
        let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        if named("OFFPRINT_NO_BROWSER").is_some() {
            return skip("OFFPRINT_NO_BROWSER is set");
        }
        let names = [
            "OFFPRINT_CHROMIUM",
            "OFFPRINT_CHROMEDRIVER",
            "OFFPRINT_DIST",
        ];
        let [Some(chromium), Some(chromedriver), Some(dist)] = names.map(named) else {
            return skip(&format!(
                "{} are not all set; `cargo xtask test` does",
                names.join(", ")
            ));
        };
        let setup = Self {
            chromium: chromium.into(),
            chromedriver: chromedriver.into(),
            dist: dist.into(),
        };
        let dist = setup.dist.display();
        assert!(
            setup.dist.join("index.html").is_file(),
            "OFFPRINT_DIST names {dist}, but there is no page: run `cargo xtask page`"
        );
        Some(setup)
    }
}

/// A running chromedriver with a browser profile of its own.
pub(crate) struct Driver {
    process: Child,
    port: u16,
    profile: TempDir,
}

impl Driver {
    /// Starts chromedriver on a free port.
    pub(crate) fn start(setup: &Setup) -> Result<Self> {
        let profile = tempfile::tempdir().context("no folder for the browser's profile")?;
        let mut process = Command::new(&setup.chromedriver)
            .arg("--port=0")
            .env("TMPDIR", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{} does not start", setup.chromedriver.display()))?;
        let said = process.stdout.take().context("its output is a pipe")?;
        let mut driver = Self {
            process,
            port: 0,
            profile,
        };
        let mut said = BufReader::new(said);
        let mut line = String::new();
        while driver.port == 0 {
            line.clear();
            if said.read_line(&mut line)? == 0 {
                bail!("chromedriver ended before it said its port");
            }
            // "ChromeDriver was started successfully on port 40213."
            let port = line.split("successfully on port ").nth(1);
            let port = port.and_then(|port| port.trim().trim_end_matches('.').parse().ok());
            driver.port = port.unwrap_or(0);
        }
        thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Ok(driver)
    }

    /// Opens a browser window.
    pub(crate) async fn open(&self, setup: &Setup) -> Result<WebDriver> {
        let web = WebDriver::new(
            format!("http://127.0.0.1:{}", self.port),
            self.wishes(setup)?,
        );
        let web = web.await.context("chromedriver opens no browser")?;
        web.set_script_timeout(Duration::from_mins(1)).await?;
        cdp(
            &web,
            "Page.addScriptToEvaluateOnNewDocument",
            json!({"source": LISTEN}),
        )
        .await?;
        Ok(web)
    }

    fn wishes(&self, setup: &Setup) -> Result<ChromeCapabilities> {
        let mut wishes = DesiredCapabilities::chrome();
        wishes.set_binary(&setup.chromium.to_string_lossy())?;
        for flag in FLAGS {
            wishes.add_arg(flag)?;
        }
        let profile = self.profile.path().join("profile");
        wishes.add_arg(&format!("--user-data-dir={}", profile.display()))?;
        wishes.set_browser_log_level(LoggingPrefsLogLevel::All)?;
        // A page whose files are held back never fires `load`.
        wishes.set_page_load_strategy(PageLoadStrategy::Eager)?;
        Ok(wishes)
    }
}

impl Drop for Driver {
    /// Ends chromedriver, which ends the browsers that it started.
    fn drop(&mut self) {
        let asked = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).and_then(|mut to| {
            to.set_read_timeout(Some(Duration::from_secs(10)))?;
            write!(
                to,
                "GET /shutdown HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"
            )?;
            to.read_to_end(&mut Vec::new())
        });
        let patience = Duration::from_secs(if asked.is_ok() { 10 } else { 0 });
        let start = Instant::now();
        while start.elapsed() < patience {
            if let Ok(Some(_)) = self.process.try_wait() {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A command of the Chrome `DevTools` protocol, for the page that is open.
pub(crate) async fn cdp(web: &WebDriver, method: &str, parameters: Value) -> Result<Value> {
    let sent = web.cdp().send_raw(method, parameters).await;
    sent.with_context(|| format!("the browser refuses {method}"))
}
