//! Stages: their names, what each comes after, and stages that a list stamps out.

use smol_str::SmolStr;

use super::checker::{Checker, Weight};
use super::frame::Reading;
use super::settings::is_word;
use super::spot::Spot;
use super::word::Parts;
use crate::diag::{Code, Diagnostic};
use crate::model::{Applied, Entry, Expr, ExprKind, Stage, StageTime};
use crate::schema::{Place, WordRow, word};
use crate::source::Span;
use crate::syntax::{self, Name};
use crate::value::{Type, Value};

/// The stages of a rollout while they are read.
#[derive(Default)]
pub(super) struct Stages<'t> {
    pub list: Vec<Stage>,
    /// For each stage what its `after` names; none: the stage before.
    pub after: Vec<Option<Vec<AfterName>>>,
    /// Guards between them, and how many stages stand before each.
    pub guards: Vec<(u32, syntax::Entry<'t>)>,
    /// The strategies whose stages are among them.
    pub applied: Vec<Applied>,
}

#[derive(Clone)]
pub(super) struct AfterName {
    /// The path as seen from where it is written, and from the rollout.
    pub paths: [SmolStr; 2],
    pub span: Span,
}

impl Stages<'_> {
    /// Lets the stages from a number on wait for others, and happen only if something holds. Only those wait that
    /// come after none of their own: the first, and those whose `after` is empty.
    pub fn hold_back(&mut self, first: usize, after: Option<&[AfterName]>, when: Option<&Expr>) {
        for at in first..self.list.len() {
            let begins = self.after[at].as_ref().map_or(at == first, Vec::is_empty);
            if let Some(after) = after.filter(|_| begins) {
                self.after[at] = Some(after.to_vec());
            }
            let Some(when) = when else { continue };
            let stage = &mut self.list[at];
            stage.when = Some(match stage.when.take() {
                None => when.clone(),
                Some(own) => {
                    let span = own.span;
                    Expr::new(ExprKind::And(Box::new(when.clone()), Box::new(own)), span)
                }
            });
        }
    }
}

/// How many stages a rollout may have.
const STAGES_MAX: usize = 10_000;

impl<'t> Checker<'t> {
    /// Lowers a stage and adds it.
    pub fn stage(&mut self, row: &'static WordRow, entry: syntax::Entry<'t>, stages: &mut Stages<'t>) {
        let Some((name, span)) = self.stage_name(row, entry) else { return };
        if stages.list.len() >= STAGES_MAX {
            self.say_applied(Diagnostic::new(
                Code::TOO_MUCH,
                span,
                format!("a rollout has at most {STAGES_MAX} stages"),
            ));
            return;
        }
        let path = SmolStr::new(format!("{}{name}", self.frames[self.at].prefix));
        if let Some(before) = self.stages_seen.insert(path.clone(), span) {
            self.say_clash(&path, span, before);
        }
        self.stage_names.insert(path.clone(), span);
        let parts = self.parts(row, entry);
        let after = parts.value("after").map(|it| self.after_names(it));
        let stage = self.stage_of(&parts, &path, span);
        stages.list.push(stage);
        stages.after.push(after);
    }

    fn stage_name(&mut self, row: &'static WordRow, entry: syntax::Entry<'t>) -> Option<(SmolStr, Span)> {
        let item = entry.items().nth(1).filter(|_| entry.items().count() == 2);
        let Some(item) = item else {
            self.say_shape(row, entry.head().span(), "`stage` needs a name");
            return None;
        };
        let span = item.span();
        if let Some(name) = item.as_name() {
            self.refuse_stage_clash(name.text(), span);
            return Some((SmolStr::new(name.text()), span));
        }
        let name = self.typed(item, &Type::Text);
        match name.known().and_then(Value::as_text) {
            Some(name) if is_name(name) => Some((name.clone(), span)),
            Some(name) => {
                let message = format!("`{name}` is no name: letters, digits, `_` and `-`");
                self.say(Diagnostic::new(Code::SHAPE, span, message));
                None
            }
            None if self.frames[self.at].reading == Reading::Abstract => Some((SmolStr::new(item.text()), span)),
            None => {
                let problem =
                    Diagnostic::new(Code::NOT_KNOWN, span, "a stage's name must be known when the file is checked");
                self.say_applied(problem);
                None
            }
        }
    }

    /// A stage with the name of a value could never be asked for what it left.
    fn refuse_stage_clash(&mut self, name: &str, span: Span) {
        let bound = self.frames[self.at].names.get(name).map(|it| it.span);
        if let Some(before) = bound {
            self.say_clash(name, span, before);
        }
    }

    fn stage_of(&mut self, parts: &Parts<'t>, path: &SmolStr, span: Span) -> Stage {
        let time = StageTime {
            delay: self.duration(parts, "delay"),
            not_before: self.setting(parts, "not_before"),
            deadline: self.setting(parts, "deadline"),
            timeout: self.duration(parts, "timeout"),
        };
        let when = self.setting(parts, "when");
        let during = self.during(parts);
        let risk = self.setting(parts, "risk");
        let on_failure = self.on_failure(parts, "on_failure");
        let undo_with_run = self.known_bool(parts, "undo_with_run").unwrap_or(true);
        let (blocks, entries): (Vec<_>, Vec<_>) =
            parts.entries.iter().copied().partition(|it| is_word(*it, "rollback"));
        let known_there = when.clone().unwrap_or_else(|| Expr::value(Value::Bool(true), span));
        let (body, rollback) = self.knowing(&known_there, true, |it| it.stage_body(path, &entries, &blocks));
        if entries.is_empty() && !parts.entry.is_broken() {
            let problem =
                Diagnostic::new(Code::EMPTY, parts.entry.head().span(), format!("the stage `{path}` does nothing"));
            self.say(problem);
        }
        if matches!(when.as_ref().and_then(|it| it.known()), Some(Value::Bool(false))) {
            let problem = Diagnostic::new(Code::UNREACHABLE, span, format!("the stage `{path}` never runs"));
            self.say(problem.because("its `when` never holds"));
        }
        Stage {
            path: path.clone(),
            after: Vec::new(),
            binds: Vec::new(),
            when,
            during,
            time,
            risk,
            on_failure,
            undo_with_run,
            body,
            rollback,
            doc: parts.entry.docs(),
            span,
        }
    }

    fn stage_body(
        &mut self,
        path: &SmolStr,
        entries: &[syntax::Entry<'t>],
        blocks: &[syntax::Entry<'t>],
    ) -> (Vec<Entry>, Vec<Entry>) {
        let shows_loops = self.count_loops(entries, self.at) != 1;
        let rollout = self.spot.rollout;
        let spot = Spot { place: Place::Stage, staged: true, rollout, shows_loops, ..Spot::default() };
        self.units.stage = Some(path.clone());
        self.units.here.clear();
        let path_before = std::mem::replace(&mut self.path, path.to_string());
        let body = self.at_spot(spot.clone(), |it| it.body(entries, Place::Stage));
        let rollback = self.at_spot(spot, |it| it.rollback_blocks(blocks, Place::Stage));
        self.path = path_before;
        let units = std::mem::take(&mut self.units.here);
        self.units.stages.insert(path.clone(), units);
        self.units.stage = None;
        (body, rollback)
    }

    /// Lowers `rollback { … }`.
    pub fn rollback_blocks(&mut self, blocks: &[syntax::Entry<'t>], place: Place) -> Vec<Entry> {
        let Some(block) = blocks.first() else { return Vec::new() };
        if let Some(second) = blocks.get(1) {
            let problem = Diagnostic::new(Code::PROPERTY_TWICE, second.head().span(), "`rollback` is given twice");
            self.say(problem.also(block.head().span(), "first given here"));
        }
        let Some(row) = word(place, "rollback") else { return Vec::new() };
        let parts = self.parts(row, *block);
        let mut spot = self.spot.clone();
        spot.undoing = true;
        self.at_spot(spot, |it| it.under("rollback", |it| it.body(&parts.entries, Place::Rollback)))
    }

    /// Counts the loops of a stage, as names are looked up in a frame: where there is one, paths leave it out.
    fn count_loops(&self, entries: &[syntax::Entry<'t>], frame: usize) -> usize {
        entries.iter().map(|it| self.count_loops_of(*it, frame)).sum()
    }

    fn count_loops_of(&self, entry: syntax::Entry<'t>, frame: usize) -> usize {
        let within = |it: syntax::Entry<'t>| it.body().into_iter().flat_map(|it| it.entries()).collect::<Vec<_>>();
        let own = usize::from(is_word(entry, "for"));
        let filled = match self.fill_of(entry, frame).filter(|_| is_word(entry, "do")) {
            Some(fill) => self.count_loops(&within(fill.entry), fill.frame),
            None => 0,
        };
        own + self.count_loops(&within(entry), frame) + filled
    }

    /// Lowers `for x in LIST { stage … }`: the stages once for each element.
    pub fn stage_loop(&mut self, row: &'static WordRow, entry: syntax::Entry<'t>, stages: &mut Stages<'t>) {
        let parts = self.parts(row, entry);
        let Some((name, list, element)) = self.loop_head(row, entry) else { return };
        let values = self.known_value(&list).and_then(|it| crate::eval::elements(&it).ok().map(|it| it.to_vec()));
        let Some(values) = values else {
            if self.frames[self.at].reading == Reading::Abstract {
                let mark = self.mark();
                self.bind_element(name, &list, element);
                self.stage_entries(&parts.entries, Place::Stages, stages);
                self.forget(mark);
            } else if !matches!(list.kind, ExprKind::Bad) {
                let problem = Diagnostic::new(
                    Code::NOT_KNOWN,
                    list.span,
                    "a list of stages must be known when the file is checked",
                );
                self.say_applied(
                    problem.help("a list of values that depends on no input; or put the loop into a stage"),
                );
            }
            return;
        };
        self.deeper(Weight::Body, list.span, |it| it.stamp_out(&parts.entries, name, values, &element, stages));
    }

    /// Reads stages once for each element.
    fn stamp_out(
        &mut self,
        entries: &[syntax::Entry<'t>],
        name: Name<'t>,
        values: Vec<Value>,
        element: &Type,
        stages: &mut Stages<'t>,
    ) {
        let muted = self.frames[self.at].muted;
        for (at, value) in values.into_iter().enumerate() {
            if !self.may_expand(name.span()) {
                break;
            }
            let mark = self.mark();
            let expr = Expr::value(value, name.span());
            self.bind_value(name, expr, element.clone(), None);
            // What is wrong with the stages was said for the first element.
            self.frame().muted = muted || at > 0;
            self.stage_entries(entries, Place::Stages, stages);
            self.forget(mark);
        }
        self.frame().muted = muted;
    }
}

fn is_name(text: &str) -> bool {
    let starts = text.starts_with(|it: char| it.is_alphanumeric() || it == '_');
    starts && text.chars().all(|it| it.is_alphanumeric() || it == '_' || it == '-')
}
