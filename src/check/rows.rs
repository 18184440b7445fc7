//! Targets as files list them: rows of texts with the line, or the name, that a person finds them by.

use std::collections::{BTreeMap, HashMap};

use indexmap::IndexMap;
use smol_str::SmolStr;

use crate::model::FleetId;
use crate::value::Type;

/// One target before its labels are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub name: String,
    /// How a person finds it: `line 3`.
    pub place: String,
    pub labels: Vec<(SmolStr, String)>,
}

/// The labels of each fleet, with their types.
#[derive(Debug, Default)]
pub(super) struct Labels {
    by_fleet: HashMap<FleetId, IndexMap<SmolStr, Type>>,
    all: BTreeMap<SmolStr, Type>,
    /// For each fleet that is chosen from others: these.
    chosen: HashMap<FleetId, Vec<FleetId>>,
    fleets: usize,
    /// Whether some fleet does not say which labels it has.
    open: bool,
}

impl Labels {
    /// Adds the labels of a fleet.
    pub fn add(&mut self, fleet: FleetId, labels: IndexMap<SmolStr, Type>, open: bool) {
        for (name, of) in &labels {
            let joined = match self.all.get(name) {
                Some(known) => known.join(of).unwrap_or(Type::Any),
                None => of.clone(),
            };
            self.all.insert(name.clone(), joined);
        }
        self.by_fleet.insert(fleet, labels);
        self.fleets += 1;
        self.open |= open;
    }

    /// Remembers from which fleets a fleet is chosen.
    pub fn choose(&mut self, fleet: FleetId, from: Vec<FleetId>) {
        self.chosen.insert(fleet, from);
    }

    /// Returns the fleets that list the targets of a fleet.
    pub fn chosen_from(&self, fleet: FleetId) -> Vec<FleetId> {
        self.chosen.get(&fleet).cloned().unwrap_or_else(|| vec![fleet])
    }

    /// Returns the type of a label of targets of these fleets, or of any fleet if none is named.
    pub fn find(&self, fleets: &[FleetId], label: &str) -> Option<Type> {
        if label == "name" {
            return Some(Type::Text);
        }
        let mut found: Option<Type> = None;
        for labels in fleets.iter().filter_map(|it| self.by_fleet.get(it)) {
            if let Some(of) = labels.get(label) {
                found = Some(found.map_or_else(|| of.clone(), |it| it.join(of).unwrap_or(Type::Any)));
            }
        }
        let known = if fleets.is_empty() { self.all.get(label).cloned() } else { found };
        known.or_else(|| (self.open || self.fleets == 0).then_some(Type::Any))
    }

    /// Returns the labels that targets of these fleets have.
    pub fn names(&self, fleets: &[FleetId]) -> Vec<SmolStr> {
        let own = fleets.iter().filter_map(|it| self.by_fleet.get(it)).flat_map(|it| it.keys().cloned());
        let mut names: Vec<SmolStr> =
            if fleets.is_empty() { self.all.keys().cloned().collect() } else { own.collect() };
        names.push(SmolStr::new("name"));
        names.sort();
        names.dedup();
        names
    }
}

/// How a file lists targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowFormat {
    Csv,
    Json,
    Yaml,
}

/// Reads the rows of a file.
///
/// # Errors
/// Sentences without a period that say where the file goes wrong.
pub(super) fn read_rows(format: RowFormat, text: &str) -> Result<Vec<Row>, String> {
    match format {
        RowFormat::Csv => read_csv(text),
        RowFormat::Json => {
            let value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
            read_value(value)
        }
        RowFormat::Yaml => {
            // `y` and `no` are labels like any other, not truths.
            let value = serde_saphyr::from_str_with_options(text, serde_saphyr::options! { strict_booleans: true })
                .map_err(|error| {
                    let message = error.to_string();
                    format!("it is not YAML: {}", message.lines().next().unwrap_or_default())
                })?;
            read_value(value)
        }
    }
}

fn read_csv(text: &str) -> Result<Vec<Row>, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers().map_err(|it| it.to_string())?.iter().map(str::to_owned).collect();
    let Some(name_at) = header.iter().position(|it| it == "name") else {
        return Err(format!("it has no column `name`; its columns are {}", header.join(", ")));
    };
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| csv_problem(&error, header.len()))?;
        let place = format!("line {}", record.position().map_or(0, csv::Position::line));
        let cells = header.iter().zip(record.iter()).enumerate().filter(|(at, _)| *at != name_at);
        let labels = cells.map(|(_, (label, cell))| (SmolStr::new(label), cell.to_owned())).collect();
        rows.push(Row { name: record[name_at].to_owned(), place, labels });
    }
    Ok(rows)
}

fn csv_problem(error: &csv::Error, columns: usize) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos: Some(pos), len, .. } => {
            format!("line {} has {len} cells, and there are {columns} columns", pos.line())
        }
        _ => error.to_string(),
    }
}

/// Reads a list of records with `name`, or a record of records by name.
fn read_value(value: serde_json::Value) -> Result<Vec<Row>, String> {
    let named: Vec<(Option<String>, serde_json::Value)> = match value {
        serde_json::Value::Array(list) => list.into_iter().map(|it| (None, it)).collect(),
        serde_json::Value::Object(map) => map.into_iter().map(|(name, it)| (Some(name), it)).collect(),
        _ => return Err("it holds neither a list nor a record of targets".to_owned()),
    };
    named.into_iter().enumerate().map(|(at, (name, value))| read_record(at, name, value)).collect()
}

fn read_record(at: usize, name: Option<String>, value: serde_json::Value) -> Result<Row, String> {
    let place = name.as_ref().map_or_else(|| format!("element {}", at + 1), |it| format!("`{it}`"));
    let fields = match value {
        serde_json::Value::Object(fields) => fields,
        serde_json::Value::Null if name.is_some() => serde_json::Map::new(),
        serde_json::Value::String(text) if name.is_none() => {
            return Ok(Row { name: text, place, labels: Vec::new() });
        }
        _ => return Err(format!("{place} is no record of labels")),
    };
    let mut labels = Vec::new();
    let mut found = name;
    for (key, value) in fields {
        let text = match value {
            serde_json::Value::Null => continue,
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        if key == "name" && found.is_none() {
            found = Some(text);
        } else if key != "name" {
            labels.push((SmolStr::new(key), text));
        }
    }
    let name = found.ok_or_else(|| format!("{place} has no `name`"))?;
    Ok(Row { name, place, labels })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_formats_say_the_same() {
        let csv = read_rows(RowFormat::Csv, "name,zone\na,x\nb,y\n").expect("it is CSV");
        let json =
            read_rows(RowFormat::Json, r#"[{"name":"a","zone":"x"},{"name":"b","zone":"y"}]"#).expect("it is JSON");
        let yaml = read_rows(RowFormat::Yaml, "a: { zone: x }\nb: { zone: y }\n").expect("it is YAML");
        let bare = |rows: &[Row]| rows.iter().map(|it| (it.name.clone(), it.labels.clone())).collect::<Vec<_>>();
        assert_eq!(bare(&csv), bare(&json));
        assert_eq!(bare(&csv), bare(&yaml));
        assert_eq!(csv[1].place, "line 3");
    }

    #[test]
    fn a_file_without_names_says_so() {
        assert!(read_rows(RowFormat::Csv, "site,zone\na,x\n").is_err_and(|it| it.contains("site, zone")));
        assert!(read_rows(RowFormat::Json, r#"[{"zone":"x"}]"#).is_err_and(|it| it.contains("element 1")));
    }
}
