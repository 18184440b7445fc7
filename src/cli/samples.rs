//! Columns of samples from CSV files: which column is meant, what a cell says, and on which line it says nothing.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};

use super::failure::Failure;
use crate::judge::SAMPLES_MAX;

const LIMIT_MIB: u64 = 256;

/// Cells in which nothing was measured, in small letters.
const MISSING: [&str; 4] = ["", "nan", "null", "na"];

/// Reads `FILE` or `FILE:COLUMN`. A column is named by its header or, from 1, by its place.
pub fn read_samples(word: &str) -> Result<Vec<f64>, Failure> {
    let (path, column) = split_column(word);
    let text = read(path)?;
    let reader =
        ReaderBuilder::new().has_headers(false).trim(Trim::All).comment(Some(b'#')).from_reader(text.as_bytes());
    let mut rows = Rows { path, text: &text, records: reader.into_records() };
    let Some(first) = rows.next()? else { return Ok(Vec::new()) };
    let Meant { place, by_name } = meant(&first, column, path)?;
    let mut samples = Vec::new();
    // A first row that is no number is the header.
    samples.extend(number(cell(&first, place)).filter(|_| !by_name));
    while let Some(record) = rows.next()? {
        samples.push(rows.sample(&record, place)?);
        if samples.len() > SAMPLES_MAX {
            let message = format!("`{path}` has more than {SAMPLES_MAX} samples");
            return Err(Failure::usage(message).hint("Take every second one, or a shorter time."));
        }
    }
    Ok(samples)
}

fn read(path: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let file = File::open(path).and_then(|file| file.take((LIMIT_MIB << 20) + 1).read_to_string(&mut text));
    match file {
        Err(error) => Err(Failure::usage(format!("could not read `{path}`: {error}"))),
        Ok(_) if text.len() as u64 > LIMIT_MIB << 20 => {
            Err(Failure::usage(format!("`{path}` is larger than {LIMIT_MIB} MiB")))
        }
        Ok(_) => Ok(text),
    }
}

/// Parts a file from its column. A file that is really called so is meant as it stands.
fn split_column(word: &str) -> (&str, Option<&str>) {
    match word.rsplit_once(':') {
        Some((path, column)) if !Path::new(word).exists() && !column.is_empty() => (path, Some(column)),
        Some(_) | None => (word, None),
    }
}

/// Which column is meant.
struct Meant {
    place: usize,
    by_name: bool,
}

fn meant(first: &StringRecord, column: Option<&str>, path: &str) -> Result<Meant, Failure> {
    let Some(column) = column else {
        return if first.len() == 1 { Ok(Meant { place: 0, by_name: false }) } else { Err(unnamed(first, path)) };
    };
    if let Some(place) = column.parse::<usize>().ok().filter(|it| (1..=first.len()).contains(it)) {
        return Ok(Meant { place: place - 1, by_name: false });
    }
    let place = first.iter().position(|it| it == column).ok_or_else(|| {
        let columns: Vec<String> = first.iter().map(|it| format!("`{it}`")).collect();
        let message = format!("`{path}` has no column `{column}`");
        Failure::usage(message).hint(format!("Its first line is {}.", columns.join(", ")))
    })?;
    Ok(Meant { place, by_name: true })
}

fn unnamed(first: &StringRecord, path: &str) -> Failure {
    let message = format!("`{path}` has {} columns", first.len());
    let example = first.iter().next_back().filter(|it| number(it).is_none()).unwrap_or("2");
    Failure::usage(message).hint(format!("Say which one is meant, as `{path}:{example}`."))
}

/// The rows of one file.
struct Rows<'a> {
    path: &'a str,
    text: &'a str,
    records: csv::StringRecordsIntoIter<&'a [u8]>,
}

impl Rows<'_> {
    fn next(&mut self) -> Result<Option<StringRecord>, Failure> {
        self.records.next().transpose().map_err(|error| self.unreadable(&error))
    }

    fn sample(&self, record: &StringRecord, place: usize) -> Result<f64, Failure> {
        let cell = cell(record, place);
        number(cell).ok_or_else(|| {
            let message = format!("`{}`, line {}: `{cell}` is no number", self.path, self.line(record.position()));
            Failure::usage(message)
                .hint("Write numbers as `0.25` or `2.5e-3`; leave a cell empty where nothing was measured.")
        })
    }

    fn unreadable(&self, error: &csv::Error) -> Failure {
        let csv::ErrorKind::UnequalLengths { expected_len, len, .. } = error.kind() else {
            return Failure::usage(format!("could not read `{}`: {error}", self.path));
        };
        let line = self.line(error.position());
        let what = format!("has {len} columns, and the first line has {expected_len}");
        Failure::usage(format!("`{}`, line {line} {what}", self.path))
    }

    /// Returns the line on which a row begins. The reader counts empty lines and remarks before it as part of it.
    fn line(&self, position: Option<&csv::Position>) -> u64 {
        let Some(position) = position else { return 1 };
        let rest = self.text.get(position.byte() as usize..).unwrap_or_default();
        let is_skipped = |line: &&str| line.trim_end_matches('\r').is_empty() || line.starts_with('#');
        position.line() + rest.split('\n').take_while(is_skipped).count() as u64
    }
}

fn cell(record: &StringRecord, place: usize) -> &str {
    record.get(place).unwrap_or_default()
}

/// Returns what a cell says; missing is `NaN`, and what says neither is none.
fn number(cell: &str) -> Option<f64> {
    if MISSING.contains(&cell.to_lowercase().as_str()) { Some(f64::NAN) } else { cell.parse().ok() }
}
