//! A server in a thread, for the hub, what it redirects to, and the package index; and a clock that
//! does not wait.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use super::{Client, Clock, Patience};

/// What the stand-in answers at one path.
#[derive(Clone)]
pub(crate) enum Answer {
    /// The bytes, or what `Range` asks of them.
    Bytes(Vec<u8>),
    /// The bytes, always all of them.
    NoRange(Vec<u8>),
    /// Of each request only so many bytes, then the connection is closed.
    Cut(Vec<u8>, usize),
    /// Of each request only so many bytes, then silence.
    Stall(Vec<u8>, usize),
    /// The bytes, or others where the request lets them be packed.
    Packed(Vec<u8>),
    /// Text of this type.
    Page(&'static str, String),
    Redirect(String),
    Status(u16),
    /// A further header.
    With(&'static str, String, Box<Answer>),
    /// So many times the first one, from then on the second.
    First(u32, Box<Answer>, Box<Answer>),
}

impl Answer {
    pub(crate) fn with(self, name: &'static str, value: impl Into<String>) -> Self {
        Self::With(name, value.into(), Box::new(self))
    }

    /// This one, after `n` times `first`.
    pub(crate) fn after(self, n: u32, first: Self) -> Self {
        Self::First(n, Box::new(first), Box::new(self))
    }

    pub(crate) fn json(value: &serde_json::Value) -> Self {
        Self::Page("application/json", value.to_string())
    }
}

/// A server of this test's own; what it does not know is 404.
pub(crate) struct StandIn {
    pub(crate) url: String,
    answers: Arc<Mutex<BTreeMap<String, Answer>>>,
    log: Arc<Mutex<Vec<String>>>,
}

impl StandIn {
    pub(crate) fn start(answers: impl IntoIterator<Item = (String, Answer)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!(
            "http://{}",
            listener.local_addr().expect("it has an address")
        );
        let answers = Arc::new(Mutex::new(answers.into_iter().collect()));
        let log = Arc::new(Mutex::new(Vec::new()));
        let (known, written) = (Arc::clone(&answers), Arc::clone(&log));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (known, written) = (Arc::clone(&known), Arc::clone(&written));
                thread::spawn(move || serve(stream, &known, &written));
            }
        });
        Self { url, answers, log }
    }

    /// From now on the answer at `path` is this one.
    pub(crate) fn set(&self, path: impl Into<String>, answer: Answer) {
        let mut answers = self.answers.lock().expect("the answers");
        answers.insert(path.into(), answer);
    }

    /// `PATH RANGE AUTHORIZATION` of every request so far.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().expect("the log").clone()
    }

    /// Like [`Self::log`], and forgets it.
    pub(crate) fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.log.lock().expect("the log"))
    }
}

fn serve(mut stream: TcpStream, known: &Mutex<BTreeMap<String, Answer>>, log: &Mutex<Vec<String>>) {
    let mut request = BufReader::new(&stream).lines().map_while(Result::ok);
    let path = request.next().unwrap_or_default();
    let path = path.split(' ').nth(1).unwrap_or_default().to_owned();
    let headers: Vec<_> = request.take_while(|line| !line.is_empty()).collect();
    let header = |name: &str| {
        let is = |line: &&String| line.to_lowercase().starts_with(name);
        headers
            .iter()
            .find(is)
            .map(|line| line[name.len()..].trim().to_owned())
    };
    let range = header("range:");
    let auth = header("authorization:").unwrap_or_default();
    let asked = format!("{path} {} {auth}", range.as_deref().unwrap_or("-"));
    log.lock()
        .expect("the log")
        .push(asked.trim_end().to_owned());
    let answer = {
        let mut known = known.lock().expect("the answers");
        let answer = known.get_mut(&path);
        answer.map_or(Answer::Status(404), its_turn)
    };
    let answer = match answer {
        Answer::Packed(bytes) => match header("accept-encoding:").as_deref() {
            Some("identity") => Answer::Bytes(bytes),
            _ => Answer::Bytes(b"packed".to_vec()).with("Content-Encoding", "x"),
        },
        other => other,
    };
    let (bytes, stalls) = respond(answer, range.as_deref(), "");
    let _ = stream.write_all(&bytes);
    if stalls {
        // Longer than any test's patience.
        thread::sleep(Duration::from_mins(1));
    }
}

fn its_turn(answer: &mut Answer) -> Answer {
    match answer {
        Answer::First(0, _, then) => its_turn(then),
        Answer::First(n, first, _) => {
            *n -= 1;
            its_turn(first)
        }
        other => other.clone(),
    }
}

/// The bytes to send, and whether the connection stays open after them.
fn respond(answer: Answer, range: Option<&str>, headers: &str) -> (Vec<u8>, bool) {
    let from = range.and_then(|range| {
        range
            .strip_prefix("bytes=")?
            .strip_suffix('-')?
            .parse()
            .ok()
    });
    let with = |head: &str, body: &[u8], len: usize| {
        let head = format!(
            "HTTP/1.1 {head}\r\n{headers}Connection: close\r\nContent-Length: {len}\r\n\r\n"
        );
        [head.as_bytes(), body].concat()
    };
    let all = |bytes: &[u8], most: usize| match from {
        Some(from) if from >= bytes.len() => with("416 No", b"", 0),
        Some(from) => {
            let head = format!(
                "206 Part\r\nContent-Range: bytes {from}-{}/{}",
                bytes.len() - 1,
                bytes.len()
            );
            let rest = &bytes[from..];
            with(&head, &rest[..rest.len().min(most)], rest.len())
        }
        None => with("200 OK", &bytes[..bytes.len().min(most)], bytes.len()),
    };
    let whole = match answer {
        Answer::Bytes(bytes) => all(&bytes, usize::MAX),
        Answer::Cut(bytes, most) => all(&bytes, most),
        Answer::Stall(bytes, most) => return (all(&bytes, most), true),
        Answer::NoRange(bytes) => with("200 OK", &bytes, bytes.len()),
        Answer::Page(kind, text) => with(
            &format!("200 OK\r\nContent-Type: {kind}"),
            text.as_bytes(),
            text.len(),
        ),
        Answer::Redirect(to) => with(&format!("302 Found\r\nLocation: {to}"), b"", 0),
        Answer::Status(status) => with(&format!("{status} No"), b"", 0),
        Answer::With(name, value, answer) => {
            return respond(*answer, range, &format!("{headers}{name}: {value}\r\n"));
        }
        Answer::First(..) | Answer::Packed(_) => unreachable!("it was resolved before"),
    };
    (whole, false)
}

/// A clock that stands still and writes down how long it was to sleep.
pub(crate) struct Still {
    now: SystemTime,
    slept: Mutex<Vec<Duration>>,
}

impl Still {
    pub(crate) fn at(date: &str) -> Arc<Self> {
        Arc::new(Self {
            now: httpdate::parse_http_date(date).expect("a date"),
            slept: Mutex::default(),
        })
    }

    /// In seconds, without those of no length.
    pub(crate) fn slept(&self) -> Vec<u64> {
        let slept = self.slept.lock().expect("the waits");
        let seconds = slept.iter().map(Duration::as_secs);
        seconds.filter(|seconds| *seconds > 0).collect()
    }
}

impl Clock for Still {
    fn now(&self) -> SystemTime {
        self.now
    }

    fn sleep(&self, time: Duration) {
        self.slept.lock().expect("the waits").push(time);
    }
}

/// A client with everyone's patience, of which no test waits a second; but a busy machine may let a
/// connection wait for some.
pub(crate) fn client(clock: &Arc<Still>) -> Client {
    client_with(clock, Duration::from_secs(5))
}

/// Like [`client`], for tests in which a server falls silent: they wait until it is taken for it.
pub(crate) fn impatient_client(clock: &Arc<Still>) -> Client {
    client_with(clock, Duration::from_millis(300))
}

fn client_with(clock: &Arc<Still>, silence: Duration) -> Client {
    let patience = Patience {
        silence,
        ..Patience::default()
    };
    Client::new(patience, Arc::clone(clock) as Arc<dyn Clock>)
}

/// A client for tests that do not look at the clock.
pub(crate) fn quick_client() -> Client {
    client(&Still::at("Sun, 06 Nov 1994 08:49:37 GMT"))
}
