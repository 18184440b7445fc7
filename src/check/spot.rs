//! Where in the flow an expression or an entry stands, as far as that decides what may stand there.

use crate::model::LocalId;
use crate::schema::Place;

use super::checker::Checker;

/// A place in the flow.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub place: Place,
    /// The loops around it, outermost first.
    pub loops: Vec<LocalId>,
    /// What `keep` is kept for: the target of the nearest loop or of the action.
    pub target: Option<LocalId>,
    /// On a way back: what may be absent before is there by then.
    pub undoing: bool,
    /// Where a condition is asked: probes may be.
    pub asking: bool,
    /// In `after_wave`.
    pub wave: bool,
    /// In a stage.
    pub staged: bool,
    /// In an action, whose paths begin where it is called.
    pub in_action: Option<crate::model::ActionId>,
    pub rollout: Option<crate::model::RolloutId>,
    /// Whether the paths of this stage name its loops.
    pub shows_loops: bool,
}

impl Default for Spot {
    fn default() -> Spot {
        Spot {
            place: Place::File,
            loops: Vec::new(),
            target: None,
            undoing: false,
            asking: false,
            wave: false,
            staged: false,
            in_action: None,
            rollout: None,
            shows_loops: true,
        }
    }
}

impl<'t> Checker<'t> {
    /// Does something in another spot, and comes back.
    pub fn at_spot<T>(&mut self, spot: Spot, work: impl FnOnce(&mut Checker<'t>) -> T) -> T {
        let before = std::mem::replace(&mut self.spot, spot);
        let answer = work(self);
        self.spot = before;
        answer
    }

    /// Does something where probes may be asked.
    pub fn asking<T>(&mut self, work: impl FnOnce(&mut Checker<'t>) -> T) -> T {
        let before = std::mem::replace(&mut self.spot.asking, true);
        let answer = work(self);
        self.spot.asking = before;
        answer
    }

    /// Does something one step down the path.
    pub fn under<T>(&mut self, name: &str, work: impl FnOnce(&mut Checker<'t>) -> T) -> T {
        let before = self.path.len();
        if !name.is_empty() {
            self.path.push('.');
            self.path.push_str(name);
        }
        let answer = work(self);
        self.path.truncate(before);
        answer
    }
}
