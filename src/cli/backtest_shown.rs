//! A gate that was looked back at, in words: for one target each stretch of one verdict, for several a row each; what knew
//! no past; and all of it as JSON.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::palette::Paint;
use super::terminal::Terminal;
use crate::engine::{Evidence, Truth};
use crate::report::{Backtest, Spell};
use crate::value::{Value, briefly, show_duration};

/// What was seen of a gate: for each target that was named, and what could not be seen.
#[derive(Default)]
pub struct LookedBack {
    pub backtests: Vec<Backtest>,
    /// Metrics and probes that know no past, with the reason.
    pub without_past: BTreeMap<String, &'static str>,
}

/// Returns all of it for programs.
pub fn document(gate: &str, looked: &LookedBack) -> Json {
    let without = looked.without_past.iter().map(|(name, why)| json!({ "name": name, "why": why }));
    let without = without.collect::<Vec<_>>();
    let mut document = match &looked.backtests[..] {
        [one] => of_one(one),
        many => json!({ "gate": gate, "targets": many.iter().map(of_one).collect::<Vec<_>>() }),
    };
    document["version"] = 1.into();
    document["without_past"] = without.into();
    document
}

fn of_one(backtest: &Backtest) -> Json {
    let spells = backtest.spells().into_iter().map(|it| {
        json!({ "from": it.from.to_string(), "to": it.to.to_string(), "truth": it.truth, "samples": it.samples,
                "evidence": it.because })
    });
    let traces = backtest.traces().into_iter().map(|it| {
        let shown = |it: &Option<Value>| it.as_ref().map(Value::to_string);
        let points = it.points.iter().map(|it| {
            json!({ "at": it.at.to_string(), "value": shown(&it.value), "bound": shown(&it.bound), "truth": it.truth })
        });
        json!({ "what": it.what, "points": points.collect::<Vec<_>>() })
    });
    json!({
        "gate": backtest.gate,
        "target": backtest.target,
        "from": backtest.from.to_string(),
        "to": backtest.to.to_string(),
        "every_ms": backtest.every_ms,
        "samples": backtest.samples.len(),
        "holds": backtest.count(Truth::Holds),
        "violated": backtest.count(Truth::Violated),
        "unknown": backtest.count(Truth::Unknown),
        "stretches": spells.collect::<Vec<_>>(),
        "lines": traces.collect::<Vec<_>>(),
    })
}

/// Shows it to a person.
pub fn show(terminal: &Terminal, gate: &str, looked: &LookedBack) {
    match &looked.backtests[..] {
        [one] => show_one(terminal, one),
        many => show_many(terminal, gate, many),
    }
    if !looked.without_past.is_empty() {
        terminal.result("");
    }
    for (name, why) in &looked.without_past {
        terminal.result(&format!("`{name}` was not known at any sample: {why}."));
    }
}

/// A row for each target: what it came to, and what was first against it.
fn show_many(terminal: &Terminal, gate: &str, all: &[Backtest]) {
    let Some(first) = all.first() else { return };
    let every = show_duration(first.every_ms);
    let (targets, fired) = (all.len(), all.iter().filter(|it| it.fired().next().is_some()).count());
    terminal.result(&format!("`{gate}` for {targets} targets from {} to {}, every {every}.", first.from, first.to));
    terminal.result(&match fired {
        0 => "It would not have fired for any of them.".to_owned(),
        fired => format!("It would have fired for {fired} of them."),
    });
    terminal.result("");
    let name = |it: &Backtest| it.target.as_ref().unwrap_or(&it.gate.as_str().into()).to_string();
    let width = all.iter().map(|it| name(it).len()).chain(["target".len()]).max().unwrap_or(0);
    let when = first.from.to_string().len();
    let head = format!("{:width$}  holds  violated  unknown  fired  {:when$}  because", "target", "first");
    terminal.result(&terminal.painted(Paint::Quiet, &head));
    for backtest in all {
        let [holds, violated, unknown] = [Truth::Holds, Truth::Violated, Truth::Unknown].map(|it| backtest.count(it));
        let spells = backtest.spells();
        let worst = spells.iter().find(|it| it.truth == Truth::Violated);
        let worst = worst.or_else(|| spells.iter().find(|it| it.truth == Truth::Unknown));
        let (at, why) = worst.map_or_else(Default::default, |it| (it.from.to_string(), because(&it.because)));
        let paint = worst.map_or(Paint::Good, |it| paint(it.truth));
        let name = terminal.painted(paint, &format!("{:width$}", name(backtest)));
        let fired = backtest.fired().count();
        let row = format!("{name}  {holds:>5}  {violated:>8}  {unknown:>7}  {fired:>5}  {at:when$}  {why}");
        terminal.result(row.trim_end());
    }
}

/// Every stretch of one verdict.
fn show_one(terminal: &Terminal, backtest: &Backtest) {
    let spells = backtest.spells();
    let fired: Vec<&Spell<'_>> = spells.iter().filter(|it| it.truth == Truth::Violated).collect();
    let every = show_duration(backtest.every_ms);
    terminal.result(&format!("`{}` from {} to {}, every {every}.", backtest.gate, backtest.from, backtest.to));
    terminal.result(&match &fired[..] {
        [] => "It would not have fired.".to_owned(),
        [once] => format!("It would have fired once, at {}.", once.from),
        [first, ..] => format!("It would have fired {} times, first at {}.", fired.len(), first.from),
    });
    let [holds, violated, unknown] = [Truth::Holds, Truth::Violated, Truth::Unknown].map(|it| backtest.count(it));
    let samples = backtest.samples.len();
    terminal
        .result(&format!("Of {samples} samples it held at {holds}, was violated at {violated}, unknown at {unknown}."));
    terminal.result("");
    let width = spells.iter().flat_map(|it| [it.from, it.to]).map(|it| it.to_string().len()).max().unwrap_or(0);
    let head = format!("{:width$}  {:width$}  verdict   samples  because", "from", "to");
    terminal.result(&terminal.painted(Paint::Quiet, &head));
    for spell in &spells {
        let (paint, verdict) = match spell.truth {
            Truth::Holds => (Paint::Good, "holds   "),
            Truth::Violated => (Paint::Bad, "violated"),
            Truth::Unknown => (Paint::Careful, "unknown "),
        };
        let (from, to) = (spell.from.to_string(), spell.to.to_string());
        let verdict = terminal.painted(paint, verdict);
        let because = if spell.truth == Truth::Holds { String::new() } else { because(&spell.because) };
        let row = format!("{from:width$}  {to:width$}  {verdict}  {:>7}  {because}", spell.samples);
        terminal.result(row.trim_end());
    }
}

fn paint(truth: Truth) -> Paint {
    match truth {
        Truth::Holds => Paint::Good,
        Truth::Violated => Paint::Bad,
        Truth::Unknown => Paint::Careful,
    }
}

/// How many lines of a gate a row of the table names.
const NAMED_MAX: usize = 3;

fn because(evidence: &[&Evidence]) -> String {
    let mut said: Vec<String> = evidence.iter().take(NAMED_MAX).map(|it| line(it)).collect();
    if evidence.len() > NAMED_MAX {
        said.push(format!("{} more", evidence.len() - NAMED_MAX));
    }
    said.join("; ")
}

fn line(evidence: &Evidence) -> String {
    match (&evidence.value, &evidence.bound) {
        (Some(value), Some(bound)) if evidence.truth != Truth::Unknown => {
            let (value, bound) = briefly(value, bound);
            format!("{}: {value} against {bound}", evidence.what)
        }
        _ if evidence.why.is_empty() => evidence.what.clone(),
        _ => format!("{}: {}", evidence.what, evidence.why),
    }
}
