//! What opens a window: days and hours, in one opening or several, or a cron expression; and what keeps it shut.

use super::checker::Checker;
use super::word::Parts;
use crate::calendar::Fields;
use crate::diag::{Code, Diagnostic};
use crate::eval::hours_of;
use crate::model::{Expr, ExprKind, WindowHours, WindowOpens};
use crate::schema::Place;
use crate::source::Span;
use crate::syntax::{self, ExprKind as Tree};
use crate::value::{Type, Value};

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
    /// Lowers when it stays shut.
    pub fn window_except(&mut self, parts: &Parts<'t>) -> Vec<Expr> {
        self.window_part(parts, &EXCEPT)
    }

    /// Lowers what opens it.
    pub fn window_opens(&mut self, parts: &Parts<'t>) -> WindowOpens {
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
            let message = format!("this is {}, and {}", typed.of.described(), part.needed);
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
