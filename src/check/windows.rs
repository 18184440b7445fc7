//! Windows: when work may begin. Each is read when it is first asked for, because constants may name windows and windows
//! constants.

use std::sync::Arc;

use smol_str::SmolStr;

use super::checker::{Checker, Weight};
use super::declare::{Declaration, Declared};
use super::exprs::Typed;
use super::mismatch::described;
use super::spot::Spot;
use super::word::Parts;
use crate::calendar::{Fields, nearest_zone};
use crate::diag::{Code, Diagnostic};
use crate::eval::{hours_of, no_zone};
use crate::model::{CombinedWindow, Expr, ExprKind, WindowForm, WindowHours, WindowOpens};
use crate::schema::{Place, word};
use crate::source::Span;
use crate::syntax::{self, ExprKind as Tree};
use crate::value::{Closing, Type, Value};

/// A property of openings: what it may hold, and what to write.
struct Part {
    name: &'static str,
    needed: &'static str,
    help: &'static str,
    fits: fn(&Type) -> bool,
}

const DAYS: Part = Part {
    name: "days",
    needed: "weekdays are needed",
    help: "write `mon..fri`, or `[mon, wed, sat..sun]`",
    fits: |of| matches!(of, Type::Weekday) || matches!(of, Type::Range(of) if **of == Type::Weekday),
};
const HOURS: Part = Part {
    name: "hours",
    needed: "hours from one time to another are needed",
    help: "write `22:00..06:00`, or `[08:00..12:00, 13:00..17:00]`",
    fits: |of| matches!(of, Type::Range(of) if **of == Type::Time),
};
const EXCEPT: Part = Part {
    name: "except",
    needed: "dates, or ranges of dates or instants, are needed",
    help: "write `[2026-12-24..2027-01-02, 2027-05-01]`",
    fits: |of| matches!(of, Type::Date) || matches!(of, Type::Range(of) if matches!(**of, Type::Date | Type::Instant)),
};

impl<'t> Checker<'t> {
    /// Reads every window, also those that nothing uses.
    pub fn check_windows(&mut self) {
        for id in self.declared_where(|it| it == Declaration::Window) {
            let span = self.declared[id].name_span;
            let form = self.window_form(id, span);
            self.program.windows.extend(form);
        }
        for id in self.declared_where(|it| it == Declaration::Let) {
            let Declared { name, name_span, .. } = self.declared[id];
            let (window, of) = self.let_value(id, name_span);
            if of.is_window() {
                if let Some(Value::Window(window)) = window.known() {
                    self.lint_combined(name, window, name_span);
                }
                self.program.combined.push(CombinedWindow { name: SmolStr::new(name), window: (*window).clone() });
            }
        }
    }

    /// Returns the form of a declared window; none if it is made of itself.
    pub fn window_form(&mut self, id: usize, asked: Span) -> Option<Arc<WindowForm>> {
        let Declared { module, name, name_span, .. } = self.declared[id];
        match self.windows.get(&id) {
            Some(Some(form)) => return Some(Arc::clone(form)),
            Some(None) => {
                let problem = Diagnostic::new(Code::CONSTANT_CYCLE, asked, format!("`{name}` depends on itself"));
                self.say(problem.because("asked for here").also(name_span, "declared here"));
                return None;
            }
            None => {}
        }
        self.windows.insert(id, None);
        let read = |it: &mut Checker<'t>| it.within(module, |it| it.at_spot(Spot::default(), |it| it.read_window(id)));
        let form = Arc::new(self.deeper(Weight::Declaration, asked, read)?);
        self.windows.insert(id, Some(Arc::clone(&form)));
        self.lint_window(&form);
        Some(form)
    }

    /// Lowers a window with its arguments.
    pub fn window_called(&mut self, id: usize, args: Vec<Expr>, span: Span) -> Typed {
        match self.window_form(id, span) {
            Some(form) => self.folded(Typed::new(ExprKind::Window(form, args), Type::window(), span)),
            None => Typed::new(ExprKind::Bad, Type::window(), span),
        }
    }

    /// Lowers the window in which something may begin.
    pub fn during(&mut self, parts: &Parts<'t>) -> Option<Expr> {
        parts.value("during").map(|it| self.typed(it, &Type::window()))
    }

    /// Lowers a window that stands there by its name alone, if it needs no arguments.
    pub fn window_named(&mut self, id: usize, span: Span) -> Typed {
        let defaults: Option<Vec<Expr>> = self.signature(id).params.iter().map(|it| it.default.clone()).collect();
        match defaults {
            Some(args) => self.window_called(id, args, span),
            None => {
                self.say_not_a_value(self.declared[id].name, "a window with parameters", span);
                Typed::bad(span)
            }
        }
    }

    fn read_window(&mut self, id: usize) -> WindowForm {
        let Declared { entry, name, name_span, .. } = self.declared[id];
        let row = word(Place::File, "window").expect("the table has windows");
        let parts = self.parts(row, entry);
        let mark = self.mark();
        let params = self.bind_params(id);
        let form = WindowForm {
            name: SmolStr::new(name),
            params,
            zone: self.zone(&parts),
            opens: self.window_opens(&parts),
            except: self.window_part(&parts, &EXCEPT),
            latest_start: self.duration(&parts, "latest_start"),
            closing: self.closing(&parts),
            rollback_is_exempt: self.known_bool(&parts, "rollback").unwrap_or(true),
            span: name_span,
        };
        self.forget_quietly(mark, parts.entries.iter().any(|it| it.is_broken()));
        form.for_each_expr(&mut |it| self.expect_known_anywhere(it));
        form
    }

    /// A window is asked before, while and after a run goes on: it reads nothing that only a run has.
    fn expect_known_anywhere(&mut self, expr: &Expr) {
        let mut strange: Option<Span> = None;
        expr.walk(&mut |it| {
            if is_of_a_run(&it.kind) {
                strange = strange.or(Some(it.span));
            }
        });
        if let Some(span) = strange {
            let problem = Diagnostic::new(Code::NOT_KNOWN, span, "a window cannot know this");
            self.say(problem.help("give the window a parameter for it"));
        }
    }

    fn zone(&mut self, parts: &Parts<'t>) -> Option<Expr> {
        let zone = self.setting(parts, "zone")?;
        if let Some(value) = zone.known()
            && let Some(message) = no_zone(value)
        {
            let near = value.as_text().and_then(|it| nearest_zone(it)).map(|it| format!("\"{it}\""));
            let problem = Diagnostic::new(Code::NO_ZONE, zone.span, message).suggest(zone.span, near.as_deref());
            self.say(if near.is_none() { problem.help("write one such as `\"Europe/Berlin\"`") } else { problem });
            return None;
        }
        Some(zone)
    }

    fn closing(&mut self, parts: &Parts<'t>) -> Closing {
        let chosen = self.choice(parts, "closing");
        let all = [Closing::Finish, Closing::Pause, Closing::Rollback];
        all.into_iter().find(|it| chosen.as_deref() == Some(it.name())).unwrap_or_default()
    }

    fn window_opens(&mut self, parts: &Parts<'t>) -> WindowOpens {
        let blocks: Vec<syntax::Entry<'t>> = parts.entries.iter().copied().filter(|it| !it.is_broken()).collect();
        let hours = ["hours", "days"].into_iter().find_map(|it| parts.property(it)).map(|it| it.1.head().span());
        let block = blocks.first().map(|it| it.head().span());
        if let Some((_, cron)) = parts.property("cron") {
            self.refuse_both(cron.head().span(), hours.or(block), "`cron` says when it opens; leave the other away");
            return self.cron_opens(parts);
        }
        if let Some((_, lasts)) = parts.property("lasts") {
            let problem = Diagnostic::new(Code::NO_EFFECT, lasts.head().span(), "`lasts` is about `cron`");
            self.say(problem.because("never used").help("`hours` say when it opens and when it closes"));
        }
        if let Some(block) = block {
            self.refuse_both(block, hours, "put these days and hours into an `open` of their own");
        }
        if blocks.is_empty() {
            return WindowOpens::Hours(vec![self.window_hours(parts)]);
        }
        WindowOpens::Hours(blocks.into_iter().filter_map(|it| self.open_block(it)).collect())
    }

    fn refuse_both(&mut self, one: Span, other: Option<Span>, help: &str) {
        if let Some(other) = other {
            let problem = Diagnostic::new(Code::TWO_WAYS, other, "this window is opened in two ways");
            self.say(problem.because("one way").also(one, "another way").help(help));
        }
    }

    fn open_block(&mut self, entry: syntax::Entry<'t>) -> Option<WindowHours> {
        let row = self.word_of(entry, Place::Window)?;
        let parts = self.parts(row, entry);
        self.refuse_entries(&parts);
        Some(self.window_hours(&parts))
    }

    fn window_hours(&mut self, parts: &Parts<'t>) -> WindowHours {
        let days = self.window_part(parts, &DAYS);
        let hours = self.window_part(parts, &HOURS);
        for range in &hours {
            self.expect_hours(range);
        }
        WindowHours { days, hours }
    }

    /// Reports hours that are none.
    fn expect_hours(&mut self, range: &Expr) {
        let values = match range.known() {
            Some(Value::List(list)) => list.to_vec(),
            Some(value) => vec![value.clone()],
            None => Vec::new(),
        };
        if let Some(message) = values.iter().find_map(|it| hours_of(it).err()) {
            let problem = Diagnostic::new(Code::NO_HOURS, range.span, message);
            self.say(problem.help("the whole day is `00:00..24:00`; hours past midnight are `22:00..06:00`"));
        }
    }

    /// Lowers a property that holds one thing, or a list of several kinds.
    fn window_part(&mut self, parts: &Parts<'t>, part: &Part) -> Vec<Expr> {
        let Some(tree) = parts.value(part.name) else { return Vec::new() };
        let is_plain = |it: &syntax::Expr<'t>| !matches!(it.kind(), Tree::Generate { .. } | Tree::Filter { .. });
        let trees: Vec<syntax::Expr<'t>> = match tree.kind() {
            Tree::List(args) if args.iter().filter_map(|it| it.value).all(|it| is_plain(&it)) => {
                args.iter().filter_map(|it| it.value).collect()
            }
            _ => vec![tree],
        };
        trees.into_iter().map(|it| self.part_expr(it, part)).collect()
    }

    fn part_expr(&mut self, tree: syntax::Expr<'t>, part: &Part) -> Expr {
        let typed = self.expr(tree, None);
        let of = match &typed.of {
            Type::List(of) => of,
            of => of,
        };
        if matches!(of, Type::Any) || (part.fits)(of) {
            return typed.expr;
        }
        if let Type::Optional(_) = typed.of {
            self.say_absent(tree.span(), tree.text(), &Type::Any);
        } else {
            let message = format!("this is {}, and {}", described(&typed.of), part.needed);
            self.say(Diagnostic::new(Code::MISMATCH, tree.span(), message).help(part.help));
        }
        Expr::new(ExprKind::Bad, tree.span())
    }

    fn cron_opens(&mut self, parts: &Parts<'t>) -> WindowOpens {
        let nothing = || WindowOpens::Hours(Vec::new());
        let Some(tree) = parts.value("cron") else { return nothing() };
        let lasts = self.duration(parts, "lasts");
        if lasts.is_none() && parts.property("lasts").is_none() {
            let at = parts.property("cron").map_or(tree.span(), |it| it.1.head().span());
            let problem = Diagnostic::new(Code::MISSING, at, "`cron` says when it opens, but not for how long");
            self.say(problem.help("add `lasts = 2h`"));
        }
        let (Some(text), Some(lasts)) = (self.constant(tree, &Type::Text), lasts) else { return nothing() };
        let text = text.as_text().cloned().unwrap_or_default();
        match Fields::read(&text) {
            Ok(fields) => {
                self.warn_both_days(&fields, tree.span());
                WindowOpens::Cron { fields: fields.text, lasts }
            }
            Err(wrong) => {
                let problem = Diagnostic::new(Code::CRON, tree.span(), wrong.message);
                self.say(match wrong.help {
                    Some(help) => problem.help(help),
                    None => problem,
                });
                nothing()
            }
        }
    }

    fn warn_both_days(&mut self, fields: &Fields, span: Span) {
        if fields.names_both_days {
            let message = "a day must be both one of these days of the month and one of these days of the week";
            let problem = Diagnostic::new(Code::BOTH_DAYS, span, message);
            self.say(problem.because("other programs take either").help("write `*` for one of the two"));
        }
    }
}

/// Whether an expression has a value only in a run, or only where it stands.
fn is_of_a_run(kind: &ExprKind) -> bool {
    match kind {
        ExprKind::Fleet(_)
        | ExprKind::Rest(_)
        | ExprKind::Probe(..)
        | ExprKind::Output(_)
        | ExprKind::Kept { .. }
        | ExprKind::Run(_)
        | ExprKind::Loop(_)
        | ExprKind::Wave(_)
        | ExprKind::Touched(_)
        | ExprKind::Stage(..)
        | ExprKind::Today => true,
        ExprKind::Value(_)
        | ExprKind::Text(_)
        | ExprKind::List(_)
        | ExprKind::Record(_)
        | ExprKind::Local(_)
        | ExprKind::Field(..)
        | ExprKind::Index(..)
        | ExprKind::Not(_)
        | ExprKind::Minus(_)
        | ExprKind::Sum(..)
        | ExprKind::Compare(..)
        | ExprKind::And(..)
        | ExprKind::Or(..)
        | ExprKind::Coalesce(..)
        | ExprKind::Of(..)
        | ExprKind::If(..)
        | ExprKind::Range(..)
        | ExprKind::Generate { .. }
        | ExprKind::Filter { .. }
        | ExprKind::Builtin(..)
        | ExprKind::Window(..)
        | ExprKind::Bad => false,
    }
}
