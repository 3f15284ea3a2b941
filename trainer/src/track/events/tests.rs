use super::*;

/// Made by golden.py with Python's tensorboard.
const GOLDEN: &str = include_str!("golden.hex");

/// The events of golden.py.
fn events() -> Vec<Vec<u8>> {
    vec![
        version(1_700_000_000.25),
        scalars(1_700_000_001.5, 0, [("loss", 3.5)]),
        scalars(
            1_700_000_002.0,
            1,
            [("loss", 0.0), ("valid/precision@10", 0.1)],
        ),
        scalars(
            1_700_000_003.0,
            300,
            [("loss", f64::NAN), ("valid/precision@10", -1e-30)],
        ),
        scalars(1_700_000_004.0, 1 << 40, [("loss", f64::INFINITY)]),
        session_start(1_700_000_005.0, 301),
    ]
}

#[test]
fn records_are_tensorboards_own_to_the_byte() {
    let theirs = GOLDEN.lines().map(|line| {
        let pairs = line.as_bytes().chunks(2);
        let bytes =
            pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap());
        bytes.collect::<Vec<u8>>()
    });
    let ours = events().into_iter().map(|event| record(&event));
    assert_eq!(ours.collect::<Vec<_>>(), theirs.collect::<Vec<_>>());
}

/// Bit by bit, as the definition has it.
fn slow_crc32c(bytes: &[u8]) -> u32 {
    let mut crc = !0_u32;
    for bit in bytes
        .iter()
        .flat_map(|byte| (0..8).map(move |n| byte >> n & 1))
    {
        let out = crc & 1 ^ u32::from(bit);
        crc = (crc >> 1) ^ (out * 0x82f6_3b78);
    }
    !crc
}

/// Takes `N` bytes off the front.
fn take<const N: usize>(bytes: &mut &[u8]) -> [u8; N] {
    let (first, rest) = bytes.split_at(N);
    *bytes = rest;
    first.try_into().unwrap()
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let [byte] = take(bytes);
        value |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            return value;
        }
    }
}

/// A field's number with what it holds: a number, or bytes.
fn fields(mut bytes: &[u8]) -> Vec<(u64, u64, Vec<u8>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        fields.push(match key & 7 {
            0 => (key >> 3, varint(&mut bytes), Vec::new()),
            1 => (key >> 3, 0, take::<8>(&mut bytes).to_vec()),
            2 => {
                let (inner, rest) = (&bytes[1..], varint(&mut bytes) as usize);
                let start = inner.len() - bytes.len();
                bytes = &bytes[rest..];
                (key >> 3, 0, inner[start..start + rest].to_vec())
            }
            5 => (key >> 3, 0, take::<4>(&mut bytes).to_vec()),
            wire => panic!("wire type {wire}"),
        });
    }
    fields
}

/// Steps with their scalars, as another program would read them from a file.
fn read(mut bytes: &[u8]) -> Vec<(u64, Vec<(String, f32)>)> {
    let mut steps = Vec::new();
    while !bytes.is_empty() {
        let len_bytes: [u8; 8] = take(&mut bytes);
        let unmask = |crc: [u8; 4]| {
            u32::from_le_bytes(crc)
                .wrapping_sub(0xa282_ead8)
                .rotate_left(15)
        };
        assert_eq!(unmask(take(&mut bytes)), slow_crc32c(&len_bytes));
        let (event, rest) = bytes.split_at(u64::from_le_bytes(len_bytes) as usize);
        bytes = rest;
        assert_eq!(unmask(take(&mut bytes)), slow_crc32c(event));
        let event = fields(event);
        let step = event.iter().find(|field| field.0 == 2).map_or(0, |f| f.1);
        let values = event.iter().filter(|field| field.0 == 5);
        let values = values.flat_map(|(_, _, summary)| fields(summary));
        let values = values.map(|(_, _, value)| {
            let [(1, _, tag), (2, _, value)] = &fields(&value)[..] else {
                panic!("no scalar: {value:?}");
            };
            let value = f32::from_le_bytes(value[..].try_into().unwrap());
            (String::from_utf8(tag.clone()).unwrap(), value)
        });
        steps.push((step, values.collect()));
    }
    steps
}

#[test]
fn a_file_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = EventWriter::create(folder.path(), None).unwrap();
    first.scalars(7, [("a", 0.5), ("b", -2.0)]).unwrap();
    first.scalars(8, [("a", 0.25)]).unwrap();
    let mut second = EventWriter::create(folder.path(), Some(7)).unwrap();
    second.scalars(8, [("a", 0.75)]).unwrap();
    let mut files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(files.len(), 2, "a resumed run writes a file of its own");
    files.sort_by_key(|file| file.as_ref().unwrap().path());
    let read = |at: usize| read(&std::fs::read(files[at].as_ref().unwrap().path()).unwrap());
    let scalar = |tag: &str, value: f32| (tag.to_owned(), value);
    assert_eq!(
        read(0),
        [
            (0, vec![]),
            (7, vec![scalar("a", 0.5), scalar("b", -2.0)]),
            (8, vec![scalar("a", 0.25)])
        ]
    );
    assert_eq!(
        read(1),
        [(0, vec![]), (8, vec![]), (8, vec![scalar("a", 0.75)])]
    );
}

/// The check value of every list of checksums.
#[test]
fn the_checksum_is_castagnolis() {
    assert_eq!(crc32c(b"123456789"), 0xe306_9283);
}
