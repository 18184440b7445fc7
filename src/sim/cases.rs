//! Small rollouts, built by hand, that the engine is played with; what the language can say is tested through it.

use crate::engine::{Answer, Command, Effect, Event, Fault, FaultKind, Heard, Outcome, Person, Run, RunStarted, step};
use crate::model::{
    Act, Action, ActionId, Entry, EntryKind, Expr, ExprKind, Fleet, FleetId, FleetSource, Hook, Keep, LocalId, Loop,
    OnFailure, Param, Program, Rollout, RolloutId, RunText, Settings, Shell, ShellPart, Stage, StageTime, Tolerate,
};
use crate::plan::{KeptValues, Plan, PlanRequest, plan};
use crate::sim::{Crash, Luck, Odds, Played, crashed, play};
use crate::source::{MemoryWorld, Sources, Span};
use crate::value::{At, Record, Target, Type, Value};

/// Builds one rollout piece by piece.
struct Builder {
    sources: Sources,
    program: Program,
    span: Span,
}

impl Builder {
    fn new() -> Builder {
        let mut sources = Sources::default();
        let id = sources.add("case.rollout", "");
        Builder { sources, program: Program::default(), span: Span::new(id, 0, 0) }
    }

    fn expr(&self, kind: ExprKind) -> Expr {
        Expr::new(kind, self.span)
    }

    fn value(&self, value: Value) -> Expr {
        self.expr(ExprKind::Value(value))
    }

    fn entry(&self, name: &str, kind: EntryKind) -> Entry {
        Entry { name: name.into(), when: None, kind, span: self.span }
    }

    fn local(&mut self) -> LocalId {
        self.program.locals += 1;
        LocalId(self.program.locals - 1)
    }

    fn fleet(&mut self, count: usize) -> FleetId {
        let targets =
            (0..count).map(|it| Target { fleet: "sites".into(), name: format!("s{it}").into(), labels: Record::new() });
        self.program.fleets.push(Fleet {
            name: "sites".into(),
            source: FleetSource::Targets(targets.collect()),
            labels: Vec::new(),
            doc: None,
            span: self.span,
        });
        FleetId(self.program.fleets.len() as u32 - 1)
    }

    fn run(&self, name: &str) -> Entry {
        let script = RunText { parts: vec![ShellPart::Text("true".into())], holes: Vec::new() };
        let run = crate::model::Run { script, shell: Shell::Sh, settings: Settings::default() };
        self.entry(name, EntryKind::Act(Box::new(Act::Run(run))))
    }

    /// `action deploy(site) { run, keep version = "2", undo { run } }`
    fn deploy(&mut self) -> ActionId {
        let site = self.local();
        let keep = Keep {
            key: "version".into(),
            value: self.value(Value::text("2")),
            target: Some(self.expr(ExprKind::Local(site))),
        };
        let keep = self.entry("keep~1", EntryKind::Act(Box::new(Act::Keep(keep))));
        let action = Action {
            during: None,
            name: "deploy".into(),
            params: vec![Param { name: "site".into(), local: site, of: Type::Target, default: None, span: self.span }],
            body: vec![self.run("run~1"), keep],
            undo: vec![self.run("run~1")],
            waives_undo: false,
            undo_retry: None,
            retry: None,
            timeout: None,
            takes: None,
            outputs: Vec::new(),
            doc: None,
            span: self.span,
        };
        self.program.actions.push(action);
        ActionId(self.program.actions.len() as u32 - 1)
    }

    fn a_loop(
        &mut self,
        list: Expr,
        change: impl FnOnce(&Builder, &mut Loop),
        body: impl FnOnce(&Builder, Expr) -> Vec<Entry>,
    ) -> Entry {
        let site = self.local();
        let body = body(self, self.expr(ExprKind::Local(site)));
        let mut it = Loop {
            during: None,
            local: site,
            local_name: "site".into(),
            list,
            at_once: None,
            waves: None,
            tolerate: None,
            stagger: None,
            order: None,
            takes: true,
            may_be_empty: false,
            body,
            after_wave: Vec::new(),
        };
        change(self, &mut it);
        self.entry("for~1", EntryKind::Loop(Box::new(it)))
    }

    fn stage(&self, path: &str, after: Vec<u32>, body: Vec<Entry>) -> Stage {
        Stage {
            during: None,
            path: path.into(),
            after,
            binds: Vec::new(),
            when: None,
            time: StageTime::default(),
            risk: None,
            on_failure: None,
            undo_with_run: true,
            body,
            rollback: Vec::new(),
            doc: None,
            span: self.span,
        }
    }

    fn plan(&mut self, stages: Vec<Stage>, change: impl FnOnce(&mut Rollout)) -> Plan {
        let mut rollout = Rollout {
            retain: None,
            artifacts: None,
            strategies: vec![],
            afterwards: vec![],
            rounds: vec![],
            during: None,
            name: "case".into(),
            inputs: Vec::new(),
            profiles: Vec::new(),
            on_failure: OnFailure::Rollback,
            exclusive: None,
            tolerate: None,
            pass_env: Vec::new(),
            guards: Vec::new(),
            stages,
            always: Vec::new(),
            hooks: Vec::new(),
            finally: Vec::new(),
            rollback: Vec::new(),
            doc: None,
            span: self.span,
        };
        change(&mut rollout);
        self.program.rollouts.push(rollout);
        let request = PlanRequest {
            program: &self.program,
            sources: &self.sources,
            rollout: RolloutId(self.program.rollouts.len() as u32 - 1),
            file: "case.rollout",
            folder: "",
            inputs: Record::new(),
            profile: None,
            now: At(0),
            world: &MemoryWorld::default(),
            kept: &KeptValues::new(),
            only: None,
        };
        plan(&request).expect("the case can be planned")
    }
}

/// Two stages over six sites: 2 of them, then the rest three at once.
fn two_stages(on_failure: OnFailure, tolerate: Option<i64>) -> Plan {
    let mut build = Builder::new();
    let fleet = build.fleet(6);
    let deploy = build.deploy();
    let all = build.expr(ExprKind::Fleet(fleet));
    let two = build.expr(ExprKind::Of(Box::new(build.value(Value::Int(2))), Box::new(all.clone())));
    let rest = build.expr(ExprKind::Rest(Box::new(all)));
    let first =
        build.a_loop(two, |_, _| {}, |build, site| vec![build.entry("deploy", EntryKind::Call(deploy, vec![site]))]);
    let second = build.a_loop(
        rest,
        |build, it| {
            it.at_once = Some(build.value(Value::Int(3)));
            it.tolerate = tolerate.map(|most| Tolerate::Once(build.value(Value::Int(most))));
        },
        |build, site| vec![build.entry("deploy", EntryKind::Call(deploy, vec![site]))],
    );
    let stages = vec![build.stage("first", vec![], vec![first]), build.stage("second", vec![0], vec![second])];
    build.plan(stages, |rollout| {
        rollout.on_failure = on_failure;
        let build = Builder::new();
        rollout.finally = vec![build.run("run~1")];
        rollout.hooks = [model_event(), crate::model::Event::StageStarted]
            .into_iter()
            .map(|event| Hook { event, body: vec![build.run("run~1")], span: build.span })
            .collect();
    })
}

fn model_event() -> crate::model::Event {
    crate::model::Event::RolledBack
}

fn calm(plan: &Plan, seed: u64, odds: Odds) -> Played {
    play(plan, &KeptValues::new(), Luck { seed, odds }, &mut |_| None)
}

fn paths(plan: &Plan, played: &Played, pick: impl Fn(&Event) -> Option<crate::plan::Place>) -> Vec<String> {
    played.events.iter().filter_map(|(_, event)| pick(event)).map(|place| plan.path(place)).collect()
}

const SHAKY: Odds = Odds {
    job_fails: 120,
    probe_violated: 100,
    probe_unknown: 50,
    person_rejects: 150,
    person_silent: 250,
    person_late: 400,
};

#[test]
fn all_is_done_when_nothing_goes_wrong() {
    let plan = two_stages(OnFailure::Rollback, None);
    let played = calm(&plan, 1, Odds::NONE);
    assert_eq!(played.outcome, Ok(Outcome::Succeeded));
    let asked = paths(&plan, &played, |it| match it {
        Event::Asked { place, .. } => Some(*place),
        _ => None,
    });
    assert_eq!(asked.iter().filter(|it| it.contains("/deploy/")).count(), 6);
    assert!(asked.iter().any(|it| it == "second/s5/deploy/run~1"), "{asked:?}");
    assert_eq!(asked.last().map(String::as_str), Some("finally/run~1"));
}

#[test]
fn a_failure_takes_everything_back_the_latest_first() {
    let plan = two_stages(OnFailure::Rollback, None);
    let mut rolled_back = 0;
    for seed in 0..200 {
        let played = calm(&plan, seed, SHAKY);
        let outcome = played.outcome.clone().unwrap_or_else(|it| panic!("seed {seed}: {it:?}"));
        if outcome != Outcome::RolledBack {
            continue;
        }
        rolled_back += 1;
        let began = paths(&plan, &played, |it| match it {
            Event::Began { place, .. } => Some(*place),
            _ => None,
        });
        let undone = paths(&plan, &played, |it| match it {
            Event::Undone { place } => Some(*place),
            _ => None,
        });
        let deployed: Vec<&String> = began.iter().filter(|it| it.ends_with("/deploy")).collect();
        let taken_back: Vec<&String> = undone.iter().filter(|it| it.ends_with("/deploy")).collect();
        assert_eq!(deployed.len(), taken_back.len(), "seed {seed}");
        let first_stage = taken_back.iter().position(|it| it.starts_with("first/"));
        let second_stage = taken_back.iter().rposition(|it| it.starts_with("second/"));
        if let (Some(first), Some(second)) = (first_stage, second_stage) {
            assert!(second < first, "seed {seed}: the later stage goes back first: {taken_back:?}");
        }
    }
    assert!(rolled_back > 20, "only {rolled_back} of 200 seeds rolled back");
}

#[test]
fn every_policy_ends_and_a_crash_after_any_event_changes_nothing() {
    for policy in [OnFailure::Rollback, OnFailure::RollbackStage, OnFailure::Pause, OnFailure::Stop] {
        for tolerate in [None, Some(2)] {
            let plan = two_stages(policy, tolerate);
            for seed in 0..8 {
                let luck = Luck { seed, odds: SHAKY };
                let calm = calm(&plan, seed, SHAKY);
                assert!(calm.outcome.is_ok(), "{policy:?} {tolerate:?} seed {seed}: {:?}", calm.outcome);
                for event in 1..=calm.events.len() {
                    if let Err(broken) = crashed(&plan, &KeptValues::new(), luck, |at| at == event) {
                        panic!("{policy:?} {tolerate:?} seed {seed}, crash after event {event}: {broken}");
                    }
                }
            }
        }
    }
}

#[test]
fn lost_steps_are_asked_about_and_the_run_still_ends() {
    let plan = two_stages(OnFailure::Rollback, Some(1));
    for seed in 0..100 {
        let luck = Luck { seed, odds: SHAKY };
        let played = play(&plan, &KeptValues::new(), luck, &mut |event| (event % 7 == 3).then_some(Crash::StepsLost));
        assert!(played.outcome.is_ok(), "seed {seed}: {:?}", played.outcome);
    }
}

#[test]
fn what_was_interrupted_in_a_paused_run_waits_until_somebody_resumes() {
    let mut build = Builder::new();
    let mut entry = build.run("run~1");
    if let EntryKind::Act(act) = &mut entry.kind
        && let Act::Run(run) = &mut **act
    {
        run.settings.idempotent = true;
    }
    let stages = vec![build.stage("only", vec![], vec![entry])];
    let plan = build.plan(stages, |_| {});
    let mut run = Run::new();
    let mut tell = |heard| step(&plan, &mut run, At(0), heard).effects;
    let by = || Person("dana".into());
    let started = RunStarted {
        run: "r".into(),
        rollout: "case".into(),
        plan: "p".into(),
        inputs: Record::new(),
        by: by(),
        reason: None,
        kept: Vec::new(),
        forecast: None,
    };
    let begun = tell(Heard::Start(Box::new(started)));
    let [Effect::Perform { place, attempt, .. }] = begun.as_slice() else { panic!("{begun:?}") };
    let _ = tell(Heard::Command { by: by(), command: Command::Pause { reason: None } });
    let _ = tell(Heard::Recovered);
    let fault = Fault { kind: FaultKind::Unknown, message: "the engine died".to_owned(), code: None };
    let lost = tell(Heard::Answer { place: *place, attempt: *attempt, answer: Answer::Fault(fault) });
    assert_eq!(lost, [], "a paused run starts nothing");
    let resumed = tell(Heard::Command { by: by(), command: Command::Resume { reason: None } });
    assert!(matches!(resumed.as_slice(), [Effect::Perform { attempt: 2, .. }]), "{resumed:?}");
}
