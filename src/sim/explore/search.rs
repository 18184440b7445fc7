//! Every combination of some faults, the fewest first: each way is followed until it ends or comes to a state that
//! goes on like one seen before. Says how much it looked at, and what not.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::calm::Calm;
use super::ending::{Bad, Verdict, at_rest, at_the_end, in_a_ring, on_the_way};
use super::gauge::Gauge;
use super::mishap::{Mishap, Turning, times_decided, turnings};
use super::scene::{Next, Scene};
use crate::engine::{Event, KeptValue, Kinship, Person, RunStarted, Truth};
use crate::plan::{KeptValues, NodeId, Plan};
use crate::sim::units::written;
use crate::value::At;

/// What came of a search.
#[derive(Debug, Clone)]
pub struct Explored {
    /// The shortest way to each bad ending at each place, by what is bad.
    pub findings: Vec<Finding>,
    /// By the number of faults, from none.
    pub levels: Vec<Level>,
    /// How many different states were seen.
    pub states: usize,
    /// What could not be brought about: where something is asked, and which verdict.
    pub undriven: Vec<String>,
    /// How often a run came to each ending, by its name.
    pub endings: BTreeMap<&'static str, usize>,
    /// Whether long stretches of samples that go on alike were disturbed only here and there.
    pub is_thinned: bool,
}

/// A bad ending, and the shortest way there.
#[derive(Debug, Clone)]
pub struct Finding {
    pub bad: Bad,
    /// Where it is, as a test would write it.
    pub place: String,
    pub words: String,
    pub faults: u32,
    /// What happened on the way that is not as it always goes, with its time.
    pub way: Vec<(i64, Turning)>,
    pub after_ms: i64,
}

/// How much of the combinations of one number of faults was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Level {
    /// Combinations that were tried.
    pub tried: usize,
    /// Those among them that came to a state like one seen before at once.
    pub alike: usize,
    /// How many there are, as far as can be told; the same as `tried` when all were.
    pub about: usize,
    /// Whether all were tried.
    pub is_whole: bool,
}

/// No single way is followed further.
const STEPS_MAX: usize = 200_000;

/// Where the time of day matters no state comes back, and a person could try the same again for ever: so many decisions
/// are followed on one way.
const DECISIONS_MAX: usize = 2;

/// Tries every combination of up to so many faults, as long as it is let: asked before each step, with how many states
/// were seen.
pub fn explore(
    plan: &Plan,
    kept: &KeptValues,
    start: At,
    faults: u32,
    may_go_on: &mut dyn FnMut(usize) -> bool,
) -> Explored {
    let kinship = Kinship::new(plan);
    let mut search = Search {
        plan,
        kinship: &kinship,
        gauge: Gauge::default(),
        seen: BTreeSet::new(),
        found: BTreeMap::new(),
        endings: BTreeMap::new(),
        may_go_on,
        chosen: VecDeque::new(),
        is_over: false,
        is_thinned: false,
    };
    let first = Scene::new(plan, start, started(plan, kept));
    search.seen.insert(first.likeness(&kinship));
    let mut starts = Vec::new();
    search.follow(first, &mut starts);
    search.follow_choices(&mut starts);
    let whole = !search.is_over;
    let mut levels = vec![Level { tried: 1, alike: 0, about: 1, is_whole: whole }];
    for _ in 0..faults {
        let mut next = Vec::new();
        let level = search.level(&starts, &mut next);
        levels.push(level);
        starts = next;
    }
    search.explored(levels)
}

fn started(plan: &Plan, kept: &KeptValues) -> RunStarted {
    let kept = kept.iter().map(|((target, key), value)| KeptValue {
        target: target.clone(),
        key: key.clone(),
        value: value.clone(),
    });
    RunStarted {
        run: "explored".into(),
        rollout: plan.rollout.clone(),
        plan: "explored".into(),
        inputs: plan.inputs.clone(),
        by: Person("operator".into()),
        reason: None,
        forecast: None,
        kept: kept.collect(),
    }
}

struct Search<'p> {
    plan: &'p Plan,
    kinship: &'p Kinship<'p>,
    gauge: Gauge,
    seen: BTreeSet<u64>,
    found: BTreeMap<(Bad, NodeId, u32), Finding>,
    endings: BTreeMap<&'static str, usize>,
    may_go_on: &'p mut dyn FnMut(usize) -> bool,
    /// States that people have decided for, and that nobody has followed yet.
    chosen: VecDeque<Scene>,
    is_over: bool,
    is_thinned: bool,
}

/// Where a way began that was followed, and how far.
struct Start {
    scene: Scene,
    steps: usize,
}

impl Search<'_> {
    /// Adds one fault to every way that was followed before, at every point of it.
    fn level(&mut self, starts: &[Start], next: &mut Vec<Start>) -> Level {
        let mut level = Level { is_whole: !self.is_over, ..Level::default() };
        for (at, start) in starts.iter().enumerate() {
            self.disturb(start, &mut level, next);
            if self.is_over {
                level.is_whole = false;
                level.about = level.tried.max(1) * starts.len() / (at + 1);
                return level;
            }
        }
        level.about = level.tried;
        self.follow_choices(next);
        level.is_whole = !self.is_over;
        level
    }

    /// Goes a way again, and lets everything happen on it that may go wrong.
    fn disturb(&mut self, start: &Start, level: &mut Level, next: &mut Vec<Start>) {
        let mut scene = start.scene.clone();
        let mut under_way = Vec::new();
        let mut calm = Calm::default();
        for _ in 0..start.steps {
            let now_under_way = scene.under_way();
            let crash = (now_under_way != under_way && !now_under_way.is_empty()).then_some(Mishap::Crash);
            under_way = now_under_way;
            let mishaps = scene.mishaps(self.plan).into_iter().chain(crash);
            for mishap in mishaps.filter(|it| calm.is_worth(it)) {
                self.branch(&scene, mishap, level, next);
                if self.is_over {
                    return;
                }
            }
            let Some(events) = self.advance(&mut scene) else { return };
            calm.hear(&events, scene.now);
            calm.leap(self.plan, &mut scene, &events);
            self.is_thinned |= calm.is_thinned();
        }
    }

    fn branch(&mut self, scene: &Scene, mishap: Mishap, level: &mut Level, next: &mut Vec<Start>) {
        if let Mishap::Violated { place } = &mishap
            && !self.gauge.drives(place.node, Truth::Violated)
        {
            return;
        }
        level.tried += 1;
        let mut scene = scene.clone();
        let events = scene.suffer(self.plan, mishap);
        self.look(&scene, &events);
        if self.seen.insert(scene.likeness(self.kinship)) {
            self.follow(scene, next);
        } else {
            level.alike += 1;
        }
    }

    /// Follows a way to its end, or to where a person decides.
    fn follow(&mut self, scene: Scene, starts: &mut Vec<Start>) {
        let steps = self.walk(scene.clone());
        starts.push(Start { scene, steps });
    }

    /// Follows what people may have decided, the fewest decisions first.
    fn follow_choices(&mut self, starts: &mut Vec<Start>) {
        while let Some(scene) = self.chosen.pop_front() {
            self.follow(scene, starts);
            if self.is_over {
                return;
            }
        }
    }

    /// Returns how many steps there were until it ended, or came to a state that was seen before.
    fn walk(&mut self, mut scene: Scene) -> usize {
        let mut own = BTreeSet::from([scene.likeness(self.kinship)]);
        let mut calm = Calm::default();
        for steps in 0..STEPS_MAX {
            if !(self.may_go_on)(self.seen.len()) {
                self.is_over = true;
                return steps;
            }
            let Some(events) = self.advance(&mut scene) else {
                self.rest(&scene);
                return steps;
            };
            self.look(&scene, &events);
            calm.hear(&events, scene.now);
            calm.leap(self.plan, &mut scene, &events);
            if calm.may_be_passed_over() {
                continue;
            }
            let likeness = scene.likeness(self.kinship);
            if !own.insert(likeness) {
                self.find(&scene, in_a_ring(self.plan, &scene.run));
                return steps + 1;
            }
            if !self.seen.insert(likeness) {
                return steps + 1;
            }
        }
        STEPS_MAX
    }

    /// Lets the next thing happen; none if nothing does by itself.
    fn advance(&mut self, scene: &mut Scene) -> Option<Vec<Event>> {
        if scene.run.finished().is_some() {
            return None;
        }
        match scene.next() {
            Next::Answer | Next::Alarm(_) | Next::Reply => Some(scene.go_on(self.plan, &mut self.gauge)),
            Next::Decision | Next::Nothing => None,
        }
    }

    /// A run has ended, or a person decides, or nothing ever happens again.
    fn rest(&mut self, scene: &Scene) {
        if let Some(outcome) = scene.run.finished() {
            *self.endings.entry(outcome.name()).or_default() += 1;
            for verdict in at_the_end(self.plan, &scene.run, outcome) {
                self.find(scene, verdict);
            }
        } else if !self.choose(scene) {
            *self.endings.entry("stuck").or_default() += 1;
            self.find(scene, at_rest(self.plan, &scene.run));
        }
    }

    /// Queues whatever a person may want; false if there is nothing.
    fn choose(&mut self, scene: &Scene) -> bool {
        let mut has_choice = false;
        for choice in scene.choices(self.plan) {
            if self.kinship.knows_time() && times_decided(&scene.path) >= DECISIONS_MAX {
                has_choice = true;
                continue;
            }
            let mut decided = scene.clone();
            let Some(events) = decided.decide(self.plan, choice) else { continue };
            has_choice = true;
            self.look(&decided, &events);
            if self.seen.insert(decided.likeness(self.kinship)) {
                self.chosen.push_back(decided);
            }
        }
        has_choice
    }

    fn look(&mut self, scene: &Scene, events: &[Event]) {
        for verdict in on_the_way(self.plan, &scene.run, scene.now, events) {
            self.find(scene, verdict);
        }
    }

    /// Keeps the shortest way to each bad ending.
    fn find(&mut self, scene: &Scene, verdict: Verdict) {
        let number = if verdict.bad == Bad::Broken { verdict.place.slot.0 } else { 0 };
        let key = (verdict.bad, verdict.place.node, number);
        let way = turnings(&scene.path);
        let last_ms = way.last().map_or(0, |(after_ms, _)| *after_ms);
        let after_ms = scene.now.since_ms(scene.start).max(last_ms);
        let length = |it: &Finding| (it.faults, it.way.len(), it.after_ms);
        let place = match verdict.bad {
            Bad::Broken => String::new(),
            _ => written(self.plan, verdict.place),
        };
        let finding = Finding { bad: verdict.bad, place, words: verdict.words, faults: scene.faults, way, after_ms };
        match self.found.get(&key) {
            Some(before) if length(before) <= length(&finding) => {}
            Some(_) | None => drop(self.found.insert(key, finding)),
        }
    }

    fn explored(self, levels: Vec<Level>) -> Explored {
        let verdict = |of: u8| match of {
            0 => "holds",
            1 => "is violated",
            _ => "is unknown",
        };
        let undriven = self.gauge.undriven.iter().map(|(node, of)| {
            let place = crate::plan::Place::new(*node, crate::plan::Slot::ONLY);
            let path = written(self.plan, place);
            let path = path.split('[').next().unwrap_or_default();
            format!("no answers were found with which `{path}` {}", verdict(*of))
        });
        Explored {
            undriven: undriven.collect(),
            findings: self.found.into_values().collect(),
            levels,
            states: self.seen.len(),
            endings: self.endings,
            is_thinned: self.is_thinned,
        }
    }
}
