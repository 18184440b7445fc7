//! One remembered event, its written form and its link in the run's hash chain. Knows no database.
//!
//! The chain covers the bytes as they are stored, never a value written anew: a later version of this program may
//! write an event differently and still verify the old one.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;

use crate::engine::Event;
use crate::value::At;

/// The version of the written form; a newer form gets a higher number and the old one stays readable for ever.
pub const FORMAT: i64 = 1;

/// One event as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The position: one counter over all runs, from 1.
    pub seq: u64,
    pub run: SmolStr,
    /// The position within the run, from 1.
    pub number: u64,
    pub at: At,
    pub event: Arc<Event>,
    /// What the chain of the run comes to here.
    pub hash: Hash,
}

/// A SHA-256 digest, written in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What the first record of a run follows.
    pub const NONE: Hash = Hash([0; 32]);

    /// Returns the link of one stored record: over the link before it and every stored field with its length.
    pub fn link(self, run: &str, number: u64, at: At, body: &[u8]) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(self.0);
        let fields: [&[u8]; 5] =
            [&FORMAT.to_be_bytes(), run.as_bytes(), &number.to_be_bytes(), &at.0.to_be_bytes(), body];
        for field in fields {
            hasher.update((field.len() as u64).to_be_bytes());
            hasher.update(field);
        }
        Hash(hasher.finalize().into())
    }

    pub fn of(bytes: &[u8]) -> Hash {
        Hash(Sha256::digest(bytes).into())
    }

    pub fn from_hex(text: &str) -> Option<Hash> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).ok()?;
        }
        Some(Hash(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Hash, D::Error> {
        let text = String::deserialize(deserializer)?;
        Hash::from_hex(&text).ok_or_else(|| serde::de::Error::custom("a hash is 64 hexadecimal digits"))
    }
}

/// Returns the written form of an event.
pub fn write_body(event: &Event) -> String {
    serde_json::to_string(event).expect("an event is plain data with text keys")
}

/// Reads what `write_body` wrote, in this version or an earlier one.
pub fn read_body(body: &[u8]) -> Result<Event, serde_json::Error> {
    read_deep(body)
}

/// Reads JSON that may nest deeper than the reader's usual bound: expressions in a plan do.
pub fn read_deep<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    reader.disable_recursion_limit();
    let value = T::deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_in_the_link() {
        let link = Hash::NONE.link("r", 1, At(5), b"body");
        let others = [
            Hash([1; 32]).link("r", 1, At(5), b"body"),
            Hash::NONE.link("s", 1, At(5), b"body"),
            Hash::NONE.link("r", 2, At(5), b"body"),
            Hash::NONE.link("r", 1, At(6), b"body"),
            Hash::NONE.link("r", 1, At(5), b"bodY"),
        ];
        assert!(others.iter().all(|it| *it != link));
    }

    #[test]
    fn a_hash_reads_what_it_writes() {
        let hash = Hash::of(b"rollout");
        assert_eq!(Hash::from_hex(&hash.to_string()), Some(hash));
        assert_eq!(Hash::from_hex("zz"), None);
    }
}
