//! Bytes that changed, went missing or are something else: an error that says so, never a panic.

use shared::ArtifactError;
use shared::artifact::Kind;

use super::container::KINDS;
use super::sample::{file, open};

#[test]
fn every_damaged_byte_is_noticed() {
    for (kind, name) in KINDS {
        let good = file(kind);
        for at in 0..good.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] ^= flip;
                assert!(
                    open(kind, bad).is_err(),
                    "{name}: byte {at} ^ {flip:#04x} went unnoticed"
                );
            }
        }
    }
}

#[test]
fn every_cut_and_every_tail_is_noticed() {
    for (kind, name) in KINDS {
        let good = file(kind);
        for len in 0..good.len() {
            let error = open(kind, good[..len].to_vec()).err();
            let named = match len {
                0..8 => matches!(error, Some(ArtifactError::Magic { .. })),
                _ => {
                    matches!(error, Some(ArtifactError::Length { found, .. }) if found == len as u64)
                }
            };
            assert!(named, "{name}: a file cut to {len} bytes gave {error:?}");
        }
        let mut long = good;
        long.push(0);
        let error = open(kind, long).err();
        assert!(
            matches!(error, Some(ArtifactError::Length { .. })),
            "{name}: a longer file gave {error:?}"
        );
    }
}

#[test]
fn another_version_is_named_with_its_remedy() {
    for (kind, name) in KINDS {
        let wanted = kind.version();
        for found in [wanted - 1, wanted + 1, u16::MAX] {
            let mut other = file(kind);
            other[8..10].copy_from_slice(&found.to_le_bytes());
            let error = open(kind, other).expect_err("another version must not open");
            assert_eq!(error, ArtifactError::Version { found, wanted }, "{name}");
            let line = error.to_string();
            assert!(
                line.contains(&format!("format {found}")) && line.contains("rebuild"),
                "no remedy in {line:?}"
            );
        }
    }
}

#[test]
fn a_foreign_file_is_named() {
    let foreign: [&[u8]; 4] = [
        b"",
        b"<!doctype html><title>404</title>",
        b"\x1f\x8b\x08\0 gzip",
        // What a text-mode transfer makes of the magic.
        b"\x89OFP\x0a\x1a\x0a and so on",
    ];
    for bytes in foreign {
        for (kind, _) in KINDS {
            let error = open(kind, bytes.to_vec()).err();
            let start = bytes[..bytes.len().min(8)].to_vec();
            assert_eq!(error, Some(ArtifactError::Magic { found: start }));
        }
    }
}

#[test]
fn another_kind_is_named() {
    for (wanted, wanted_name) in KINDS {
        for (kind, name) in KINDS.into_iter().filter(|&(kind, _)| kind != wanted) {
            let found = kind as u16;
            assert_eq!(
                open(wanted, file(kind)).err(),
                Some(ArtifactError::WrongKind { found, wanted }),
                "{name} where {wanted_name} belongs"
            );
        }
    }
}

#[test]
fn a_kind_of_the_future_is_named() {
    let mut later = file(Kind::Papers);
    later[10] = 0x2a;
    let error = shared::artifact::summarize(later).err();
    assert!(
        matches!(error, Some(ArtifactError::WrongKind { found: 0x2a, .. })),
        "{error:?}"
    );
}
