//! Scalars for `TensorBoard`, in its own files.
//!
//! A file is a row of records: length as u64, its checksum, the message, the message's checksum, all little-endian.
//! The checksum is CRC-32C, rotated and shifted so that a checksum of checksums is none (`TFRecord`, in
//! `tensorflow/core/lib/io/record_writer.h`). A message is an `Event` in protocol buffers
//! (`tensorboard/compat/proto/event.proto`), of which three kinds are written here: the version, scalars, and the
//! start of a session, from which on `TensorBoard` forgets the steps of the session before.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};

/// What a file opens with; older versions have no such line.
const VERSION: &str = "brain.Event:2";
/// Added to a rotated checksum.
const MASK: u32 = 0xa282_ead8;
/// CRC-32C's polynomial (Castagnoli 1993), bits reversed.
const POLYNOMIAL: u32 = 0x82f6_3b78;
/// `SessionLog.START`.
const START: u64 = 1;

/// Writes one event file.
#[derive(Debug)]
pub struct EventWriter {
    path: PathBuf,
    file: File,
}

impl EventWriter {
    /// Opens a new event file in `folder`. Where a run goes on, `resumed_at` is the step it goes on after: what
    /// earlier files say of later steps is forgotten.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn create(folder: &Path, resumed_at: Option<u64>) -> Result<Self> {
        let now = wall_time();
        // TensorBoard reads the files of a folder in the order of their names. Two may start in one second.
        let free = (0..).map(|n: u32| {
            let second = now as u64;
            folder.join(format!("events.out.tfevents.{second:010}.{n}.offprint"))
        });
        let mut free = free.skip_while(|path| path.exists());
        let path = free.next().expect("there is always another number");
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).open(&path);
        let file = file.with_context(|| format!("cannot write {}", path.display()))?;
        let mut writer = Self { path, file };
        writer.write(&version(now))?;
        if let Some(step) = resumed_at {
            writer.write(&session_start(now, step + 1))?;
        }
        Ok(writer)
    }

    /// Writes the scalars of a step, as `(name, value)`; they are on disk when this returns.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn scalars<'a>(
        &mut self,
        step: u64,
        values: impl IntoIterator<Item = (&'a str, f64)>,
    ) -> Result<()> {
        self.write(&scalars(wall_time(), step, values))
    }

    fn write(&mut self, event: &[u8]) -> Result<()> {
        let written = self.file.write_all(&record(event));
        written.with_context(|| {
            format!(
                "cannot write {}: make room on the disk, then go on with --resume",
                self.path.display()
            )
        })
    }
}

fn wall_time() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}

/// An `Event` with a `file_version`.
fn version(wall_time: f64) -> Vec<u8> {
    let mut event = Message::event(wall_time, 0);
    event.bytes(3, VERSION.as_bytes());
    event.0
}

/// An `Event` with a `session_log` that starts.
fn session_start(wall_time: f64, step: u64) -> Vec<u8> {
    let mut session = Message::default();
    session.varint(1, START);
    let mut event = Message::event(wall_time, step);
    event.bytes(7, &session.0);
    event.0
}

/// An `Event` with a `summary` of simple values.
fn scalars<'a>(
    wall_time: f64,
    step: u64,
    values: impl IntoIterator<Item = (&'a str, f64)>,
) -> Vec<u8> {
    let mut summary = Message::default();
    for (tag, value) in values {
        let mut one = Message::default();
        one.bytes(1, tag.as_bytes());
        one.key(2, Wire::Four);
        one.0.extend((value as f32).to_le_bytes());
        summary.bytes(1, &one.0);
    }
    let mut event = Message::event(wall_time, step);
    event.bytes(5, &summary.0);
    event.0
}

/// A message of protocol buffers, as it is written.
#[derive(Debug, Default)]
struct Message(Vec<u8>);

/// How long a field is.
#[derive(Debug, Clone, Copy)]
enum Wire {
    /// As many bytes as the number needs, seven bits each.
    Variable = 0,
    Eight = 1,
    /// The length comes first.
    Counted = 2,
    Four = 5,
}

impl Message {
    fn event(wall_time: f64, step: u64) -> Self {
        let mut event = Self::default();
        event.key(1, Wire::Eight);
        event.0.extend(wall_time.to_le_bytes());
        // Fields that are zero are left out, as every writer of these messages does.
        if step > 0 {
            event.varint(2, step);
        }
        event
    }

    fn key(&mut self, field: u64, wire: Wire) {
        self.number(field << 3 | wire as u64);
    }

    fn varint(&mut self, field: u64, value: u64) {
        self.key(field, Wire::Variable);
        self.number(value);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.key(field, Wire::Counted);
        self.number(bytes.len() as u64);
        self.0.extend(bytes);
    }

    fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

/// A message with its length and checksums.
fn record(event: &[u8]) -> Vec<u8> {
    let len_bytes = (event.len() as u64).to_le_bytes();
    let mut record = len_bytes.to_vec();
    record.extend(masked(crc32c(&len_bytes)).to_le_bytes());
    record.extend(event);
    record.extend(masked(crc32c(event)).to_le_bytes());
    record
}

fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(MASK)
}

fn crc32c(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    let step = |crc: u32, &byte: &u8| crc >> 8 ^ TABLE[(crc as u8 ^ byte) as usize];
    !bytes.iter().fold(!0, step)
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = crc >> 1 ^ if crc & 1 == 1 { POLYNOMIAL } else { 0 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests;
