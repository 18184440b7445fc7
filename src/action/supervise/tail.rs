//! What an attempt prints, as it is printed: read from its log as far as that was not shown yet, also by an earlier
//! engine. Never stops the command, and never loses a line that is in the log.

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::claim::Files;
use crate::action::attempt::{Live, Stream};
use crate::action::output::{LINE_BYTES_MAX, parts};

const READ_BYTES: usize = 64 << 10;

/// How far a log was shown.
pub(super) struct Tail<'a> {
    files: &'a Files,
    log: Option<File>,
    /// Where the next byte to read lies; what was shown before is read where that is first needed.
    at: Option<u64>,
    /// What has come of lines that have not ended, by stream.
    begun: [Vec<u8>; 2],
}

impl<'a> Tail<'a> {
    pub(super) fn new(files: &'a Files) -> Tail<'a> {
        Tail { files, log: None, at: None, begun: [Vec::new(), Vec::new()] }
    }

    /// Shows what has come, if anybody hears it.
    pub(super) fn show(&mut self, step: &str, live: &dyn Live) {
        if !live.is_heard() {
            return;
        }
        let at = self.at.unwrap_or_else(|| self.shown_before());
        self.at = Some(at);
        let mut bytes = vec![0; READ_BYTES];
        while let Some(count) = self.read(&mut bytes).filter(|count| *count > 0) {
            self.tell(&bytes[..count], step, live);
        }
        if self.at != Some(at) {
            let held = self.begun.iter().map(Vec::len).sum::<usize>() as u64;
            // Only for whoever comes after us; that a line is shown twice, should this not be written, does no harm.
            std::fs::write(self.files.shown(), (self.at.unwrap_or(0) - held).to_string()).ok();
        }
    }

    /// Shows what is left, since nothing follows.
    pub(super) fn close(&mut self, step: &str, live: &dyn Live) {
        self.show(step, live);
        for stream in [Stream::Stdout, Stream::Stderr] {
            let line = std::mem::take(&mut self.begun[stream as usize]);
            if !line.is_empty() {
                say(&line, stream, step, live);
            }
        }
    }

    fn shown_before(&self) -> u64 {
        std::fs::read_to_string(self.files.shown()).ok().and_then(|it| it.parse().ok()).unwrap_or(0)
    }

    fn read(&mut self, bytes: &mut [u8]) -> Option<usize> {
        if self.log.is_none() {
            self.log = File::open(self.files.log()).ok();
        }
        self.log.as_ref()?.read_at(bytes, self.at?).ok()
    }

    fn tell(&mut self, bytes: &[u8], step: &str, live: &dyn Live) {
        let from = self.at.expect("what was read has a place");
        let until = from + bytes.len() as u64;
        // Who speaks is noted before the bytes are written.
        let turns = turns(&std::fs::read_to_string(self.files.turns()).unwrap_or_default());
        let mut at = from;
        while at < until {
            let stream = turns.iter().rfind(|(turn, _)| *turn <= at).map_or(Stream::Stdout, |(_, stream)| *stream);
            let next = turns.iter().map(|(turn, _)| *turn).find(|turn| *turn > at).unwrap_or(until).min(until);
            let said = &bytes[(at - from) as usize..(next - from) as usize];
            self.hear(said, stream, step, live);
            at = next;
        }
        self.at = Some(until);
    }

    fn hear(&mut self, said: &[u8], stream: Stream, step: &str, live: &dyn Live) {
        let begun = &mut self.begun[stream as usize];
        begun.extend_from_slice(said);
        let whole = begun.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let ready = if begun.len() - whole > LINE_BYTES_MAX { begun.len() } else { whole };
        let lines: Vec<u8> = begun.drain(..ready).collect();
        if !lines.is_empty() {
            say(&lines, stream, step, live);
        }
    }
}

fn say(lines: &[u8], stream: Stream, step: &str, live: &dyn Live) {
    for line in lines.strip_suffix(b"\n").unwrap_or(lines).split(|byte| *byte == b'\n') {
        for part in parts(line.strip_suffix(b"\r").unwrap_or(line)) {
            live.line(step, stream, &part);
        }
    }
}

/// Reads where who begins to speak.
fn turns(text: &str) -> Vec<(u64, Stream)> {
    let turn = |line: &str| {
        let (at, name) = line.split_once(' ')?;
        let stream = match name {
            "out" => Stream::Stdout,
            "err" => Stream::Stderr,
            _ => return None,
        };
        Some((at.parse().ok()?, stream))
    };
    text.lines().filter_map(turn).collect()
}
