//! `rollout audit`: whether the record of a run is still what was written, who did what when and why, and signed heads
//! to keep elsewhere. Needs nobody else and no network.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::{Value as Json, json};

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::palette::Paint;
use super::settle::{reader, run_to_see, state_folder};
use crate::journal::{Audit, JournalError, Reader, Record, Seal, Verifier, audit, audit_file, read_head};
use crate::plan::Plan;
use crate::value::At;
use crate::view::{Board, EventFacts, line, public_event};

/// Verify the record of a run, and show who did what, when and why
#[derive(Debug, Args)]
pub struct Arguments {
    /// The run; the newest when unnamed
    run: Option<String>,
    /// Verify all runs, and the journal as a file
    #[arg(long, conflicts_with_all = ["run", "export", "against"])]
    all: bool,
    /// Write the signed end of the record to a file, to be kept elsewhere; `-` prints it
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Hold the record against a signed end that was kept elsewhere
    #[arg(long, value_name = "FILE")]
    against: Vec<PathBuf>,
    /// The public key to trust, or a file with it [default: that of the state folder]
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
}

pub fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let folder = state_folder(context.globals)?;
    let reader = reader(&folder)?;
    let seal = Seal::existing(&folder.journal());
    let trusted = match &arguments.key {
        Some(key) => Some(read_key(key)?),
        None => seal.as_ref().map(Seal::verifier),
    };
    if arguments.all {
        return all(context, &reader, trusted.as_ref());
    }
    let run = match (&arguments.run, &arguments.against[..]) {
        (None, [kept, ..]) => read_kept(kept)?.1,
        (named, _) => run_to_see(&reader, named.as_deref())?.id.to_string(),
    };
    let mut audited = match audit(&reader, &run, trusted.as_ref()) {
        Ok(audited) => audited,
        Err(JournalError::NoSuchRun { run }) if !arguments.against.is_empty() => {
            let message = format!("the journal holds no run `{run}`, of which there is a signed end");
            return Err(Failure::usage(message).hint("It was replaced or cut short.").exit(Exit::Findings));
        }
        Err(error) => return Err(error.into()),
    };
    for kept in &arguments.against {
        let found = compare(&reader, &audited, kept, trusted.as_ref())?;
        audited.findings.extend(found);
    }
    show(context, &reader, &audited)?;
    if let Some(file) = arguments.export.as_ref().filter(|_| audited.is_clean()) {
        export(context, seal.as_ref(), &audited, file)?;
    }
    Ok(if audited.is_clean() { Exit::Done } else { Exit::Findings })
}

fn read_key(key: &str) -> Result<Verifier, Failure> {
    let text = if Path::new(key).is_file() { fs::read_to_string(key)? } else { key.to_owned() };
    Verifier::parse(&text).map_err(|error| Failure::usage(format!("`{key}`: {error}")))
}

/// Reads a signed end; returns its text and its run.
fn read_kept(path: &Path) -> Result<(String, String), Failure> {
    let failed = |why: String| Failure::usage(format!("could not read `{}`: {why}", path.display()));
    let note = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let head = read_head(&note).ok_or_else(|| failed("it is no signed end of a record".to_owned()))?;
    Ok((note, head.run.to_string()))
}

/// Holds a record against a signed end that was kept elsewhere; returns what does not fit.
fn compare(
    reader: &Reader,
    audited: &Audit,
    kept: &Path,
    trusted: Option<&Verifier>,
) -> Result<Option<String>, Failure> {
    let (note, run) = read_kept(kept)?;
    let name = kept.display();
    let own = audited.signer.as_deref().and_then(|it| Verifier::parse(it).ok());
    let Some(verifier) = trusted.or(own.as_ref()) else {
        return Ok(Some(format!("`{name}`: there is no key to check its signature with: say `--key`")));
    };
    let head = match verifier.open(&note) {
        Ok(head) => head,
        Err(error) => return Ok(Some(format!("`{name}`: {error}"))),
    };
    if head.run != audited.run {
        return Ok(Some(format!("`{name}` is of run `{run}`")));
    }
    Ok(match reader.link_at(&head.run, head.number)? {
        None => Some(format!("`{name}`: record {} was there at {}, and is gone", head.number, head.at)),
        Some(link) if link != head.hash => {
            Some(format!("`{name}`: record {} is not the one that was there at {}", head.number, head.at))
        }
        Some(_) => None,
    })
}

fn export(context: &Context, seal: Option<&Seal>, audited: &Audit, file: &Path) -> Result<(), Failure> {
    let Some(seal) = seal else {
        return Err(Failure::usage("the signing key of this folder cannot be read")
            .hint("Its owner can: the key is nobody else's."));
    };
    let note = seal.sign(&audited.run, audited.records, audited.head, now());
    if file == Path::new("-") {
        context.terminal.result(note.trim_end());
        return Ok(());
    }
    fs::write(file, note).map_err(|error| Failure::usage(format!("could not write `{}`: {error}", file.display())))?;
    context.terminal.say(&format!("The signed end is in `{}`: keep it elsewhere, with the key.", file.display()));
    Ok(())
}

fn now() -> At {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    At(since.as_millis() as i64)
}

fn all(context: &Context, reader: &Reader, trusted: Option<&Verifier>) -> Result<Exit, Failure> {
    let mut is_clean = true;
    for run in reader.runs()? {
        let audited = audit(reader, &run.id, trusted)?;
        is_clean &= audited.is_clean();
        if context.terminal.is_json() {
            context.terminal.result(&as_json(&audited, &[]).to_string());
        } else {
            tell(context, &audited, &format!("{}: ", audited.run));
        }
    }
    for finding in audit_file(reader)? {
        is_clean = false;
        if context.terminal.is_json() {
            context.terminal.result(&json!({ "finding": finding }).to_string());
        } else {
            context.terminal.result(&context.terminal.painted(Paint::Bad, &format!("The journal: {finding}.")));
        }
    }
    Ok(if is_clean { Exit::Done } else { Exit::Findings })
}

fn show(context: &Context, reader: &Reader, audited: &Audit) -> Result<(), Failure> {
    // Without its plan a record has no names to show.
    let plan = reader.run(&audited.run).and_then(|it| reader.plan(&it.plan)).ok().map(Arc::new);
    let records = readable(reader, audited);
    if context.terminal.is_json() {
        let acts: Vec<Json> = plan.iter().flat_map(|plan| records.iter().filter_map(|it| act(plan, it))).collect();
        context.terminal.result(&as_json(audited, &acts).to_string());
        return Ok(());
    }
    if let Some(plan) = plan {
        let mut board = Board::new(plan);
        for record in &records {
            board.hear(record.at, &record.event);
            let Some(line) = line(&board, record.at, &record.event) else { continue };
            let head = context.terminal.painted(Paint::Quiet, &format!("{:>6} {}", record.number, record.at));
            context.terminal.result(&format!("{head} {}", line.text));
        }
    }
    tell(context, audited, "");
    Ok(())
}

/// The records that hold; a chain is broken from one on.
fn readable(reader: &Reader, audited: &Audit) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    let mut after = 0;
    while (records.len() as u64) < audited.records {
        let limit = (audited.records - records.len() as u64).min(1024) as usize;
        let Ok(page) = reader.records(Some(&audited.run), after, limit) else { break };
        let Some(last) = page.last() else { break };
        after = last.seq;
        records.extend(page);
    }
    records
}

fn tell(context: &Context, audited: &Audit, whose: &str) {
    let terminal = context.terminal;
    match &audited.broken {
        None => terminal.result(&format!("{whose}{} records, the chain is whole: {}.", audited.records, audited.head)),
        Some(broken) => {
            let text = format!(
                "{whose}record {} (position {}) does not hold: {}. {} records before it do.",
                broken.number, broken.seq, broken.why, audited.records
            );
            terminal.result(&terminal.painted(Paint::Bad, &text));
        }
    }
    match (&audited.signer, audited.signed.last()) {
        (None, _) => terminal.result(&format!("{whose}nothing of it is signed: an earlier version wrote it.")),
        (Some(_), None) => terminal.result(&format!("{whose}nothing of it is signed yet.")),
        (Some(signer), Some(last)) => {
            let count = audited.signed.len();
            terminal.result(&format!("{whose}signed {count} times, up to record {}, with {signer}.", last.number));
        }
    }
    for finding in &audited.findings {
        terminal.result(&terminal.painted(Paint::Bad, &format!("{whose}{finding}.")));
    }
}

/// Somebody's act, for programs; none for what happened by itself.
fn act(plan: &Plan, record: &Record) -> Option<Json> {
    let hash = record.hash.to_string();
    let facts = EventFacts { seq: record.seq, run: &record.run, at: record.at, hash: &hash };
    let event = public_event(plan, facts, &record.event);
    if event.text("by").is_empty() {
        return None;
    }
    let mut act: serde_json::Map<String, Json> =
        event.fields().map(|(name, value)| (name.to_owned(), value.clone())).collect();
    act.insert("number".to_owned(), record.number.into());
    Some(Json::Object(act))
}

fn as_json(audited: &Audit, acts: &[Json]) -> Json {
    let broken = audited.broken.as_ref().map(|it| json!({"seq": it.seq, "number": it.number, "why": it.why}));
    let signed: Vec<Json> =
        audited.signed.iter().map(|it| json!({"number": it.number, "hash": it.hash, "at": it.at})).collect();
    json!({
        "version": 1,
        "run": audited.run,
        "clean": audited.is_clean(),
        "records": audited.records,
        "head": audited.head,
        "broken": broken,
        "signer": audited.signer,
        "signed": signed,
        "findings": audited.findings,
        "acts": acts,
    })
}
