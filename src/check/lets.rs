//! Named values: `let`. Each is lowered once and stands for its expression wherever it is used.

use std::rc::Rc;

use super::checker::{Checker, Weight};
use super::declare::{Declaration, Declared, declared_name};
use crate::diag::{Code, Diagnostic};
use crate::model::{Expr, ExprKind};
use crate::schema::WordRow;
use crate::source::Span;
use crate::syntax::Entry;
use crate::value::Type;

/// How far a file's `let` is.
#[derive(Clone)]
pub(super) enum LetState {
    /// It is being read: whoever asks for it now makes a circle.
    Open,
    Done {
        expr: Rc<Expr>,
        of: Type,
    },
}

/// How large an expression may become when what it names is put in.
const PARTS_MAX: usize = 20_000;

impl<'t> Checker<'t> {
    /// Checks every `let` of the files, also those that nothing uses.
    pub fn check_lets(&mut self) {
        for id in self.declared_where(|it| it == Declaration::Let) {
            let span = self.declared[id].name_span;
            self.let_value(id, span);
        }
    }

    /// Returns what a `let` of a file stands for.
    pub fn let_value(&mut self, id: usize, asked: Span) -> (Rc<Expr>, Type) {
        let Declared { entry, module, name, name_span, .. } = self.declared[id];
        match self.lets.get(&id).cloned() {
            Some(LetState::Done { expr, of }) => return (expr, of),
            Some(LetState::Open) => {
                let problem = Diagnostic::new(Code::CONSTANT_CYCLE, asked, format!("`{name}` depends on itself"));
                self.say(problem.because("asked for here").also(name_span, "defined here"));
                return (Rc::new(Expr::new(ExprKind::Bad, asked)), Type::Any);
            }
            None => {}
        }
        self.lets.insert(id, LetState::Open);
        let read = self.deeper(Weight::Declaration, asked, |it| {
            it.within(module, |it| it.at_spot(super::spot::Spot::default(), |it| it.let_entry(entry)))
        });
        let (expr, of) = read.unwrap_or_else(|| (Expr::new(ExprKind::Bad, asked), Type::Any));
        let expr = Rc::new(expr);
        self.lets.insert(id, LetState::Done { expr: Rc::clone(&expr), of: of.clone() });
        (expr, of)
    }

    /// Reads the value of a `let` with its type.
    fn let_entry(&mut self, entry: Entry<'t>) -> (Expr, Type) {
        let want = entry.type_().map(|it| self.type_of(it));
        let Some(value) = entry.value() else {
            if !entry.is_broken() {
                let span = entry.span();
                self.say(
                    Diagnostic::new(Code::SHAPE, span, "`let` needs a value").help("it is written `let NAME = value`"),
                );
            }
            return (Expr::new(ExprKind::Bad, entry.span()), Type::Any);
        };
        let (expr, of) = match want {
            Some(want) => (self.typed(value, &want), want),
            None => {
                let typed = self.expr(value, None);
                (typed.expr, typed.of)
            }
        };
        (self.of_bearable_size(expr), of)
    }

    /// Refuses an expression that grew too large by what it names.
    pub fn of_bearable_size(&mut self, expr: Expr) -> Expr {
        let mut parts = 0;
        count_parts(&expr, &mut parts);
        if parts <= PARTS_MAX {
            return expr;
        }
        self.say(Diagnostic::new(Code::TOO_MUCH, expr.span, "this is too large when all that it names is put in"));
        Expr::new(ExprKind::Bad, expr.span)
    }

    /// Reads a `let` of a body and binds its name.
    pub fn bind_let(&mut self, row: &'static WordRow, entry: Entry<'t>) {
        let Some(name) = declared_name(entry) else {
            self.say_shape(row, entry.span(), "`let` needs a name");
            return;
        };
        let (expr, of) = self.let_entry(entry);
        self.bind_value(name, expr, of, Some("the value"));
    }
}

/// Counts the parts of an expression, but not far beyond what is bearable.
fn count_parts(expr: &Expr, parts: &mut usize) {
    *parts += 1;
    if *parts <= PARTS_MAX {
        expr.for_each_part(&mut |it| count_parts(it, parts));
    }
}
