//! Shares that are raised and never looked at: between a raise and whatever comes next there should be a check, a
//! watch, a wait or a person. Knows the order of what is written, and no times.

use super::changes::changes;
use super::checker::Checker;
use crate::diag::{Code, Diagnostic};
use crate::model::{Act, Entry, EntryKind, Expr, Rollout};
use crate::source::Span;
use crate::value::Value;

/// What was raised and not looked at yet.
type Raised = Vec<(Subject, Span)>;

/// What has a share, whatever it is called with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Router(u32),
    Flag(u32),
}

impl<'t> Checker<'t> {
    /// Looks through the stages of a rollout, each after the one before it.
    pub fn lint_holds(&mut self, rollout: &Rollout) {
        let mut raised = Raised::new();
        for (at, stage) in rollout.stages.iter().enumerate() {
            let follows = at.checked_sub(1).is_some_and(|before| stage.after == [before as u32]);
            if !follows || stage.time.delay.is_some() || stage.time.not_before.is_some() {
                raised.clear();
            }
            self.follow(&stage.body, &mut raised);
        }
    }

    fn follow(&mut self, entries: &[Entry], raised: &mut Raised) {
        for entry in entries {
            match &entry.kind {
                EntryKind::Act(act) => self.follow_act(act, entry.span, raised),
                EntryKind::Step(step) => self.follow(&step.body, raised),
                EntryKind::Block { body, .. } => self.follow(body, raised),
                EntryKind::Loop(it) => {
                    // What one element leaves is what the next one finds.
                    self.follow(&it.body, raised);
                    self.follow(&it.body, raised);
                    self.follow(&it.after_wave, raised);
                }
                EntryKind::Parallel(parts) => self.follow_parts(parts, raised),
                EntryKind::Call(..) | EntryKind::Child(_) => self.goes_on_over(raised),
                // A recovery point changes nothing yet.
                EntryKind::Save(_) => {}
            }
        }
    }

    /// Side by side: what each part raises is open after all of them.
    fn follow_parts(&mut self, parts: &[Entry], raised: &mut Raised) {
        let before = std::mem::take(raised);
        for part in parts {
            let mut own = before.clone();
            self.follow(std::slice::from_ref(part), &mut own);
            raised.extend(own.into_iter().filter(|it| !before.contains(it)));
        }
    }

    fn follow_act(&mut self, act: &Act, span: Span, raised: &mut Raised) {
        match act {
            Act::Traffic(traffic) => self.raise(Subject::Router(traffic.router.0), &traffic.share, span, raised),
            Act::Flag(flag) => self.raise(Subject::Flag(flag.flag.0), &flag.share, span, raised),
            Act::Check(_) | Act::Watch(_) | Act::Wait { .. } | Act::WaitUntil { .. } | Act::Ask(_) => raised.clear(),
            Act::Pause { .. } => raised.clear(),
            act if changes(act) => self.goes_on_over(raised),
            _ => {}
        }
    }

    /// Two things raised together are one raise; the same one raised again is the next.
    fn raise(&mut self, subject: Subject, share: &Expr, span: Span, raised: &mut Raised) {
        let same = raised.iter().position(|it| it.0 == subject);
        if let Some(at) = same {
            let (_, before) = raised.remove(at);
            self.warn_no_hold(before);
        }
        if share.known() != Some(&Value::Percent(0.0)) {
            raised.push((subject, span));
        }
    }

    fn goes_on_over(&mut self, raised: &mut Raised) {
        for (_, span) in std::mem::take(raised) {
            self.warn_no_hold(span);
        }
    }

    fn warn_no_hold(&mut self, span: Span) {
        let problem = Diagnostic::new(Code::NO_HOLD, span, "this is raised, and nothing looks before the next step");
        let problem = problem.because("what goes wrong here is seen too late");
        self.say_own(problem.help("put a `watch`, a `check`, a `wait` or an `approve` after it"));
    }
}
