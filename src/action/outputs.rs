//! The `key=value` lines that a command leaves in its output file. Knows nothing of what the keys mean.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;
use smol_str::SmolStr;

use super::mask::Mask;

const FILE_BYTES_MAX: u64 = 1 << 20;
const KEYS_MAX: usize = 256;

/// Reads the lines and removes the file. Returns a sentence for a person when they are not what they should be.
pub(super) fn read_outputs(path: &Path, mask: &Mask) -> Result<BTreeMap<SmolStr, String>, String> {
    // The command may have left anything here: a pipe would block, a link would lead elsewhere.
    let flags = OFlags::NONBLOCK | OFlags::NOFOLLOW;
    let file = match OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(format!("its output file could not be read: {error}")),
    };
    let text = read(file);
    // It may hold secrets, and what counts is in the answer. One that is left is overwritten by nobody: attempts differ.
    std::fs::remove_file(path).ok();
    parse(&text?, mask)
}

fn read(file: File) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("its output file could not be read: {error}");
    if !file.metadata().map_err(failed)?.is_file() {
        return Err("its output file is no regular file".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err("its output file is larger than 1 MiB".to_owned());
    }
    String::from_utf8(bytes).map_err(|_| "its output file is not UTF-8 text".to_owned())
}

fn parse(text: &str, mask: &Mask) -> Result<BTreeMap<SmolStr, String>, String> {
    let mut outputs = BTreeMap::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let parted = line.split_once('=').map(|(key, value)| (key.trim(), value));
        let Some((key, value)) = parted.filter(|(key, _)| is_key(key)) else {
            return Err(format!("line {} of its output file is not `key=value`", at + 1));
        };
        outputs.insert(SmolStr::new(key), mask.text(value));
        if outputs.len() > KEYS_MAX {
            return Err(format!("its output file has more than {KEYS_MAX} keys"));
        }
    }
    Ok(outputs)
}

fn is_key(key: &str) -> bool {
    key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && key.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_outputs_and_the_last_of_a_key_counts() {
        let outputs =
            parse("version=1.2\n\n url =a=b \nversion=2\nempty=\r\n", &Mask::new([])).expect("it is well formed");
        let expected = [("version", "2"), ("url", "a=b "), ("empty", "")];
        assert_eq!(outputs, expected.map(|(key, value)| (SmolStr::new(key), value.to_owned())).into());
    }

    #[test]
    fn what_is_no_output_is_named_by_its_line() {
        for text in ["a=1\nnonsense", "a=1\n=x", "a=1\n1a=x", "a=1\na b=x"] {
            assert_eq!(parse(text, &Mask::new([])), Err("line 2 of its output file is not `key=value`".to_owned()));
        }
    }
}
