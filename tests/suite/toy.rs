//! The smallest plan and the smallest history that are worth remembering.

use std::collections::{BTreeMap, BTreeSet};

use rollout::engine::{
    Answer, Cause, Done, Ending, Event, Evidence, Fault, FaultKind, KeptValue, Outcome, PauseReason, Person, Probed,
    RunStarted, Share, Truth, Waiting,
};
use rollout::model::OnFailure;
use rollout::plan::{Node, NodeId, NodeKind, Place, Plan, Slot, Space, SpaceId};
use rollout::source::{SourceId, Span};
use rollout::value::{At, Closing, Record, Value};

/// Returns a plan in which nothing happens.
pub fn plan(rollout: &str) -> Plan {
    let root = Node {
        parent: NodeId::ROOT,
        end: NodeId(1),
        space: SpaceId::ROOT,
        name: "".into(),
        kind: NodeKind::Rollout { on_failure: OnFailure::Rollback },
        children: Vec::new(),
        undo: None,
        when: None,
        during: None,
        binds: Vec::new(),
        undoable: false,
        captured: false,
        line: 1,
        span: Span::new(SourceId(0), 0, 0),
    };
    let mut plan = Plan {
        version: 1,
        rollout: rollout.into(),
        file: format!("{rollout}.rollout"),
        folder: "/srv/rollouts".to_owned(),
        inputs: Record::new(),
        profile: None,
        nodes: vec![root],
        spaces: vec![Space::root()],
        targets: Vec::new(),
        fleets: Vec::new(),
        probes: Vec::new(),
        metrics: Vec::new(),
        retain_ms: None,
        artifacts: None,
        strategies: Vec::new(),
        always: Vec::new(),
        periods: Vec::new(),
        thresholds: Vec::new(),
        routers: vec![],
        flags: vec![],
        channels: vec![],
        gates: Vec::new(),
        guards: BTreeMap::new(),
        namesakes: BTreeSet::new(),
        called: Vec::new(),
        before_guards: BTreeMap::new(),
        target_numbers: Default::default(),
        secrets: Vec::new(),
        pass_env: Vec::new(),
        exclusive: None,
        exclusive_too: BTreeSet::new(),
        tolerate: None,
        dependents: Vec::new(),
        named: BTreeMap::new(),
        hooks: Vec::new(),
    };
    plan.index();
    plan
}

pub fn started(run: &str, plan: &Plan) -> Event {
    Event::RunStarted(Box::new(RunStarted {
        run: run.into(),
        rollout: plan.rollout.clone(),
        plan: plan.digest().into(),
        inputs: Record::from([("version".into(), Value::text("2.1.0"))]),
        by: dana(),
        reason: Some("a new model".to_owned()),
        kept: vec![KeptValue { target: Some("factory-ny".into()), key: "version".into(), value: Value::text("2.0.9") }],
        forecast: None,
    }))
}

pub fn finished(outcome: Outcome) -> Event {
    Event::RunFinished { outcome, reason: None }
}

pub fn kept(target: Option<&str>, key: &str, value: Value) -> Event {
    Event::Kept { place: Place::ROOT, target: target.map(Into::into), key: key.into(), value }
}

fn dana() -> Person {
    Person("dana".into())
}

/// Returns events in which everything that is written about people occurs, and every reason that was added later.
pub fn people_events(plan: &Plan) -> Vec<Event> {
    let place = Place::new(NodeId(7), Slot(3));
    let reason = || Some("looked at it".to_owned());
    let rejected = || Cause::Rejected { by: dana(), reason: reason() };
    let unanswered = || Cause::Unanswered { missing: 2, after_ms: 14_400_000 };
    vec![
        started("20261121-aaaa", plan),
        Event::Skipped { place, by: Some(dana()), reason: reason() },
        Event::Resumed { by: dana(), reason: reason() },
        Event::Retried { place, by: dana(), reason: reason() },
        Event::ApprovalRequested {
            place,
            of: vec!["dana".into(), "lee".into()],
            need: 2,
            until: Some(At(1_795_000_000_000)),
            text: Some("Let it go?".to_owned()),
            items: vec!["On-call told".to_owned(), "Plan read".to_owned()],
        },
        Event::ApprovalRequested { place, of: vec!["lee".into()], need: 1, until: None, text: None, items: Vec::new() },
        Event::Approved { place, by: dana(), reason: reason(), left: 1 },
        Event::Approved { place, by: dana(), reason: None, left: 0 },
        Event::Rejected { place, by: dana(), reason: reason() },
        Event::Ticked { place, item: 1, text: "Plan read".to_owned(), by: dana(), reason: None, left: 1 },
        Event::Confirmed { place, by: dana(), reason: None },
        Event::Expired { place },
        Event::Claimed { by: dana(), claim: "lee".into() },
        Event::Paused { why: PauseReason::Unanswered { place }, by: None },
        Event::Paused { why: PauseReason::Rejected { place }, by: None },
        Event::Ended { place, ending: Ending::Failed { cause: rejected() } },
        Event::Ended { place, ending: Ending::Failed { cause: unanswered() } },
        Event::Answered {
            place,
            attempt: 2,
            answer: Answer::Fault(Fault { kind: FaultKind::NotBegun, message: "it was paused".to_owned(), code: None }),
        },
        finished(Outcome::Failed),
    ]
}

/// Returns events in which every variant of everything that is written occurs.
/// Returns what came later: one of each kind of event that the others have not.
pub fn later_events(plan: &Plan) -> Vec<Event> {
    let place = Place::new(NodeId(7), Slot(3));
    let (at, share) = (At(1_795_000_000_000), |points| Share::of_percent(points).expect("a share"));
    let (by, reason) = (dana(), Some("it is urgent".to_owned()));
    vec![
        started("20261121-aaaa", plan),
        Event::Held { place, until: Some(at), why: "`night` is shut".to_owned() },
        Event::Held { place, until: None, why: "`never` is shut".to_owned() },
        Event::Entered { place },
        Event::Opened { place, closes: at, closing: Closing::Pause },
        Event::Shut { place, until: at, why: "`night` is shut".to_owned() },
        Event::Advanced { place, by: by.clone(), reason: reason.clone() },
        Event::OnHold { by: by.clone(), reason: reason.clone() },
        Event::HoldLifted { by, reason },
        Event::Baseline { place, what: "before(p95(ny), over = 1h)".to_owned(), value: Value::Duration(200) },
        Event::ExposureRead { place, subject: "edge(ny)".to_owned(), share: share(2.5) },
        Event::Exposed { place, subject: "edge(ny)".to_owned(), share: share(25.0), before: share(2.5) },
        Event::Noticed { place, channel: "releases".into(), message: "a quarter".to_owned() },
        Event::Answered {
            place,
            attempt: 1,
            answer: Answer::Probed {
                results: vec![
                    Probed::Sampled { value: Value::Percent(0.5), note: Some("the mean of 3 samples".to_owned()) },
                    Probed::Series { values: vec![1.0, 2.5], times: vec![at, At(at.0 + 60_000)] },
                    Probed::Series { values: vec![1.0], times: Vec::new() },
                    Probed::Absent { why: "there is no data".to_owned() },
                ],
            },
        },
        Event::Warned {
            place,
            cause: Cause::Condition { truth: Truth::Violated, message: "`up(ny)` does not hold".to_owned() },
        },
        Event::Retained { until: Some(at) },
        Event::Filed { folder: "deployments/2026-11-21-web".to_owned(), instead_of: None, failure: None },
        Event::Filed {
            folder: "deployments/2026-11-21-web-20261121-aaaa".to_owned(),
            instead_of: Some("deployments/2026-11-21-web".to_owned()),
            failure: Some("the disk is full".to_owned()),
        },
        finished(Outcome::Succeeded),
    ]
}

pub fn every_event(plan: &Plan) -> Vec<Event> {
    let place = Place::new(NodeId(7), Slot(3));
    let fault = |kind| Fault { kind, message: "exit code 7".to_owned(), code: Some(7) };
    let condition = |truth| Cause::Condition { truth, message: "`up(factory-ny)` does not hold".to_owned() };
    let mut events = vec![
        started("20261121-aaaa", plan),
        Event::Began {
            place,
            elements: Some(vec![Value::Int(1), Value::Percent(2.5), Value::Null, Value::Unknown]),
            numbers: None,
            timeout: None,
            deadline: None,
        },
        Event::Began {
            place,
            elements: None,
            numbers: None,
            timeout: Some(At(1_795_000_000_000)),
            deadline: Some(At(1_795_000_500_000)),
        },
        Event::Skipped { place, by: Some(dana()), reason: None },
        Event::Skipped { place, by: None, reason: None },
        Event::Asked { place, attempt: 1, verify: false },
        Event::Asked { place, attempt: 2, verify: true },
        Event::Evaluated {
            place,
            truth: Truth::Unknown,
            evidence: vec![Evidence {
                what: "up(factory-ny)".to_owned(),
                truth: Truth::Holds,
                why: "200".to_owned(),
                value: None,
                bound: None,
                margin: None,
                warns: false,
            }],
            streaks: Vec::new(),
        },
        Event::WaveAdvanced { place, wave: 1 },
        kept(Some("factory-ny"), "version", Value::text("2.1.0")),
        kept(None, "size", Value::Size(1 << 20)),
        Event::Logged { place, message: "over the hill".to_owned() },
        Event::Resumed { by: dana(), reason: None },
        Event::Retried { place, by: dana(), reason: None },
        Event::RollbackStarted { place, cause: Cause::Within { place } },
        Event::UndoBegan { place, tolerated: None },
        Event::UndoBegan { place, tolerated: Some(condition(Truth::Violated)) },
        Event::Undone { place },
        Event::UndoFailed { place, fault: fault(FaultKind::Refused) },
        Event::Recovered,
    ];
    let done = Done { code: 0, stdout: "ok".to_owned(), outputs: [("id".into(), "42".to_owned())].into() };
    let probed = serde_json::from_str(
        r#"{"answer":"probed","results":["holds",{"violated":{"why":"503"}},{"unknown":{"why":"no answer"}}]}"#,
    );
    let mut answers = vec![Answer::Done(done), probed.expect("an answer")];
    let kinds = [
        FaultKind::Refused,
        FaultKind::Signalled,
        FaultKind::TimedOut,
        FaultKind::Unreachable,
        FaultKind::Ended,
        FaultKind::Unknown,
        FaultKind::Missing,
    ];
    answers.extend(kinds.into_iter().map(|kind| Answer::Fault(fault(kind))));
    events.extend(answers.into_iter().map(|answer| Event::Answered { place, attempt: 2, answer }));
    let waits = [Waiting::Wait, Waiting::Delay, Waiting::Backoff, Waiting::Settle, Waiting::Again];
    events.extend(waits.into_iter().map(|why| Event::Waiting { place, until: At(1_795_000_000_000), why }));
    let causes = [
        Cause::Fault { fault: fault(FaultKind::TimedOut) },
        condition(Truth::Violated),
        Cause::Value { message: "no such key".to_owned() },
        Cause::Said { message: "not today".to_owned() },
        Cause::Within { place },
        Cause::TooMany { failed: 3, tolerated: 2 },
        Cause::TimedOut { after_ms: 1500 },
        Cause::DeadlinePassed { deadline: At(1_795_000_000_000) },
        Cause::Person { by: dana(), reason: Some("wrong version".to_owned()) },
    ];
    events.extend(causes.iter().map(|cause| Event::Closing { place, cause: cause.clone() }));
    let mut endings = vec![Ending::Done, Ending::Dropped, Ending::Tolerated { cause: condition(Truth::Unknown) }];
    endings.extend(causes.into_iter().map(|cause| Ending::Failed { cause }));
    events.extend(endings.into_iter().map(|ending| Event::Ended { place, ending }));
    let pauses = [
        PauseReason::Asked { reason: Some("lunch".to_owned()) },
        PauseReason::Said { place, message: "look first".to_owned() },
        PauseReason::Failed { place },
        PauseReason::Interrupted { place },
    ];
    events.extend(pauses.into_iter().map(|why| Event::Paused { why, by: Some(dana()) }));
    events.extend(Outcome::ALL.into_iter().map(|outcome| Event::Finishing { outcome }));
    events.push(Event::RunFinished { outcome: Outcome::NeedsHands, reason: Some("an undo failed".to_owned()) });
    events
}
