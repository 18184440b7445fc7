//! A gate as a person calls it: its name, its arguments, and the targets that it is about. Knows no past and no plan.

use super::disk::Disk;
use super::failure::Failure;
use super::window_name::{listed, parted, targets};
use crate::diag::nearest;
use crate::model::{Gate, Program};
use crate::value::{Target, Type};

/// What stands for every target of every fleet.
const ALL: &str = "*";

/// A gate as it is called.
pub struct GateCall {
    /// As a person would write it.
    pub shown: String,
    /// As the language does, with `subject` for the target.
    pub text: String,
    pub about: Option<Target>,
}

/// Reads a call of a gate: once for each target where targets are named, else as it is written.
///
/// # Errors
/// A failure for a person where the program has no such gate or target, or the call does not fit the gate.
pub fn gate_calls(program: &Program, called: &str, named: &[String], disk: &Disk) -> Result<Vec<GateCall>, Failure> {
    let (name, words) = parted(called)?;
    let gate = gate_named(program, name)?;
    if named.is_empty() {
        return Ok(vec![gate_call(program, (name, gate), None, &words, disk)?]);
    }
    if gate.params.iter().all(|it| it.of != Type::Target) {
        return Err(Failure::usage(format!("`{name}` is about no target")).hint("Leave `--target` away."));
    }
    let about = targets_named(program, named, disk)?;
    about.into_iter().map(|it| gate_call(program, (name, gate), Some(it), &words, disk)).collect()
}

fn gate_call(
    program: &Program,
    (name, gate): (&str, &Gate),
    given: Option<Target>,
    words: &[&str],
    disk: &Disk,
) -> Result<GateCall, Failure> {
    let mut words = words.iter();
    let (mut about, mut texts, mut shown): (Option<Target>, Vec<String>, Vec<String>) = (None, Vec::new(), Vec::new());
    for param in &gate.params {
        let is_target = param.of == Type::Target;
        if is_target && about.is_some() {
            return Err(Failure::usage(format!("`{name}` is about several targets, and one can be looked at")));
        }
        let target = if is_target { given.clone() } else { None };
        match (target, words.len()) {
            (Some(target), _) => {
                texts.push("subject".to_owned());
                shown.push(target.name.to_string());
                about = Some(target);
            }
            (None, 0) if param.default.is_some() => break,
            (None, 0) => return Err(missing(program, gate, is_target, disk)),
            (None, _) => {
                let word = words.next().expect("there is one more");
                shown.push((*word).to_owned());
                if is_target {
                    about = Some(target_named(program, word, disk)?);
                    texts.push("subject".to_owned());
                } else {
                    texts.push((*word).to_owned());
                }
            }
        }
    }
    if let Some(stray) = words.next() {
        return Err(Failure::usage(format!("`{name}` takes no `{stray}`")));
    }
    let call = |arguments: &[String]| match arguments {
        [] => name.to_owned(),
        some => format!("{name}({})", some.join(", ")),
    };
    Ok(GateCall { shown: call(&shown), text: call(&texts), about })
}

/// Returns the targets that are meant, each once: one by its name, all of a fleet by the fleet's, all there are by `*`.
fn targets_named(program: &Program, named: &[String], disk: &Disk) -> Result<Vec<Target>, Failure> {
    let all = targets(program, disk)?;
    let mut meant: Vec<Target> = Vec::new();
    for name in named {
        let of_fleet = all.iter().filter(|it| name == ALL || it.fleet == *name);
        let mut found: Vec<Target> = of_fleet.cloned().collect();
        if found.is_empty() {
            found.push(target_named(program, name, disk)?);
        }
        for target in found {
            if !meant.iter().any(|it| it.name == target.name) {
                meant.push(target);
            }
        }
    }
    Ok(meant)
}

fn gate_named<'p>(program: &'p Program, name: &str) -> Result<&'p Gate, Failure> {
    let own = name.rsplit('.').next().unwrap_or(name);
    if let Some(gate) = program.gates.iter().find(|it| it.name == own) {
        return Ok(gate);
    }
    let names = program.gates.iter().map(|it| it.name.as_str());
    let hint = match nearest(own, names.clone()) {
        Some(near) => format!("Did you mean `{near}`?"),
        None if program.gates.is_empty() => "Declare one: `gate healthy { require error_rate < 1% }`.".to_owned(),
        None => listed(names),
    };
    Err(Failure::usage(format!("no gate is named `{name}`")).hint(hint))
}

fn target_named(program: &Program, name: &str, disk: &Disk) -> Result<Target, Failure> {
    let all = targets(program, disk)?;
    if let Some(target) = all.iter().find(|it| it.name == name) {
        return Ok(target.clone());
    }
    let hint = match nearest(name, all.iter().map(|it| it.name.as_str())) {
        Some(near) => format!("Did you mean `{near}`?"),
        None => listed(all.iter().map(|it| it.name.as_str())),
    };
    Err(Failure::usage(format!("no fleet has a target `{name}`")).hint(hint))
}

fn missing(program: &Program, gate: &Gate, is_target: bool, disk: &Disk) -> Failure {
    let message = format!("`{}` depends on {}", gate.name, if is_target { "a target" } else { "more than that" });
    let first = targets(program, disk).unwrap_or_default().into_iter().next();
    let example = first.map_or_else(|| "…".to_owned(), |it| it.name.to_string());
    Failure::usage(message).hint(format!("Say it: `--gate '{}({example})'`.", gate.name))
}
