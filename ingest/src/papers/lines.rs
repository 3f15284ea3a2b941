//! The lines of a text file, plain or gzip: what all text layouts read from.
//!
//! A line ends with LF, CRLF or a lone CR, and is counted as an editor counts it. A line of any
//! length is passed over in bounded memory. Byte order marks are dropped; UTF-16 is refused, since
//! each of its lines would be malformed.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result, bail};
use flate2::bufread::MultiGzDecoder;

/// No record of a paper is longer; a file without line breaks must not fill the memory.
pub(super) const MAX_LINE_BYTES: usize = 16 << 20;

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

const BUFFER_BYTES: usize = 1 << 20;

/// The lines of one file.
pub(super) struct Lines<'a> {
    path: &'a Path,
    from: Box<dyn BufRead + 'a>,
    /// Number of the last line.
    last: u64,
    /// The last line ended with CR, whose LF may follow.
    after_cr: bool,
}

/// How a line came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Whole,
    /// Longer than [`MAX_LINE_BYTES`]; only its start is kept.
    TooLong,
}

impl<'a> Lines<'a> {
    /// Opens the file at `path`; bytes read from disk are added to `n_bytes`.
    pub(super) fn open(path: &'a Path, is_gzip: bool, n_bytes: &'a AtomicU64) -> Result<Self> {
        let file = File::open(path).with_context(|| {
            format!(
                "cannot open {}: check the path and its permissions",
                path.display()
            )
        })?;
        let file = BufReader::with_capacity(BUFFER_BYTES, Counted { file, n_bytes });
        let from: Box<dyn BufRead + 'a> = if is_gzip {
            // Several archives written one after another are one, as with `cat` and zcat.
            Box::new(BufReader::with_capacity(
                BUFFER_BYTES,
                MultiGzDecoder::new(file),
            ))
        } else {
            Box::new(file)
        };
        let mut lines = Self {
            path,
            from,
            last: 0,
            after_cr: false,
        };
        lines.refuse_utf16()?;
        Ok(lines)
    }

    /// The file, for messages.
    pub(super) fn path(&self) -> &'a Path {
        self.path
    }

    /// Reads the next line into `line`, without its end; its number from 1, or `None` at the end.
    pub(super) fn next(&mut self, line: &mut Vec<u8>) -> Result<Option<(u64, Line)>> {
        line.clear();
        let number = self.last + 1;
        let mut found = Line::Whole;
        let mut any = false;
        loop {
            let bytes = match self.from.fill_buf() {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Err(error).with_context(|| {
                        format!(
                            "{} broke off in line {number}: download or copy it again",
                            self.path.display()
                        )
                    });
                }
            };
            if bytes.is_empty() {
                if !any {
                    return Ok(None);
                }
                break;
            }
            if std::mem::take(&mut self.after_cr) && bytes[0] == b'\n' {
                self.from.consume(1);
                continue;
            }
            any = true;
            let end = memchr::memchr2(b'\n', b'\r', bytes);
            let part = &bytes[..end.unwrap_or(bytes.len())];
            let room = MAX_LINE_BYTES - line.len();
            if part.len() > room {
                found = Line::TooLong;
            }
            line.extend_from_slice(&part[..part.len().min(room)]);
            self.after_cr = end.is_some_and(|end| bytes[end] == b'\r');
            let used = part.len() + usize::from(end.is_some());
            self.from.consume(used);
            if end.is_some() {
                break;
            }
        }
        self.last = number;
        // Not only in the first line: files are put together with `cat`, marks and all.
        let n_marks = line.chunks(3).take_while(|mark| *mark == MARK).count();
        line.drain(..n_marks * 3);
        Ok(Some((number, found)))
    }

    fn refuse_utf16(&mut self) -> Result<()> {
        let shown = self.path.display();
        let start = self
            .from
            .fill_buf()
            .with_context(|| format!("cannot read {shown}: download or copy it again"))?;
        if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
            bail!("{shown} is UTF-16: save it as UTF-8 (iconv -f UTF-16 -t UTF-8 does it)");
        }
        Ok(())
    }
}

/// A file that counts what is read of it.
struct Counted<'a> {
    file: File,
    n_bytes: &'a AtomicU64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.n_bytes.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
