//! How people move a run by hand: let something go on that waits for its time, hold the next stage and wave back, go to
//! a later stage at once. What people have to approve is never passed over.

use super::run::Status;
use super::turn::Turn;
use super::{Event, Person, Waiting};
use crate::model::Act;
use crate::plan::{NodeId, NodeKind, Place, Slot};

impl Turn<'_> {
    /// Lets go on what waits for its time, at a path or everywhere, and lifts what holds the run.
    pub fn advance(&mut self, by: Person, path: Option<&str>, reason: Option<String>) -> Result<(), String> {
        let waiting: Vec<Place> = self.run.frames.keys().copied().filter(|it| self.waits_for_time(*it)).collect();
        let waiting: Vec<Place> =
            waiting.into_iter().filter(|it| path.is_none_or(|path| self.is_at(*it, path))).collect();
        if waiting.is_empty() && !self.run.on_hold {
            return Err("nothing waits for its time there".to_owned());
        }
        let shut = waiting.iter().find(|it| self.waits_why(**it) == Some(Waiting::Window));
        if let (Some(shut), None) = (shut, &reason) {
            let path = self.plan.path(*shut);
            return Err(format!(
                "the window of `{path}` is shut: say with `--reason` why it should begin all the same"
            ));
        }
        if self.run.on_hold && path.is_none() {
            self.emit(Event::HoldLifted { by: by.clone(), reason: reason.clone() });
        }
        for place in waiting {
            self.emit(Event::Advanced { place, by: by.clone(), reason: reason.clone() });
            self.end_watch(place);
        }
        Ok(())
    }

    fn waits_why(&self, place: Place) -> Option<Waiting> {
        self.run.frames.get(&place)?.waits.map(|(_, why)| why)
    }

    fn waits_for_time(&self, place: Place) -> bool {
        match self.waits_why(place) {
            Some(Waiting::Wait | Waiting::Delay | Waiting::NotBefore | Waiting::Window | Waiting::Settle) => true,
            Some(Waiting::Sample) => !self.is_guard(place),
            // What is tried again or asked again has not passed yet.
            Some(Waiting::Backoff | Waiting::Again) | None => false,
        }
    }

    /// A watch that somebody lets go on has been watched for long enough.
    fn end_watch(&mut self, place: Place) {
        let NodeKind::Act(act) = &self.plan.node(place.node).kind else { return };
        if let Act::Watch(_) = &**act {
            self.end_looking(place);
        }
    }

    /// Lets what is under way go on, and nothing advance to the next stage or wave.
    pub fn hold(&mut self, by: Person, reason: Option<String>) -> Result<(), String> {
        if self.run.on_hold {
            return Err("the run is on hold already".to_owned());
        }
        self.emit(Event::OnHold { by, reason });
        Ok(())
    }

    /// Goes to a stage at once: what comes before it is left out or no longer waited for.
    pub fn go_to(&mut self, by: Person, path: &str, reason: Option<String>) -> Result<(), String> {
        let Some(stage) = self.plan.stage_at(&path.replace('/', ".")) else {
            return Err(format!("there is no stage `{path}`"));
        };
        let target = Place::new(stage, Slot::ONLY);
        if self.status(target) != Status::Idle {
            return Err(format!("the stage `{path}` has begun already"));
        }
        let before = self.stages_before(stage);
        if let Some(asks) = before.iter().find_map(|it| self.unanswered(*it)) {
            return Err(format!("`{asks}` has not been answered, and is not passed over"));
        }
        let failed = before.iter().find(|it| matches!(self.status(**it), Status::Failed | Status::Dropped));
        if let Some(failed) = failed {
            return Err(format!("`{}` has failed: say `retry` or `skip` first", self.plan.path(*failed)));
        }
        let (idle, rest): (Vec<Place>, Vec<Place>) =
            before.into_iter().partition(|it| self.status(*it) == Status::Idle);
        let live: Vec<Place> = rest.into_iter().filter(|it| self.status(*it) == Status::Live).collect();
        for place in idle {
            self.emit(Event::Skipped { place, by: Some(by.clone()), reason: reason.clone() });
        }
        for place in live {
            let path = self.plan.path(place);
            // One in which nothing waits ends by itself.
            let _ = self.advance(by.clone(), Some(&path), reason.clone().or(Some("go to a later stage".to_owned())));
        }
        Ok(())
    }

    /// Returns the stages that come before one, in their order.
    fn stages_before(&self, stage: NodeId) -> Vec<Place> {
        let mut open = vec![stage];
        let mut before = std::collections::BTreeSet::new();
        while let Some(node) = open.pop() {
            if let NodeKind::Stage(it) = &self.plan.node(node).kind {
                open.extend(it.after.iter().copied().filter(|it| before.insert(*it)));
            }
        }
        before.into_iter().map(|it| Place::new(it, Slot::ONLY)).collect()
    }

    /// Returns a question to people in a stage that nobody has answered yet.
    fn unanswered(&self, stage: Place) -> Option<String> {
        let nodes = stage.node.0..self.plan.node(stage.node).end.0;
        let asks = nodes
            .map(NodeId)
            .filter(|it| matches!(&self.plan.node(*it).kind, NodeKind::Act(act) if matches!(**act, Act::Ask(_))));
        let mut places =
            asks.flat_map(|node| self.plan.slots_beneath(node, stage).map(move |it| Place::new(node, Slot(it))));
        let open = places.find(|it| !matches!(self.status(*it), Status::Done | Status::Skipped));
        open.map(|it| self.plan.path(it))
    }
}
