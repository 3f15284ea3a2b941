//! Where a token goes, and where it does not.

use std::fs;
use std::io::{self, Write};
use std::mem;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::*;

/// Everything that was logged, by us and by the libraries, down to the smallest word.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Said {
    fn take(&self) -> String {
        let bytes = mem::take(&mut *self.0.lock().expect("what was said"));
        String::from_utf8(bytes).expect("words")
    }
}

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("what was said").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl log::Log for Said {
    fn enabled(&self, _: &log::Metadata) -> bool {
        true
    }

    fn log(&self, record: &log::Record) {
        let line = format!("{} {}\n", record.target(), record.args());
        let _ = self.clone().write_all(line.as_bytes());
    }

    fn flush(&self) {}
}

#[test]
fn the_token_reaches_the_hub_and_nothing_else() {
    const SECRET: &str = "hf_wAtErMeLoN";
    let said = Said::default();
    let writer = said.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    log::set_boxed_logger(Box::new(said.clone())).expect("no other test sets it");
    log::set_max_level(log::LevelFilter::Trace);
    // Of all threads: what is said for the first time in another one would be lost otherwise.
    tracing::subscriber::set_global_default(subscriber).expect("no other test sets it");

    let mut world = World::new();
    world.data_sets.hub.token = Token::new(SECRET, "HF_TOKEN");
    let cdn = StandIn::start([]);
    let mut seen = format!("{:?}", world.data_sets);
    let file = file_at(OLD, "data/1.parquet");
    let elsewhere = Answer::Redirect(format!("{}/blob", cdn.url));
    for (own, others) in [
        (Answer::Status(403), Answer::Status(404)),
        (Answer::Status(429), Answer::Status(404)),
        (elsewhere.clone(), Answer::Status(403)),
        (elsewhere.clone(), Answer::Bytes(bytes("another"))),
        (elsewhere.clone(), Answer::Redirect("ftp://x/".to_owned())),
    ] {
        world.server.set(&file, own);
        cdn.set("/blob", others);
        let failed = world.data_sets.fetch(SPEC).expect_err("it cannot come");
        let root = failed.root_cause();
        seen.extend([format!("{failed} {failed:#} {failed:?} {root:?}")]);
    }
    cdn.set("/blob", Answer::Bytes(bytes("one")));
    world.data_sets.fetch(SPEC).expect("it can come");

    let log = said.take();
    for wanted in ["trying again in", "fetching 2 of them", "ureq"] {
        assert!(log.contains(wanted), "{wanted:?} was not said");
    }
    // There ureq writes down the bytes of each request, sixteen a line: no search finds a token.
    assert!(!log.contains("ureq_proto::util"), "requests were logged");
    seen += &log;
    for file in walk(world.cache.path()) {
        seen += &String::from_utf8_lossy(&fs::read(file).expect("a file"));
    }
    assert!(!seen.contains(SECRET), "the token was shown");
    let cdn = cdn.log().join("\n");
    assert!(cdn.contains("/blob"), "nothing was asked for there");
    assert!(!cdn.contains("Bearer"), "the token left its host: {cdn}");
    let own = world.server.log();
    assert!(own.iter().all(|line| line.ends_with(SECRET)), "{own:?}");
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                walk(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}
