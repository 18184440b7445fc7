//! What a run did, by two witnesses that know nothing of each other: the file to which its steps append, and the
//! journal. Both must say that every step ran once, with the code and the output that are its own.

use std::collections::BTreeMap;
use std::fmt::Write;

use rollout::engine::{Answer, Event, FaultKind, Outcome};
use rollout::journal::{Reader, verify};
use rollout::plan::NodeKind;

use crate::stage::Stage;

/// Returns a rollout with so many steps, `at_once` side by side; each appends its number, takes a while, and ends with
/// a code of its own.
pub fn rollout(steps: u32, at_once: u32, takes: &str) -> String {
    let mut text = String::from("fleet all {\n");
    for step in 0..steps {
        let _ = writeln!(text, "  target t{step} {{ number = {step}, code = {} }}", code(step));
    }
    let run =
        format!(r#"echo ${{host.number}} >> log.txt; sleep {takes}; echo out ${{host.number}}; exit ${{host.code}}"#);
    let _ = writeln!(text, "}}\nrollout once {{\n  stage only {{\n    for host in all {{");
    let _ = writeln!(text, "      at_once = {at_once}\n      run \"{run}\" {{ accept = [0, 1, 2, 3, 4, 5, 6] }}");
    text.push_str("    }\n  }\n}\n");
    text
}

fn code(step: u32) -> u32 {
    step % 7
}

/// Holds the newest run of a stage against what was to happen; `what` names it where something is wrong.
pub fn hold(stage: &Stage, steps: u32, what: &str) {
    let log = stage.read("log.txt");
    let mut times: BTreeMap<u32, u32> = (0..steps).map(|it| (it, 0)).collect();
    for line in log.lines() {
        *times.entry(line.parse().expect("a number")).or_default() += 1;
    }
    for (step, times) in &times {
        assert_eq!(*times, 1, "{what}: step {step} ran {times} times");
    }

    let reader = Reader::open(&stage.state().join("journal.db")).expect("it opens");
    let run = reader.newest().expect("it reads").expect("there is one");
    assert_eq!(run.outcome, Some(Outcome::Succeeded), "{what}");
    assert_eq!(verify(&reader, &run.id).expect("it is there").broken, None, "{what}");
    let plan = reader.plan(&run.plan).expect("it reads");
    let mut recorded: BTreeMap<u32, u32> = BTreeMap::new();
    for record in reader.records(Some(&run.id), 0, usize::MAX).expect("they read") {
        let Event::Answered { place, answer, .. } = &*record.event else { continue };
        assert!(matches!(plan.node(place.node).kind, NodeKind::Act(_)), "{what}");
        match answer {
            Answer::Done(done) => {
                let step = plan.target_index_of(*place).expect("every step has a target");
                assert_eq!(done.code, code(step) as i32, "{what}: step {step}");
                assert_eq!(done.stdout, format!("out {step}"), "{what}: step {step}");
                *recorded.entry(step).or_default() += 1;
            }
            // It had no supervisor yet, and was fenced; then it was begun anew.
            Answer::Fault(fault) if fault.kind == FaultKind::NotBegun => {}
            Answer::Fault(_) | Answer::Probed { .. } => panic!("{what}: {} answered {answer:?}", plan.path(*place)),
        }
    }
    assert_eq!(recorded, times, "{what}: every step has one result");
}
