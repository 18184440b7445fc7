//! Inputs that nobody would write: texts, events, plans, signed ends and whole journals, cut, spliced and bent in ways
//! that a seed decides, so that what is found is found again. No panic, nothing longer than a second, memory bounded.
//!
//! A corpus of what was once written by people or by the program is bent, rather than noise made: noise does not come
//! past the first byte. `ROLLOUT_FUZZ_SECONDS=600` looks for longer.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rollout::check::check;
use rollout::journal::{
    Reader, Seal, Sqlite, Verifier, audit, audit_file, read_body, read_deep, read_head, torn_tail, verify,
};
use rollout::plan::Plan;
use rollout::source::{MemoryWorld, Source, SourceId};
use rollout::syntax::parse;

/// No input may take longer.
const LONGEST: Duration = Duration::from_secs(1);
/// Debug builds are some twenty times slower than what is shipped, and the machine may be busy.
const SLACK: u32 = if cfg!(debug_assertions) { 5 } else { 1 };

fn seconds() -> Duration {
    let wanted = std::env::var("ROLLOUT_FUZZ_SECONDS").ok().and_then(|it| it.parse().ok());
    Duration::from_secs(wanted.unwrap_or(6))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files beneath a folder that end so.
fn files(folder: &str, ending: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(folder).expect("it reads").map(|it| it.expect("an entry").path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == ending) {
                found.push(fs::read(path).expect("it reads"));
            }
        }
    }
    found
}

/// Bends inputs of a corpus for a while, and hands each to a test; returns how many there were.
fn bend(seed: u64, corpus: &[Vec<u8>], words: &[&str], mut test: impl FnMut(&[u8])) -> u32 {
    assert!(corpus.len() > 3, "only {} inputs to begin with", corpus.len());
    let mut luck = fastrand::Rng::with_seed(seed);
    let until = Instant::now() + seconds();
    let memory = resident_bytes();
    let mut tried = 0;
    while Instant::now() < until {
        let input = bent(&mut luck, corpus, words);
        let clock = Instant::now();
        // A panic shows its input: the seed and the number would do, but this is quicker to read.
        let survived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| test(&input)));
        assert!(survived.is_ok(), "input {tried} of seed {seed}: {:?}", String::from_utf8_lossy(&input));
        let took = clock.elapsed();
        assert!(
            took < LONGEST * SLACK,
            "input {tried} of seed {seed} took {took:?}: {:?}",
            String::from_utf8_lossy(&input)
        );
        tried += 1;
    }
    let grown = resident_bytes().saturating_sub(memory);
    println!("{tried} inputs, {} MiB more memory", grown >> 20);
    assert!(grown < 256 << 20, "{} MiB more memory after {tried} inputs", grown >> 20);
    tried
}

fn bent(luck: &mut fastrand::Rng, corpus: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut input = luck.choice(corpus).expect("it is not empty").clone();
    for _ in 0..luck.u32(1..6) {
        let at = luck.usize(..=input.len());
        let until = luck.usize(at..=input.len().min(at + 64));
        match luck.u8(..8) {
            0 if !input.is_empty() => {
                let byte = luck.usize(..input.len());
                input[byte] ^= 1 << luck.u8(..8);
            }
            1 => drop(input.splice(at..until, [])),
            2 => {
                let part = input[at..until].to_vec();
                let times = luck.usize(1..40);
                drop(input.splice(at..at, part.repeat(times)));
            }
            3 => {
                let other = luck.choice(corpus).expect("it is not empty");
                let from = luck.usize(..=other.len());
                let to = luck.usize(from..=other.len().min(from + 256));
                drop(input.splice(at..until, other[from..to].iter().copied()));
            }
            4 => input.truncate(at),
            5 => {
                let bytes: Vec<u8> = (0..luck.usize(1..9)).map(|_| luck.u8(..)).collect();
                drop(input.splice(at..until, bytes));
            }
            _ => {
                let word = luck.choice(words).expect("there are words");
                drop(input.splice(at..until, word.bytes()));
            }
        }
    }
    input
}

fn resident_bytes() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").expect("linux");
    let pages: usize = statm.split(' ').nth(1).and_then(|it| it.parse().ok()).expect("a number");
    pages * 4096
}

const WORDS: [&str; 24] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "\"\"\"",
    "${",
    "}${",
    "\\",
    "#",
    "##",
    "=",
    "rollout",
    "stage",
    "10%",
    "1h",
    "\u{202e}",
    "\u{feff}",
    "\0",
    "\r\n",
    "99999999999999999999",
    "r\"",
];

#[test]
fn no_text_breaks_the_parser_or_the_checker() {
    let mut corpus = files("tests/lang", "rollout");
    corpus.extend(files("examples", "rollout"));
    corpus.extend(files("tests/fuzz", "rollout"));
    let tried = bend(1, &corpus, &WORDS, |input| {
        let text = String::from_utf8_lossy(input);
        drop(parse(&Source::new(SourceId(0), "bent.rollout", text.as_ref())));
        drop(check(&MemoryWorld::default().with("bent.rollout", &text), "bent.rollout"));
    });
    assert!(tried > 100, "only {tried} inputs");
}

const JSON: [&str; 14] = [
    "{",
    "}",
    "[",
    "]",
    "null",
    "true",
    "-1",
    "1e999",
    "18446744073709551616",
    "\"type\":",
    "\\u0000",
    "\"\"",
    ",",
    "\\ud800",
];

#[test]
fn no_text_breaks_the_decoder_of_events_and_plans() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut corpus = Vec::new();
    for (number, database) in files("tests/journals", "db").into_iter().enumerate() {
        let path = folder.path().join(format!("{number}.db"));
        fs::write(&path, database).expect("it writes");
        let reader = Reader::open(&path).expect("it opens");
        corpus.extend(reader.stored(None, 0, usize::MAX).expect("they read").into_iter().map(|it| it.body));
        for run in reader.runs().expect("they read") {
            corpus.push(reader.plan_body(&run.plan).expect("it is there"));
        }
    }
    let tried = bend(2, &corpus, &JSON, |input| {
        if let Ok(event) = read_body(input) {
            let written = serde_json::to_string(&event).expect("plain data");
            assert!(read_body(written.as_bytes()).is_ok(), "what was read cannot be read again");
        }
        drop(read_deep::<Plan>(input));
    });
    assert!(tried > 1000, "only {tried} inputs");
}

#[test]
fn no_text_breaks_the_reader_of_signed_ends_and_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let seal = Seal::of(&folder.path().join("journal.db")).expect("it is made");
    let note = |number| seal.sign("20261121-aaaa", number, rollout::journal::Hash::of(b"x"), rollout::value::At(1));
    let corpus: Vec<Vec<u8>> =
        (1..5).map(|it| note(it).into_bytes()).chain([seal.verifier().to_string().into_bytes()]).collect();
    let whole: Vec<String> = (1..5).map(note).collect();
    let tried = bend(3, &corpus, &["\n", "\n\n", "\u{2014} rollout ", "=", "+", "rollout/"], |input| {
        let text = String::from_utf8_lossy(input);
        drop((read_head(&text), Verifier::parse(&text)));
        if seal.verifier().open(&text).is_ok() {
            let signed = text.split_once("\n\n").map(|it| it.0);
            assert!(whole.iter().any(|it| it.split_once("\n\n").map(|it| it.0) == signed), "forged: {text}");
        }
    });
    assert!(tried > 1000, "only {tried} inputs");
}

#[test]
fn no_file_breaks_the_reader_of_journals() {
    let folder = tempfile::tempdir().expect("a folder");
    let corpus = files("tests/journals", "db");
    let path = folder.path().join("journal.db");
    let tried = bend(4, &corpus, &["SQLite format 3\0", "\0\0\0\0", "\u{7f}\u{7f}"], |input| {
        let _ = fs::remove_file(folder.path().join("journal.db-wal"));
        let _ = fs::remove_file(folder.path().join("journal.db-shm"));
        fs::write(&path, input).expect("it writes");
        let Ok(reader) = Reader::open(&path) else { return };
        drop(audit_file(&reader));
        for run in reader.runs().unwrap_or_default() {
            drop((verify(&reader, &run.id), audit(&reader, &run.id, None)));
        }
        drop(reader);
        drop(Sqlite::open(&path));
    });
    assert!(tried > 30, "only {tried} inputs");
}

#[test]
fn no_log_breaks_the_look_at_its_tail() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("journal.db");
    let log = |pages: usize, magic: u8| {
        let mut bytes = vec![0x37, 0x7f, 0x06, magic, 0, 0x2d, 0xe2, 0x18, 0, 0, 0x10, 0];
        bytes.resize(32 + pages * 4120, 3);
        bytes
    };
    let corpus = [log(0, 0x82), log(1, 0x82), log(3, 0x83), log(2, 0x82)];
    let tried = bend(5, &corpus, &["\0\0\u{10}\0", "\0\0\0\0"], |input| {
        fs::write(rollout::journal::log_path(&path), input).expect("it writes");
        torn_tail(&path).expect("it reads");
    });
    assert!(tried > 100, "only {tried} inputs");
}
