//! Rollouts: inputs, then stages, then what happens on events and at the end.

use smol_str::SmolStr;

use super::checker::Checker;
use super::declare::{Declaration, Declared};
use super::scripts::shown;
use super::settings::is_word;
use super::spot::Spot;
use super::stages::Stages;
use super::units::StageUnits;
use super::word::Parts;
use crate::diag::{Code, Diagnostic};
use crate::model::{Always, Entry, Event, Expr, Hook, Rollout, RolloutGuard, RolloutId, Round};
use crate::schema::{Place, word};
use crate::syntax;
use crate::value::{Type, Value, beneath};

impl<'t> Checker<'t> {
    /// Reads every rollout.
    pub fn check_rollouts(&mut self) {
        self.check_rollouts_where(|_, _| true);
    }

    /// Reads some of the rollouts.
    pub fn check_rollouts_where(&mut self, which: impl Fn(&Checker<'t>, syntax::Entry<'t>) -> bool) {
        for id in self.declared_where(|it| matches!(it, Declaration::Rollout(_))) {
            let Declared { entry, module, kind: Declaration::Rollout(rollout), .. } = self.declared[id] else {
                continue;
            };
            if which(self, entry) {
                self.within(module, |it| it.check_rollout(id, rollout));
            }
        }
    }

    fn check_rollout(&mut self, id: usize, rollout: RolloutId) {
        let Declared { entry, name, name_span, .. } = self.declared[id];
        let row = word(Place::File, "rollout").expect("the table has rollouts");
        let parts = self.parts(row, entry);
        self.begin_stages(&parts.entries);
        let mark = self.mark();
        let spot = Spot { place: Place::Rollout, rollout: Some(rollout), ..Spot::default() };
        let lowered = self.at_spot(spot, |it| it.rollout_of(&parts, id, name));
        self.forget_quietly(mark, parts.entries.iter().any(|it| it.is_broken()));
        self.program.rollouts.push(Rollout { doc: entry.docs(), span: name_span, ..lowered });
    }

    /// Begins with the stages of a rollout or strategy: plain names are known before they are read.
    pub fn begin_stages(&mut self, entries: &[syntax::Entry<'t>]) {
        self.units = StageUnits::default();
        self.stages_seen.clear();
        self.stage_names.clear();
        for entry in entries.iter().filter(|it| is_word(**it, "stage")) {
            if let Some(name) = entry.items().nth(1).and_then(|it| it.as_name()) {
                self.stage_names.insert(SmolStr::new(name.text()), name.span());
            }
        }
    }

    fn rollout_of(&mut self, parts: &Parts<'t>, id: usize, name: &str) -> Rollout {
        let mut inputs = Vec::new();
        let mut rest: Vec<syntax::Entry<'t>> = Vec::new();
        for entry in parts.entries.iter().copied().filter(|it| !it.is_broken()) {
            let row = entry.head().as_name().and_then(|it| word(Place::Rollout, it.text()));
            match row.map(|it| it.name) {
                Some("input") => inputs.extend(row.and_then(|it| self.bind_input(it, entry))),
                Some("secret") => row.into_iter().for_each(|it| self.bind_secret(it, entry)),
                Some("let") => row.into_iter().for_each(|it| self.bind_let(it, entry)),
                _ => rest.push(entry),
            }
        }
        let on_failure = self.on_failure(parts, "on_failure").unwrap_or_default();
        let exclusive = self.setting(parts, "exclusive");
        let tolerate = self.setting(parts, "tolerate");
        tolerate.iter().for_each(|it| self.warn_all_may_fail(it));
        let during = self.during(parts);
        let pass_env = self.pass_env(parts);
        let signature = self.signature(id);
        let profiles = self.of_word(&rest, "profile").into_iter().filter_map(|it| {
            let row = word(Place::Rollout, "profile")?;
            self.profile(row, it, &signature)
        });
        let profiles = profiles.collect();
        let mut stages = Stages::default();
        self.stage_entries(&rest, Place::Rollout, &mut stages);
        if stages.list.is_empty() && !parts.entries.iter().any(|it| it.is_broken() || is_flow(*it) || is_unknown(*it)) {
            let span = self.declared[id].name_span;
            let problem = Diagnostic::new(Code::EMPTY, span, format!("the rollout `{name}` has no stages"));
            self.say(problem.help("add `stage NAME { … }`"));
        }
        let guards = self.guards_between(&stages);
        let strategies = std::mem::take(&mut stages.applied);
        let stages = self.resolve_after(stages);
        let retain = self.duration(parts, "retain");
        let artifacts = self.artifacts(parts);
        let (hooks, finally, rollback) = self.endings(&rest);
        let (afterwards, rounds) = self.lasting(&rest);
        let always = self.invariants(&rest);
        Rollout {
            name: SmolStr::new(name),
            inputs,
            profiles,
            on_failure,
            exclusive,
            tolerate,
            during,
            pass_env,
            stages,
            guards,
            hooks,
            always,
            finally,
            retain,
            artifacts,
            strategies,
            afterwards,
            rounds,
            rollback,
            doc: None,
            span: self.declared[id].name_span,
        }
    }

    /// A folder that could lie anywhere is refused as soon as it is known.
    fn artifacts(&mut self, parts: &Parts<'t>) -> Option<Expr> {
        let expr = self.setting(parts, "artifacts")?;
        if let Some(Err(why)) = expr.known().and_then(Value::as_text).map(|it| beneath(it)) {
            self.say_out_of_range(expr.span, why);
        }
        Some(expr)
    }

    /// Lowers the guards that stand between stages.
    fn guards_between(&mut self, stages: &Stages<'t>) -> Vec<RolloutGuard> {
        self.path.clear();
        let entries: Vec<syntax::Entry<'t>> = stages.guards.iter().map(|(_, entry)| *entry).collect();
        let lowered = self.body(&entries, Place::Rollout);
        let guards = lowered.into_iter().filter_map(|entry| {
            let (stages_before, _) = stages.guards.iter().find(|(_, it)| it.span() == entry.span)?;
            Some(RolloutGuard { stages_before: *stages_before, entry })
        });
        guards.collect()
    }

    fn pass_env(&mut self, parts: &Parts<'t>) -> Vec<SmolStr> {
        let Some(tree) = parts.value("pass_env") else { return Vec::new() };
        let value = self.constant(tree, &crate::value::Type::list(crate::value::Type::Text));
        let list = value.as_ref().and_then(Value::as_list).unwrap_or_default();
        list.iter().filter_map(|it| it.as_text().cloned()).collect()
    }

    fn of_word(&self, entries: &[syntax::Entry<'t>], name: &str) -> Vec<syntax::Entry<'t>> {
        entries.iter().copied().filter(|it| is_word(*it, name)).collect()
    }

    /// Lowers what happens on events, at the end, and instead of all undos.
    fn endings(&mut self, entries: &[syntax::Entry<'t>]) -> (Vec<Hook>, Vec<Entry>, Vec<Entry>) {
        self.path.clear();
        let hooks = self.of_word(entries, "on").into_iter().filter_map(|it| self.hook(it)).collect();
        let mut finally = Vec::new();
        for block in self.of_word(entries, "finally") {
            let row = word(Place::Rollout, "finally").expect("the table has `finally`");
            let parts = self.parts(row, block);
            finally.extend(self.under("finally", |it| it.body(&parts.entries, Place::Finally)));
        }
        let rollbacks = self.of_word(entries, "rollback");
        let rollback = self.rollback_blocks(&rollbacks, Place::Rollout);
        (hooks, finally, rollback)
    }

    /// Lowers what is done after success, and again and again until then.
    fn lasting(&mut self, entries: &[syntax::Entry<'t>]) -> (Vec<Entry>, Vec<Round>) {
        let mut afterwards = Vec::new();
        for block in self.of_word(entries, "afterwards") {
            let row = word(Place::Rollout, "afterwards").expect("the table has `afterwards`");
            let parts = self.parts(row, block);
            afterwards.extend(self.under("afterwards", |it| it.body(&parts.entries, Place::Afterwards)));
        }
        let rounds = self.of_word(entries, "every").into_iter().filter_map(|it| self.round(it)).collect();
        (afterwards, rounds)
    }

    fn round(&mut self, entry: syntax::Entry<'t>) -> Option<Round> {
        let row = word(Place::Rollout, "every")?;
        if !self.expect_plain(row, entry, 2) {
            return None;
        }
        let tree = entry.items().nth(1)?;
        let period = self.typed(tree, &crate::value::Type::Duration);
        if period.known().and_then(Value::as_duration_ms).is_some_and(|ms| ms < 1000) {
            self.say_out_of_range(period.span, "no more often than every second");
        }
        let parts = self.parts(row, entry);
        let body = self.under("every", |it| it.body(&parts.entries, Place::Hook));
        Some(Round { period, body, span: entry.span() })
    }

    /// Reads what must hold in every state.
    fn invariants(&mut self, entries: &[syntax::Entry<'t>]) -> Vec<Always> {
        let mut all = Vec::new();
        for block in self.of_word(entries, "always") {
            let row = word(Place::Rollout, "always").expect("the table has `always`");
            let parts = self.parts(row, block);
            if parts.entries.is_empty() && !block.is_broken() {
                self.say_shape(row, block.head().span(), "`always` needs a condition");
            }
            for entry in parts.entries.iter().copied().filter(|it| !it.is_broken()) {
                let mut items = entry.items();
                let (Some(tree), None) = (items.next(), items.next()) else {
                    self.say_shape(row, entry.head().span(), "`always` holds conditions, a line each");
                    continue;
                };
                let condition = self.typed(tree, &Type::Bool);
                all.push(Always { condition, shown: shown(tree), span: entry.span() });
            }
        }
        all
    }

    fn hook(&mut self, entry: syntax::Entry<'t>) -> Option<Hook> {
        let row = word(Place::Rollout, "on")?;
        let name = entry.items().nth(1).and_then(|it| it.as_name());
        let Some(name) = name.filter(|_| entry.items().count() == 2) else {
            self.say_shape(row, entry.head().span(), "`on` needs an event");
            return None;
        };
        let parts = self.parts(row, entry);
        let event = Event::ALL.into_iter().find(|it| it.name() == name.text());
        if event.is_none() {
            let members: Vec<SmolStr> = Event::ALL.iter().map(|it| SmolStr::new(it.name())).collect();
            self.say_no_value(name.text(), &members, name.span());
        }
        let body = self.under("on", |it| it.body(&parts.entries, Place::Hook));
        Some(Hook { event: event?, body, span: entry.span() })
    }

    /// Reads the entries that make stages; the others of the rollout are read where they belong.
    pub fn stage_entries(&mut self, entries: &[syntax::Entry<'t>], place: Place, stages: &mut Stages<'t>) {
        let mark = self.mark();
        for entry in entries.iter().copied().filter(|it| !it.is_broken()) {
            let Some(row) = self.word_of(entry, place) else {
                if entry.head().as_name().is_none() {
                    self.unknown_word(entry, place);
                }
                continue;
            };
            match row.name {
                "stage" => self.stage(row, entry, stages),
                "apply" => self.apply(row, entry, stages),
                "for" => self.stage_loop(row, entry, stages),
                "guard" => stages.guards.push((stages.list.len() as u32, entry)),
                "let" => self.bind_let(row, entry),
                _ => {}
            }
        }
        if place != Place::Rollout {
            self.forget(mark);
        }
    }
}

/// Whether an entry begins with no word at all: it may well have been meant as a stage.
fn is_unknown(entry: syntax::Entry<'_>) -> bool {
    let name = entry.head().as_name();
    name.is_none_or(|it| word(Place::Rollout, it.text()).is_none())
}

fn is_flow(entry: syntax::Entry<'_>) -> bool {
    ["stage", "apply", "for"].into_iter().any(|it| is_word(entry, it))
}
