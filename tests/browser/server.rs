//! A static file server that answers as GitHub Pages does, and misbehaves on request.
//!
//! Pages sends no headers that a page could rely on: a MIME type, ten minutes of cache, any origin.

use std::fs;
use std::io::{BufRead, BufReader, Result, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What is wrong with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// One byte in its middle is another.
    Flipped,
    /// It is not there.
    Missing,
    /// Half of it comes at once, the rest when the fault is healed.
    Held,
}

/// The server. It ends with this value.
pub(crate) struct Server {
    site: Arc<Site>,
    port: u16,
    running: Mutex<Option<Running>>,
}

/// What every connection needs to know.
struct Site {
    folder: PathBuf,
    base: String,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Beginnings of file names, and what is wrong with those files.
    faults: Vec<(String, Fault)>,
    /// Whether artifacts may not be cached.
    uncached: bool,
    /// File names, and what they hold instead of what the folder has.
    replaced: Vec<(String, Vec<u8>)>,
    /// Paths below the base that were asked for, in order.
    requests: Vec<String>,
    /// What stood behind their `?`, where something did.
    queries: Vec<String>,
}

struct Running {
    open: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Server {
    /// Serves `folder` under `base`, a path that begins and ends with `/`, on a free port.
    pub(crate) fn start(folder: PathBuf, base: &str) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let server = Self {
            port: listener.local_addr()?.port(),
            site: Arc::new(Site {
                folder,
                base: base.to_owned(),
                state: Mutex::default(),
                changed: Condvar::new(),
            }),
            running: Mutex::new(None),
        };
        server.listen(listener);
        Ok(server)
    }

    /// `scheme://host:port`.
    pub(crate) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The page's address.
    pub(crate) fn address(&self) -> String {
        format!("{}{}", self.origin(), self.site.base)
    }

    /// From now on something is wrong with the files whose names begin so.
    pub(crate) fn fail(&self, beginning: &str, fault: Fault) {
        let mut state = self.site.state();
        state.faults.push((beginning.to_owned(), fault));
    }

    /// Nothing is wrong any more with the files whose names begin so.
    pub(crate) fn heal(&self, beginning: &str) {
        let mut state = self.site.state();
        state.faults.retain(|(known, _)| known != beginning);
        self.site.changed.notify_all();
    }

    /// From now on the file of this name holds these bytes, as after a new deployment.
    pub(crate) fn replace(&self, name: &str, bytes: Vec<u8>) {
        let mut state = self.site.state();
        state.replaced.push((name.to_owned(), bytes));
    }

    /// From now on no browser may keep an artifact by itself: what is asked for once was kept by us.
    pub(crate) fn forbid_caching(&self) {
        self.site.state().uncached = true;
    }

    /// How often files were asked for whose names begin so.
    pub(crate) fn n_requests(&self, beginning: &str) -> usize {
        let state = self.site.state();
        let asked = state.requests.iter();
        asked
            .filter(|path| name_of(path).starts_with(beginning))
            .count()
    }

    /// What the site could read behind the `?` of addresses.
    pub(crate) fn queries(&self) -> Vec<String> {
        self.site.state().queries.clone()
    }

    /// Refuses connections until [`Self::resume`].
    pub(crate) fn stop(&self) {
        let running = self.running.lock().expect("no panic in a holder").take();
        if let Some(Running { open, thread }) = running {
            open.store(false, Ordering::SeqCst);
            self.site.changed.notify_all();
            // The thread sits in `accept`: one connection wakes it.
            drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
            thread.join().expect("the server's thread does not panic");
        }
    }

    /// Answers again, on the same port.
    pub(crate) fn resume(&self) -> Result<()> {
        self.listen(TcpListener::bind((Ipv4Addr::LOCALHOST, self.port))?);
        Ok(())
    }

    fn listen(&self, listener: TcpListener) {
        let open = Arc::new(AtomicBool::new(true));
        let (site, still_open) = (Arc::clone(&self.site), Arc::clone(&open));
        let thread = thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                if !still_open.load(Ordering::SeqCst) {
                    return;
                }
                let (site, open) = (Arc::clone(&site), Arc::clone(&still_open));
                // A browser that has gone is no fault of the page.
                thread::spawn(move || drop(site.serve(&connection, &open)));
            }
        });
        *self.running.lock().expect("no panic in a holder") = Some(Running { open, thread });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Site {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic in a holder")
    }

    /// Answers one request, then closes.
    fn serve(&self, mut connection: &TcpStream, open: &AtomicBool) -> Result<()> {
        connection.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut lines = BufReader::new(connection).lines();
        let request = lines.next().unwrap_or_else(|| Ok(String::new()))?;
        while lines
            .next()
            .transpose()?
            .is_some_and(|line| !line.is_empty())
        {}
        // Browsers open connections ahead; one from before a stop must not outlive it.
        if !open.load(Ordering::SeqCst) || request.is_empty() {
            return Ok(());
        }
        let target = request.split(' ').nth(1).unwrap_or_default();
        let path = target.split(['?', '#']).next().unwrap_or_default();
        let Some(path) = path.strip_prefix(self.base.as_str()) else {
            return respond(connection, "404 Not Found", "x.html", b"no such page");
        };
        let path = if path.is_empty() { "index.html" } else { path };
        let name = name_of(path);
        let (fault, replaced, age) = {
            let mut state = self.state();
            let age = if state.uncached && path.starts_with("artifacts/") {
                "no-store"
            } else {
                "max-age=600"
            };
            state.requests.push(path.to_owned());
            let query = target.split_once('?').map(|(_, query)| query.to_owned());
            state.queries.extend(query);
            let replaced = state.replaced.iter().rfind(|(known, _)| known == name);
            let replaced = replaced.map(|(_, bytes)| bytes.clone());
            (state.fault(name), replaced, age)
        };
        let read = replaced.or_else(|| fs::read(self.folder.join(path)).ok());
        let Some(mut bytes) = read.filter(|_| fault != Some(Fault::Missing) && is_inside(path))
        else {
            return respond(connection, "404 Not Found", "x.html", b"no such file");
        };
        let half = bytes.len() / 2;
        if fault == Some(Fault::Flipped) {
            bytes[half] ^= 0x10;
        }
        if fault != Some(Fault::Held) {
            head(connection, "200 OK", name, age, bytes.len())?;
            return connection.write_all(&bytes);
        }
        head(connection, "200 OK", name, age, bytes.len())?;
        connection.write_all(&bytes[..half])?;
        let mut state = self.state();
        while open.load(Ordering::SeqCst) && state.fault(name) == Some(Fault::Held) {
            state = self.changed.wait(state).expect("no panic in a holder");
        }
        drop(state);
        connection.write_all(&bytes[half..])
    }
}

impl State {
    fn fault(&self, name: &str) -> Option<Fault> {
        let mut faults = self.faults.iter();
        let (_, fault) = faults.find(|(beginning, _)| name.starts_with(beginning))?;
        Some(*fault)
    }
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

fn is_inside(path: &str) -> bool {
    path.split('/').all(|part| !part.is_empty() && part != "..")
}

fn respond(connection: &TcpStream, status: &str, name: &str, body: &[u8]) -> Result<()> {
    head(connection, status, name, "max-age=600", body.len())?;
    (&mut &*connection).write_all(body)
}

fn head(
    mut connection: &TcpStream,
    status: &str,
    name: &str,
    age: &str,
    n_bytes: usize,
) -> Result<()> {
    let mime = match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "application/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        "xml" => "application/xml",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    };
    write!(
        connection,
        "HTTP/1.1 {status}\r\ncontent-type: {mime}\r\ncontent-length: {n_bytes}\r\n\
         cache-control: {age}\r\naccess-control-allow-origin: *\r\nconnection: close\r\n\r\n"
    )
}
