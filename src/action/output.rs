//! What a process prints: masked, written to the log, shown live, and its end remembered. Bytes come in as they are;
//! only what is shown or remembered is made text.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::attempt::{Attempt, Live, Stream};
use super::mask::{Mask, Masking};
use super::supervise::turns;

/// A line longer than this is shown and logged in parts.
pub(super) const LINE_BYTES_MAX: usize = 16 << 10;
/// How much of the end of standard output is remembered.
pub(super) const KEPT_BYTES_MAX: usize = 64 << 10;
const LAST_LINE_CHARS_MAX: usize = 200;

/// The log of one attempt, which comes to be with its first byte.
pub(super) struct Log<'a> {
    path: &'a Path,
    file: Option<File>,
    left: u64,
    limit: u64,
    state: LogState,
    turns: Option<Turns<'a>>,
}

/// Where the log changes from one of the mouths to the other, for whoever shows it while it grows. A log that says
/// nothing of this is standard output throughout.
struct Turns<'a> {
    log: &'a Path,
    at: u64,
    stream: Stream,
}

#[derive(PartialEq, Eq)]
enum LogState {
    Open,
    Full,
    /// It could not be written; the step goes on without it.
    Lost,
}

impl<'a> Log<'a> {
    pub(super) fn new(attempt: &'a Attempt) -> Log<'a> {
        let limit = attempt.log_limit_bytes;
        Log { path: &attempt.log, file: None, left: limit, limit, state: LogState::Open, turns: None }
    }

    /// A log beside which it is noted who speaks.
    pub(super) fn noting_turns(attempt: &'a Attempt) -> Log<'a> {
        let turns = Turns { log: &attempt.log, at: 0, stream: Stream::Stdout };
        Log { turns: Some(turns), ..Log::new(attempt) }
    }

    /// Writes what one of the mouths has said.
    fn hear(&mut self, stream: Stream, bytes: &[u8]) {
        // Noted first, so that whoever has read the bytes finds whose they are.
        if let Some(turns) = self.turns.as_mut().filter(|it| self.state == LogState::Open && it.stream != stream)
            && let Err(error) = turns.turn(stream)
        {
            tracing::warn!(%error, "who speaks in a log could not be noted");
        }
        self.write(bytes);
    }

    fn write(&mut self, bytes: &[u8]) {
        if self.state != LogState::Open {
            return;
        }
        let fits = bytes.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.append(&bytes[..fits]);
        self.left -= fits as u64;
        if fits < bytes.len() {
            let limit = self.limit;
            self.append(
                format!("\n[rollout: the output is longer than {limit} bytes; the rest is not kept]\n").as_bytes(),
            );
            self.state = LogState::Full;
        }
    }

    /// Adds a remark of our own.
    pub(super) fn remark(&mut self, text: &str) {
        if self.state == LogState::Open {
            self.append(format!("[rollout: {text}]\n").as_bytes());
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        let opened = match self.file.as_mut() {
            Some(file) => Ok(file),
            None => open(self.path).map(|file| self.file.insert(file)),
        };
        if let Err(error) = opened.and_then(|file| file.write_all(bytes)) {
            tracing::warn!(path = %self.path.display(), %error, "the log of a step could not be written");
            self.state = LogState::Lost;
        }
        if let Some(turns) = &mut self.turns {
            turns.at += bytes.len() as u64;
        }
    }
}

impl Turns<'_> {
    fn turn(&mut self, stream: Stream) -> std::io::Result<()> {
        let name = match stream {
            Stream::Stdout => "out",
            Stream::Stderr => "err",
        };
        open(&turns(self.log))?.write_all(format!("{} {name}\n", self.at).as_bytes())?;
        self.stream = stream;
        Ok(())
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true).mode(0o600);
    match options.open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            path.parent().map(std::fs::create_dir_all).transpose()?;
            options.open(path)
        }
        opened => opened,
    }
}

/// One of the two mouths of a process.
pub(super) struct Mouth<'a> {
    stream: Stream,
    masking: Masking<'a>,
    /// What has come of the current line.
    line: Vec<u8>,
    /// Whether what was handed on last did not end its line.
    is_open: bool,
    /// The end of what was printed; at most twice what is kept.
    end: Vec<u8>,
    last_line: String,
}

impl<'a> Mouth<'a> {
    pub(super) fn new(stream: Stream, mask: &'a Mask) -> Mouth<'a> {
        Mouth {
            stream,
            masking: Masking::new(mask),
            line: Vec::new(),
            is_open: false,
            end: Vec::new(),
            last_line: String::new(),
        }
    }

    /// Takes the next bytes.
    pub(super) fn hear(&mut self, bytes: &[u8], log: &mut Log, live: &dyn Live, step: &str) {
        let Mouth { masking, line, .. } = self;
        masking.feed(bytes, &mut |safe| line.extend_from_slice(safe));
        self.tell(log, live, step);
    }

    /// Hands on what is left, since nothing follows.
    pub(super) fn close(&mut self, log: &mut Log, live: &dyn Live, step: &str) {
        let Mouth { masking, line, .. } = self;
        masking.finish(&mut |safe| line.extend_from_slice(safe));
        self.tell(log, live, step);
        if !self.line.is_empty() {
            self.tell_lines(self.line.len(), log, live, step);
        }
        if self.is_open {
            // What the log says next begins on a line of its own.
            log.hear(self.stream, b"\n");
        }
    }

    /// Hands on the lines that are whole, or too long to wait for.
    fn tell(&mut self, log: &mut Log, live: &dyn Live, step: &str) {
        let whole = self.line.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let ready = if self.line.len() - whole > LINE_BYTES_MAX { self.line.len() } else { whole };
        if ready > 0 {
            self.tell_lines(ready, log, live, step);
        }
    }

    fn tell_lines(&mut self, length: usize, log: &mut Log, live: &dyn Live, step: &str) {
        let lines = &self.line[..length];
        self.is_open = !lines.ends_with(b"\n");
        log.hear(self.stream, lines);
        for line in lines.strip_suffix(b"\n").unwrap_or(lines).split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            for part in parts(line) {
                live.line(step, self.stream, &part);
            }
        }
        match self.stream {
            Stream::Stdout => {
                self.end.extend_from_slice(lines);
                if self.end.len() > 2 * KEPT_BYTES_MAX {
                    self.end.drain(..self.end.len() - KEPT_BYTES_MAX);
                }
            }
            Stream::Stderr => self.last_line = last_line(lines).unwrap_or_else(|| std::mem::take(&mut self.last_line)),
        }
        self.line.drain(..length);
    }

    /// Returns the end of what was printed, without its final newline.
    pub(super) fn kept(&self) -> String {
        kept(&self.end)
    }

    /// Returns the last line that says anything.
    pub(super) fn last_line(&self) -> &str {
        &self.last_line
    }
}

/// Returns a line as text, in parts where it is very long.
pub(super) fn parts(line: &[u8]) -> impl Iterator<Item = Cow<'_, str>> {
    // An empty line is one part as well.
    let empty = line.is_empty().then_some(Cow::Borrowed(""));
    empty.into_iter().chain(line.chunks(LINE_BYTES_MAX).map(String::from_utf8_lossy))
}

fn last_line(lines: &[u8]) -> Option<String> {
    let end = &lines[lines.len().saturating_sub(LINE_BYTES_MAX)..];
    let text = String::from_utf8_lossy(end);
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    Some(line.chars().filter(|char| !char.is_control()).take(LAST_LINE_CHARS_MAX).collect())
}

/// Returns the last of some bytes as text of at most 64 KiB, without its final newline.
fn kept(bytes: &[u8]) -> String {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let mut text = String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(KEPT_BYTES_MAX)..]).into_owned();
    // What is no text takes more room once it is shown as such.
    let mut from = text.len().saturating_sub(KEPT_BYTES_MAX);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text.drain(..from);
    text
}
