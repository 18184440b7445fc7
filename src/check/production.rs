//! Production that is changed before anything looked: no condition and no person before it, nor between its targets. What
//! production is, names and labels say; whether it is well, nobody knows here.

use std::collections::HashSet;

use super::checker::Checker;
use super::fold::fleets_in;
use super::looks::Flow;
use crate::diag::{Code, Diagnostic};
use crate::model::{Builtin, Entry, EntryKind, Expr, ExprKind, FleetId, LocalId, Loop, Rollout};
use crate::source::Span;
use crate::value::{Target, Value};

/// The words in a name that say production.
const PRODUCTION: [&str; 2] = ["prod", "production"];

/// The words that, just before those, say the opposite: `non-prod`, `pre_production`.
const NOT: [&str; 4] = ["non", "not", "no", "pre"];

/// The words in a fleet's name that say where no users are.
const ELSEWHERE: [&str; 7] = ["staging", "stage", "dev", "test", "qa", "sandbox", "preprod"];

/// The labels that say where a target stands.
const LABELS: [&str; 5] = ["env", "environment", "stage", "tier", "group"];

/// A walk through a rollout and those that it calls.
struct Walk<'p> {
    flow: &'p Flow<'p>,
    /// The path of the stage.
    stage: String,
    /// Whether there is a `profile` with which all of the rollout's fleets are production.
    profile: Option<&'p str>,
    binds: Vec<(LocalId, &'p Expr)>,
    /// The rollouts that were followed, and whether something had looked before.
    seen: HashSet<(usize, bool)>,
}

/// Why something is production, and where that is written.
struct Production {
    span: Span,
    why: String,
}

impl<'t> Checker<'t> {
    /// Looks through all rollouts; those that others call are looked at where they are called.
    pub fn lint_production(&mut self, flow: &Flow) {
        let mut called = HashSet::new();
        flow.rollouts.iter().flat_map(|it| &it.stages).for_each(|it| find_called(&it.body, &mut called));
        for at in (0..flow.rollouts.len()).filter(|it| !called.contains(it)) {
            let (binds, seen) = (Vec::new(), HashSet::new());
            let mut walk = Walk { flow, stage: String::new(), profile: None, binds, seen };
            self.follow_rollout(at, false, &mut walk);
        }
    }

    fn follow_rollout<'p>(&mut self, at: usize, looked: bool, walk: &mut Walk<'p>) {
        let Some(rollout) = walk.flow.rollouts.get(at).filter(|_| walk.seen.insert((at, looked))) else { return };
        let named = rollout.profiles.iter().map(|it| it.name.as_str()).find(|it| says_production(it));
        let before = (std::mem::take(&mut walk.stage), std::mem::take(&mut walk.binds), walk.profile);
        walk.profile = named.or(walk.profile);
        let looked_before = looked_before(rollout, walk.flow);
        for (stage, before) in rollout.stages.iter().zip(looked_before) {
            walk.stage = stage.path.to_string();
            walk.binds = stage.binds.iter().map(|(local, expr)| (*local, expr)).collect();
            self.follow_production(&stage.body, &mut (looked || before), walk);
        }
        (walk.stage, walk.binds, walk.profile) = before;
    }

    fn follow_production<'p>(&mut self, entries: &'p [Entry], looked: &mut bool, walk: &mut Walk<'p>) {
        for entry in entries {
            match &entry.kind {
                EntryKind::Act(act) => *looked |= walk.flow.act_looks(act),
                EntryKind::Step(it) => self.follow_production(&it.body, looked, walk),
                EntryKind::Call(action, _) => *looked |= walk.flow.action_looks(*action),
                EntryKind::Child(it) => {
                    self.follow_rollout(it.rollout.index(), *looked, walk);
                    *looked |= walk.flow.looks(std::slice::from_ref(entry));
                }
                EntryKind::Loop(it) => self.follow_loop(it, looked, walk),
                EntryKind::Parallel(parts) => {
                    let before = *looked;
                    for part in parts {
                        let mut own = before;
                        self.follow_production(std::slice::from_ref(part), &mut own, walk);
                        *looked |= own;
                    }
                }
                EntryKind::Block { binds, body } => {
                    walk.binds.extend(binds.iter().map(|(local, expr)| (*local, expr)));
                    self.follow_production(body, looked, walk);
                }
                // A recovery point changes nothing yet.
                EntryKind::Save(_) => {}
            }
        }
    }

    fn follow_loop<'p>(&mut self, it: &'p Loop, looked: &mut bool, walk: &mut Walk<'p>) {
        let flow = walk.flow;
        let mut inner = *looked;
        let is_blind = it.takes && !*looked && !flow.looks_first(&it.body) && !self.looks_between(it, flow);
        if let Some(production) = is_blind.then(|| self.production_of(&it.list, walk)).flatten() {
            self.warn_no_gate(&production, &walk.stage);
            inner = true;
        }
        self.follow_production(&it.body, &mut inner, walk);
        self.follow_production(&it.after_wave, &mut inner, walk);
        *looked |= flow.looks(&it.body) || flow.looks(&it.after_wave);
    }

    /// Whether only a part of the targets is changed before something looks.
    fn looks_between(&mut self, it: &Loop, flow: &Flow) -> bool {
        if !flow.looks(&it.body) && !flow.looks(&it.after_wave) {
            return false;
        }
        let waves = it.waves.as_ref().map(|it| it.known().and_then(Value::as_list).map_or(2, <[Value]>::len));
        match (&it.at_once, waves) {
            (_, Some(waves)) if waves > 1 => true,
            (Some(at_once), _) => !self.is_all(at_once, &it.list),
            // Without waves one goes after another; a wave goes side by side.
            (None, waves) => waves.is_none(),
        }
    }

    fn is_all(&mut self, at_once: &Expr, list: &Expr) -> bool {
        if let ExprKind::Builtin(Builtin::Len, of) = &at_once.kind {
            return of.first().is_some_and(|it| fleets_in(it) == fleets_in(list));
        }
        match at_once.known() {
            Some(Value::Percent(points)) => *points >= 100.0,
            Some(Value::Int(count)) => {
                let all = self.known_value(list).and_then(|it| it.as_list().map(<[Value]>::len));
                all.is_some_and(|all| all > 1 && *count >= all as i64)
            }
            _ => false,
        }
    }

    fn warn_no_gate(&mut self, production: &Production, stage: &str) {
        let message = format!("the stage `{stage}` changes production, and nothing looks before");
        let problem = Diagnostic::new(Code::NO_GATE, production.span, message).because(production.why.clone());
        let help = "put a `check`, a `watch` or an `approve` before it, or go in parts that are looked at one by one";
        self.say_own(problem.help(help));
    }

    /// Says why a loop's targets are production, if they are.
    fn production_of(&mut self, list: &Expr, walk: &Walk) -> Option<Production> {
        let mut named = Vec::new();
        let list = through(list, &walk.binds);
        fleets_behind(list, list.span, &walk.binds, &mut named);
        for (fleet, span) in &named {
            let name = &self.program.fleets.get(fleet.index())?.name;
            if says_production(name) {
                return Some(Production { span: *span, why: format!("`{name}` is production by its name") });
            }
        }
        let span = named.first().map_or(list.span, |it| it.1);
        if let Some(target) = self.production_target(list, &named) {
            return Some(Production { span, why: format!("`{target}` is production") });
        }
        let is_elsewhere = |(fleet, _): &(FleetId, Span)| {
            let name = self.program.fleets.get(fleet.index()).map(|it| it.name.as_str());
            name.is_some_and(|it| words(it).any(|it| ELSEWHERE.contains(&it.as_str())))
        };
        let profile = walk.profile.filter(|_| !named.is_empty() && !named.iter().any(is_elsewhere))?;
        Some(Production { span, why: format!("with `--profile {profile}` these are production") })
    }

    /// Returns a target of a list that its name or a label says to be production: any of a list that is known, and of
    /// one that is not yet known, one of fleets that hold no others.
    fn production_target(&mut self, list: &Expr, fleets: &[(FleetId, Span)]) -> Option<String> {
        if let Some(value) = self.known_value(list) {
            let mut targets = value.as_list()?.iter().filter_map(Value::as_target);
            return targets.find(|it| is_production(it)).map(|it| it.name.to_string());
        }
        let mut found = None;
        for (fleet, span) in fleets {
            let value = self.known_value(&Expr::new(ExprKind::Fleet(*fleet), *span))?;
            let targets = value.as_list()?;
            if !targets.iter().all(|it| it.as_target().is_some_and(|it| is_production(it))) {
                return None;
            }
            found = found.or(targets.first().and_then(Value::as_target).map(|it| it.name.to_string()));
        }
        found
    }
}

/// Returns for each stage whether something looks in a stage that ends before it.
fn looked_before(rollout: &Rollout, flow: &Flow) -> Vec<bool> {
    let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); rollout.stages.len()];
    for (at, stage) in rollout.stages.iter().enumerate() {
        stage.after.iter().filter_map(|it| usize::try_from(*it).ok()).for_each(|it| dependents[it].push(at));
    }
    let looks = |at: &usize| flow.looks(&rollout.stages[*at].body);
    let mut open: Vec<usize> = (0..rollout.stages.len()).filter(looks).collect();
    let mut looked = vec![false; rollout.stages.len()];
    while let Some(stage) = open.pop() {
        for next in &dependents[stage] {
            if !std::mem::replace(&mut looked[*next], true) {
                open.push(*next);
            }
        }
    }
    looked
}

fn find_called(entries: &[Entry], called: &mut HashSet<usize>) {
    for entry in entries {
        match &entry.kind {
            EntryKind::Child(it) => drop(called.insert(it.rollout.index())),
            EntryKind::Step(it) => find_called(&it.body, called),
            EntryKind::Loop(it) => {
                find_called(&it.body, called);
                find_called(&it.after_wave, called);
            }
            EntryKind::Parallel(body) | EntryKind::Block { body, .. } => find_called(body, called),
            EntryKind::Act(_) | EntryKind::Call(..) | EntryKind::Save(_) => {}
        }
    }
}

/// Returns what a parameter stands for.
fn through<'e>(expr: &'e Expr, binds: &[(LocalId, &'e Expr)]) -> &'e Expr {
    let mut expr = expr;
    for _ in 0..=binds.len() {
        let ExprKind::Local(local) = expr.kind else { break };
        let Some((_, bound)) = binds.iter().rev().find(|it| it.0 == local) else { break };
        expr = bound;
    }
    expr
}

/// Finds the fleets that an expression names, also by way of parameters, each where the caller wrote it.
fn fleets_behind(expr: &Expr, span: Span, binds: &[(LocalId, &Expr)], found: &mut Vec<(FleetId, Span)>) {
    expr.walk(&mut |it| match &it.kind {
        ExprKind::Fleet(fleet) => found.push((*fleet, span)),
        ExprKind::Local(_) => {
            let bound = through(it, binds);
            found.extend(fleets_in(bound).into_iter().filter(|_| bound != it).map(|fleet| (fleet, bound.span)));
        }
        _ => {}
    });
}

fn is_production(target: &Target) -> bool {
    let label = |name: &&str| target.labels.get(*name).and_then(Value::as_text).is_some_and(|it| says_production(it));
    says_production(&target.name) || LABELS.iter().any(label)
}

fn words(name: &str) -> impl Iterator<Item = String> + '_ {
    name.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty()).map(str::to_lowercase)
}

/// Whether a name has `prod` or `production` as a word of its own, and no word before it that denies it.
fn says_production(name: &str) -> bool {
    // Most names of many targets say nothing of the kind.
    if !name.as_bytes().windows(4).any(|it| it.eq_ignore_ascii_case(b"prod")) {
        return false;
    }
    let words: Vec<String> = words(name).collect();
    let is_denied = |at: usize| at.checked_sub(1).is_some_and(|it| NOT.contains(&words[it].as_str()));
    words.iter().enumerate().any(|(at, it)| PRODUCTION.contains(&it.as_str()) && !is_denied(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_production_by_a_word_of_its_own() {
        for name in ["prod", "production", "prod-1", "eu_prod", "Production-West"] {
            assert!(says_production(name), "{name}");
        }
        for name in ["products", "reproduction", "non-prod", "pre_production", "preprod", "staging", "producer-1"] {
            assert!(!says_production(name), "{name}");
        }
    }
}
