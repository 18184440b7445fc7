//! The loop: hear what there is, step every run that it concerns, remember, then perform. What was heard together
//! becomes durable together. Decides nothing: what follows from what is the engine's business.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use smol_str::SmolStr;
use tokio::sync::{mpsc, oneshot, watch};

use super::audience::{Audience, Update};
use super::bench::{Bench, Key};
use super::message::LiveRun;
use super::news::{Adopted, Heeded, News, StartRefusal, StartRequest};
use super::performer::{Recall, Recalled};
use super::run_id::run_id;
use super::{Clock, HostHandle, Perform};
use crate::engine::{Answer, Command, Effect, Heard, PauseReason, Person, Run, RunForecast, RunStarted, step};
use crate::journal::{Entry, Journal, JournalError, Room, StoredPlan, past};
use crate::plan::{KeptValues, Place, Plan};
use crate::sim::pinned;
use crate::value::At;

/// Drives any number of runs.
pub struct Host {
    journal: Arc<dyn Journal>,
    clock: Arc<Clock>,
    performer: Arc<dyn Perform>,
    bench: Bench,
    inbox: mpsc::UnboundedReceiver<News>,
    audience: Audience,
    runs: BTreeMap<SmolStr, Driven>,
    wakes: BTreeSet<(At, SmolStr)>,
    leaving: bool,
    /// Whether the journal can grow.
    room: watch::Receiver<Room>,
}

/// One run that is driven.
struct Driven {
    plan: Arc<Plan>,
    run: Run,
    /// When it was last told something.
    told: At,
    wake: Option<At>,
    at_rest: bool,
    /// Whether it was brought to rest because the disk is full, and goes on by itself.
    awaits_room: bool,
}

/// Why runs are brought to rest while the disk is full.
const FULL: &str = "the disk is full";

/// Everything that follows from what was heard at once.
#[derive(Default)]
struct Turn {
    entries: Vec<Entry>,
    effects: Vec<(SmolStr, Effect)>,
    /// Runs that something was heard for.
    concerned: BTreeSet<SmolStr>,
    /// Which questions of the world were answered.
    answered: Vec<(SmolStr, Place, u32)>,
    /// What to answer as soon as it is true.
    replies: Vec<Box<dyn FnOnce() + Send>>,
}

impl Host {
    /// Makes a host that performs at most `jobs` jobs at once, and the handle through which it is told things.
    pub fn new(
        journal: Arc<dyn Journal>,
        performer: Arc<dyn Perform>,
        jobs: usize,
        audience: Audience,
    ) -> (Host, HostHandle) {
        let (tell, inbox) = mpsc::unbounded_channel();
        let handle = HostHandle::new(tell, audience.clone(), Arc::clone(&journal), Arc::clone(&performer));
        let room = journal.room();
        let host = Host {
            journal,
            clock: Arc::new(Clock::start()),
            bench: Bench::new(Arc::clone(&performer), jobs),
            performer,
            inbox,
            audience,
            runs: BTreeMap::new(),
            wakes: BTreeSet::new(),
            leaving: false,
            room,
        };
        (host, handle)
    }

    /// Drives until it is asked to leave and all runs rest.
    ///
    /// # Errors
    /// If the journal fails: then nothing more is done, because nothing more could be remembered.
    pub async fn drive(mut self) -> Result<(), JournalError> {
        let ended = self.turns().await;
        // Whoever looks on learns that nothing more comes, however it ended.
        self.audience.dismiss();
        ended
    }

    async fn turns(&mut self) -> Result<(), JournalError> {
        while !(self.leaving && self.is_idle()) {
            let mut turn = Turn::default();
            self.hear(&mut turn).await?;
            let entries = std::mem::take(&mut turn.entries);
            if !entries.is_empty() {
                let records = self.journal.append(entries).await?;
                self.show(records);
                for (run, place, attempt) in std::mem::take(&mut turn.answered) {
                    self.performer.recorded(&run, place, attempt);
                }
            }
            self.perform(std::mem::take(&mut turn.effects));
            self.hold_paused(&turn.concerned);
            turn.replies.into_iter().for_each(|reply| reply());
            self.settle(turn.concerned);
        }
        Ok(())
    }

    /// Waits for news, and takes all that is there.
    async fn hear(&mut self, turn: &mut Turn) -> Result<(), JournalError> {
        let next_wake = self.wakes.first().map(|(at, _)| *at);
        tokio::select! {
            biased;
            (key, answer) = self.bench.next() => self.answered(key, answer, turn),
            Ok(()) = self.room.changed() => self.look_at_room(turn).await?,
            Some(news) = self.inbox.recv() => self.take(news, turn)?,
            () = self.clock.sleep_towards(next_wake) => {}
        }
        while let Some((key, answer)) = self.bench.try_next() {
            self.answered(key, answer, turn);
        }
        while let Ok(news) = self.inbox.try_recv() {
            self.take(news, turn)?;
        }
        self.wake(turn);
        Ok(())
    }

    /// While the disk is full everything comes to rest; when there is room again, that goes on.
    async fn look_at_room(&mut self, turn: &mut Turn) -> Result<(), JournalError> {
        let room = *self.room.borrow_and_update();
        match room {
            Room::Enough => {
                let resting = self.runs.iter().filter(|(_, it)| it.awaits_room).map(|(id, _)| id.clone());
                for id in resting.collect::<Vec<_>>() {
                    self.go_on(&id, turn);
                }
            }
            Room::Full => {
                for id in self.runs.keys().cloned().collect::<Vec<_>>() {
                    let pause = Command::Pause { reason: Some(FULL.to_owned()) };
                    // One that is paused already, or over, needs no pause.
                    let paused = self.command(&id, engine(), pause, turn) == Heeded::Done;
                    self.runs.get_mut(&id).expect("it is driven").awaits_room |= paused;
                }
            }
            // Whatever is asked of it, a journal that failed says why.
            Room::Failed => drop(self.journal.append(Vec::new()).await?),
        }
        Ok(())
    }

    /// A past life may have brought a run to rest while the disk was full; this one may have to.
    fn settle_room(&mut self, id: &SmolStr, turn: &mut Turn) {
        let full = PauseReason::Asked { reason: Some(FULL.to_owned()) };
        let rested = self.runs.get(id).is_some_and(|it| it.run.paused().is_some_and(|why| *why == full));
        let room = *self.room.borrow();
        match room {
            Room::Enough if rested => self.go_on(id, turn),
            Room::Full => {
                let pause = Command::Pause { reason: Some(FULL.to_owned()) };
                let paused = self.command(id, engine(), pause, turn) == Heeded::Done;
                self.runs.get_mut(id).expect("it is driven").awaits_room = rested || paused;
            }
            Room::Enough | Room::Failed => {}
        }
    }

    /// Lets a run go on that was brought to rest because the disk was full.
    fn go_on(&mut self, id: &SmolStr, turn: &mut Turn) {
        if let Some(driven) = self.runs.get_mut(id) {
            driven.awaits_room = false;
        }
        let resume = Command::Resume { reason: Some("there is room on the disk again".to_owned()) };
        // A person may have been quicker.
        let _ = self.command(id, engine(), resume, turn);
    }

    fn answered(&mut self, key: Key, answer: Answer, turn: &mut Turn) {
        let Key { run, place, attempt } = key;
        self.step(&run, Heard::Answer { place, attempt, answer }, turn);
        turn.answered.push((run, place, attempt));
    }

    fn wake(&mut self, turn: &mut Turn) {
        let now = self.clock.now();
        while let Some((at, run)) = self.wakes.first().cloned()
            && at <= now
        {
            self.wakes.pop_first();
            if let Some(driven) = self.runs.get_mut(&run) {
                driven.wake = None;
            }
            self.step(&run, Heard::Tick, turn);
        }
    }

    fn take(&mut self, news: News, turn: &mut Turn) -> Result<(), JournalError> {
        match news {
            News::Start { request, reply } => self.start(*request, reply, turn)?,
            News::Adopt { adopted, reply } => self.adopt(*adopted, reply, turn),
            News::Command { run, by, command, reply } => {
                let heeded = self.command(&run, by, command, turn);
                turn.reply(reply, heeded);
            }
            News::AskRest { run, reply } => {
                let at_rest = self.runs.get(&run).map(|it| it.at_rest);
                turn.reply(reply, at_rest);
            }
            News::AskRuns { reply } => {
                let runs = self.runs.iter().map(|(id, driven)| driven.shown(id)).collect();
                turn.reply(reply, runs);
            }
            News::Leave => self.leaving = true,
        }
        Ok(())
    }

    fn start(
        &mut self,
        request: StartRequest,
        reply: oneshot::Sender<Result<SmolStr, StartRefusal>>,
        turn: &mut Turn,
    ) -> Result<(), JournalError> {
        let StartRequest { plan, by, reason, variables } = request;
        let out_of_reach = plan.approvals_out_of_reach(&by.0).into_iter().next();
        let out_of_reach = out_of_reach.map(|why| StartRefusal::OutOfReach { why });
        if let Some(refusal) = out_of_reach.map_or_else(|| self.refusal(&plan, turn), |it| Ok(Some(it)))? {
            turn.reply(reply, Err(refusal));
            return Ok(());
        }
        let known = self.journal.runs()?;
        let is_taken = |id: &str| self.runs.contains_key(id) || known.iter().any(|it| it.id == id);
        let id = run_id(self.clock.now(), is_taken);
        let stored = StoredPlan::of(&plan);
        let started = RunStarted {
            run: id.clone(),
            rollout: plan.rollout.clone(),
            plan: stored.digest.clone(),
            inputs: plan.inputs.clone(),
            by,
            reason,
            forecast: self.forecast(&plan)?,
            kept: self.journal.kept(&plan.rollout)?,
        };
        let before: Vec<SmolStr> = self
            .runs
            .iter()
            .filter(|(_, it)| it.run.is_retained() && it.plan.rollout == plan.rollout)
            .map(|(id, _)| id.clone())
            .collect();
        for earlier in before {
            self.step(&earlier, Heard::Superseded { by: id.clone() }, turn);
        }
        let plan = Arc::new(plan);
        self.performer.prepare(&id, &plan, Some(variables));
        self.runs.insert(id.clone(), Driven::new(plan, Run::new()));
        let first = turn.entries.len();
        self.step(&id, Heard::Start(Box::new(started)), turn);
        turn.entries[first].plan = Some(stored);
        turn.reply(reply, Ok(id));
        Ok(())
    }

    /// Returns what is to be expected of a run, if it says that to anybody; remembered with its start, never worked out
    /// again.
    fn forecast(&self, plan: &Plan) -> Result<Option<RunForecast>, JournalError> {
        if !plan.reads_forecast() {
            return Ok(None);
        }
        let kept = self.journal.kept(&plan.rollout)?;
        let kept: KeptValues = kept.into_iter().map(|it| ((it.target, it.key), it.value)).collect();
        let records = |run: &str, limit| self.journal.records(Some(run), 0, limit);
        let past = past(&plan.rollout, &self.journal.runs()?, |digest| self.journal.plan(digest), records)?;
        Ok(pinned(plan, &kept, self.clock.now(), &past))
    }

    /// Returns why a plan may not run now.
    fn refusal(&self, plan: &Plan, turn: &Turn) -> Result<Option<StartRefusal>, JournalError> {
        if *self.room.borrow() != Room::Enough {
            return Ok(Some(StartRefusal::NoRoom));
        }
        if plan.exclusives().next().is_none() {
            return Ok(None);
        }
        let shared = |held: &[&str]| plan.exclusives().find(|it| held.contains(it)).map(str::to_owned);
        let live = self.runs.iter().filter(|(_, it)| it.run.settled().is_none());
        let mut here =
            live.filter_map(|(id, it)| Some((id.clone(), shared(&it.plan.exclusives().collect::<Vec<_>>())?)));
        let holder = match here.next() {
            Some(holder) => Some(holder),
            // One that a past life left unfinished holds it as well.
            None => {
                let unfinished = self.journal.unfinished()?.into_iter().filter(|it| !turn.concerned.contains(&it.id));
                let mut holders = unfinished.filter_map(|it| {
                    let held: Vec<&str> = it.exclusive.as_deref()?.lines().collect();
                    Some((it.id.clone(), shared(&held)?))
                });
                holders.next()
            }
        };
        Ok(holder.map(|(holder, exclusive)| StartRefusal::Exclusive { holder, exclusive }))
    }

    fn adopt(&mut self, adopted: Adopted, reply: oneshot::Sender<Heeded>, turn: &mut Turn) {
        let Adopted { id, plan, run, recalled, last, superseded, wish } = adopted;
        if self.runs.contains_key(&id) {
            let heeded = wish.map_or(Heeded::Done, |(by, command)| self.command(&id, by, command, turn));
            return turn.reply(reply, heeded);
        }
        self.clock.not_before(last);
        self.performer.prepare(&id, &plan, None);
        self.runs.insert(id.clone(), Driven::new(Arc::clone(&plan), run));
        self.step(&id, Heard::Recovered, turn);
        self.settle_room(&id, turn);
        let mut answers = Vec::new();
        for Recalled { place, attempt, found } in recalled {
            let key = Key { run: id.clone(), place, attempt };
            match found {
                Recall::Answered(answer) => answers.push((key, answer)),
                Recall::UnderWay(found) => self.bench.attend(key, Arc::clone(&plan), found),
            }
        }
        if let Some(by) = superseded {
            self.step(&id, Heard::Superseded { by: by.clone() }, turn);
            let why = format!("run `{by}` came after it, and what it left is no longer this run's to take back");
            return turn.reply(reply, if wish.is_some() { Heeded::Refused(why) } else { Heeded::Done });
        }
        // A pause comes before anything that was under way is tried again, every other wish after it is known to be lost.
        let (first, then) = match wish {
            Some((by, command)) if matches!(command.wish(), Command::Pause { .. }) => (Some((by, command)), None),
            wish => (None, wish),
        };
        let paused = first.map(|(by, command)| self.command(&id, by, command, turn));
        for (key, answer) in answers {
            self.answered(key, answer, turn);
        }
        let done = then.map(|(by, command)| self.command(&id, by, command, turn));
        turn.reply(reply, paused.or(done).unwrap_or(Heeded::Done));
    }

    fn command(&mut self, run: &SmolStr, by: Person, command: Command, turn: &mut Turn) -> Heeded {
        match self.step(run, Heard::Command { by, command }, turn) {
            None => Heeded::NotDriven,
            Some(None) => Heeded::Done,
            Some(Some(refusal)) => Heeded::Refused(refusal),
        }
    }

    /// Tells a run something; returns why a command was refused, and nothing if the run is not driven here.
    fn step(&mut self, id: &SmolStr, heard: Heard, turn: &mut Turn) -> Option<Option<String>> {
        let driven = self.runs.get_mut(id)?;
        let at = self.clock.now();
        driven.told = at;
        let step = step(&driven.plan, &mut driven.run, at, heard);
        turn.concerned.insert(id.clone());
        if !step.events.is_empty() {
            turn.entries.push(Entry { run: id.clone(), at, events: step.events, plan: None });
        }
        turn.effects.extend(step.effects.into_iter().map(|it| (id.clone(), it)));
        Some(step.refused.map(|it| it.0))
    }

    fn show(&self, records: Vec<crate::journal::Record>) {
        if self.audience.is_empty() {
            return;
        }
        for record in records {
            self.audience.show(&Update::Recorded(Arc::new(record)));
        }
    }

    fn perform(&mut self, effects: Vec<(SmolStr, Effect)>) {
        for (run, effect) in effects {
            match effect {
                Effect::Perform { place, attempt, job } => {
                    let plan = Arc::clone(&self.runs[&run].plan);
                    self.bench.add(Key { run, place, attempt }, plan, job);
                }
                Effect::End { place, attempt } => self.bench.end(&Key { run, place, attempt }),
            }
        }
    }

    /// What a paused run has asked for and what has no place yet does not begin.
    fn hold_paused(&mut self, concerned: &BTreeSet<SmolStr>) {
        for id in concerned {
            if self.runs.get(id).is_some_and(|it| it.run.paused().is_some()) {
                self.bench.give_back(id);
            }
        }
    }

    /// Looks when each run is to be woken, which rest, and which have ended.
    fn settle(&mut self, concerned: BTreeSet<SmolStr>) {
        for id in concerned {
            let Some(driven) = self.runs.get_mut(&id) else { continue };
            if let Some(wake) = driven.wake.take() {
                self.wakes.remove(&(wake, id.clone()));
            }
            // An instant that it has been told of already changes nothing by itself, as in a paused run.
            driven.wake = driven.run.next_wake().filter(|it| *it > driven.told);
            if let Some(wake) = driven.wake {
                self.wakes.insert((wake, id.clone()));
            }
            let rests = driven.rests();
            let was_at_rest = std::mem::replace(&mut driven.at_rest, rests);
            let is_finished = driven.run.finished().is_some();
            if driven.at_rest && !was_at_rest {
                self.audience.show(&Update::Rested { run: id.clone() });
            }
            if is_finished {
                self.forget(&id);
            }
        }
    }

    fn forget(&mut self, id: &SmolStr) {
        self.performer.forget(id);
        if let Some(driven) = self.runs.remove(id)
            && let Some(wake) = driven.wake
        {
            self.wakes.remove(&(wake, id.clone()));
        }
    }

    fn is_idle(&self) -> bool {
        self.bench.is_empty() && self.runs.values().all(|it| it.at_rest)
    }
}

impl Turn {
    fn reply<T: Send + 'static>(&mut self, reply: oneshot::Sender<T>, answer: T) {
        self.replies.push(Box::new(move || {
            // Whoever asked may be gone.
            let _ = reply.send(answer);
        }));
    }
}

impl Driven {
    fn new(plan: Arc<Plan>, run: Run) -> Driven {
        Driven { plan, run, told: At(i64::MIN), wake: None, at_rest: false, awaits_room: false }
    }

    /// Whether nothing happens until somebody wants something; while people are asked, it waits for them.
    fn rests(&self) -> bool {
        self.run.finished().is_some() || (self.run.is_quiet() && !self.waits() && !self.awaits_room)
    }

    fn waits(&self) -> bool {
        // One that has succeeded and is not looked after needs nobody until somebody wants it back.
        let comes = self.run.next_wake().is_some() && !self.run.is_only_retained();
        self.run.paused().is_none() && (comes || self.run.awaits_people())
    }

    fn shown(&self, id: &SmolStr) -> LiveRun {
        LiveRun { id: id.clone(), rollout: self.plan.rollout.clone(), at_rest: self.at_rest }
    }
}

/// Who it is that wants something because of the disk: nobody's name has a space.
fn engine() -> Person {
    Person("the engine".into())
}
