//! Loops: what they run over in each slot around them, their numbers, and which targets they take.

use std::collections::BTreeSet;

use super::expand::Expansion;
use super::number::{Said, loop_numbers};
use super::{Elements, LoopNode, LoopNumbers, NodeId, NodeKind, Place, Role, Slot, Space, SpaceId};
use crate::diag::{Code, Diagnostic};
use crate::eval::{self, Wrong};
use crate::model::{Expr, ExprKind, LocalId, Loop};
use crate::source::Span;
use crate::value::Value;

/// No plan has more slots in all.
const SLOTS_MAX: u32 = 5_000_000;

impl Expansion<'_> {
    /// Remembers which targets a loop takes, for the `rest of` of what comes after it.
    fn take(&mut self, it: &Loop, elements: &Elements) {
        if let (true, Some(stage), Elements::Targets(indices)) = (it.takes, self.stage, elements) {
            self.takes.entry(stage).or_default().extend(indices);
        }
    }

    /// Whether a target is taken by this stage so far, or by one before it in the graph.
    pub(super) fn is_taken(&self, target: u32) -> bool {
        let Some(stage) = self.stage else { return false };
        let mut open = vec![stage];
        let mut seen = BTreeSet::new();
        while let Some(stage) = open.pop() {
            if !seen.insert(stage) {
                continue;
            }
            if self.takes.get(&stage).is_some_and(|it| it.contains(&target)) {
                return true;
            }
            if let NodeKind::Stage(node) = &self.plan.node(stage).kind {
                open.extend(&node.after);
            }
        }
        false
    }

    pub(super) fn index_of(&self, value: &Value) -> Option<u32> {
        let target = value.as_target()?;
        self.index.get(&(target.fleet.clone(), target.name.clone())).copied()
    }

    pub(super) fn a_loop(&mut self, parent: NodeId, space: SpaceId, name: &str, it: &Loop, span: Span) -> NodeId {
        // Its elements are listed from its own place, so the node has to be there first.
        let unlisted = LoopNode {
            space: SpaceId::ROOT,
            wave_space: None,
            local_name: it.local_name.clone(),
            numbers: Vec::new(),
            late: None,
            takes: it.takes,
        };
        let id = self.push(parent, space, name, NodeKind::Loop(Box::new(unlisted)), span);
        let listed = self.list_all(id, space, it);
        let (elements, offsets, numbers, late) = match listed {
            Some(Listed { elements, offsets, numbers }) => (elements, offsets, numbers, None),
            None => {
                self.refuse_numbers_of_late(it);
                (Elements::Late, vec![0, 0], Vec::new(), Some(it.clone()))
            }
        };
        self.take(it, &elements);
        let body_space = self.push_space(Space { parent: space, offsets, local: Some(it.local), elements });
        let wave_space = (!it.after_wave.is_empty()).then(|| self.wave_space(space, &numbers));
        if let NodeKind::Loop(node) = &mut self.plan.nodes[id.index()].kind {
            **node = LoopNode { space: body_space, wave_space, numbers, late, ..(**node).clone() };
        }
        let body = self.sequence(id, body_space, &it.local_name, Role::Target, &it.body, span);
        self.plan.nodes[body.index()].during = it.during.clone();
        self.plan.nodes[id.index()].children.push(body);
        if let Some(wave_space) = wave_space {
            let after = self.sequence(id, wave_space, "after_wave", Role::AfterWave, &it.after_wave, span);
            self.plan.nodes[id.index()].children.push(after);
        }
        id
    }

    /// The order of elements, and what follows each wave of them, are fixed with the plan.
    fn refuse_numbers_of_late(&mut self, it: &Loop) {
        let after_wave = it.after_wave.first().map(|it| it.span);
        let span_of = |expr: &Option<Expr>| expr.as_ref().map(|it| it.span);
        let said = [("order", span_of(&it.order)), ("after_wave", after_wave)];
        for (name, span) in said {
            if let Some(span) = span {
                let message = format!("`{name}` needs a list that is known when the plan is made");
                let found = Diagnostic::new(Code::LOOP, span, message)
                    .because("this loop learns its list while the run goes on");
                self.wrong.push(found.also(it.list.span, "what it runs over"));
            }
        }
    }

    fn wave_space(&mut self, parent: SpaceId, numbers: &[LoopNumbers]) -> SpaceId {
        let mut offsets = vec![0];
        for it in numbers {
            offsets.push(offsets[offsets.len() - 1] + it.waves.len() as u32);
        }
        self.push_space(Space { parent, offsets, local: None, elements: Elements::None })
    }

    /// Works out what a loop runs over in each slot around it; none if only the run can know.
    fn list_all(&mut self, id: NodeId, space: SpaceId, it: &Loop) -> Option<Listed> {
        let mut listed = Listing::default();
        for slot in 0..self.plan.space(space).len() {
            let place = Place::new(id, Slot(slot));
            let elements = match self.list(place, it) {
                Ok(elements) => elements,
                Err(wrong) if wrong.is_not_known_here() => {
                    if space != SpaceId::ROOT && !matches!(self.plan.space(space).elements, Elements::Late) {
                        let message = "what a loop within a loop runs over has to be known when the plan is made";
                        self.wrong.push(Diagnostic::new(Code::LOOP, it.list.span, message).because(wrong.message));
                    }
                    return None;
                }
                Err(wrong) => {
                    self.wrong.push(Diagnostic::new(Code::VALUE, wrong.span, wrong.message));
                    return Some(Listing::default().finish());
                }
            };
            self.refuse_empty(&elements, it);
            let numbers = self.loop_numbers(place, it, elements.len() as u32);
            self.warn_rounding(place, it, elements.len() as u32);
            listed.add(elements, numbers, |value| self.index_of(value));
            if listed.len() > SLOTS_MAX {
                self.refuse(Code::PLAN_TOO_LARGE, it.list.span, format!("the plan has more than {SLOTS_MAX} slots"));
                break;
            }
        }
        // Outside of everything that happens, such as in a hook, there are no slots yet to look at.
        (!self.plan.space(space).is_empty()).then(|| listed.finish())
    }

    /// A `rest of` that is empty is a mistake somewhere else, and so is a choice from nothing.
    fn refuse_empty(&mut self, elements: &[Value], it: &Loop) {
        // A fleet that could not be loaded is empty for a reason that is told already.
        let has_lost_fleet = self.wrong.iter().any(|it| it.code == Code::FLEET_LOAD);
        if !elements.is_empty() || it.may_be_empty || has_lost_fleet {
            return;
        }
        let mut asks_rest = false;
        it.list.walk(&mut |expr| asks_rest |= matches!(expr.kind, ExprKind::Rest(_)));
        let message = if asks_rest { "nothing is left for this loop to take" } else { "there is nothing to loop over" };
        let found = Diagnostic::new(Code::LOOP, it.list.span, message).because("this comes to no element");
        self.wrong.push(match self.request.only {
            Some(_) => found.help("`--only` may leave too few targets; write `may_be_empty = true` if that is fine"),
            None => found.help("write `may_be_empty = true` if that is fine"),
        });
    }

    fn list(&mut self, place: Place, it: &Loop) -> Result<Vec<Value>, Wrong> {
        self.load_fleets(&it.list);
        let list = self.eval(&it.list, place, true)?;
        let elements = eval::elements(&list).map_err(|message| Wrong::cannot(it.list.span, message))?;
        let elements = elements.into_owned();
        match &it.order {
            Some(order) => self.ordered(elements, order, it.local, place),
            None => Ok(elements),
        }
    }

    /// Sorts by a key; elements with equal keys keep their order.
    fn ordered(&self, elements: Vec<Value>, order: &Expr, local: LocalId, place: Place) -> Result<Vec<Value>, Wrong> {
        let mut keyed = Vec::with_capacity(elements.len());
        for element in elements {
            let key = self.eval_with(order, place, local, &element)?;
            keyed.push((key, element));
        }
        keyed.sort_by(|(a, _), (b, _)| match crate::value::compare(a, b) {
            crate::value::Compared::Ordered(ordering) => ordering,
            crate::value::Compared::Same(_) | crate::value::Compared::Never => std::cmp::Ordering::Equal,
        });
        Ok(keyed.into_iter().map(|(_, element)| element).collect())
    }

    fn loop_numbers(&mut self, place: Place, it: &Loop, count: u32) -> LoopNumbers {
        let said = Said::of(it, &mut |expr| self.loop_value(expr, place));
        let span = it.waves.as_ref().or(it.at_once.as_ref()).map_or(it.list.span, |it| it.span);
        self.number(loop_numbers(&said, count), span).unwrap_or_else(|| LoopNumbers::one_by_one(count))
    }
}

/// What a loop runs over in all slots around it.
struct Listed {
    elements: Elements,
    offsets: Vec<u32>,
    numbers: Vec<LoopNumbers>,
}

/// The same while it is being worked out.
struct Listing {
    values: Vec<Value>,
    targets: Vec<u32>,
    offsets: Vec<u32>,
    numbers: Vec<LoopNumbers>,
}

impl Default for Listing {
    fn default() -> Listing {
        Listing { values: Vec::new(), targets: Vec::new(), offsets: vec![0], numbers: Vec::new() }
    }
}

impl Listing {
    fn len(&self) -> u32 {
        (self.values.len() + self.targets.len()) as u32
    }

    /// Targets of the table are held by their number; as soon as one is none, all are held as values.
    fn add(&mut self, elements: Vec<Value>, numbers: LoopNumbers, index_of: impl Fn(&Value) -> Option<u32>) {
        let indices: Option<Vec<u32>> = elements.iter().map(index_of).collect();
        match indices {
            Some(indices) if self.values.is_empty() => self.targets.extend(indices),
            _ => self.values.extend(elements),
        }
        self.offsets.push(self.len());
        self.numbers.push(numbers);
    }

    fn finish(self) -> Listed {
        let elements =
            if self.values.is_empty() { Elements::Targets(self.targets) } else { Elements::Values(self.values) };
        Listed { elements, offsets: self.offsets, numbers: self.numbers }
    }
}
