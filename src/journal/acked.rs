//! The slip beside the journal: for each run the last record that was acknowledged, written after the record itself
//! is durable and before anybody is told. A journal that ends earlier than its slip says has lost something that was
//! believed, where one that merely lost the end of an unfinished write has not.
//!
//! The slip is never synced: it survives the death of the engine, and after a loss of power it may say too little,
//! never too much. Knows no database.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use smol_str::SmolStr;

use super::Hash;

/// The last record of a run that was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acked {
    pub run: SmolStr,
    pub seq: u64,
    pub number: u64,
    pub hash: Hash,
}

/// The slip, open for writing.
pub struct Slip {
    file: File,
    slots: BTreeMap<SmolStr, u64>,
    free: Vec<u64>,
    next: u64,
}

const SLOT: usize = 128;
const NAME_MAX: usize = 47;

/// Returns where the slip of a journal lies.
pub fn slip_path(journal: &Path) -> PathBuf {
    journal.with_extension("acked")
}

/// Reads a slip; one that is not there says nothing, and neither does a line of it that does not hold together.
pub fn read_slip(journal: &Path) -> io::Result<Vec<Acked>> {
    Ok(read_slots(journal)?.into_iter().filter_map(|(_, acked)| acked).collect())
}

fn read_slots(journal: &Path) -> io::Result<Vec<(u64, Option<Acked>)>> {
    let bytes = match std::fs::read(slip_path(journal)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    Ok(bytes.chunks_exact(SLOT).enumerate().map(|(at, slot)| (at as u64, decode(slot))).collect())
}

impl Slip {
    /// Opens the slip of a journal; lines of runs that need none any more are free for others.
    pub fn open(journal: &Path, is_settled: impl Fn(&Acked) -> bool) -> io::Result<Slip> {
        let old = read_slots(journal)?;
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(slip_path(journal))?;
        let mut slip = Slip { file, slots: BTreeMap::new(), free: Vec::new(), next: old.len() as u64 };
        for (at, acked) in old {
            match acked {
                Some(acked) if !is_settled(&acked) => {
                    slip.slots.insert(acked.run, at);
                }
                Some(_) | None => {
                    slip.file.write_all_at(&[0; SLOT], at * SLOT as u64)?;
                    slip.free.push(at);
                }
            }
        }
        Ok(slip)
    }

    /// Notes that a record was acknowledged.
    pub fn note(&mut self, acked: &Acked) -> io::Result<()> {
        let Some(slot) = encode(acked) else { return Ok(()) };
        let at = match self.slots.get(&acked.run) {
            Some(at) => *at,
            None => {
                let at = self.free.pop().unwrap_or_else(|| {
                    self.next += 1;
                    self.next - 1
                });
                self.slots.insert(acked.run.clone(), at);
                at
            }
        };
        self.file.write_all_at(&slot, at * SLOT as u64)
    }
}

fn encode(acked: &Acked) -> Option<[u8; SLOT]> {
    let name = acked.run.as_bytes();
    if name.is_empty() || name.len() > NAME_MAX {
        return None;
    }
    let mut slot = [0; SLOT];
    slot[0] = name.len() as u8;
    slot[1..=name.len()].copy_from_slice(name);
    slot[48..56].copy_from_slice(&acked.seq.to_be_bytes());
    slot[56..64].copy_from_slice(&acked.number.to_be_bytes());
    slot[64..96].copy_from_slice(&acked.hash.0);
    let check = Hash::of(&slot[..96]);
    slot[96..].copy_from_slice(&check.0);
    Some(slot)
}

fn decode(slot: &[u8]) -> Option<Acked> {
    let length = usize::from(slot[0]);
    if length == 0 || length > NAME_MAX || Hash::of(&slot[..96]).0 != slot[96..] {
        return None;
    }
    let number = |at: usize| u64::from_be_bytes(slot[at..at + 8].try_into().expect("eight bytes"));
    let run = SmolStr::new(std::str::from_utf8(&slot[1..=length]).ok()?);
    let hash = Hash(slot[64..96].try_into().expect("thirty-two bytes"));
    Some(Acked { run, seq: number(48), number: number(56), hash })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acked(run: &str, number: u64) -> Acked {
        Acked { run: run.into(), seq: number + 5, number, hash: Hash::of(run.as_bytes()) }
    }

    #[test]
    fn what_was_noted_is_read_and_settled_runs_give_their_line_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let journal = folder.path().join("journal.db");
        assert_eq!(read_slip(&journal).expect("nothing is fine"), []);
        let mut slip = Slip::open(&journal, |_| false).expect("it opens");
        for number in 1..4 {
            slip.note(&acked("a", number)).expect("it writes");
        }
        slip.note(&acked("b", 1)).expect("it writes");
        assert_eq!(read_slip(&journal).expect("it reads"), [acked("a", 3), acked("b", 1)]);
        let mut slip = Slip::open(&journal, |it| it.run == "a").expect("it opens");
        slip.note(&acked("c", 1)).expect("it writes");
        assert_eq!(read_slip(&journal).expect("it reads"), [acked("c", 1), acked("b", 1)]);
    }

    #[test]
    fn any_flipped_bit_makes_a_line_say_nothing() {
        let slot = encode(&acked("20261121-aaaa", 7)).expect("a short name");
        for bit in 0..SLOT * 8 {
            let mut flipped = slot;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&flipped), None, "bit {bit}");
        }
    }
}
