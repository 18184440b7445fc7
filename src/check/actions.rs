//! Actions: steps with parameters, read once and called from many places.

use smol_str::SmolStr;

use super::checker::Checker;
use super::declare::{Declaration, Declared};
use super::spot::Spot;
use crate::model::{Action, ActionId, LabelType, LocalId, Param};
use crate::schema::{Place, word};
use crate::syntax::Entry;
use crate::value::Type;

impl<'t> Checker<'t> {
    /// Reads every action.
    pub fn check_actions(&mut self) {
        self.check_actions_where(|_, _| true);
    }

    /// Reads some of the actions.
    pub fn check_actions_where(&mut self, which: impl Fn(&Checker<'t>, Entry<'t>) -> bool) {
        for id in self.declared_where(|it| matches!(it, Declaration::Action(_))) {
            let Declared { entry, module, kind: Declaration::Action(action), .. } = self.declared[id] else { continue };
            if which(self, entry) {
                self.within(module, |it| it.check_action(id, action));
            }
        }
    }

    fn check_action(&mut self, id: usize, action: ActionId) {
        let Declared { entry, name, name_span, .. } = self.declared[id];
        let row = word(Place::File, "action").expect("the table has actions");
        let parts = self.parts(row, entry);
        let mark = self.mark();
        let params = self.bind_params(id);
        let spot =
            Spot { place: Place::Action, target: only_target(&params), in_action: Some(action), ..Spot::default() };
        let units = std::mem::take(&mut self.units);
        let path = std::mem::take(&mut self.path);
        let (unit, body) = self.at_spot(spot, |it| {
            let body = it.body(&parts.entries, Place::Action);
            let unit = it.unit_settings(&parts);
            (unit, body)
        });
        self.units = units;
        self.path = path;
        self.forget_quietly(mark, parts.entries.iter().any(|it| it.is_broken()));
        self.program.actions.push(Action {
            name: SmolStr::new(name),
            params,
            body,
            undo: unit.undo,
            waives_undo: unit.waives_undo,
            undo_retry: unit.undo_retry,
            retry: unit.retry,
            timeout: unit.timeout,
            takes: unit.takes,
            during: unit.during,
            outputs: unit.outputs,
            doc: entry.docs(),
            span: name_span,
        });
    }

    /// Returns the outputs that an action declares, read from its text: it may be called before it is read.
    pub fn action_outputs(&mut self, id: usize) -> Vec<(SmolStr, Type)> {
        if let Some(outputs) = self.outputs.get(&id) {
            return outputs.clone();
        }
        let Declared { entry, module, .. } = self.declared[id];
        let blocks = entry.body().into_iter().flat_map(|it| it.entries());
        let block = blocks.filter(|it| super::settings::is_word(*it, "outputs")).find_map(|it| it.body());
        let outputs: Vec<(SmolStr, Type)> = match block {
            Some(body) => {
                let names = self.within(module, |it| it.typed_names(body));
                names.into_iter().map(|(name, of)| (SmolStr::new(name.text()), of)).collect()
            }
            None => Vec::new(),
        };
        self.outputs.insert(id, outputs.clone());
        outputs
    }
}

/// Returns the one parameter that is a target: for it `keep` keeps.
fn only_target(params: &[Param]) -> Option<LocalId> {
    let mut targets = params.iter().filter(|it| it.of == Type::Target);
    let first = targets.next()?;
    targets.next().is_none().then_some(first.local)
}

/// Turns names with types into labels.
pub(super) fn labels_of(outputs: &[(SmolStr, Type)]) -> Vec<LabelType> {
    outputs.iter().map(|(name, of)| LabelType { name: name.clone(), of: of.clone() }).collect()
}
