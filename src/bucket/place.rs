//! From a key to its bucket. What is hashed, and how, is a promise: other programs work it out too.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How many buckets there are: a thousandth of a percent is one.
pub const BUCKETS: u32 = 100_000;

/// Stands between what is hashed, so that moving a letter from one to the next makes another key.
const SEPARATOR: [u8; 1] = [0x1f];

/// One of the buckets, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Bucket(u32);

/// Where a key stands: its bucket, and apart from that a draw that chooses between variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub bucket: Bucket,
    /// Owes nothing to the bucket: both halves of a digest are as if drawn anew.
    pub(super) draw: u64,
}

/// Returns where a unit (a user, a session, a request) stands for one flag. Another salt shuffles all of them.
///
/// It is SHA-256 over `salt`, `flag` and `unit` with a byte 0x1f between them. Bytes 0 to 7 are a number, the most
/// significant first; the bucket is that number times 100 000, divided by 2⁶⁴, rounded down. Bytes 8 to 15 are the draw.
pub fn place(salt: &str, flag: &str, unit: &str) -> Place {
    let mut hasher = Sha256::new();
    for part in [salt.as_bytes(), &SEPARATOR, flag.as_bytes(), &SEPARATOR, unit.as_bytes()] {
        hasher.update(part);
    }
    let digest: [u8; 32] = hasher.finalize().into();
    let number = |from: usize| digest[from..from + 8].iter().fold(0, |number, byte| (number << 8) | u64::from(*byte));
    Place { bucket: Bucket(scaled(number(0), BUCKETS)), draw: number(8) }
}

/// Brings a number below 2⁶⁴ below a limit, each result as likely as the others to within a part in 2³².
pub(super) fn scaled(number: u64, limit: u32) -> u32 {
    ((u128::from(number) * u128::from(limit)) >> 64) as u32
}

impl Bucket {
    pub fn number(self) -> u32 {
        self.0
    }
}
