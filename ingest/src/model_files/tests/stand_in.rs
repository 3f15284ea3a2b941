//! A server in a thread, for hub and package index.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

/// What the stand-in answers at one path.
#[derive(Clone)]
pub(super) enum Answer {
    /// The bytes, or what `Range` asks of them.
    Bytes(Vec<u8>),
    /// The bytes, always all of them.
    NoRange(Vec<u8>),
    /// Of each request only so many bytes, then silence.
    Cut(Vec<u8>, usize),
    /// Text of this type.
    Page(&'static str, String),
    Redirect(String),
    Status(u16),
}

/// A server of this test's own; what it does not know is 404.
pub(super) struct StandIn {
    pub(super) url: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl StandIn {
    pub(super) fn start(answers: impl IntoIterator<Item = (String, Answer)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!(
            "http://{}",
            listener.local_addr().expect("it has an address")
        );
        let answers: BTreeMap<_, _> = answers.into_iter().collect();
        let log = Arc::new(Mutex::new(Vec::new()));
        let written = Arc::clone(&log);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
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
                written
                    .lock()
                    .expect("the log")
                    .push(asked.trim_end().to_owned());
                let answer = answers.get(&path).cloned().unwrap_or(Answer::Status(404));
                let _ = (&stream).write_all(&respond(answer, range.as_deref()));
            }
        });
        Self { url, log }
    }

    pub(super) fn log(&self) -> Vec<String> {
        self.log.lock().expect("the log").clone()
    }
}

fn respond(answer: Answer, range: Option<&str>) -> Vec<u8> {
    let from = range.and_then(|range| {
        range
            .strip_prefix("bytes=")?
            .strip_suffix('-')?
            .parse()
            .ok()
    });
    let with = |head: &str, body: &[u8], len: usize| {
        let head = format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {len}\r\n\r\n");
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
    match answer {
        Answer::Bytes(bytes) => all(&bytes, usize::MAX),
        Answer::Cut(bytes, most) => all(&bytes, most),
        Answer::NoRange(bytes) => with("200 OK", &bytes, bytes.len()),
        Answer::Page(kind, text) => with(
            &format!("200 OK\r\nContent-Type: {kind}"),
            text.as_bytes(),
            text.len(),
        ),
        Answer::Redirect(to) => with(&format!("302 Found\r\nLocation: {to}"), b"", 0),
        Answer::Status(status) => with(&format!("{status} No"), b"", 0),
    }
}
