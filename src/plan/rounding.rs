//! Shares that come to none or to all, once it is known of how many: a pilot that would be everything, failures that are
//! allowed on paper only. Looks at the loops of files that are not the library's.

use super::Place;
use super::expand::Expansion;
use super::number::{Said, allowed, chosen};
use crate::diag::{Code, Diagnostic};
use crate::eval;
use crate::model::{Expr, ExprKind, Loop, Tolerate};
use crate::source::Span;
use crate::value::Value;

impl Expansion<'_> {
    /// Warns of the shares of a loop over so many elements.
    pub(super) fn warn_rounding(&mut self, place: Place, it: &Loop, count: u32) {
        // Of a part of the fleet shares are small, and that was asked for.
        if self.request.only.is_some() || count == 0 || !self.wrong.is_empty() {
            return;
        }
        self.warn_choice(place, &it.list);
        let said = Said::of(it, &mut |expr| self.eval(expr, place, true).ok());
        // One target alone is in the first wave whatever it says.
        if let (Some(waves), Some(expr)) = (&said.waves, &it.waves)
            && count > 1
        {
            self.warn_waves(waves, count, expr.span);
        }
        self.warn_tolerates_none(it, &said, count);
    }

    /// `90% of hosts`, where there are three of them.
    fn warn_choice(&mut self, place: Place, list: &Expr) {
        let ExprKind::Of(share, of) = &list.kind else { return };
        let Ok(Value::Percent(points)) = self.eval(share, place, true) else { return };
        let Some(of) = self.eval(of, place, true).ok().filter(|_| points < 100.0) else { return };
        let all = eval::elements(&of).map_or(0, |it| it.len());
        let chosen = eval::share_up(points, all);
        let share = Value::Percent(points);
        if all > 0 && chosen == 0 {
            let problem = Diagnostic::new(Code::ROUNDS, list.span, format!("{share} of {} is none", elements(all)));
            self.say_strange(problem.because("chooses nothing"));
        } else if all > 0 && chosen == all {
            self.warn_all(points, all, list.span);
        }
    }

    /// A wave before the last that takes everything leaves the others nothing to wait for.
    fn warn_waves(&mut self, waves: &[Value], count: u32, span: Span) {
        let is_all =
            |it: &&Value| matches!(it, Value::Percent(points) if *points < 100.0) && chosen(it, count) == Ok(count);
        if let Some(Value::Percent(points)) = waves.iter().find(is_all) {
            self.warn_all(*points, count as usize, span);
        }
    }

    fn warn_all(&mut self, points: f64, all: usize, span: Span) {
        let share = Value::Percent(points);
        let message = format!("{share} of {} is {}", elements(all), if all == 1 { "that one" } else { "all of them" });
        let problem = Diagnostic::new(Code::ROUNDS, span, message).because("shares that choose round up");
        self.say_strange(problem.help("write a count, such as `1`, or a share that leaves some"));
    }

    /// `tolerate = 2%`, where that is less than one. A list has small waves that are meant to tolerate none.
    fn warn_tolerates_none(&mut self, it: &Loop, said: &Said, count: u32) {
        let (Some(Tolerate::Once(expr)), Some(share)) = (&it.tolerate, &said.tolerate) else { return };
        if matches!(share, Value::Percent(points) if *points > 0.0) && allowed(share, count) == Ok(0) {
            let message = format!("{share} of {} is none: no failure is tolerated", elements(count as usize));
            let problem = Diagnostic::new(Code::ROUNDS, expr.span, message);
            let problem = problem.because("shares that allow failures round down");
            self.say_strange(problem.help("write a count, such as `1`, or `0` where none is meant"));
        }
    }

    /// Notes what is strange, once for each place, and not within the library.
    pub(super) fn say_strange(&mut self, problem: Diagnostic) {
        let span = problem.span();
        let is_library = self.request.sources.get(span.source).path().starts_with("std.");
        let is_said = self.strange.iter().any(|it| it.span() == span && it.code == problem.code);
        if !is_library && !is_said {
            self.strange.push(problem);
        }
    }
}

fn elements(count: usize) -> String {
    if count == 1 { "one target".to_owned() } else { format!("{count} targets") }
}
