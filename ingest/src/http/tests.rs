//! One file from a bad server.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use shared::Sha256;
use tempfile::{TempDir, tempdir};
use url::Url;

use super::stand_in::{Answer, StandIn, Still, client, impatient_client};
use super::*;

const NOW: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

fn contents() -> Vec<u8> {
    (0..=250).cycle().take(70_000).collect()
}

/// A download of [`contents`] from `/file` of a server.
struct Case {
    server: StandIn,
    clock: Arc<Still>,
    client: Client,
    token: Option<Token>,
    folder: TempDir,
}

impl Case {
    fn new(answer: Answer) -> Self {
        let clock = Still::at(NOW);
        Self {
            server: StandIn::start([("/file".to_owned(), answer)]),
            client: client(&clock),
            clock,
            token: None,
            folder: tempdir().expect("a folder"),
        }
    }

    fn part(&self) -> PathBuf {
        self.folder.path().join("file.part")
    }

    fn run(&self) -> Result<Vec<u8>> {
        let url = Url::parse(&format!("{}/file", self.server.url)).expect("an address");
        let bearer = self.token.as_ref().map(|token| Bearer::new(token, &url));
        let target = self.folder.path().join("file");
        let wanted = Wanted {
            n_bytes: 70_000,
            digest: Sha256::of(&contents()).into(),
        };
        let download = Download {
            url: &url,
            bearer: bearer.as_ref(),
            wanted,
            part: &self.part(),
            target: &target,
        };
        download.run(&self.client, &Progress::new(70_000))?;
        Ok(fs::read(&target).expect("it is there"))
    }

    fn failure(&self) -> anyhow::Error {
        self.run().expect_err("the server is that bad")
    }

    /// What was asked for in `Range`, request by request.
    fn ranges(&self) -> Vec<String> {
        let log = self.server.log();
        let range = |line: &String| line.split(' ').nth(1).map(str::to_owned);
        log.iter().filter_map(range).collect()
    }
}

#[test]
fn a_busy_server_is_waited_for_as_long_as_it_asks() {
    let busy = |status| Answer::Status(status);
    for (first, n, wanted) in [
        (busy(429), 3, vec![1, 2, 4]),
        (busy(503), 2, vec![1, 2]),
        (busy(429).with("Retry-After", "7"), 2, vec![7, 7]),
        (
            busy(503).with("Retry-After", "Sun, 06 Nov 1994 08:51:37 GMT"),
            1,
            vec![120],
        ),
        (
            busy(429).with("RateLimit", "\"resolvers\";r=0;t=55"),
            1,
            vec![55],
        ),
        (busy(500).with("Retry-After", "at lunch"), 1, vec![1]),
    ] {
        let case = Case::new(Answer::Bytes(contents()).after(n, first));
        assert_eq!(case.run().expect("it comes in the end"), contents());
        assert_eq!(case.clock.slept(), wanted, "{n} times busy");
    }
}

#[test]
fn a_server_that_stays_busy_or_asks_for_too_much_is_given_up() {
    let case = Case::new(Answer::Status(503));
    let failure = case.failure();
    let gave_up = failure.downcast_ref::<GaveUp>().expect("it is the network");
    assert_eq!(gave_up.n_tries, 6);
    assert_eq!(case.clock.slept(), [1, 2, 4, 8, 16]);
    let said = format!("{failure:#}");
    assert!(said.contains("/file answers 503"), "{said}");

    let case = Case::new(Answer::Status(429).with("Retry-After", "3601"));
    let failure = case.failure();
    assert!(failure.is::<GaveUp>(), "{failure:#}");
    let said = format!("{failure:#}");
    assert!(said.contains("asks to wait 61 minutes"), "{said}");
    assert_eq!(case.clock.slept(), [0; 0], "it was waited for");
}

#[test]
fn nobody_there_is_the_networks_matter() {
    let mut case = Case::new(Answer::Status(404));
    // The port of a server that is gone.
    case.server.url = "http://127.0.0.1:9".to_owned();
    let failure = case.failure();
    assert!(failure.is::<GaveUp>(), "{failure:#}");
    assert_eq!(case.clock.slept(), [1, 2]);
    case.server.url = "http://no-such-host.invalid".to_owned();
    let failure = case.failure();
    assert!(failure.is::<GaveUp>(), "{failure:#}");
}

#[test]
fn an_outage_ends_what_has_not_begun_and_is_waited_for_once_something_came() {
    // The connection opens and closes.
    let outage = || Answer::Cut(contents(), 0);
    let case = Case::new(outage());
    assert!(case.failure().is::<GaveUp>());
    assert_eq!(case.clock.slept(), [1, 2]);

    for n in [5, 6] {
        let after = Answer::Bytes(contents()).after(n, outage());
        let case = Case::new(after.after(1, Answer::Cut(contents(), 30_000)));
        let result = case.run();
        // In vain or not, the first try of six follows at once on the one that brought something.
        assert_eq!(case.clock.slept(), [1, 2, 4, 8, 16]);
        match result {
            Ok(found) => assert_eq!((found, n), (contents(), 5)),
            Err(failure) => assert!(n == 6 && failure.is::<GaveUp>(), "{n}: {failure:#}"),
        }
    }

    // Another file of the same run.
    let case = Case::new(outage());
    case.server
        .set("/page", Answer::Page("text/plain", "hello".to_owned()));
    let url = Url::parse(&format!("{}/page", case.server.url)).expect("an address");
    let ask = Ask {
        url: &url,
        bearer: None,
        accept: None,
        from: 0,
    };
    case.client.clone().page(&ask).expect("it is there");
    assert!(case.failure().is::<GaveUp>());
    assert_eq!(case.clock.slept(), [1, 2, 4, 8, 16]);
}

#[test]
fn a_connection_that_is_cut_or_falls_silent_is_taken_up_where_it_ended() {
    for answer in [
        Answer::Cut(contents(), 30_000),
        Answer::Bytes(contents()).after(2, Answer::Stall(contents(), 30_000)),
    ] {
        let mut case = Case::new(answer);
        case.client = impatient_client(&case.clock);
        assert_eq!(case.run().expect("it comes in the end"), contents());
        assert_eq!(case.ranges(), ["-", "bytes=30000-", "bytes=60000-"]);
        assert_eq!(case.clock.slept(), [0; 0], "what moves was waited for");
        assert!(!case.part().exists(), "the partial file was left");
    }
}

#[test]
fn a_server_that_sends_a_byte_a_time_is_given_up_and_what_came_is_kept() {
    let mut case = Case::new(Answer::Cut(contents(), 1));
    let patience = Patience {
        n_tries_total: 20,
        ..Patience::default()
    };
    case.client = Client::new(patience, Arc::clone(&case.clock) as Arc<dyn Clock>);
    let failure = case.failure();
    let gave_up = failure.downcast_ref::<GaveUp>().expect("it is the network");
    assert_eq!(gave_up.n_tries, 20);
    let kept = fs::read(case.part()).expect("it is kept");
    assert_eq!(kept, contents()[..20]);
}

#[test]
fn other_bytes_are_removed_and_named_by_both_digests() {
    let mut other = contents();
    other[500] ^= 1;
    let case = Case::new(Answer::Bytes(other.clone()));
    let failure = format!("{:#}", case.failure());
    for wanted in [Sha256::of(&other), Sha256::of(&contents())] {
        let wanted = wanted.to_string();
        assert!(failure.contains(&wanted), "{failure} lacks {wanted}");
    }
    assert!(failure.contains("/file has the SHA-256"), "{failure}");
    assert!(!case.part().exists(), "the wrong bytes were left");
    assert_eq!(case.ranges(), ["-"], "a wrong file was fetched again");

    for n_bytes in [69_999, 70_001, 0] {
        let case = Case::new(Answer::Bytes(vec![7; n_bytes]));
        let failure = format!("{:#}", case.failure());
        let wanted = format!("has {n_bytes} bytes, not 70000");
        assert!(failure.contains(&wanted), "{failure}");
        assert_eq!(case.ranges(), ["-"], "a wrong file was fetched again");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_ends_it_and_is_named() {
    let case = Case::new(Answer::Bytes(contents()));
    std::os::unix::fs::symlink("/dev/full", case.part()).expect("a link");
    let failure = format!("{:#}", case.failure());
    for wanted in ["cannot write", "file.part", "No space left"] {
        assert!(failure.contains(wanted), "{failure} lacks {wanted}");
    }
    assert_eq!(case.ranges(), ["-"], "a full disk was tried again");
}

#[test]
fn a_file_is_asked_for_as_it_is() {
    let case = Case::new(Answer::Packed(contents()));
    assert_eq!(case.run().expect("it comes"), contents());
}

#[test]
fn a_part_is_replaced_where_the_server_cannot_go_on_with_it() {
    for (answer, wanted) in [
        (Answer::NoRange(contents()), vec!["bytes=30000-"]),
        (
            Answer::Bytes(contents()).after(1, Answer::Status(416)),
            vec!["bytes=30000-", "-"],
        ),
    ] {
        let case = Case::new(answer);
        fs::write(case.part(), &contents()[..30_000]).expect("a partial file");
        assert_eq!(case.run().expect("it comes in the end"), contents());
        assert_eq!(case.ranges(), wanted);
    }
}

#[test]
fn a_token_stays_with_its_own_host_and_port() {
    let elsewhere = StandIn::start([("/cdn".to_owned(), Answer::Bytes(contents()))]);
    let mut case = Case::new(Answer::Redirect("/here".to_owned()));
    let to = format!("{}/cdn?signed=yes", elsewhere.url);
    elsewhere.set("/cdn?signed=yes", Answer::Bytes(contents()));
    case.server.set("/here", Answer::Redirect(to));
    case.token = Token::new("hf_secret\n", "HF_TOKEN");
    assert_eq!(case.run().expect("it comes"), contents());
    let own = ["/file - Bearer hf_secret", "/here - Bearer hf_secret"];
    assert_eq!(case.server.log(), own);
    assert_eq!(elsewhere.log(), ["/cdn?signed=yes -"]);
}

#[test]
fn redirections_that_lead_nowhere_end() {
    let case = Case::new(Answer::Redirect("/file".to_owned()));
    let failure = format!("{:#}", case.failure());
    assert!(failure.contains("more than 10 redirections"), "{failure}");
    assert_eq!(case.server.log().len(), 11);
    let case = Case::new(Answer::Redirect("file:///etc/passwd".to_owned()));
    let failure = format!("{:#}", case.failure());
    assert!(failure.contains("not followed"), "{failure}");
}

#[test]
fn what_a_server_refuses_is_asked_for_once() {
    let refused = Answer::Status(403).with("X-Error-Code", "GatedRepo");
    let case = Case::new(refused);
    let failure = case.failure();
    let refused = failure.downcast_ref::<Refused>().expect("it was refused");
    assert_eq!(refused.status, 403);
    assert_eq!(refused.code.as_deref(), Some("GatedRepo"));
    assert_eq!(case.server.log().len(), 1);
}

#[test]
fn a_token_that_cannot_be_sent_is_not_shown_either() {
    let mut case = Case::new(Answer::Bytes(contents()));
    case.token = Token::new("hf_sec\u{1}ret", "HF_TOKEN");
    let failure = format!("{:#} {:?} {:?}", case.failure(), case.failure(), case.token);
    assert!(failure.contains("the token of HF_TOKEN"), "{failure}");
    assert!(!failure.contains("hf_"), "{failure}");
    assert_eq!(case.server.log(), [""; 0]);
}
