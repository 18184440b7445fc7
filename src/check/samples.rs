//! Watches that are over before they have seen enough: how many samples there are time for, and how many it takes.

use super::checker::Checker;
use crate::diag::{Code, Diagnostic};
use crate::model::{Act, Check, Entry, EntryKind, Expr, Rollout, Watch};
use crate::value::{Value, show_duration};

/// The time between two samples where nothing is said.
const EVERY_MS: i64 = 60_000;

impl<'t> Checker<'t> {
    /// Warns of a watch that takes fewer samples than it needs for anything.
    pub fn warn_few_samples(&mut self, watch: &Watch) {
        let Some(lasts_ms) = ms(watch.lasts.as_ref()) else { return };
        if let (Some(every_ms), Some(every)) = (ms(watch.every.as_ref()), &watch.every)
            && every_ms > lasts_ms
        {
            let problem = Diagnostic::new(Code::TOO_FEW_SAMPLES, every.span, "`every` is longer than the watch lasts");
            return self.say(problem.because("it is looked at twice: as it begins and as it ends"));
        }
        let every_ms = if watch.every.is_some() { ms(watch.every.as_ref()) } else { Some(EVERY_MS) };
        let Some(every_ms) = every_ms.filter(|it| *it > 0) else { return };
        // One as it begins, one as it ends, and those between.
        let samples = lasts_ms / every_ms + i64::from(lasts_ms % every_ms > 0) + 1;
        let needs = [("fail_after", &watch.fail_after), ("fail_in_a_row", &watch.fail_in_a_row)];
        let said =
            needs.into_iter().filter_map(|(name, it)| Some((name, it.as_ref()?, it.as_ref()?.known()?.as_int()?)));
        let said: Vec<_> = said.collect();
        if said.iter().all(|(_, _, count)| *count > samples) {
            for (name, expr, count) in said {
                let message =
                    format!("this can never fail: `{name} = {count}`, and there is time for {samples} samples");
                let because = format!("{} at one each {}", show_duration(lasts_ms), show_duration(every_ms));
                let problem = Diagnostic::new(Code::TOO_FEW_SAMPLES, expr.span, message).because(because);
                self.say(problem.help("watch for longer, look more often, or let it fail sooner"));
            }
        }
    }

    /// Warns of a check that has no time left once things have settled.
    pub fn warn_settles_too_long(&mut self, check: &Check) {
        if let (Some(settle_ms), Some(within_ms), Some(within)) =
            (ms(check.settle.as_ref()), ms(check.within.as_ref()), &check.within)
            && settle_ms >= within_ms
        {
            let message = "`within` is over before this is first asked";
            let problem = Diagnostic::new(Code::TOO_FEW_SAMPLES, within.span, message);
            let because = format!("it counts from the start, and `settle` takes {} of it", show_duration(settle_ms));
            self.say(problem.because(because).help("make it longer, or leave it out to ask once"));
        }
    }

    /// Warns of what is asked for the first time when its stage is over already.
    pub fn lint_samples(&mut self, rollouts: &[Rollout]) {
        for stage in rollouts.iter().flat_map(|it| &it.stages) {
            let Some(timeout_ms) = ms(stage.time.timeout.as_ref()) else { continue };
            self.lint_first_samples(&stage.body, timeout_ms);
        }
    }

    fn lint_first_samples(&mut self, entries: &[Entry], timeout_ms: i64) {
        for entry in entries {
            match &entry.kind {
                EntryKind::Act(act) => self.lint_first_sample(act, timeout_ms),
                EntryKind::Step(it) => self.lint_first_samples(&it.body, timeout_ms),
                EntryKind::Loop(it) => {
                    self.lint_first_samples(&it.body, timeout_ms);
                    self.lint_first_samples(&it.after_wave, timeout_ms);
                }
                EntryKind::Parallel(body) | EntryKind::Block { body, .. } => self.lint_first_samples(body, timeout_ms),
                EntryKind::Call(..) | EntryKind::Save(_) | EntryKind::Child(_) => {}
            }
        }
    }

    fn lint_first_sample(&mut self, act: &Act, timeout_ms: i64) {
        let settle = match act {
            Act::Check(it) => it.settle.as_ref(),
            Act::Watch(it) | Act::Guard(it) => it.settle.as_ref(),
            _ => None,
        };
        if let (Some(settle_ms), Some(settle)) = (ms(settle), settle)
            && settle_ms >= timeout_ms
        {
            let problem = Diagnostic::new(Code::TOO_FEW_SAMPLES, settle.span, "no sample is ever taken");
            let because = format!("the stage's `timeout` is over after {}", show_duration(timeout_ms));
            self.say_own(problem.because(because).help("let it settle for less, or give the stage more time"));
        }
    }
}

fn ms(expr: Option<&Expr>) -> Option<i64> {
    expr?.known().and_then(Value::as_duration_ms)
}
