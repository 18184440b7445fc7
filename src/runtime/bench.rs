//! The jobs that are under way, and those that wait for a place. Owns their tasks, awaits them, and ends them.

use std::collections::BTreeMap;
use std::sync::Arc;

use smol_str::SmolStr;
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};

use super::performer::{Asked, Ended, Perform, Work};
use crate::action::Found;
use crate::engine::{Answer, Fault, FaultKind, Job};
use crate::plan::{Place, Plan};

/// Names one question.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub run: SmolStr,
    pub place: Place,
    pub attempt: u32,
}

/// A bench with so many places.
pub struct Bench {
    performer: Arc<dyn Perform>,
    places: usize,
    tasks: JoinSet<Answer>,
    keys: BTreeMap<Id, Key>,
    under_way: BTreeMap<Key, watch::Sender<bool>>,
    /// In the order in which they came.
    waiting: BTreeMap<u64, (Key, Arc<Plan>, Box<Job>)>,
    tickets: BTreeMap<Key, u64>,
    next_ticket: u64,
    /// Answers of those that were ended before they had a place.
    unbegun: Vec<(Key, Answer)>,
}

impl Bench {
    pub fn new(performer: Arc<dyn Perform>, places: usize) -> Bench {
        assert!(places > 0, "a bench without a place does nothing");
        Bench {
            performer,
            places,
            tasks: JoinSet::new(),
            keys: BTreeMap::new(),
            under_way: BTreeMap::new(),
            waiting: BTreeMap::new(),
            tickets: BTreeMap::new(),
            next_ticket: 0,
            unbegun: Vec::new(),
        }
    }

    /// Takes a job: it begins now, or as soon as there is a place.
    pub fn add(&mut self, key: Key, plan: Arc<Plan>, job: Box<Job>) {
        self.tickets.insert(key.clone(), self.next_ticket);
        self.waiting.insert(self.next_ticket, (key, plan, job));
        self.next_ticket += 1;
        self.fill();
    }

    /// Stays with what an earlier engine began: it is under way already, whether there is a place for it or not.
    pub fn attend(&mut self, key: Key, plan: Arc<Plan>, found: Found) {
        self.begin(key, plan, Work::Attend(found));
    }

    /// Ends a job; its answer still comes.
    pub fn end(&mut self, key: &Key) {
        if let Some(under_way) = self.under_way.get(key) {
            under_way.send_replace(true);
        } else if let Some(ticket) = self.tickets.remove(key) {
            self.waiting.remove(&ticket);
            let message = "it was ended before it began".to_owned();
            let answer = Answer::Fault(Fault { kind: FaultKind::Ended, message, code: None });
            self.unbegun.push((key.clone(), answer));
        }
    }

    /// Gives back the jobs of a run that have no place yet; they are answered as never begun.
    pub fn give_back(&mut self, run: &str) {
        let of_run = self.waiting.iter().filter(|(_, (key, ..))| key.run == run).map(|(ticket, _)| *ticket);
        for ticket in of_run.collect::<Vec<u64>>() {
            let (key, ..) = self.waiting.remove(&ticket).expect("it was just seen");
            self.tickets.remove(&key);
            let message = "it had not begun when the run was paused".to_owned();
            let answer = Answer::Fault(Fault { kind: FaultKind::NotBegun, message, code: None });
            self.unbegun.push((key, answer));
        }
    }

    /// Waits for the next answer; for ever if nothing is under way.
    pub async fn next(&mut self) -> (Key, Answer) {
        if let Some(answer) = self.unbegun.pop() {
            return answer;
        }
        match self.tasks.join_next_with_id().await {
            Some(ended) => self.take(ended),
            None => std::future::pending().await,
        }
    }

    /// Returns an answer that is there already.
    pub fn try_next(&mut self) -> Option<(Key, Answer)> {
        let unbegun = self.unbegun.pop();
        unbegun.or_else(|| self.tasks.try_join_next_with_id().map(|ended| self.take(ended)))
    }

    pub fn is_empty(&self) -> bool {
        self.under_way.is_empty() && self.waiting.is_empty() && self.unbegun.is_empty()
    }

    fn take(&mut self, ended: Result<(Id, Answer), tokio::task::JoinError>) -> (Key, Answer) {
        let (id, answer) = match ended {
            Ok((id, answer)) => (id, answer),
            Err(error) => (error.id(), bug(&error)),
        };
        let key = self.keys.remove(&id).expect("every task has a key");
        self.under_way.remove(&key);
        self.fill();
        (key, answer)
    }

    fn fill(&mut self) {
        while self.under_way.len() < self.places
            && let Some((_, (key, plan, job))) = self.waiting.pop_first()
        {
            self.tickets.remove(&key);
            self.begin(key, plan, Work::Job(job));
        }
    }

    fn begin(&mut self, key: Key, plan: Arc<Plan>, work: Work) {
        let (end, ended) = watch::channel(false);
        let Key { run, place, attempt } = key.clone();
        let asked = Asked { run, plan, place, attempt, work, ended: Ended(ended) };
        let task = self.tasks.spawn(self.performer.perform(asked));
        self.keys.insert(task.id(), key.clone());
        self.under_way.insert(key, end);
    }
}

/// A performer that panicked may have done anything.
fn bug(error: &tokio::task::JoinError) -> Answer {
    tracing::error!(%error, "a performer ended without an answer");
    let message = "rollout itself failed while it ran".to_owned();
    Answer::Fault(Fault { kind: FaultKind::Unknown, message, code: None })
}
