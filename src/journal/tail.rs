//! What hangs at the end of the write-ahead log of a journal that nobody closed: pages of a commit that never came to
//! its end. The database drops them without a word; here they are counted, so that somebody says it. Changes nothing.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

/// Pages that no commit covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tail {
    /// How many pages are whole and committed before it.
    pub committed: u32,
    /// How many pages, or parts of one, are dropped.
    pub dropped: u32,
}

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Returns where the write-ahead log of a journal lies.
pub fn log_path(journal: &Path) -> PathBuf {
    let mut name = journal.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// Looks at the write-ahead log of a journal; nothing if it ends where a commit ends.
pub fn torn_tail(journal: &Path) -> io::Result<Option<Tail>> {
    let file = match File::open(log_path(journal)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut log = BufReader::with_capacity(1 << 16, file);
    let mut header = [0; HEADER];
    if fill(&mut log, &mut header)? < HEADER {
        return Ok(None);
    }
    let Some(mut walk) = Walk::begin(&header) else { return Ok(None) };
    let mut frame = vec![0; FRAME_HEADER + walk.page_bytes];
    let (mut frames, mut committed) = (0, 0);
    loop {
        let read = fill(&mut log, &mut frame)?;
        // Pages of an earlier turn of the log carry another salt: they are no part of this one.
        if read < FRAME_HEADER || frame[8..16] != walk.salt {
            break;
        }
        frames += 1;
        if read == frame.len() && walk.follows(&frame) && word(&frame, 4) != 0 {
            committed = frames;
        }
    }
    Ok((frames > committed).then_some(Tail { committed, dropped: frames - committed }))
}

/// Reads until the buffer is full or the file ends; returns how much there was.
fn fill(log: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match log.read(&mut buffer[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// The running checksum over a log.
struct Walk {
    page_bytes: usize,
    salt: [u8; 8],
    sums: (u32, u32),
    big_endian: bool,
    /// Whether every page so far was what its checksum says.
    holds: bool,
}

impl Walk {
    fn begin(header: &[u8; HEADER]) -> Option<Walk> {
        let magic = word(header, 0);
        let page_bytes = word(header, 8) as usize;
        if magic & !1 != 0x377f_0682 || !(512..=65_536).contains(&page_bytes) {
            return None;
        }
        let salt = header[16..24].try_into().expect("eight bytes");
        let mut walk = Walk { page_bytes, salt, sums: (0, 0), big_endian: magic & 1 == 1, holds: true };
        walk.add(&header[..24]);
        (walk.sums == (word(header, 24), word(header, 28))).then_some(walk)
    }

    /// Takes one page in; says whether it and all before it are what was written.
    fn follows(&mut self, frame: &[u8]) -> bool {
        self.add(&frame[..8]);
        self.add(&frame[FRAME_HEADER..]);
        self.holds = self.holds && self.sums == (word(frame, 16), word(frame, 20));
        self.holds
    }

    fn add(&mut self, bytes: &[u8]) {
        let read = |at: &[u8]| {
            let at: [u8; 4] = at.try_into().expect("four bytes");
            if self.big_endian { u32::from_be_bytes(at) } else { u32::from_le_bytes(at) }
        };
        let (mut first, mut second) = self.sums;
        for pair in bytes.chunks_exact(8) {
            first = first.wrapping_add(read(&pair[..4])).wrapping_add(second);
            second = second.wrapping_add(read(&pair[4..])).wrapping_add(first);
        }
        self.sums = (first, second);
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}
