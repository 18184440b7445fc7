//! Loops of bodies: what they run over, how many side by side, in which waves, and how many may fail.

use super::checker::Checker;
use super::settings::is_word;
use super::word::Parts;
use crate::diag::{Code, Diagnostic};
use crate::model::{EntryKind, Expr, ExprKind, FleetSource, Loop, Tolerate};
use crate::schema::{Place, WordRow, word};
use crate::syntax::{self, BinaryOp, Entry, ExprKind as Tree, Name};
use crate::value::{Type, Value};

impl<'t> Checker<'t> {
    /// Lowers `for x in LIST where … { … }`.
    pub fn for_loop(&mut self, parts: &Parts<'t>) -> Option<EntryKind> {
        let (name, list, element) = self.loop_head(parts.row, parts.entry)?;
        self.warn_share(&list, parts.row);
        let at_once = self.setting(parts, "at_once");
        self.refuse_none(at_once.as_ref(), "at_once");
        let waves = self.setting(parts, "waves");
        self.check_waves(waves.as_ref());
        let tolerate = self.tolerate(parts, waves.as_ref());
        let stagger = self.duration(parts, "stagger");
        let said = self.known_bool(parts, "takes");
        let may_be_empty = self.known_bool(parts, "may_be_empty").unwrap_or(false);
        let mark = self.mark();
        let targets = matches!(element, Type::Target);
        let local = self.bind_element(name, &list, element);
        if let Some(said) = said {
            self.loops_said.insert(local, said);
        }
        let mut spot = self.spot.clone();
        spot.loops.push(local);
        spot.target = if targets { Some(local) } else { spot.target };
        let order = self.at_spot(spot.clone(), |it| it.setting(parts, "order"));
        let during = self.at_spot(spot.clone(), |it| it.during(parts));
        let body = self.at_spot(spot, |it| it.body(&parts.entries, Place::Loop));
        self.forget(mark);
        let after_wave = self.after_wave(parts, waves.as_ref());
        let (takes, local_name) = (said.unwrap_or(false), name.text().into());
        Some(EntryKind::Loop(Box::new(Loop {
            local,
            local_name,
            list,
            at_once,
            waves,
            tolerate,
            stagger,
            order,
            during,
            takes,
            may_be_empty,
            body,
            after_wave,
        })))
    }

    /// Reads `NAME in LIST where CONDITION`.
    pub fn loop_head(&mut self, row: &'static WordRow, entry: Entry<'t>) -> Option<(Name<'t>, Expr, Type)> {
        let head = entry.items().nth(1).filter(|_| entry.items().count() == 2);
        let name = head.and_then(loop_name);
        let (Some(head), Some(name)) = (head, name) else {
            self.say_shape(row, entry.head().span(), "`for` needs a name and a list");
            return None;
        };
        let (list, element) = match head.kind() {
            Tree::Binary { right, .. } => self.over(right),
            _ => self.over(head),
        };
        Some((name, list, element))
    }

    fn refuse_none(&mut self, count: Option<&Expr>, name: &str) {
        let Some(count) = count else { return };
        if matches!(count.known(), Some(Value::Int(0)))
            || matches!(count.known(), Some(Value::Percent(it)) if *it == 0.0)
        {
            self.say_out_of_range(
                count.span,
                format!(
                    "with `{name} = {}` nothing would ever start",
                    count.known().map_or_else(String::new, ToString::to_string)
                ),
            );
        }
    }

    /// Waves are cumulative: each holds at least as many as the one before.
    fn check_waves(&mut self, waves: Option<&Expr>) {
        let Some(waves) = waves else { return };
        let Some(list) = waves.known().and_then(Value::as_list) else { return };
        for pair in list.windows(2) {
            let falls = match (&pair[0], &pair[1]) {
                (Value::Int(before), Value::Int(after)) => after <= before,
                (Value::Percent(before), Value::Percent(after)) => after <= before,
                _ => false,
            };
            if falls {
                let message = format!("waves are cumulative, so `{}` cannot come after `{}`", pair[1], pair[0]);
                self.say_out_of_range(waves.span, message);
            }
        }
        if list.is_empty() {
            self.say_out_of_range(waves.span, "there is no wave in this");
        }
    }

    fn tolerate(&mut self, parts: &Parts<'t>, waves: Option<&Expr>) -> Option<Tolerate> {
        let expr = self.setting(parts, "tolerate")?;
        let list = match (&expr.kind, expr.known().and_then(Value::as_list)) {
            (_, Some(values)) => values.iter().map(|it| Expr::value(it.clone(), expr.span)).collect(),
            (ExprKind::List(list), _) => list.clone(),
            _ => {
                self.warn_all_may_fail(&expr);
                return Some(Tolerate::Once(expr));
            }
        };
        list.iter().for_each(|it: &Expr| self.warn_all_may_fail(it));
        let wave_count = waves.map(|it| it.known().and_then(Value::as_list).map_or(list.len(), <[Value]>::len));
        if let Some(count) = wave_count.filter(|it| *it != list.len()) {
            let message = format!("there are {count} waves, and `tolerate` has {} numbers", list.len());
            self.say(
                Diagnostic::new(Code::PER_WAVE, expr.span, message).help("give one for each wave, or one for all"),
            );
        } else if waves.is_none() {
            let message = "`tolerate` has a number for each wave, and there are no waves";
            self.say(Diagnostic::new(Code::PER_WAVE, expr.span, message).help("add `waves = […]`, or give one number"));
        }
        Some(Tolerate::PerWave(list))
    }

    /// Warns where every target may fail.
    pub fn warn_all_may_fail(&mut self, expr: &Expr) {
        if matches!(expr.known(), Some(Value::Percent(points)) if *points >= 100.0) {
            let problem =
                Diagnostic::new(Code::ALL_MAY_FAIL, expr.span, "every target may fail, and it still counts as success");
            self.say(problem.help("say how many you can bear: `tolerate = 10%`"));
        }
    }

    /// Warns where a share of a known fleet chooses none or all.
    fn warn_share(&mut self, list: &Expr, row: &'static WordRow) {
        let ExprKind::Of(share, of) = &list.kind else { return };
        let Some(Value::Percent(points)) = share.known() else { return };
        let Some(all) = self.known_count(of).filter(|it| *it > 0) else { return };
        let chosen = crate::eval::share_up(*points, all);
        let (points, span) = (share.known().map_or_else(String::new, ToString::to_string), share.span);
        let message = match chosen {
            0 => format!("{points} of {all} targets is none"),
            _ if chosen == all && points != "100%" => format!("{points} of {all} targets is all of them"),
            _ => return,
        };
        let because = if chosen == 0 { "chooses nothing" } else { "shares that choose round up" };
        self.say(
            Diagnostic::new(Code::ROUNDS, span, message)
                .because(because)
                .help(format!("write a count: `{} x in 1 of …`", row.name)),
        );
    }

    /// Returns how many elements a list has, without making it where that can be told.
    fn known_count(&mut self, list: &Expr) -> Option<usize> {
        if let ExprKind::Fleet(fleet) = &list.kind
            && let FleetSource::Targets(targets) = &self.program.fleets.get(fleet.index())?.source
        {
            return Some(targets.len());
        }
        self.known_value(list).and_then(|it| it.as_list().map(<[Value]>::len))
    }

    fn after_wave(&mut self, parts: &Parts<'t>, waves: Option<&Expr>) -> Vec<crate::model::Entry> {
        let Some(block) = parts.entries.iter().copied().find(|it| is_word(*it, "after_wave")) else {
            return Vec::new();
        };
        if waves.is_none() {
            let problem =
                Diagnostic::new(Code::NO_EFFECT, block.head().span(), "`after_wave` has no effect without `waves`");
            self.say(problem.help("add `waves = [10%, 100%]` to the loop"));
        }
        let Some(row) = word(Place::Loop, "after_wave") else { return Vec::new() };
        let inner = self.parts(row, block);
        let mut spot = self.spot.clone();
        spot.wave = true;
        self.at_spot(spot, |it| it.under("after_wave", |it| it.body(&inner.entries, Place::AfterWave)))
    }
}

/// Returns the name that a loop binds.
fn loop_name(head: syntax::Expr<'_>) -> Option<Name<'_>> {
    match head.kind() {
        Tree::Binary { op: BinaryOp::In, left, .. } => left.as_name(),
        Tree::Filter { name, .. } => Some(name),
        _ => None,
    }
}
