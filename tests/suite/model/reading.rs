//! The plainest reading of the language: a program that goes through a rollout from top to bottom, side by side where
//! the text says so, and remembers what it did. It knows the rules of the language and nothing of the engine; where the
//! two differ, one of them is wrong.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::clock::{Clock, Strand, all};
use super::fortune::{Fortune, Word};
use super::gates::{Look, Samples, Truth, lasting};
use super::saga::{Ask, Check, Condition, Entry, Loop, Saga, Said, Stage, Step, Undo, Watch};

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60_000;

/// What came of a run.
#[derive(Debug, PartialEq)]
pub struct Told {
    /// The outcome; `paused` if it waits for a person, `running` if it waits for nothing.
    pub ending: &'static str,
    /// What was asked and when, since the start; in order.
    pub asked: Vec<(i64, String)>,
    /// The steps that could not be taken back.
    pub stuck: BTreeSet<String>,
}

/// Reads a saga to its end, or to where nothing more happens.
pub fn read(saga: &Saga, fortune: Fortune) -> Told {
    let reading = Reading {
        saga,
        fortune,
        clock: Clock::default(),
        asked: RefCell::default(),
        paused_in: RefCell::default(),
        unanswered: Cell::new(0),
        going_back: Cell::new(0),
        ends: Cell::new(None),
        given_up: Cell::new(0),
        changed: Cell::new(None),
        things: Cell::new(0),
        samples: RefCell::default(),
        stuck: RefCell::default(),
        has_undone: Cell::new(false),
        ended: Cell::new(0),
        blocks: saga.stages.iter().map(|_| Block::new(Kind::Row { in_target: false })).collect(),
        states: saga.stages.iter().map(|_| Cell::new(State::Waits)).collect(),
    };
    let resting = || if reading.is_paused() { "paused" } else { "running" };
    let ending = reading.clock.run(reading.whole()).unwrap_or_else(resting);
    let mut asked = reading.asked.take();
    asked.sort();
    Told { ending, asked, stuck: reading.stuck.take() }
}

/// Why something does not go on.
#[derive(Debug, Clone, Copy)]
enum Stop {
    /// What a condition or a question said is to be done; none: what the stage or rollout says.
    Failed(Said),
    /// Something around it goes no further.
    Dropped,
}

type Passed = Result<(), Stop>;

/// What goes on only as long as nothing in it, or around it, has failed.
struct Scope {
    outer: Option<Rc<Scope>>,
    stage: usize,
    /// The element's number among all of its loop, if it stands in one.
    element: Option<usize>,
    /// Of an element: how many of its loop have failed.
    failures: Option<Rc<Failures>>,
    /// Whether it closes, and what the first failure said.
    closed: Cell<Option<Said>>,
    /// What follows which wave of a loop.
    wave: usize,
}

struct Failures {
    most: u32,
    failed: Cell<u32>,
    failed_in_wave: Cell<usize>,
    in_wave: Cell<usize>,
}

/// What was begun and may have to be taken back.
struct Block {
    kind: Kind,
    parts: RefCell<Vec<Rc<Block>>>,
    /// The how many-th step it was that ended.
    ended: Cell<u64>,
    is_taken: Cell<bool>,
    /// Whether something in it could not be taken back.
    is_stuck: Cell<bool>,
}

enum Kind {
    /// One after another.
    Row {
        in_target: bool,
    },
    Parallel {
        in_target: bool,
    },
    Loop {
        lanes: usize,
    },
    Step {
        name: String,
        undo: Undo,
        attempts: u32,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waits,
    Done,
    Undone,
}

struct Reading<'s> {
    saga: &'s Saga,
    fortune: Fortune,
    clock: Clock,
    asked: RefCell<Vec<(i64, String)>>,
    /// The stages of the failures that a person has to decide about.
    paused_in: RefCell<Vec<usize>>,
    /// How many questions to people have paused the run and may still be answered.
    unanswered: Cell<u32>,
    /// How many stages are being taken back alone.
    going_back: Cell<u32>,
    /// Whether the run ends by `rollback` or `stop`.
    ends: Cell<Said>,
    /// How many targets have failed and were tolerated.
    given_up: Cell<u32>,
    /// The last change of a target, as the how many-th thing of the run.
    changed: Cell<Option<u64>>,
    /// How many things have happened of which it matters which was the first.
    things: Cell<u64>,
    samples: RefCell<BTreeMap<u32, Samples>>,
    stuck: RefCell<BTreeSet<String>>,
    has_undone: Cell<bool>,
    /// How many steps have ended.
    ended: Cell<u64>,
    blocks: Vec<Rc<Block>>,
    states: Vec<Cell<State>>,
}

impl Reading<'_> {
    async fn whole(&self) -> &'static str {
        let strands = (0..self.saga.stages.len()).map(|at| Box::pin(self.stage(at)) as Strand<()>);
        all(strands.collect()).await;
        if self.ends.get() == Some("rollback") {
            self.undo_stages().await;
        }
        let ending = match self.ends.get() {
            None => "succeeded",
            Some(_) if !self.stuck.borrow().is_empty() => "needs_hands",
            Some("rollback") if self.has_undone.get() => "rolled_back",
            Some(_) => "failed",
        };
        if self.saga.finally {
            self.command("last").await;
        }
        ending
    }

    async fn stage(&self, at: usize) {
        let stage = &self.saga.stages[at];
        let scope =
            Rc::new(Scope { outer: None, stage: at, element: None, failures: None, closed: Cell::new(None), wave: 0 });
        match self.in_turn(at, stage, &scope).await {
            Ok(()) => self.states[at].set(State::Done),
            Err(Stop::Dropped) => {}
            Err(Stop::Failed(said)) => match self.policy(at, said) {
                "rollback_stage" => {
                    // What waits for a person in the stage has its answer; what waits elsewhere still does.
                    self.paused_in.borrow_mut().retain(|it| *it != at);
                    self.going_back.set(self.going_back.get() + 1);
                    self.undo(Rc::clone(&self.blocks[at]), false).await;
                    self.going_back.set(self.going_back.get() - 1);
                    self.pause(&scope).await;
                }
                word => self.end(word),
            },
        }
    }

    /// A stage begins when all that it comes after have ended.
    async fn in_turn(&self, at: usize, stage: &Stage, scope: &Rc<Scope>) -> Passed {
        let after = stage.after.clone().unwrap_or_else(|| at.checked_sub(1).into_iter().collect());
        let is_due = || after.iter().all(|it| self.states[*it].get() == State::Done);
        // While a stage is taken back alone no other one begins.
        self.clock.until(|| self.is_closed(scope) || is_due() && self.going_back.get() == 0).await;
        self.begin(scope).await?;
        if stage.skipped {
            return Ok(());
        }
        if stage.delay_min > 0 {
            self.rest(scope, stage.delay_min * MINUTE_MS).await?;
        }
        self.entries(&stage.entries, scope, &self.blocks[at]).await
    }

    fn policy(&self, stage: usize, said: Said) -> &'static str {
        said.or(self.saga.stages[stage].on_failure).unwrap_or(self.saga.on_failure)
    }

    fn end(&self, word: &'static str) {
        if self.ends.get().is_none() {
            self.ends.set(Some(word));
        }
        self.paused_in.borrow_mut().clear();
    }

    fn is_paused(&self) -> bool {
        !self.paused_in.borrow().is_empty() || self.unanswered.get() > 0
    }

    fn is_closed(&self, scope: &Scope) -> bool {
        let outer = || scope.outer.as_ref().is_some_and(|it| self.is_closed(it));
        self.ends.get().is_some() || scope.closed.get().is_some() || outer()
    }

    /// Waits until something may begin.
    async fn begin(&self, scope: &Scope) -> Passed {
        self.clock.until(|| self.is_closed(scope) || !self.is_paused()).await;
        if self.is_closed(scope) { Err(Stop::Dropped) } else { Ok(()) }
    }

    /// Waits for a while, and until something may begin.
    async fn rest(&self, scope: &Scope, ms: i64) -> Passed {
        self.wait(scope, ms).await?;
        self.begin(scope).await
    }

    async fn wait(&self, scope: &Scope, ms: i64) -> Passed {
        let until_ms = self.clock.now_ms() + ms;
        self.clock.alarm(until_ms);
        self.clock.until(|| self.is_closed(scope) || self.clock.now_ms() >= until_ms).await;
        if self.is_closed(scope) { Err(Stop::Dropped) } else { Ok(()) }
    }

    /// A person has to decide: here nobody does.
    async fn pause(&self, scope: &Scope) -> Stop {
        if self.ends.get().is_none() {
            self.paused_in.borrow_mut().push(scope.stage);
        }
        self.clock.until(|| self.is_closed(scope)).await;
        Stop::Dropped
    }

    /// Says what the failure of a part means for what it stands in.
    async fn failing(&self, scope: &Scope, said: Said) -> Stop {
        if self.is_closed(scope) {
            return Stop::Dropped;
        }
        if self.policy(scope.stage, said) == "pause" && !self.is_tolerated_somewhere(scope) {
            return self.pause(scope).await;
        }
        Stop::Failed(said)
    }

    fn is_tolerated_somewhere(&self, scope: &Scope) -> bool {
        let here = scope.failures.as_ref().is_some_and(|it| self.is_tolerable(it));
        here || scope.outer.as_ref().is_some_and(|it| self.is_tolerated_somewhere(it))
    }

    /// Whether one more may fail. That a whole wave fails is never tolerated.
    fn is_tolerable(&self, failures: &Failures) -> bool {
        failures.failed.get() < failures.most
            && failures.failed_in_wave.get() + 1 < failures.in_wave.get()
            && self.saga.tolerate.is_none_or(|most| self.given_up.get() < most)
    }

    async fn entries(&self, entries: &[Entry], scope: &Rc<Scope>, block: &Rc<Block>) -> Passed {
        for entry in entries {
            self.begin(scope).await?;
            match self.entry(entry, scope, block).await {
                Ok(()) => {}
                Err(Stop::Dropped) => return Err(Stop::Dropped),
                Err(Stop::Failed(said)) => return Err(self.failing(scope, said).await),
            }
        }
        Ok(())
    }

    fn entry<'a>(&'a self, entry: &'a Entry, scope: &'a Rc<Scope>, block: &'a Rc<Block>) -> Strand<'a, Passed> {
        match entry {
            Entry::Step(step) => Box::pin(self.step(step, scope, block)),
            Entry::Parallel(parts) => Box::pin(self.parallel(parts, scope, block)),
            Entry::Loop(it) => Box::pin(self.a_loop(it, scope, block)),
            Entry::Check(it) => Box::pin(self.check(it, scope)),
            Entry::Watch(it) => Box::pin(self.watch(it, scope)),
            Entry::Ask(it) => Box::pin(self.ask(it, scope)),
            Entry::Require(it) => Box::pin(async move {
                match self.look(it, scope).await {
                    Some(true) => Ok(()),
                    Some(false) | None => Err(Stop::Failed(None)),
                }
            }),
        }
    }

    async fn step(&self, step: &Step, scope: &Rc<Scope>, block: &Rc<Block>) -> Passed {
        if step.skipped {
            return Ok(());
        }
        let name = scope.named(&format!("a{}", step.number));
        let passed = self.attempts(step, &name, scope, block).await;
        self.ended.set(self.ended.get() + 1);
        block.ends(&name, self.ended.get());
        passed
    }

    /// A step passes if all its commands do, in one of its attempts.
    async fn attempts(&self, step: &Step, name: &str, scope: &Rc<Scope>, block: &Rc<Block>) -> Passed {
        for attempt in 0..step.attempts {
            if attempt > 0 {
                self.rest(scope, (10 * SECOND_MS) << (attempt - 1)).await?;
            }
            let mut passes = true;
            for command in 0..step.commands {
                self.begin(scope).await?;
                if attempt == 0 && command == 0 {
                    block.step(step, name);
                }
                if scope.element.is_some() {
                    self.changed.set(Some(self.next_thing()));
                }
                passes = self.command(name).await;
                if !passes {
                    break;
                }
            }
            if passes {
                return Ok(());
            }
        }
        Err(Stop::Failed(None))
    }

    async fn command(&self, name: &str) -> bool {
        self.note(name);
        let (takes_ms, succeeds) = self.fortune.command(name);
        self.clock.sleep_until(self.clock.now_ms() + takes_ms).await;
        succeeds
    }

    fn next_thing(&self) -> u64 {
        self.things.set(self.things.get() + 1);
        self.things.get()
    }

    fn note(&self, name: &str) {
        self.asked.borrow_mut().push((self.clock.now_ms(), name.to_owned()));
    }

    async fn parallel(&self, parts: &[Entry], scope: &Rc<Scope>, block: &Rc<Block>) -> Passed {
        let inner = Rc::new(Scope::within(scope));
        let block = block.part(Kind::Parallel { in_target: scope.element.is_some() });
        let strands = parts.iter().map(|it| Box::pin(self.part(it, &inner, &block)) as Strand<Passed>);
        let passed = all(strands.collect()).await;
        match inner.closed.get() {
            Some(said) => Err(Stop::Failed(said)),
            None => passed.into_iter().collect(),
        }
    }

    async fn part(&self, part: &Entry, inner: &Rc<Scope>, block: &Rc<Block>) -> Passed {
        self.begin(inner).await?;
        let passed = self.entry(part, inner, block).await;
        let Err(Stop::Failed(said)) = passed else { return passed };
        let stop = self.failing(inner, said).await;
        if let Stop::Failed(said) = stop {
            inner.close(said);
        }
        Err(stop)
    }

    async fn a_loop(&self, it: &Loop, scope: &Rc<Scope>, block: &Rc<Block>) -> Passed {
        let own = Rc::new(Scope::within(scope));
        let failures = Rc::new(Failures {
            most: it.tolerate,
            failed: Cell::new(0),
            failed_in_wave: Cell::new(0),
            in_wave: Cell::new(0),
        });
        let block = block.part(Kind::Loop { lanes: it.lanes() });
        let next = Cell::new(0);
        for (wave, end) in it.waves.clone().unwrap_or_else(|| vec![it.targets]).into_iter().enumerate() {
            failures.failed_in_wave.set(0);
            failures.in_wave.set(end - next.get());
            let lane = |_| Box::pin(self.lane(it, &own, &failures, &block, &next, end)) as Strand<Passed>;
            let passed: Passed = all((0..it.lanes()).map(lane).collect()).await.into_iter().collect();
            if let Some(said) = own.closed.get() {
                return Err(Stop::Failed(said));
            }
            passed?;
            self.after_wave(it, wave, &own, &block).await?;
        }
        Ok(())
    }

    async fn after_wave(&self, it: &Loop, wave: usize, own: &Rc<Scope>, block: &Rc<Block>) -> Passed {
        if it.after_wave.is_empty() {
            return Ok(());
        }
        // What is asked after a wave is asked once for each.
        let wave = Rc::new(Scope { wave, ..Scope::within(own) });
        self.begin(&wave).await?;
        self.entries(&it.after_wave, &wave, block).await
    }

    /// Goes through the elements that nobody else has begun, one after another.
    async fn lane(
        &self,
        it: &Loop,
        own: &Rc<Scope>,
        failures: &Rc<Failures>,
        block: &Rc<Block>,
        next: &Cell<usize>,
        end: usize,
    ) -> Passed {
        while next.get() < end {
            self.clock.until(|| self.is_closed(own) || !self.is_paused() || next.get() >= end).await;
            if self.is_closed(own) {
                return Err(Stop::Dropped);
            }
            let at = next.get();
            if at < end {
                next.set(at + 1);
                self.element(it, at, own, failures, block).await?;
            }
        }
        Ok(())
    }

    async fn element(
        &self,
        it: &Loop,
        at: usize,
        own: &Rc<Scope>,
        failures: &Rc<Failures>,
        block: &Rc<Block>,
    ) -> Passed {
        let element = Some(own.element.unwrap_or(0) * it.targets + at);
        let scope = Rc::new(Scope { element, failures: Some(Rc::clone(failures)), ..Scope::within(own) });
        let block = block.part(Kind::Row { in_target: true });
        let Err(stop) = self.entries(&it.body, &scope, &block).await else { return Ok(()) };
        let Stop::Failed(said) = stop else { return Err(stop) };
        let is_tolerable = self.is_tolerable(failures);
        failures.failed.set(failures.failed.get() + 1);
        failures.failed_in_wave.set(failures.failed_in_wave.get() + 1);
        if is_tolerable {
            self.given_up.set(self.given_up.get() + 1);
            let is_stuck = self.undo(block, true).await;
            // What is neither done nor taken back cannot be looked away from.
            if !is_stuck {
                return Ok(());
            }
        }
        own.close(said);
        Err(stop)
    }

    /// Asks everything that a condition asks, at once, and says what it comes to.
    async fn look(&self, condition: &Condition, scope: &Scope) -> Truth {
        let number = condition.number;
        let name = scope.named(&format!("c{number}"));
        self.note(&name);
        let asked = condition.asked();
        let source = |(at, is_asked): (usize, &bool)| {
            is_asked.then(|| self.fortune.reading(&scope.named(&format!("c{number}_{at}"))))
        };
        let readings = asked.iter().enumerate().map(source).collect();
        let takes_ms = self.fortune.asking_ms(&name);
        self.clock.sleep_until(self.clock.now_ms() + takes_ms).await;
        let mut look = Look { condition, readings, lasting: None };
        if let Some((term, minutes)) = condition.threshold.as_ref().filter(|_| condition.uses_threshold()) {
            let mut samples = self.samples.borrow_mut();
            let samples = samples.entry(number).or_default();
            samples.push((self.clock.now_ms(), look.of(term), self.next_thing()));
            look.lasting = lasting(samples, self.changed.get(), minutes * MINUTE_MS);
        }
        look.truth()
    }

    async fn check(&self, check: &Check, scope: &Scope) -> Passed {
        if check.skipped {
            return Ok(());
        }
        let end_ms = self.clock.now_ms() + check.within_min.unwrap_or(0) * MINUTE_MS;
        if check.settle_min > 0 {
            self.rest(scope, check.settle_min * MINUTE_MS).await?;
        }
        loop {
            if self.look(&check.condition, scope).await == Some(true) {
                return Ok(());
            }
            let left_ms = end_ms - self.clock.now_ms();
            if left_ms <= 0 {
                return if check.otherwise == Some("warn") { Ok(()) } else { Err(Stop::Failed(check.otherwise)) };
            }
            self.rest(scope, left_ms.min(check.every_min * MINUTE_MS)).await?;
        }
    }

    async fn watch(&self, watch: &Watch, scope: &Scope) -> Passed {
        if watch.settle_min > 0 {
            self.rest(scope, watch.settle_min * MINUTE_MS).await?;
        }
        let (first_ms, lasts_ms) = (self.clock.now_ms(), watch.lasts_min * MINUTE_MS);
        let (mut violated, mut violated_in_a_row, mut held_in_a_row, mut unknown_since) = (0, 0, 0, None);
        let failed = || if watch.otherwise == Some("warn") { Ok(()) } else { Err(Stop::Failed(watch.otherwise)) };
        loop {
            let truth = self.look(&watch.condition, scope).await;
            match truth {
                Some(true) => (violated_in_a_row, held_in_a_row, unknown_since) = (0, held_in_a_row + 1, None),
                Some(false) => {
                    (violated, violated_in_a_row) = (violated + 1, violated_in_a_row + 1);
                    (held_in_a_row, unknown_since) = (0, None);
                    let too_many = watch.fail_after.is_some_and(|it| violated >= it);
                    if too_many || watch.fail_in_a_row.is_some_and(|it| violated_in_a_row >= it) {
                        return failed();
                    }
                }
                None => {
                    held_in_a_row = 0;
                    let since_ms = *unknown_since.get_or_insert(self.clock.now_ms());
                    if self.clock.now_ms() - since_ms >= watch.unknown_min * MINUTE_MS {
                        match watch.on_unknown {
                            "pause" if watch.otherwise == Some("warn") => return Ok(()),
                            "pause" => return Err(Stop::Failed(Some("pause"))),
                            "fail" => return failed(),
                            _ => {}
                        }
                    }
                }
            }
            if watch.pass_in_a_row.is_some_and(|it| held_in_a_row >= it) {
                return Ok(());
            }
            let passed_ms = self.clock.now_ms() - first_ms;
            // It never ends on a sample that nobody knows.
            if passed_ms >= lasts_ms && truth.is_some() {
                return if watch.pass_in_a_row.is_some() { failed() } else { Ok(()) };
            }
            self.rest(scope, MINUTE_MS - passed_ms % MINUTE_MS).await?;
        }
    }

    async fn ask(&self, ask: &Ask, scope: &Scope) -> Passed {
        let name = scope.named(&format!("q{}", ask.number));
        let mut within_ms = ask.within_min.map(|it| it * MINUTE_MS + 7 * SECOND_MS);
        loop {
            self.note(&name);
            let (unmet, latest_ms) = match self.fortune.word(&name, ask.need, within_ms) {
                Word::Yes { after_ms } => {
                    let last_ms = after_ms.into_iter().max().unwrap_or(0);
                    if within_ms.is_none_or(|it| last_ms < it) {
                        return self.wait(scope, last_ms).await;
                    }
                    self.wait(scope, within_ms.unwrap_or(0)).await?;
                    (ask.on_timeout, Some(last_ms - within_ms.unwrap_or(0)))
                }
                Word::No { after_ms } => {
                    self.wait(scope, after_ms).await?;
                    (ask.on_reject, None)
                }
                Word::Silence => {
                    self.wait(scope, within_ms.unwrap_or(0)).await?;
                    (ask.on_timeout, None)
                }
            };
            match (unmet, ask.otherwise, latest_ms) {
                ("pause", _, Some(late_ms)) => {
                    self.unanswered.set(self.unanswered.get() + 1);
                    let passed = self.wait(scope, late_ms).await;
                    self.unanswered.set(self.unanswered.get() - 1);
                    return passed;
                }
                ("pause", _, None) => return Err(self.pause(scope).await),
                ("rollback", ..) => {
                    self.end("rollback");
                    return Err(Stop::Dropped);
                }
                (_, Some("warn"), _) => return Ok(()),
                (_, Some("hold"), _) => within_ms = None,
                (_, otherwise, _) => return Err(Stop::Failed(otherwise)),
            }
        }
    }

    /// Stages against the graph: one is taken back when all that came after it are.
    async fn undo_stages(&self) {
        let strands = (0..self.saga.stages.len()).map(|at| {
            Box::pin(async move {
                let is_over = || (at + 1..self.saga.stages.len()).all(|it| self.is_back(it, at));
                self.clock.until(is_over).await;
                let stays = self.saga.stages[at].stays && self.states[at].get() == State::Done;
                if !stays {
                    self.undo(Rc::clone(&self.blocks[at]), false).await;
                }
                self.states[at].set(State::Undone);
            }) as Strand<()>
        });
        all(strands.collect()).await;
    }

    /// Whether a later stage is taken back, or does not come after the earlier one.
    fn is_back(&self, later: usize, earlier: usize) -> bool {
        self.states[later].get() == State::Undone || !self.comes_after(later, earlier)
    }

    fn comes_after(&self, later: usize, earlier: usize) -> bool {
        let after = self.saga.stages[later].after.clone();
        let after = after.unwrap_or_else(|| later.checked_sub(1).into_iter().collect());
        after.iter().any(|it| *it == earlier || self.comes_after(*it, earlier))
    }

    /// Takes something back, and returns whether something in it could not be.
    fn undo(&self, block: Rc<Block>, alone: bool) -> Strand<'_, bool> {
        Box::pin(async move {
            if !block.is_taken.replace(true) {
                block.is_stuck.set(self.undo_parts(&block, alone).await);
            }
            block.is_stuck.get()
        })
    }

    async fn undo_parts(&self, block: &Block, alone: bool) -> bool {
        let mut parts = block.parts.borrow().clone();
        match &block.kind {
            Kind::Step { name, undo, attempts } => return self.undo_step(name, undo, *attempts, alone).await,
            Kind::Parallel { .. } => parts.sort_by_key(|it| it.ended.get()),
            Kind::Row { .. } => {}
            Kind::Loop { lanes } => {
                let left = RefCell::new(parts);
                let lane = |_| Box::pin(self.undo_lane(&left, alone)) as Strand<bool>;
                return all((0..*lanes).map(lane).collect()).await.contains(&true);
            }
        }
        let mut is_stuck = false;
        for part in parts.into_iter().rev() {
            let in_target = matches!(block.kind, Kind::Row { in_target: true } | Kind::Parallel { in_target: true });
            // In a target what comes before rests on what comes after.
            if !(is_stuck && in_target) {
                is_stuck |= self.undo(part, alone).await;
            }
        }
        is_stuck
    }

    async fn undo_lane(&self, left: &RefCell<Vec<Rc<Block>>>, alone: bool) -> bool {
        let mut is_stuck = false;
        loop {
            let next = left.borrow_mut().pop();
            let Some(next) = next else { return is_stuck };
            is_stuck |= self.undo(next, alone).await;
        }
    }

    async fn undo_step(&self, name: &str, undo: &Undo, of_step: u32, alone: bool) -> bool {
        let (attempts, backoff_ms) = match undo.attempts {
            Some(own) => (own, 20 * SECOND_MS),
            None => (of_step, 10 * SECOND_MS),
        };
        for attempt in 0..attempts {
            if attempt > 0 {
                self.clock.sleep_until(self.clock.now_ms() + (backoff_ms << (attempt - 1))).await;
            }
            let mut passes = true;
            for _ in 0..undo.commands {
                self.clock.until(|| !self.is_paused()).await;
                passes = self.command(&format!("undo {name}")).await;
                if !passes {
                    break;
                }
            }
            if passes {
                self.has_undone.set(self.has_undone.get() || !alone);
                return false;
            }
        }
        self.stuck.borrow_mut().insert(name.to_owned());
        true
    }
}

impl Scope {
    /// A scope of the same stage and element inside another.
    fn within(outer: &Rc<Scope>) -> Scope {
        Scope {
            outer: Some(Rc::clone(outer)),
            stage: outer.stage,
            element: outer.element,
            failures: None,
            closed: Cell::new(None),
            wave: 0,
        }
    }

    fn close(&self, said: Said) {
        if self.closed.get().is_none() {
            self.closed.set(Some(said));
        }
    }

    fn named(&self, name: &str) -> String {
        match self.element {
            Some(element) => format!("{name}@{element}"),
            None if self.wave > 0 => format!("{name}#{}", self.wave),
            None => name.to_owned(),
        }
    }
}

impl Block {
    fn new(kind: Kind) -> Rc<Block> {
        Rc::new(Block {
            kind,
            parts: RefCell::default(),
            ended: Cell::new(0),
            is_taken: Cell::new(false),
            is_stuck: Cell::new(false),
        })
    }

    fn part(&self, kind: Kind) -> Rc<Block> {
        let part = Block::new(kind);
        self.parts.borrow_mut().push(Rc::clone(&part));
        part
    }

    fn step(&self, step: &Step, name: &str) {
        if let Some(undo) = &step.undo {
            self.part(Kind::Step { name: name.to_owned(), undo: undo.clone(), attempts: step.attempts });
        }
    }

    fn ends(&self, step: &str, nth: u64) {
        let parts = self.parts.borrow();
        let own = parts.iter().filter(|it| matches!(&it.kind, Kind::Step { name, .. } if name == step));
        own.for_each(|it| it.ended.set(nth));
    }
}
