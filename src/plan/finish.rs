//! A plan that is all there: what is known for all slots is put in, and what could never work is refused.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::expand::{Expansion, Planned};
use super::scope::seen_from;
use super::{NodeId, NodeKind, Place, Role, Slot};
use crate::diag::{Code, Diagnostic};
use crate::model::{Expr, ExprKind};
use crate::source::Span;
use crate::value::Value;

impl Expansion<'_> {
    pub(super) fn finish(mut self) -> (Planned, Vec<Diagnostic>) {
        self.load_named_late();
        self.plan.fleets = self.fleets.iter().map(|(id, indices)| (id.0, indices.clone())).collect();
        self.plan.index();
        super::whole::make_paths_whole(&mut self.plan, &self.calls);
        self.read_declared();
        self.fold_all();
        self.capture_outputs();
        self.refuse_cycles();
        self.refuse_too_few();
        if self.wrong.is_empty() {
            self.refuse_missing_kept();
            self.refuse_windows();
        }
        if self.wrong.is_empty() {
            self.warn_barriers();
        }
        let planned = if self.wrong.is_empty() { Ok(self.plan) } else { Err(self.wrong) };
        (planned, self.strange)
    }

    /// Fleets that only the run asks about have to be in the plan as well.
    fn load_named_late(&mut self) {
        let mut named = Vec::new();
        for node in &self.plan.nodes {
            super::walk::for_each_expr(node, &mut |expr| {
                expr.walk(&mut |it| {
                    if let ExprKind::Fleet(fleet) = it.kind {
                        named.push(fleet);
                    }
                });
            });
        }
        for fleet in named {
            self.load_fleet(fleet);
        }
    }

    /// Replaces every expression whose value is known for all slots by that value.
    fn fold_all(&mut self) {
        // Beneath a `when` that may not hold a value is perhaps never asked for: what is wrong there, the run says.
        let mut perhaps = vec![false; self.plan.nodes.len()];
        for at in 0..self.plan.nodes.len() {
            let id = NodeId(at as u32);
            let mut node = self.plan.nodes[at].clone();
            let place = seen_from(id);
            let mut wrong = Vec::new();
            super::walk::for_each_expr_mut(&mut node, &mut |expr| {
                let mut eval = |expr: &Expr| self.eval(expr, place, false);
                super::fold::fold(expr, &mut eval, &mut wrong);
            });
            let holds = node.when.as_ref().is_none_or(|it| it.known() == Some(&Value::Bool(true)));
            perhaps[at] = !holds || perhaps[node.parent.index()];
            self.plan.nodes[at] = node;
            for it in wrong.into_iter().filter(|_| !perhaps[at]) {
                self.refuse(Code::VALUE, it.span, it.message);
            }
        }
    }

    /// Marks every action whose output a later expression reads.
    fn capture_outputs(&mut self) {
        let mut paths = BTreeSet::new();
        for node in &self.plan.nodes {
            super::walk::for_each_expr(node, &mut |expr| {
                expr.walk(&mut |it| {
                    if let ExprKind::Output(output) = &it.kind {
                        paths.insert(output.path.clone());
                    }
                });
            });
        }
        for path in paths {
            let Some(unit) = self.plan.unit_at(&path) else { continue };
            for at in unit.0..self.plan.node(unit).end.0 {
                self.plan.nodes[at as usize].captured = true;
            }
        }
    }

    fn refuse_cycles(&mut self) {
        if let Some(cycle) = super::order::cycle(&self.plan) {
            let names: Vec<String> = cycle.iter().map(|it| format!("`{}`", self.plan.node_path(*it))).collect();
            let span = self.plan.node(cycle[0]).span;
            let message = format!("these stages wait for each other: {}", names.join(" → "));
            self.refuse(Code::STAGE_CYCLE, span, message);
        }
    }

    /// A window that cannot be made for one of many targets is found now, and not in the middle of the run.
    fn refuse_windows(&mut self) {
        let mut wrong: BTreeMap<Span, String> = BTreeMap::new();
        for at in 0..self.plan.nodes.len() as u32 {
            let id = NodeId(at);
            let Some(during) = &self.plan.node(id).during else { continue };
            let places = (0..self.plan.slots(id)).map(|slot| Place::new(id, Slot(slot)));
            let cannot = places.filter_map(|place| self.eval(during, place, true).err());
            if let Some(first) = cannot.into_iter().find(|it| !it.is_not_known_here()) {
                wrong.entry(first.span).or_insert(first.message);
            }
        }
        for (span, message) in wrong {
            self.refuse(Code::VALUE, span, message);
        }
    }

    /// An undo that reads what was kept has to find it, for every target that the run takes.
    fn refuse_missing_kept(&mut self) {
        let mut missing: BTreeMap<Span, (String, Vec<String>)> = BTreeMap::new();
        for at in 0..self.plan.nodes.len() as u32 {
            let node = self.plan.node(NodeId(at));
            if !matches!(node.kind, NodeKind::Sequence(Role::Undo)) {
                continue;
            }
            for inner in at..node.end.0 {
                self.find_missing_kept(NodeId(inner), &mut missing);
            }
        }
        for (span, (key, targets)) in missing {
            let shown = super::summary::some_names(&targets, 3);
            let message =
                format!("this undo needs the `{key}` that an earlier run kept, and there is none for {shown}");
            let found = Diagnostic::new(Code::KEPT_MISSING, span, message).because("nothing is kept there yet");
            self.wrong.push(found.help("say what it is when nothing was kept: `kept(…).key ?? …`"));
        }
    }

    fn find_missing_kept(&self, id: NodeId, missing: &mut BTreeMap<Span, (String, Vec<String>)>) {
        let mut reads: Vec<(Option<Expr>, SmolStr, Span)> = Vec::new();
        super::walk::for_each_expr(self.plan.node(id), &mut |expr| super::fold::bare_kept(expr, &mut reads));
        for (target, key, span) in reads {
            for slot in 0..self.plan.slots(id) {
                let place = Place::new(id, Slot(slot));
                let of = match &target {
                    Some(expr) => match self.eval(expr, place, true) {
                        Ok(Value::Target(target)) => Some(target.name.clone()),
                        _ => continue,
                    },
                    None => None,
                };
                if !self.request.kept.contains_key(&(of.clone(), key.clone())) {
                    let name = of.map_or_else(|| "the rollout".to_owned(), |it| format!("`{it}`"));
                    let entry = missing.entry(span).or_insert_with(|| (key.to_string(), Vec::new()));
                    if !entry.1.contains(&name) && entry.1.len() < 1000 {
                        entry.1.push(name);
                    }
                }
            }
        }
    }
}
