//! What runs leave for later ones: which keys are kept, for what, and of which type.

use std::collections::HashMap;

use smol_str::SmolStr;

use super::checker::Checker;
use super::declare::Declaration;
use crate::diag::{Code, Diagnostic, nearest};
use crate::model::{Expr, ExprKind};
use crate::source::Span;
use crate::syntax::Entry;
use crate::value::Type;

/// The keys that some entry keeps.
#[derive(Debug, Default)]
pub(super) struct Kept {
    keys: HashMap<SmolStr, KeptKey>,
    /// Whether the keys are being collected: nothing is known yet and nothing is reported.
    learning: bool,
}

#[derive(Debug, Clone)]
struct KeptKey {
    of: Type,
    span: Span,
    by_target: bool,
    by_rollout: bool,
}

impl<'t> Checker<'t> {
    /// Reads all flows once to learn what they keep, if they keep anything: a key may be used before the entry that
    /// keeps it.
    pub fn learn_kept(&mut self) {
        let keeps = self.files.modules.iter().any(|it| it.tree.text().text().contains("keep"));
        if !keeps {
            return;
        }
        let secrets = self.program.secrets.len();
        let used: Vec<bool> = self.declared.iter().map(|it| it.used).collect();
        let lets = self.lets.clone();
        self.kept.learning = true;
        self.mute_files(true);
        self.check_actions_where(|it, entry| it.may_keep(entry));
        // What stands in a strategy is read where it is applied.
        let strategies = self.declared_where(|it| it == Declaration::Strategy);
        let all = strategies.into_iter().any(|id| self.may_keep(self.declared[id].entry));
        self.check_rollouts_where(|it, entry| all || it.may_keep(entry));
        self.mute_files(false);
        self.kept.learning = false;
        self.program.actions.clear();
        self.program.rollouts.clear();
        self.program.secrets.truncate(secrets);
        // What was read in silence is read again, and then said.
        self.lets = lets;
        self.outputs.clear();
        self.expanded = 0;
        self.calls.clear();
        self.loops_said.clear();
        self.declared.iter_mut().zip(used).for_each(|(it, used)| it.used = used);
    }

    fn may_keep(&self, entry: Entry<'t>) -> bool {
        self.files.sources.slice(entry.span()).contains("keep")
    }

    fn mute_files(&mut self, muted: bool) {
        let files = self.files.modules.len();
        self.frames[..files].iter_mut().for_each(|it| it.muted = muted);
    }

    /// Remembers what an entry keeps.
    pub fn keep(&mut self, key: &str, of: &Type, span: Span, by_target: bool) {
        let fresh = KeptKey { of: of.clone(), span, by_target, by_rollout: !by_target };
        if !self.kept.learning {
            self.check_keep(key, of, span);
            return;
        }
        match self.kept.keys.get_mut(key) {
            None => {
                self.kept.keys.insert(SmolStr::new(key), fresh);
            }
            Some(known) => {
                known.by_target |= by_target;
                known.by_rollout |= !by_target;
                let unknown = matches!(known.of, Type::Any);
                let joined = if unknown { Some(of.clone()) } else { known.of.join(of) };
                if let Some(joined) = joined.filter(|it| !matches!(it, Type::Any)) {
                    known.of = joined;
                }
            }
        }
    }

    fn check_keep(&mut self, key: &str, of: &Type, span: Span) {
        let Some(known) = self.kept.keys.get(key) else { return };
        if known.of.join(of).is_some() {
            return;
        }
        let (message, before) =
            (format!("`{key}` is kept as {} and as {}", known.of.described(), of.described()), known.span);
        let problem = Diagnostic::new(Code::MISMATCH, span, message);
        self.say(problem.because(format!("here {}", of.described())).also(before, "kept here first"));
    }

    /// Lowers `kept.key` or `kept(target).key`. On a way back it is there: that is checked when the plan is made.
    pub fn kept(&mut self, target: Option<Expr>, key: &str, key_span: Span, span: Span) -> (Expr, Type) {
        let by_target = target.is_some();
        let expr = Expr::new(ExprKind::Kept { target: target.map(Box::new), key: SmolStr::new(key) }, span);
        if self.kept.learning {
            return (expr, Type::Any);
        }
        let Some(known) = self.kept.keys.get(key).cloned() else {
            self.say_never_kept(key, key_span);
            return (expr, Type::Any);
        };
        if by_target && !known.by_target {
            self.say_kept_otherwise(
                key,
                span,
                known.span,
                format!("`{key}` is kept for the rollout"),
                format!("kept.{key}"),
            );
        } else if !by_target && !known.by_rollout {
            let write = format!("kept(site).{key}");
            self.say_kept_otherwise(key, span, known.span, format!("`{key}` is kept for each target"), write);
        }
        let present = self.spot.undoing || matches!(known.of, Type::Any);
        (expr, if present { known.of } else { known.of.optional() })
    }

    /// Returns the type of a key that is kept, and whether that is for each target, for the rollout.
    pub fn kept_key(&self, key: &str) -> Option<(Type, bool, bool)> {
        self.kept.keys.get(key).map(|it| (it.of.clone(), it.by_target, it.by_rollout))
    }

    pub fn say_never_kept(&mut self, key: &str, span: Span) {
        let near = nearest(key, self.kept.keys.keys().map(SmolStr::as_str)).map(str::to_owned);
        let problem = Diagnostic::new(Code::NEVER_KEPT, span, format!("no entry keeps `{key}`"));
        self.say(match near {
            Some(near) => problem.suggest(span, Some(&near)),
            None => problem.help(format!("write `keep {key} = …` where it becomes true")),
        });
    }

    fn say_kept_otherwise(&mut self, key: &str, span: Span, kept: Span, message: String, write: String) {
        let problem = Diagnostic::new(Code::NEVER_KEPT, span, message).because("asked for otherwise");
        self.say(problem.also(kept, format!("`{key}` is kept here")).help(format!("write `{write}`")));
    }
}
