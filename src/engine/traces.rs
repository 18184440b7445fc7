//! What a run leaves in the world: the targets it touched, the values it kept, the shares it set, and what was there
//! before. Decides nothing.

use smol_str::SmolStr;

use super::apply::Change;
use super::measure::Changed;
use super::reversal::is_way_back;
use super::run::Status;
use super::{Share, exposure_kind};
use crate::model::Act;
use crate::plan::{NodeId, NodeKind, Place, Role};
use crate::value::Value;

impl Change<'_> {
    /// A target is touched once something that changes it begins.
    pub(super) fn touch(&mut self, place: Place) {
        let changes = matches!(&self.plan.node(place.node).kind, NodeKind::Act(act) if act.changes());
        let backwards = self.plan.all_around(place).any(|it| is_way_back(self.plan, it.node));
        if !changes || backwards || self.run.status(place) == Status::Undoing {
            return;
        }
        if let (Some(stage), Some(target)) = (self.plan.stage_of(place), self.plan.target_index_of(place)) {
            self.run.touched.insert((stage.node, target));
            self.changed(target);
        }
    }

    fn changed(&mut self, target: u32) {
        let now = self.at;
        self.run.changed.entry(target).or_insert(Changed { first: now, last: now }).last = now;
    }

    pub(super) fn untouch(&mut self, place: Place) {
        match self.plan.node(place.node).kind {
            NodeKind::Sequence(Role::Target) => {
                if let (Some(stage), Some(target)) = (self.plan.stage_of(place), self.plan.target_index_of(place)) {
                    self.run.touched.remove(&(stage.node, target));
                }
            }
            NodeKind::Stage(_) => {
                let of_stage = (place.node, 0)..(NodeId(place.node.0 + 1), 0);
                let gone: Vec<_> = self.run.touched.range(of_stage).copied().collect();
                for it in gone {
                    self.run.touched.remove(&it);
                }
            }
            NodeKind::Rollout { .. } => self.run.touched.clear(),
            NodeKind::Child { .. }
            | NodeKind::Loop(_)
            | NodeKind::Parallel
            | NodeKind::Step(_)
            | NodeKind::Act(_)
            | NodeKind::Sequence(_) => {}
        }
    }

    pub(super) fn kept(&mut self, place: Place, target: &Option<SmolStr>, key: &SmolStr, value: &Value) {
        let name = (target.clone(), key.clone());
        let before = match value {
            Value::Null => self.run.kept.remove(&name),
            value => self.run.kept.insert(name, value.clone()),
        };
        if self.run.status(place) != Status::Undoing {
            let before = before.unwrap_or(Value::Null);
            self.run.kept_before.insert(place, (target.clone(), key.clone(), before));
        }
    }

    /// Only what was there before this run's first change counts as that.
    pub(super) fn exposure_before(&mut self, place: Place, subject: &str, share: Share) {
        self.run.exposed_before.entry(place).or_insert_with(|| (subject.to_owned(), share));
    }

    pub(super) fn exposed(&mut self, place: Place, subject: &str, share: Share, before: Share) {
        let Some(kind) = exposure_kind(self.plan, place) else { return };
        self.run.exposures.insert((kind, subject.to_owned()), share);
        if self.run.status(place) != Status::Undoing {
            self.exposure_before(place, subject, before);
            self.touch(place);
        }
    }
}

impl Act {
    /// Returns whether doing it may change its target: what `touched` counts and what an undo is for.
    pub fn changes(&self) -> bool {
        match self {
            Act::Run(_) | Act::Exec(_) | Act::Traffic(_) | Act::Flag(_) => true,
            Act::Http(http) => !matches!(http.method.as_str(), "GET" | "HEAD" | "OPTIONS"),
            Act::Check(_)
            | Act::Watch(_)
            | Act::Guard(_)
            | Act::Require { .. }
            | Act::Wait { .. }
            | Act::WaitUntil { .. }
            | Act::Log { .. }
            | Act::Fail { .. }
            | Act::Pause { .. }
            | Act::Restore { .. }
            | Act::Keep(_)
            | Act::Ask(_)
            | Act::Notify(_) => false,
        }
    }
}
