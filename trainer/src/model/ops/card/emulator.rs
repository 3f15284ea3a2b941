//! A card that is none: `kernels/emulate.cpp` runs the same kernels on the processor, one launch a process.

use std::cell::RefCell;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use candle_core::{Result, bail};

use super::{Argument, Card, Launch, Place, THREADS};

/// Words around each piece of memory that no kernel may touch.
const MARGIN: usize = 64;
/// What they hold, and what reserved memory begins as: no number.
const UNTOUCHED: u32 = 0x7fc0_beef;

/// The emulated card, with everything that was put into its memory.
#[derive(Debug)]
pub(crate) struct Emulator {
    program: PathBuf,
    memory: RefCell<Vec<Vec<u32>>>,
}

impl Emulator {
    /// One with empty memory; nothing where this machine has no g++, which is said.
    pub(crate) fn new() -> Option<Self> {
        static PROGRAM: LazyLock<Option<PathBuf>> = LazyLock::new(compile);
        let program = PROGRAM.clone();
        if program.is_none() {
            eprintln!("skipped: the kernels are run on the processor where g++ is");
        }
        Some(Self {
            program: program?,
            memory: RefCell::default(),
        })
    }

    /// A copy of numbers in its memory.
    pub(crate) fn put(&self, numbers: &[f32]) -> Place {
        self.store(numbers.iter().map(|x| x.to_bits()))
    }

    /// The numbers at a place.
    pub(crate) fn get(&self, place: Place) -> Vec<f32> {
        let memory = self.memory.borrow();
        let buffer = &memory[(place.address >> 32) as usize - 1];
        let from = place.address as u32 as usize / 4;
        let words = &buffer[from..from + place.len];
        words.iter().map(|&bits| f32::from_bits(bits)).collect()
    }

    fn store(&self, words: impl ExactSizeIterator<Item = u32>) -> Place {
        let len = words.len();
        let margin = [UNTOUCHED; MARGIN];
        let buffer = margin.into_iter().chain(words).chain(margin).collect();
        let mut memory = self.memory.borrow_mut();
        memory.push(buffer);
        Place {
            address: ((memory.len() as u64) << 32) | (4 * MARGIN as u64),
            len,
        }
    }

    fn input(&self, launch: &Launch) -> Vec<u8> {
        let memory = self.memory.borrow();
        let mut words = vec![memory.len() as u32];
        for buffer in memory.iter() {
            words.push(buffer.len() as u32);
            words.extend_from_slice(buffer);
        }
        let name = format!("{}/{}", launch.file, launch.kernel);
        words.push(name.len() as u32);
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        bytes.extend_from_slice(name.as_bytes());
        let n_arguments = launch.arguments.len() as u32;
        for word in [launch.blocks.0, launch.blocks.1, THREADS, n_arguments] {
            bytes.extend_from_slice(&word.to_ne_bytes());
        }
        for argument in &launch.arguments {
            let (kind, bits) = match *argument {
                Argument::Address(address) => (0_u32, address),
                Argument::Count(count) => (1, u64::from(count)),
                Argument::Number(number) => (2, u64::from(number.to_bits())),
                Argument::Long(long) => (3, long),
            };
            bytes.extend_from_slice(&kind.to_ne_bytes());
            bytes.extend_from_slice(&bits.to_ne_bytes());
        }
        bytes
    }
}

impl Card for Emulator {
    type Numbers = Place;
    type Words = Place;

    fn reserve(&self, len: usize) -> Result<Place> {
        Ok(self.store(std::iter::repeat_n(UNTOUCHED, len)))
    }

    fn upload(&self, words: &[u32]) -> Result<Place> {
        Ok(self.store(words.iter().copied()))
    }

    fn numbers(&self, memory: &Place) -> Place {
        *memory
    }

    fn words(&self, memory: &Place) -> Place {
        *memory
    }

    fn launch(&self, launch: &Launch) -> Result<()> {
        let mut child = Command::new(&self.program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut stdin = child.stdin.take().expect("it is piped");
        // It reads to the end before it writes.
        stdin.write_all(&self.input(launch))?;
        drop(stdin);
        let output = child.wait_with_output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("{launch:?}: {} {said}", output.status)
        }
        let mut words = output
            .stdout
            .chunks_exact(4)
            .map(|b| u32::from_ne_bytes([b[0], b[1], b[2], b[3]]));
        for buffer in self.memory.borrow_mut().iter_mut() {
            for word in buffer.iter_mut() {
                *word = words.next().expect("memory keeps its size");
            }
            let inner = MARGIN..buffer.len() - MARGIN;
            let margins = buffer[..inner.start].iter().chain(&buffer[inner.end..]);
            for word in margins {
                assert_eq!(
                    *word, UNTOUCHED,
                    "{} writes where it must not",
                    launch.kernel
                );
            }
        }
        Ok(())
    }
}

/// Compiles the kernels for the processor; nothing where there is no g++.
fn compile() -> Option<PathBuf> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/kernels/emulate.cpp");
    let folder = tempfile::tempdir().expect("a temporary folder is writable");
    let program = folder.path().join("emulate");
    let compile = Command::new("g++")
        .args(["-std=c++17", "-O1", "-Wall", "-Wno-unknown-pragmas", "-o"])
        .arg(&program)
        .arg(source)
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&compile.stderr);
    assert!(
        compile.status.success() && said.is_empty(),
        "g++ on {source}: {said}"
    );
    // The tests of one process share it; it is small.
    let _ = folder.keep();
    Some(program)
}
