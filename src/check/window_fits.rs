//! Work that may take longer than the window in which it begins is ever open. Compares what is said of both, in whatever
//! zone; never asks when anything begins.

use super::checker::Checker;
use super::looks::Flow;
use super::window_lints::{known_calendar, longest_open};
use crate::calendar::Calendar;
use crate::diag::{Code, Diagnostic};
use crate::model::{Act, Entry, EntryKind, Expr, ExprKind, LocalId};
use crate::source::Span;
use crate::value::{Value, show_duration};

/// A window around something, with how long it is open at the most.
#[derive(Clone, Copy)]
struct Around {
    span: Span,
    open_ms: i64,
}

/// What stands around an entry.
#[derive(Clone, Default)]
struct Walk<'p> {
    binds: Vec<(LocalId, &'p Expr)>,
    /// The shortest of the windows.
    window: Option<Around>,
}

/// How long a unit says that it takes, or may take.
type Takes<'p> = (&'static str, Option<&'p Expr>);

impl<'t> Checker<'t> {
    /// Looks through every rollout, and through the actions that it calls.
    pub fn lint_window_fits(&mut self, flow: &Flow) {
        for rollout in flow.rollouts {
            let whole = self.inside(&Walk::default(), rollout.during.as_ref());
            for stage in &rollout.stages {
                let binds = stage.binds.iter().map(|(local, expr)| (*local, expr)).collect();
                let walk = self.inside(&Walk { binds, ..whole.clone() }, stage.during.as_ref());
                self.fit_all(&stage.body, &walk, flow);
            }
        }
    }

    fn fit_all<'p>(&mut self, entries: &'p [Entry], walk: &Walk<'p>, flow: &Flow<'p>) {
        for entry in entries {
            match &entry.kind {
                EntryKind::Act(act) => self.fit(&entry.name, &[("timeout", act_timeout(act))], walk),
                EntryKind::Step(it) => {
                    let walk = self.inside(walk, it.during.as_ref());
                    self.fit(&entry.name, &[("timeout", it.timeout.as_ref()), ("takes", it.takes.as_ref())], &walk);
                    self.fit_all(&it.body, &walk, flow);
                }
                EntryKind::Call(action, _) => {
                    let Some(action) = flow.actions.get(action.index()) else { continue };
                    let walk = self.inside(walk, action.during.as_ref());
                    self.fit(
                        &action.name,
                        &[("timeout", action.timeout.as_ref()), ("takes", action.takes.as_ref())],
                        &walk,
                    );
                    // Actions within actions are looked at no deeper: each may be called from many.
                    let own = action.body.iter().filter(|it| matches!(it.kind, EntryKind::Act(_)));
                    own.for_each(|it| self.fit_all(std::slice::from_ref(it), &walk, flow));
                }
                EntryKind::Loop(it) => {
                    let inner = self.inside(walk, it.during.as_ref());
                    self.fit_all(&it.body, &inner, flow);
                    self.fit_all(&it.after_wave, walk, flow);
                }
                EntryKind::Parallel(body) => self.fit_all(body, walk, flow),
                EntryKind::Block { binds, body } => {
                    let mut inner = walk.clone();
                    inner.binds.extend(binds.iter().map(|(local, expr)| (*local, expr)));
                    self.fit_all(body, &inner, flow);
                }
                EntryKind::Save(it) => self.fit_all(&it.body, walk, flow),
                EntryKind::Child(_) => {}
            }
        }
    }

    fn inside<'p>(&self, walk: &Walk<'p>, during: Option<&'p Expr>) -> Walk<'p> {
        let own = during.and_then(|it| Some(Around { span: it.span, open_ms: open_ms(it, &walk.binds)? }));
        let shortest = own.into_iter().chain(walk.window).min_by_key(|it| it.open_ms);
        Walk { window: shortest, ..walk.clone() }
    }

    fn fit(&mut self, name: &str, takes: &[Takes], walk: &Walk) {
        let Some(Around { span, open_ms }) = walk.window else { return };
        let longer = takes.iter().find_map(|(word, it)| {
            let expr = it.as_ref()?;
            let most_ms = most_ms(expr).filter(|it| *it > open_ms)?;
            Some((word, expr.span, most_ms))
        });
        let Some((word, at, most_ms)) = longer else { return };
        let (most, open) = (show_duration(most_ms), show_duration(open_ms));
        let message = format!("`{name}` may take {most}, and the window it begins in is open for {open} at the most");
        let problem = Diagnostic::new(Code::TOO_SHORT, at, message).also(span, format!("open for {open}"));
        let problem = problem.because("it may still be at work after the close");
        self.say_own(problem.help(format!("make its `{word}` shorter, or the window longer")));
    }
}

fn act_timeout(act: &Act) -> Option<&Expr> {
    match act {
        Act::Run(it) => it.settings.timeout.as_ref(),
        Act::Exec(it) => it.settings.timeout.as_ref(),
        Act::Http(it) => it.settings.timeout.as_ref(),
        _ => None,
    }
}

/// Returns the most of a duration, or of a range of them.
fn most_ms(expr: &Expr) -> Option<i64> {
    match expr.known()? {
        Value::Duration(ms) => Some(*ms),
        Value::Range(range) => range.1.as_duration_ms(),
        _ => None,
    }
}

/// Returns how long a window is open at the most, if that is known; of two that are both needed, the shorter one says.
fn open_ms(window: &Expr, binds: &[(LocalId, &Expr)]) -> Option<i64> {
    match &window.kind {
        ExprKind::Window(form, _) => longest_open(&known_calendar(form)?),
        ExprKind::Value(Value::Window(window)) => longest_open(&Calendar::of(window).ok()?),
        ExprKind::And(a, b) => [open_ms(a, binds), open_ms(b, binds)].into_iter().flatten().min(),
        ExprKind::Local(local) => {
            let at = binds.iter().rposition(|it| it.0 == *local)?;
            open_ms(binds[at].1, &binds[..at])
        }
        _ => None,
    }
}
