//! Drives the engine alone, question by question, through a world that is drawn: with answers in order, or in any order,
//! doubled and late. Knows commands and probes, and whoever says `skip` in the end.

use std::collections::BTreeMap;

use fastrand::Rng;
use rollout::check::check;
use rollout::engine::{
    Answer, Command, Done, Effect, Event, Fault, FaultKind, Heard, Job, Person, Probed, Run, RunStarted, step,
};
use rollout::plan::{KeptValues, NodeKind, Place, Plan, Role};
use rollout::source::MemoryWorld;
use rollout::value::At;

use super::examples::planned;

/// What commands and probes come to: drawn for each name, and for each time that it is asked.
pub struct World {
    seed: u64,
    /// How many in a thousand go wrong.
    odds: u32,
    asked: BTreeMap<String, u32>,
}

impl World {
    pub fn new(seed: u64, odds: u32) -> World {
        World { seed, odds, asked: BTreeMap::new() }
    }

    /// Whether a command succeeds; a way back always does, and so does what is done last.
    pub fn command(&mut self, name: &str) -> bool {
        let drawn = self.draw(name);
        name.starts_with("undo ") || name == "last" || drawn >= self.odds
    }

    /// Whether a probe holds; none: nobody knows.
    pub fn probe(&mut self, name: &str) -> Option<bool> {
        let drawn = self.draw(name);
        match drawn {
            it if it >= self.odds * 2 => Some(true),
            it if it >= self.odds => Some(false),
            _ => None,
        }
    }

    fn draw(&mut self, name: &str) -> u32 {
        let times = self.asked.entry(name.to_owned()).or_default();
        *times += 1;
        let text = name.bytes().fold(self.seed, |hash, byte| hash.wrapping_mul(1_099_511_628_211) ^ u64::from(byte));
        Rng::with_seed(text.wrapping_mul(31).wrapping_add(u64::from(*times))).u32(0..1000)
    }
}

/// How answers are delivered.
pub struct Mischief {
    order: Option<Rng>,
    repeats: Option<Rng>,
    /// After so many answers everything goes well, and a person decides whatever waits for one.
    healed_after: Option<usize>,
    /// How often a person decided.
    pub decided: u32,
}

impl Mischief {
    pub fn none() -> Mischief {
        Mischief { order: None, repeats: None, healed_after: None, decided: 0 }
    }

    pub fn in_any_order(seed: u64) -> Mischief {
        Mischief { order: Some(Rng::with_seed(seed)), ..Mischief::none() }
    }

    pub fn repeated(self, seed: u64) -> Mischief {
        Mischief { repeats: Some(Rng::with_seed(seed)), ..self }
    }

    pub fn healed_after(self, answers: usize) -> Mischief {
        Mischief { healed_after: Some(answers), ..self }
    }
}

/// What came of a run.
pub struct Driven {
    /// The outcome; `paused` if it waits for a person, `running` if it waits for nothing.
    pub ending: &'static str,
    /// What was asked, in order.
    pub asked: Vec<String>,
    pub events: Vec<Event>,
}

pub fn plan_of(text: &str) -> Plan {
    let world = MemoryWorld::default().with("saga.rollout", text);
    let checked = check(&world, "saga.rollout");
    assert!(checked.is_sound(), "{:?}\n{text}", checked.diagnostics);
    planned(&checked, "saga.rollout", &KeptValues::new())
}

/// Plays a run to its end, or to where nothing more happens.
pub fn drive(plan: &Plan, world: World, mischief: &mut Mischief) -> Driven {
    let driver = Driver {
        plan,
        run: Run::new(),
        now: At(1_795_392_000_000),
        world,
        open: Vec::new(),
        given: Vec::new(),
        asked: Vec::new(),
        events: Vec::new(),
    };
    driver.play(mischief)
}

struct Driver<'p> {
    plan: &'p Plan,
    run: Run,
    now: At,
    world: World,
    /// What was asked and not answered: where, which attempt, by which name, and whether a command.
    open: Vec<(Place, u32, String, bool)>,
    given: Vec<(Place, u32, Answer)>,
    asked: Vec<String>,
    events: Vec<Event>,
}

impl Driver<'_> {
    fn play(mut self, mischief: &mut Mischief) -> Driven {
        self.hear(Heard::Start(Box::new(started(self.plan))));
        while self.run.finished().is_none() && self.events.len() < 100_000 {
            self.repeat(mischief);
            let healed = mischief.healed_after.is_some_and(|it| self.given.len() >= it);
            if !self.open.is_empty() {
                let at = match &mut mischief.order {
                    Some(random) => random.usize(0..self.open.len()),
                    None => self.first_written(),
                };
                self.answer(at, healed);
            } else if self.run.paused().is_some() {
                if mischief.healed_after.is_none() {
                    break;
                }
                mischief.decided += 1;
                self.decide();
            } else if let Some(at) = self.run.next_wake() {
                self.now = self.now.max(at);
                self.hear(Heard::Tick);
            } else {
                break;
            }
        }
        self.repeat_all(mischief);
        let paused = self.run.paused().is_some();
        let ending = self.run.finished().map_or(if paused { "paused" } else { "running" }, |it| it.name());
        Driven { ending, asked: self.asked, events: self.events }
    }

    /// Returns the open question that stands first in the program.
    fn first_written(&self) -> usize {
        let open = self.open.iter().enumerate();
        open.min_by_key(|(_, (place, ..))| *place).map_or(0, |(at, _)| at)
    }

    fn answer(&mut self, at: usize, healed: bool) {
        let (place, attempt, name, is_command) = self.open.remove(at);
        let answer = match is_command {
            true if self.world.command(&name) || healed => Answer::Done(Done::default()),
            true => Answer::Fault(Fault { kind: FaultKind::Refused, message: "exit code 1".to_owned(), code: Some(1) }),
            false => {
                let result = match self.world.probe(&name) {
                    _ if healed => Probed::Holds,
                    Some(true) => Probed::Holds,
                    Some(false) => Probed::Violated { why: String::new() },
                    None => Probed::Unknown { why: String::new() },
                };
                Answer::Probed { results: vec![result] }
            }
        };
        self.given.push((place, attempt, answer.clone()));
        self.hear(Heard::Answer { place, attempt, answer });
    }

    /// A person has everything that failed tried again, and lets everything that was paused go on.
    fn decide(&mut self) {
        let by = Person("dana".into());
        self.hear(Heard::Command { by: by.clone(), command: Command::Retry { path: None, reason: None } });
        if self.run.paused().is_some() && self.open.is_empty() {
            self.hear(Heard::Command { by, command: Command::Resume { reason: None } });
        }
    }

    /// Now and then an answer comes once more.
    fn repeat(&mut self, mischief: &mut Mischief) {
        let Some(random) = &mut mischief.repeats else { return };
        for _ in 0..random.u32(0..3) {
            if !self.given.is_empty() {
                let (place, attempt, answer) = self.given[random.usize(0..self.given.len())].clone();
                self.hear_again(place, attempt, answer);
            }
        }
    }

    /// When all is over everything comes once more.
    fn repeat_all(&mut self, mischief: &Mischief) {
        if mischief.repeats.is_some() {
            for (place, attempt, answer) in self.given.clone() {
                self.hear_again(place, attempt, answer);
            }
        }
    }

    fn hear_again(&mut self, place: Place, attempt: u32, answer: Answer) {
        let before = self.run.clone();
        let heard = step(self.plan, &mut self.run, self.now, Heard::Answer { place, attempt, answer });
        assert!(heard.events.is_empty() && heard.effects.is_empty(), "`{}` was heard twice", self.plan.path(place));
        assert!(self.run == before, "`{}` changed something although it was heard before", self.plan.path(place));
    }

    fn hear(&mut self, heard: Heard) {
        let heard = step(self.plan, &mut self.run, self.now, heard);
        self.events.extend(heard.events);
        for effect in heard.effects {
            if let Effect::Perform { place, attempt, job } = effect {
                let (name, is_command) = self.name(place, &job);
                self.asked.push(name.clone());
                self.open.push((place, attempt, name, is_command));
            }
        }
    }

    /// Names a command after its step, a probe by its own name, and both after their element.
    fn name(&self, place: Place, job: &Job) -> (String, bool) {
        let around: Vec<Place> = std::iter::once(place).chain(self.plan.all_around(place)).collect();
        let element = around.iter().find(|it| self.plan.node(it.node).kind == NodeKind::Sequence(Role::Target));
        let at = element.map_or(String::new(), |it| format!("@t{}", it.slot.0));
        if let Job::Probes { probes } = job {
            return (format!("{}{at}", probes[0].subject), false);
        }
        let step = around.iter().find(|it| matches!(self.plan.node(it.node).kind, NodeKind::Step(_)));
        let name = step.map_or("", |it| self.plan.node(it.node).name.as_str());
        let back = around.iter().any(|it| self.plan.node(it.node).kind == NodeKind::Sequence(Role::Undo));
        (format!("{}{name}{at}", if back { "undo " } else { "" }), true)
    }
}

fn started(plan: &Plan) -> RunStarted {
    RunStarted {
        run: "driven".into(),
        rollout: plan.rollout.clone(),
        plan: "driven".into(),
        inputs: plan.inputs.clone(),
        by: Person("dana".into()),
        reason: None,
        kept: Vec::new(),
        forecast: None,
    }
}
