//! A scenario with its plan: answers every question from what is given, and knows what it was not given.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::conduct::Conducts;
use super::moments::Moments;
use super::signal::{fits, mean_over, samples_over, value_at};
use super::{Asked, Cast, Crash, Unasked};
use crate::engine::{
    Answer, Command, Done, Event, Job, MetricAsk, PauseReason, Person, ProbeAsk, ProbeJob, Probed, Request, RouterJob,
    Run,
};
use crate::model::{AskKind, Given, Moment, Says, Timeline, Wish};
use crate::plan::{Place, Plan};
use crate::value::{At, Type, Value};

/// What to do about questions that nothing is given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// They end the scenario: a test has to answer all that it meets.
    Strict,
    /// They go well, and that it was assumed is remembered.
    Lenient,
}

/// Something that was asked and not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    /// As a person would write it: `up(berlin)`.
    pub what: String,
    pub place: Place,
    pub at: At,
    /// The line to add.
    pub line: String,
    /// What is given and does not say it: its timeline begins later.
    pub begins_late: bool,
}

/// A scenario that is being played.
pub struct Script<'a> {
    plan: &'a Plan,
    manner: Manner,
    moments: Moments,
    timelines: BTreeMap<&'a str, Vec<&'a Timeline>>,
    conducts: Conducts<'a>,
    /// Wishes and crashes whose time is known.
    turns: BTreeMap<(At, usize), Unasked>,
    /// Wishes that wait for something to happen.
    waiting: Vec<(&'a Moment, &'a Wish)>,
    queued: usize,
    pub unanswered: Vec<Unanswered>,
    /// Invariants of the rollout that did not hold at some time: which, and when first.
    pub broken: BTreeMap<usize, At>,
    /// What was taken for granted, each once.
    pub assumed: BTreeSet<String>,
}

/// How long a step takes in a what-if run, where nothing says.
const USUALLY_MS: i64 = 60_000;

/// After how long a person goes on with what a what-if run pauses for.
const PERSON_MS: i64 = 300_000;

impl<'a> Script<'a> {
    pub fn new(plan: &'a Plan, givens: &'a [Given], start: At, manner: Manner) -> Script<'a> {
        let mut script = Script {
            plan,
            manner,
            moments: Moments::new(start),
            timelines: BTreeMap::new(),
            conducts: Conducts::new(plan, givens),
            turns: BTreeMap::new(),
            waiting: Vec::new(),
            queued: 0,
            unanswered: Vec::new(),
            broken: BTreeMap::new(),
            assumed: BTreeSet::new(),
        };
        givens.iter().for_each(|it| script.take(start, &it.says));
        script.queue_wishes();
        script
    }

    fn take(&mut self, start: At, says: &'a Says) {
        match says {
            Says::Source(timeline) => {
                timeline.points.iter().for_each(|it| self.moments.watch(self.plan, &it.at));
                self.timelines.entry(timeline.name.as_str()).or_default().push(timeline);
            }
            Says::Operator(wishes) => {
                wishes.iter().for_each(|(at, _)| self.moments.watch(self.plan, at));
                self.waiting.extend(wishes.iter().map(|(at, wish)| (at, wish)));
            }
            Says::Engine { crashes, reboots } => {
                crashes.iter().for_each(|ms| self.queue(start.plus_ms(*ms), Unasked::Crash(Crash::EngineOnly)));
                reboots.iter().for_each(|ms| self.queue(start.plus_ms(*ms), Unasked::Crash(Crash::StepsLost)));
            }
            // Taken when the plan is made, or with all that is given for steps.
            Says::Kept { .. } | Says::Variables(_) | Says::Unit { .. } => {}
        }
    }

    fn queue(&mut self, at: At, unasked: Unasked) {
        self.queued += 1;
        self.turns.insert((at, self.queued), unasked);
    }

    /// Queues every wish whose time is known by now.
    fn queue_wishes(&mut self) {
        for (moment, wish) in std::mem::take(&mut self.waiting) {
            match self.moments.instant(moment, &[]) {
                Some(at) => self.queue(at, Unasked::Command(Person("operator".into()), command(wish))),
                None => self.waiting.push((moment, wish)),
            }
        }
    }

    fn probed(&mut self, probe: &ProbeJob, asked: &Asked) -> Probed {
        if let ProbeAsk::Metric(MetricAsk { series: true, over: Some(over), timed, .. }) = &probe.ask
            && let Some(samples) = self.series(probe, *over)
        {
            let (times, values): (Vec<At>, Vec<f64>) = samples.into_iter().unzip();
            return Probed::Series { values, times: if *timed { times } else { Vec::new() } };
        }
        match self.value(probe, asked) {
            Some(Value::Bool(true)) => Probed::Holds,
            Some(Value::Bool(false)) => Probed::Violated { why: "given so".to_owned() },
            Some(Value::Unknown) => match &probe.ask {
                ProbeAsk::Metric(_) => Probed::Absent { why: "no data is given".to_owned() },
                ProbeAsk::Command(_) | ProbeAsk::Http(_) | ProbeAsk::Tcp { .. } => {
                    Probed::Unknown { why: "no answer is given".to_owned() }
                }
            },
            Some(value) => Probed::Sampled { value, note: None },
            None if self.manner == Manner::Lenient && matches!(probe.ask, ProbeAsk::Metric(_)) => {
                self.assumed.insert(format!("nothing is known of `{}`: give it, `{}`", general(probe), line(probe)));
                Probed::Absent { why: "nothing is given".to_owned() }
            }
            None if self.manner == Manner::Lenient => {
                self.assumed.insert(format!("`{}` holds whenever it is asked", general(probe)));
                Probed::Holds
            }
            None => Probed::Unknown { why: "nothing is given".to_owned() },
        }
    }

    /// Returns the samples that are given for a metric over some time, if any are.
    fn series(&self, probe: &ProbeJob, (from, to): (At, At)) -> Option<Vec<(At, f64)>> {
        let about: Vec<SmolStr> = probe.arguments.iter().map(|it| SmolStr::new(it.to_string())).collect();
        let given = self.timelines.get(probe.subject.as_str()).into_iter().flatten();
        let (_, best) = given.filter_map(|it| Some((fits(it, &about)?, *it))).max_by_key(|(named, _)| *named)?;
        Some(samples_over(best, &self.moments, &about, from, to))
    }

    /// Returns what is given for a question now; remembers it where that is nothing.
    fn value(&mut self, probe: &ProbeJob, asked: &Asked) -> Option<Value> {
        let about: Vec<SmolStr> = probe.arguments.iter().map(|it| SmolStr::new(it.to_string())).collect();
        let given = self.timelines.get(probe.subject.as_str()).into_iter().flatten();
        let best = given.filter_map(|it| Some((fits(it, &about)?, *it))).max_by_key(|(named, _)| *named);
        let value = best.and_then(|(_, it)| match &probe.ask {
            ProbeAsk::Metric(MetricAsk { over: Some((from, to)), .. }) => {
                mean_over(it, &self.moments, &about, *from, *to)
            }
            ProbeAsk::Metric(_) | ProbeAsk::Command(_) | ProbeAsk::Http(_) | ProbeAsk::Tcp { .. } => {
                value_at(it, &self.moments, &about, asked.now)
            }
        });
        if value.is_none() && self.manner == Manner::Strict {
            self.unanswered.push(Unanswered {
                what: probe.name.clone(),
                place: asked.place,
                at: asked.now,
                line: line(probe),
                begins_late: best.is_some(),
            });
        }
        value
    }

    /// People hear what they are asked, and will answer as it is given.
    fn ask_people(&mut self, plan: &Plan, run: &Run, at: At, place: Place) {
        let (Some(request), Some(ask)) = (run.request(place), plan.ask_at(place.node)) else { return };
        let Some(conduct) = self.conducts.decision(plan, place) else {
            return self.not_given(plan, at, place, request);
        };
        let when = match (&conduct.at, conduct.after_ms) {
            (_, Some(after_ms)) => at.plus_ms(after_ms),
            // What was to be decided before anybody asked is decided at once.
            (Some(moment), None) => self.moments.instant(moment, &[]).unwrap_or(at).max(at),
            (None, None) => at,
        };
        let needed = if request.items.is_empty() { request.need as usize } else { 1 };
        let by: Vec<SmolStr> = match &conduct.by {
            Some(by) => by.clone(),
            None => request.of.iter().take(if conduct.rejects { 1 } else { needed }).cloned().collect(),
        };
        let rejects = conduct.rejects;
        self.say(plan, when, place, &ask.kind, request, &by, rejects);
    }

    #[allow(clippy::too_many_arguments, reason = "who says what, when, to which question")]
    fn say(
        &mut self,
        plan: &Plan,
        when: At,
        place: Place,
        kind: &AskKind,
        request: &Request,
        by: &[SmolStr],
        no: bool,
    ) {
        let path = plan.path(place);
        if no {
            let command = Command::Reject { path: Some(path), reason: None };
            by.iter().take(1).for_each(|it| self.queue(when, Unasked::Command(Person(it.clone()), command.clone())));
            return;
        }
        let items = request.items.len().max(1);
        for item in 0..items {
            // A checklist is worked through by whoever is there, an approval needs each of them.
            let people: Vec<&SmolStr> = match request.items.is_empty() {
                true => by.iter().collect(),
                false => by.get(item % by.len().max(1)).into_iter().collect(),
            };
            for person in people {
                let command = super::people::yes(kind, path.clone(), item);
                self.queue(when, Unasked::Command(Person(person.clone()), command));
            }
        }
    }

    fn not_given(&mut self, plan: &Plan, at: At, place: Place, request: &Request) {
        let unit = super::units::written(plan, place);
        if self.manner == Manner::Strict {
            let line = format!("given {} {{ after = 10m }}", unit.split('[').next().unwrap_or_default());
            self.unanswered.push(Unanswered { what: unit, place, at, line, begins_late: false });
            return;
        }
        let Some(ask) = plan.ask_at(place.node) else { return };
        let after = crate::value::show_duration(PERSON_MS);
        self.assumed.insert(format!("whoever is asked at `{unit}` says yes after {after}"));
        let needed = if request.items.is_empty() { request.need as usize } else { 1 };
        let by: Vec<SmolStr> = request.of.iter().take(needed).cloned().collect();
        self.say(plan, at.plus_ms(PERSON_MS), place, &ask.kind, request, &by, false);
    }

    fn usually_ms(&mut self, asked: &Asked) -> i64 {
        match self.manner {
            Manner::Strict => 0,
            Manner::Lenient if self.conducts.usual_ms(asked.place.node).is_none() => {
                self.assumed
                    .insert(format!("a step takes {} where nothing says", crate::value::show_duration(USUALLY_MS)));
                USUALLY_MS
            }
            Manner::Lenient => USUALLY_MS,
        }
    }
}

impl Cast for Script<'_> {
    fn answer(&mut self, asked: &Asked) -> (i64, Answer) {
        match asked.job {
            Job::Probes { probes } => {
                let results = probes.iter().map(|it| self.probed(it, asked)).collect();
                (0, Answer::Probed { results })
            }
            // A router says at once what it is set to, and a notice always arrives.
            Job::Router(RouterJob { set: None, .. }) | Job::Notice(_) => (0, Answer::Done(Done::default())),
            Job::Command(_) | Job::Http(_) | Job::Router(_) => {
                let usually_ms = self.usually_ms(asked);
                self.conducts.answer(asked, usually_ms)
            }
        }
    }

    fn hear(&mut self, plan: &Plan, run: &Run, at: At, event: &Event) {
        for broken in super::explore::broken(plan, run, at) {
            self.broken.entry(broken).or_insert(at);
        }
        if let Event::ApprovalRequested { place, .. } = event {
            self.ask_people(plan, run, at, *place);
        }
        if self.moments.hear(plan, at, event) && !self.waiting.is_empty() {
            self.queue_wishes();
        }
    }

    fn next_turn(&self) -> Option<At> {
        self.turns.keys().next().map(|(at, _)| *at)
    }

    fn take_turn(&mut self, _run: &Run) -> Option<Unasked> {
        self.turns.pop_first().map(|(_, unasked)| unasked)
    }

    fn decide(&mut self, _plan: &Plan, run: &Run) -> Option<(i64, Person, Command)> {
        let says_so = matches!(run.paused()?, PauseReason::Said { .. });
        if self.manner == Manner::Strict || !says_so {
            return None;
        }
        let after = crate::value::show_duration(PERSON_MS);
        self.assumed.insert(format!("a person resumes the run {after} after it says `pause`"));
        Some((PERSON_MS, Person("operator".into()), Command::Resume { reason: None }))
    }

    fn is_lost(&self) -> bool {
        !self.unanswered.is_empty()
    }
}

fn command(wish: &Wish) -> Command {
    match wish {
        Wish::Pause => Command::Pause { reason: None },
        Wish::Resume => Command::Resume { reason: None },
        Wish::Retry => Command::Retry { path: None, reason: None },
        Wish::Skip => Command::Skip { path: None, reason: None },
        Wish::Rollback => Command::Rollback { reason: None },
        Wish::Cancel => Command::Cancel { reason: None },
        Wish::Hold => Command::Hold { reason: None },
        // What breaks the glass of a window has to have a reason.
        Wish::Advance => Command::Advance { path: None, reason: Some("so it is given".to_owned()) },
        Wish::Goto(stage) => Command::Goto { path: stage.to_string(), reason: None },
    }
}

/// Returns the line that would answer a question.
fn line(probe: &ProbeJob) -> String {
    let value = match &probe.ask {
        ProbeAsk::Command(_) | ProbeAsk::Http(_) | ProbeAsk::Tcp { .. } => "true",
        ProbeAsk::Metric(ask) => match ask.of {
            Type::Percent => "0.2%",
            Type::Duration => "200ms",
            Type::Size => "1MiB",
            Type::Int => "1",
            _ => "1.0",
        },
    };
    format!("given {} {{ 0h = {value} }}", general(probe))
}

/// Writes a question as one about everything: `up(*)`.
fn general(probe: &ProbeJob) -> String {
    match probe.arguments.len() {
        0 => probe.subject.to_string(),
        count => format!("{}({})", probe.subject, vec!["*"; count].join(", ")),
    }
}
