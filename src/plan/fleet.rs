//! A fleet that a command lists: from what it printed to targets.

use smol_str::SmolStr;

use crate::eval::{json_value, read_as};
use crate::model::Fleet;
use crate::source::{ReadFailure, World};
use crate::value::{Record, Target, Value};

/// Runs the command of a fleet and reads the JSON list that it prints: records with a `name` and labels.
///
/// # Errors
/// A sentence without a period when there is no such list.
pub fn from_command(world: &dyn World, argv: &[String], folder: &str, fleet: &Fleet) -> Result<Vec<Target>, String> {
    let shown = argv.join(" ");
    let text = world.command(argv, folder).map_err(|failure| match failure {
        ReadFailure::NotNow => format!("the fleet `{}` comes from a command, which is not run here", fleet.name),
        other => format!("`{shown}` did not list the fleet `{}`: {other}", fleet.name),
    })?;
    let value = json_value(&text).map_err(|message| format!("`{shown}` did not print JSON: {message}"))?;
    let Value::List(list) = value else { return Err(format!("`{shown}` did not print a list of records")) };
    let mut names = std::collections::BTreeSet::new();
    list.iter().enumerate().map(|(at, it)| target(it, at, fleet, &shown, &mut names)).collect()
}

fn target(
    value: &Value,
    at: usize,
    fleet: &Fleet,
    shown: &str,
    names: &mut std::collections::BTreeSet<SmolStr>,
) -> Result<Target, String> {
    let nth = at + 1;
    let Value::Record(record) = value else {
        return Err(format!("element {nth} of what `{shown}` printed is no record"));
    };
    let Some(name) = record.get("name").and_then(Value::as_text) else {
        return Err(format!("element {nth} of what `{shown}` printed has no `name`"));
    };
    if !names.insert(name.clone()) {
        return Err(format!("`{shown}` printed the target `{name}` twice"));
    }
    let mut labels = Record::new();
    for (key, value) in record.iter().filter(|(key, _)| *key != "name") {
        labels.insert(key.clone(), value.clone());
    }
    for label in &fleet.labels {
        let value = record.get(&label.name).filter(|it| !it.is_null());
        let value = match value {
            Some(value) => read_as(&value.to_string(), &label.of).map_err(|it| format!("target `{name}`: {it}"))?,
            None => return Err(format!("the target `{name}` that `{shown}` printed has no label `{}`", label.name)),
        };
        labels.insert(label.name.clone(), value);
    }
    Ok(Target { fleet: fleet.name.clone(), name: name.clone(), labels })
}
