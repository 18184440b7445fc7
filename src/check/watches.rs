//! `watch` and `guard`: how long, how often, and how much may go wrong meanwhile.

use super::checker::Checker;
use super::scripts::shown;
use super::word::Parts;
use crate::diag::{Code, Diagnostic};
use crate::model::{Act, Expr, OnUnknown, Otherwise, Watch};
use crate::value::Value;

impl<'t> Checker<'t> {
    /// Lowers `watch C { … }` or `guard C { … }`.
    pub fn watch_act(&mut self, parts: &Parts<'t>) -> Option<Act> {
        self.refuse_entries(parts);
        let is_guard = parts.row.name == "guard";
        let (settle, lasts, every) =
            (self.duration(parts, "settle"), self.duration(parts, "lasts"), self.duration(parts, "every"));
        let fail_after = self.at_least_one(parts, "fail_after");
        let fail_in_a_row = self.at_least_one(parts, "fail_in_a_row");
        let pass_in_a_row = self.at_least_one(parts, "pass_in_a_row");
        let unknown = self.duration(parts, "unknown");
        let on_unknown = match self.choice(parts, "on_unknown").as_deref() {
            Some("fail") => OnUnknown::Fail,
            Some("hold") => OnUnknown::Hold,
            _ => OnUnknown::Pause,
        };
        let otherwise = self.otherwise(parts);
        let interrupt = is_guard && self.known_bool(parts, "interrupt").unwrap_or(false);
        self.refuse_no_time(every.as_ref(), "every");
        if !self.expect_plain(parts.row, parts.entry, 2) {
            return None;
        }
        if lasts.is_none() && !is_guard {
            let problem = Diagnostic::new(Code::MISSING, parts.entry.head().span(), "`watch` needs `lasts`");
            self.say(
                problem.because("for how long is it watched?").help("write `watch … { lasts = 30m, every = 1m }`"),
            );
        }
        let tree = parts.entry.items().nth(1)?;
        let condition = self.condition(tree);
        let watch = Watch {
            condition,
            shown: shown(tree),
            settle,
            lasts,
            every,
            fail_after,
            fail_in_a_row,
            pass_in_a_row,
            unknown,
            on_unknown,
            interrupt,
            otherwise,
        };
        self.warn_few_samples(&watch);
        Some(if is_guard { Act::Guard(watch) } else { Act::Watch(watch) })
    }

    /// Lowers what a condition does that does not pass.
    pub fn otherwise(&mut self, parts: &Parts<'t>) -> Option<Otherwise> {
        self.choice(parts, "otherwise").map(|it| match it.as_str() {
            "rollback_stage" => Otherwise::RollbackStage,
            "pause" => Otherwise::Pause,
            "stop" => Otherwise::Stop,
            "hold" => Otherwise::Hold,
            "warn" => Otherwise::Warn,
            _ => Otherwise::Rollback,
        })
    }

    fn at_least_one(&mut self, parts: &Parts<'t>, name: &str) -> Option<Expr> {
        let expr = self.setting(parts, name)?;
        if expr.known().and_then(Value::as_int).is_some_and(|it| it < 1) {
            self.say_out_of_range(expr.span, format!("`{name}` is at least 1"));
        }
        Some(expr)
    }

    fn refuse_no_time(&mut self, every: Option<&Expr>, name: &str) {
        if let Some(expr) = every
            && expr.known().and_then(Value::as_duration_ms) == Some(0)
        {
            self.say_out_of_range(expr.span, format!("`{name}` is longer than nothing"));
        }
    }
}
