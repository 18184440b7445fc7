//! From the events of a run to its account: one fold, which asks nothing and forgets nothing that a reader wants.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::account::{
    Account, AnswerAccount, Decision, Failure, FiledAccount, Foreseen, Intervention, Item, JournalFacts, KeptAccount,
    Moment, Note, StageAccount, TargetAccount, VerdictAccount, Verification, When, WindowWait,
};
use super::board::StageBoard;
use super::figures::Figures;
use super::line::not_filed;
use super::measured::Gauge;
use super::{Board, line};
use crate::engine::{Cause, Ending, Event, Evidence, Person, Status, Truth, explain, exposure_kind};
use crate::model::{Act, AskKind};
use crate::plan::{NodeId, NodeKind, Place, Plan, Role, Slot, loop_words};
use crate::value::At;

/// Tells a run while its events go by.
#[derive(Debug)]
pub struct Telling {
    board: Board,
    gauge: Gauge,
    figures: Figures,
    changed: BTreeSet<u32>,
    decisions: Vec<Decision>,
    /// Where each place is asked about now.
    asked: BTreeMap<Place, usize>,
    verdicts: Vec<VerdictAccount>,
    verdict_at: BTreeMap<Place, usize>,
    windows: Vec<WindowWait>,
    /// Who waits for a window now, by its place among those that did.
    shut_out: BTreeMap<Place, usize>,
    notices: Vec<Note>,
    notes: Vec<Note>,
    warnings: Vec<Note>,
    interventions: Vec<Intervention>,
    failures: Vec<Failure>,
    undone: Vec<Moment>,
    kept: Vec<KeptAccount>,
    filed: Option<FiledAccount>,
    log: Vec<(At, String)>,
    /// Why the run ended, as it said itself.
    why: Option<String>,
}

/// What is to be expected, where somebody looked ahead from the start of the run.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    pub run: Option<Foreseen>,
    pub rollback_ms: Option<i64>,
    pub stages: BTreeMap<NodeId, Foreseen>,
}

impl Telling {
    pub fn new(plan: Arc<Plan>) -> Telling {
        Telling {
            board: Board::new(plan),
            gauge: Gauge::default(),
            figures: Figures::default(),
            changed: BTreeSet::new(),
            decisions: Vec::new(),
            asked: BTreeMap::new(),
            verdicts: Vec::new(),
            verdict_at: BTreeMap::new(),
            windows: Vec::new(),
            shut_out: BTreeMap::new(),
            notices: Vec::new(),
            notes: Vec::new(),
            warnings: Vec::new(),
            interventions: Vec::new(),
            failures: Vec::new(),
            undone: Vec::new(),
            kept: Vec::new(),
            filed: None,
            log: Vec::new(),
            why: None,
        }
    }

    pub fn board(&self) -> &Board {
        &self.board
    }

    /// Takes in what happened.
    pub fn hear(&mut self, at: At, event: &Event) {
        let plan = Arc::clone(self.board.plan());
        self.board.hear(at, event);
        self.figures.hear(&plan, at, event);
        self.log.extend(line(&self.board, at, event).map(|it| (at, it.text)));
        self.people(at, event);
        self.hands(at, event);
        match event {
            Event::Asked { place, verify: false, .. } if super::figures::changes(&plan, *place) => {
                self.changed.extend(plan.target_index_of(*place));
            }
            Event::Evaluated { place, truth, evidence, .. } => self.evaluated(at, *place, *truth, evidence),
            Event::Held { place, why, .. } => self.wait(at, *place, None, why),
            Event::Shut { place, until, why } => self.wait(at, *place, Some(*until), why),
            Event::Entered { place } | Event::Began { place, .. } | Event::Skipped { place, .. } => {
                self.enter(at, *place)
            }
            Event::Ended { place, ending } => {
                self.enter(at, *place);
                self.ended(at, *place, ending);
            }
            Event::Noticed { place, channel, message } => {
                let note = self.note(at, *place, message);
                self.notices.push(Note { channel: Some(channel.to_string()), ..note });
            }
            Event::Logged { place, message } => {
                let note = self.note(at, *place, message);
                self.notes.push(note);
            }
            Event::Warned { place, cause } => {
                let note = self.note(at, *place, &explain(&plan, self.board.run(), cause));
                self.warnings.push(note);
            }
            Event::Undone { place } if self.is_unit(*place) => {
                self.undone.push(Moment { at: When(at), path: plan.path(*place) });
            }
            Event::UndoFailed { place, fault } => self.failed(at, *place, "not_undone", fault.message.clone()),
            Event::Kept { target, key, value, .. } => {
                let target = target.as_ref().map(ToString::to_string);
                let key = key.to_string();
                self.kept.retain(|it| (&it.target, &it.key) != (&target, &key));
                let value = (!value.is_null()).then(|| value.to_string());
                self.kept.push(KeptAccount { target, key, value });
            }
            Event::Filed { folder, failure, .. } => {
                if let Some(why) = failure {
                    let note = self.note(at, Place::ROOT, &not_filed(folder, why));
                    self.warnings.push(note);
                }
                self.filed = Some(FiledAccount { at: When(at), folder: folder.clone(), failure: failure.clone() });
            }
            Event::RunFinished { reason, .. } => self.why.clone_from(reason),
            _ => {}
        }
    }

    fn note(&self, at: At, place: Place, text: &str) -> Note {
        Note { at: When(at), path: self.board.plan().path(place), channel: None, text: text.to_owned() }
    }

    fn wait(&mut self, at: At, place: Place, until: Option<At>, why: &str) {
        // Who is told again that it has to wait has waited all along.
        if self.shut_out.contains_key(&place) {
            return;
        }
        if until.is_none() {
            self.shut_out.insert(place, self.windows.len());
        }
        let path = self.board.plan().path(place);
        self.windows.push(WindowWait { path, from: When(at), until: until.map(When), why: why.to_owned() });
    }

    /// What waited for its window goes on, or never will.
    fn enter(&mut self, at: At, place: Place) {
        if let Some(wait) = self.shut_out.remove(&place) {
            self.windows[wait].until = Some(When(at));
        }
    }

    /// Stages and targets are taken back for everybody to see, and steps that belong to no target.
    fn is_unit(&self, place: Place) -> bool {
        let plan = self.board.plan();
        let is_target = |it: Place| plan.node(it.node).kind == NodeKind::Sequence(Role::Target);
        match plan.node(place.node).kind {
            NodeKind::Stage(_) | NodeKind::Sequence(Role::Target) => true,
            NodeKind::Step(_) | NodeKind::Act(_) => {
                let is_own = plan.node(place.node).undo.is_some() || exposure_kind(plan, place).is_some();
                is_own && !plan.all_around(place).any(is_target)
            }
            NodeKind::Rollout { .. }
            | NodeKind::Child { .. }
            | NodeKind::Loop(_)
            | NodeKind::Parallel
            | NodeKind::Sequence(_) => false,
        }
    }

    fn ended(&mut self, at: At, place: Place, ending: &Ending) {
        let (kind, cause) = match ending {
            Ending::Failed { cause } => ("failed", cause),
            Ending::Tolerated { cause } => ("tolerated", cause),
            Ending::Done | Ending::Dropped => return,
        };
        // What fails because of something beneath it is told there.
        if kind == "tolerated" || !matches!(cause, Cause::Within { .. }) {
            let why = explain(self.board.plan(), self.board.run(), cause);
            self.failed(at, place, kind, why);
        }
    }

    fn failed(&mut self, at: At, place: Place, kind: &'static str, why: String) {
        let plan = self.board.plan();
        let target = plan.target_of(place).map(|it| it.name.to_string());
        self.failures.push(Failure { at: When(at), path: plan.path(place), target, kind, why });
    }

    fn evaluated(&mut self, at: At, place: Place, truth: Truth, evidence: &[Evidence]) {
        let plan = Arc::clone(self.board.plan());
        self.gauge.hear(&plan, at, evidence);
        let known = self.verdict_at.get(&place).copied();
        let index = known.unwrap_or_else(|| {
            self.verdicts.push(self.blank_verdict(at, place));
            self.verdict_at.insert(place, self.verdicts.len() - 1);
            self.verdicts.len() - 1
        });
        let verdict = &mut self.verdicts[index];
        verdict.asked += 1;
        verdict.violated += u32::from(truth == Truth::Violated);
        verdict.unknown += u32::from(truth == Truth::Unknown);
        (verdict.truth, verdict.last) = (truth, When(at));
        let was_fine = verdict.violated + verdict.unknown == 0;
        if truth != Truth::Holds || was_fine {
            verdict.evidence = evidence.to_vec();
        }
    }

    fn blank_verdict(&self, at: At, place: Place) -> VerdictAccount {
        let plan = self.board.plan();
        let (kind, condition) = condition_of(plan, place);
        let is_after = |it: Place| plan.node(it.node).kind == NodeKind::Sequence(Role::Afterwards);
        VerdictAccount {
            path: plan.path(place),
            target: plan.target_of(place).map(|it| it.name.to_string()),
            kind,
            condition,
            truth: Truth::Unknown,
            asked: 0,
            violated: 0,
            unknown: 0,
            first: When(at),
            last: When(at),
            evidence: Vec::new(),
            afterwards: plan.all_around(place).any(is_after),
        }
    }

    /// What people were asked, and what they said.
    fn people(&mut self, at: At, event: &Event) {
        match event {
            Event::ApprovalRequested { place, of, need, until, text, items } => {
                let plan = self.board.plan();
                let decision = Decision {
                    path: plan.path(*place),
                    kind: kind_of_ask(plan, *place),
                    text: text.clone(),
                    people: of.iter().map(ToString::to_string).collect(),
                    need: *need,
                    asked: When(at),
                    until: until.map(When),
                    items: items.iter().map(|it| Item { text: it.clone(), by: None, at: None }).collect(),
                    answers: Vec::new(),
                    outcome: "open",
                    lead_ms: None,
                };
                self.asked.insert(*place, self.decisions.len());
                self.decisions.push(decision);
            }
            Event::Approved { place, by, reason, left } => {
                self.answer(at, *place, by, "approved", reason, (*left == 0).then_some("given"));
            }
            Event::Confirmed { place, by, reason } => {
                self.answer(at, *place, by, "confirmed", reason, Some("given"));
            }
            Event::Rejected { place, by, reason } => {
                self.answer(at, *place, by, "rejected", reason, Some("rejected"));
            }
            Event::Ticked { place, item, by, reason, left, .. } => {
                if let Some(it) = self.decision(*place).and_then(|it| it.items.get_mut(*item as usize)) {
                    (it.by, it.at) = (Some(by.0.to_string()), Some(When(at)));
                }
                self.answer(at, *place, by, "ticked", reason, (*left == 0).then_some("given"));
            }
            Event::Expired { place } => {
                self.decision(*place).into_iter().for_each(|it| it.outcome = "expired");
            }
            _ => {}
        }
    }

    fn decision(&mut self, place: Place) -> Option<&mut Decision> {
        let at = self.asked.get(&place)?;
        self.decisions.get_mut(*at)
    }

    fn answer(
        &mut self,
        at: At,
        place: Place,
        by: &Person,
        said: &'static str,
        reason: &Option<String>,
        settles: Option<&'static str>,
    ) {
        let Some(decision) = self.decision(place) else { return };
        decision.answers.push(AnswerAccount { at: When(at), by: by.0.to_string(), said, reason: reason.clone() });
        if let Some(outcome) = settles {
            decision.outcome = outcome;
            decision.lead_ms = Some(at.since_ms(decision.asked.0));
        }
    }

    /// What people did without having been asked.
    fn hands(&mut self, at: At, event: &Event) {
        let (what, place, by, reason) = match event {
            Event::Skipped { place, by: Some(by), reason } => ("skipped", *place, by, reason),
            Event::Advanced { place, by, reason } => ("let go on", *place, by, reason),
            Event::OnHold { by, reason } => ("held", Place::ROOT, by, reason),
            Event::HoldLifted { by, reason } => ("let advance again", Place::ROOT, by, reason),
            Event::Resumed { by, reason } => ("resumed", Place::ROOT, by, reason),
            Event::Retried { place, by, reason } => ("had tried again", *place, by, reason),
            Event::Closing { place, cause: Cause::Person { by, reason } } => ("ended", *place, by, reason),
            Event::RollbackStarted { place, cause: Cause::Person { by, reason } } => ("took back", *place, by, reason),
            Event::Paused { why, by: Some(by) } => {
                let reason = match why {
                    crate::engine::PauseReason::Asked { reason } => reason,
                    _ => &None,
                };
                ("paused", Place::ROOT, by, reason)
            }
            _ => return,
        };
        let (by, path, reason) = (by.0.to_string(), self.board.plan().path(place), reason.clone());
        self.interventions.push(Intervention { at: When(at), by, what, path, reason });
    }

    /// Returns what there is to tell at an instant.
    pub fn account(&self, now: At, expected: &Expectations, journal: JournalFacts) -> Account {
        let (board, plan, run) = (&self.board, self.board.plan(), self.board.run());
        let status = board.project(run.id().map_or("", |it| it.as_str()), now);
        let started = run.started();
        let failure = crate::engine::first_failure(run);
        let why = self.why.clone().or_else(|| {
            failure.map(|(place, cause)| match place {
                Some(place) => format!("`{}`: {}", plan.path(place), explain(plan, run, cause)),
                None => explain(plan, run, cause),
            })
        });
        Account {
            version: 1,
            run: status.run,
            rollout: plan.rollout.to_string(),
            file: plan.file.clone(),
            plan: started.map(|it| it.plan.to_string()).unwrap_or_default(),
            state: board.state(),
            outcome: status.outcome,
            why,
            by: started.map(|it| it.by.0.to_string()).unwrap_or_default(),
            reason: started.and_then(|it| it.reason.clone()),
            profile: plan.profile.as_ref().map(ToString::to_string),
            inputs: plan.inputs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            strategies: plan.strategies.clone(),
            started: board.began().map(When),
            finished: board.ended.map(When),
            retained_until: run.retained_until().map(When),
            took_ms: board.took_ms().or_else(|| self.figures.figures().to_all_ms),
            percent: board.percent(),
            forecast: expected.run,
            rollback_ms: expected.rollback_ms,
            stages: board.stages().iter().map(|it| self.stage(it, expected)).collect(),
            targets: self.targets(),
            decisions: self.settled_decisions(),
            verification: self.verification(),
            verdicts: self.verdicts.clone(),
            metrics: self.gauge.measured(),
            exposures: board.exposures(),
            windows: self.windows.clone(),
            notices: self.notices.clone(),
            notes: self.notes.clone(),
            warnings: self.warnings.clone(),
            interventions: self.interventions.clone(),
            failures: self.failures.clone(),
            undone: self.undone.clone(),
            needs_hands: run.stuck().map(|it| plan.path(it)).collect(),
            kept: self.kept.clone(),
            artifacts: self.filed.clone(),
            figures: self.figures.figures(),
            journal,
            log: self.log.clone(),
        }
    }

    fn stage(&self, stage: &StageBoard, expected: &Expectations) -> StageAccount {
        let plan = self.board.plan();
        let place = Place::new(stage.node, Slot::ONLY);
        let (doc, risk) = match &plan.node(stage.node).kind {
            NodeKind::Stage(it) => (it.doc.clone(), it.risk.as_ref().map(ToString::to_string)),
            _ => (None, None),
        };
        let took = stage.began.zip(stage.ended).map(|(began, ended)| ended.since_ms(began));
        StageAccount {
            path: plan.path(place),
            status: self.board.run().status(place).name(),
            doc,
            risk,
            how: loops_in(plan, stage.node),
            total: stage.total,
            done: stage.done,
            failed: stage.failed,
            began: stage.began.map(When),
            ended: stage.ended.map(When),
            took_ms: took,
            forecast: expected.stages.get(&stage.node).copied(),
        }
    }

    /// Every target that a loop of the plan names, in the plan's order, and where it was left.
    fn targets(&self) -> Vec<TargetAccount> {
        let (plan, run) = (self.board.plan(), self.board.run());
        let mut found: BTreeMap<u32, (Status, Vec<String>)> = BTreeMap::new();
        let bodies = (0..plan.nodes.len() as u32).map(NodeId);
        for body in bodies.filter(|it| plan.node(*it).kind == NodeKind::Sequence(Role::Target)) {
            for place in (0..plan.slots(body)).map(|slot| Place::new(body, Slot(slot))) {
                let (Some(target), Some(stage)) = (plan.target_index_of(place), plan.stage_of(place)) else { continue };
                let (status, stages) = found.entry(target).or_default();
                let here = run.status(place);
                if weight(here) > weight(*status) {
                    *status = here;
                }
                let stage = plan.path(stage);
                if here != Status::Idle && !stages.contains(&stage) {
                    stages.push(stage);
                }
            }
        }
        let told = found.into_iter().map(|(index, (status, stages))| {
            let target = &plan.targets[index as usize];
            let status = if status == Status::Idle { "untouched" } else { status.name() };
            let (name, fleet) = (target.name.to_string(), target.fleet.to_string());
            TargetAccount { name, fleet, status, changed: self.changed.contains(&index), stages }
        });
        told.collect()
    }

    /// What nobody answered before the run went another way is over.
    fn settled_decisions(&self) -> Vec<Decision> {
        let ended = self.board.run().settled().is_some();
        let mut decisions = self.decisions.clone();
        decisions.iter_mut().filter(|it| ended && it.outcome == "open").for_each(|it| it.outcome = "over");
        decisions
    }

    fn verification(&self) -> Verification {
        let plan = self.board.plan();
        let held = self.verdicts.iter().filter(|it| it.truth == Truth::Holds).count() as u32;
        let after = plan.node(NodeId::ROOT).children.iter();
        let mut after = after.filter(|it| plan.node(**it).kind == NodeKind::Sequence(Role::Afterwards));
        let afterwards = after.next().map(|it| self.board.run().status(Place::new(*it, Slot::ONLY)).name());
        Verification { held, not_held: self.verdicts.len() as u32 - held, afterwards }
    }
}

/// How much one status says over another, where a target is in several loops.
fn weight(status: Status) -> u8 {
    match status {
        Status::Idle => 0,
        Status::Skipped => 1,
        Status::Done => 2,
        Status::Undone => 3,
        Status::Dropped => 4,
        Status::Failed | Status::Tolerated => 5,
        Status::Live => 6,
        Status::Undoing => 7,
        Status::Stuck => 8,
    }
}

fn loops_in(plan: &Plan, stage: NodeId) -> Vec<String> {
    let mut words = Vec::new();
    for id in (stage.0..plan.node(stage).end.0).map(NodeId) {
        if let NodeKind::Loop(it) = &plan.node(id).kind {
            words.extend((0..it.numbers.len()).map(|slot| loop_words(plan, id, it, Slot(slot as u32))));
        }
    }
    words
}

fn kind_of_ask(plan: &Plan, place: Place) -> &'static str {
    match plan.ask_at(place.node).map(|it| &it.kind) {
        Some(AskKind::Checklist { .. }) => "checklist",
        Some(AskKind::Confirm) => "confirm",
        Some(AskKind::Approve { .. }) | None => "approval",
    }
}

/// Returns the word of a condition at a place, and the condition as it was written.
fn condition_of(plan: &Plan, place: Place) -> (&'static str, String) {
    let NodeKind::Act(act) = &plan.node(place.node).kind else { return ("when", String::new()) };
    match &**act {
        Act::Check(check) => ("check", check.shown.clone()),
        Act::Watch(watch) => ("watch", watch.shown.clone()),
        Act::Guard(guard) => ("guard", guard.shown.clone()),
        Act::Require { message, .. } => {
            let said = message.as_ref().and_then(|it| it.known()).map(ToString::to_string);
            ("require", said.unwrap_or_default())
        }
        _ => ("when", String::new()),
    }
}
