//! Windows: when work may begin. Each is read when it is first asked for, because constants may name windows and windows
//! constants.

use std::sync::Arc;

use smol_str::SmolStr;

use super::checker::{Checker, Weight};
use super::declare::{Declaration, Declared};
use super::exprs::Typed;
use super::inputs::is_late;
use super::spot::Spot;
use super::word::Parts;
use crate::calendar::nearest_zone;
use crate::diag::{Code, Diagnostic};
use crate::eval::no_zone;
use crate::model::{CombinedWindow, Expr, ExprKind, WindowForm};
use crate::schema::{Place, word};
use crate::source::Span;
use crate::value::{Closing, Type, Value};

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
            except: self.window_except(&parts),
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
            if is_late(&it.kind) {
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
}
