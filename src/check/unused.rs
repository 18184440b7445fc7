//! Names that a file declares and nothing uses. Says so only where nothing outside can use them.

use super::checker::Checker;
use super::declare::Declaration;
use crate::diag::{Code, Diagnostic};

impl<'t> Checker<'t> {
    /// Warns of declarations that nothing uses, in a file that has rollouts: others are made to be used elsewhere.
    pub fn check_unused(&mut self) {
        self.at = 0;
        let has_rollouts = self.declared.iter().any(|it| it.module == 0 && matches!(it.kind, Declaration::Rollout(_)));
        let clean = !self.files.modules[0].tree.errors().iter().any(Diagnostic::is_error);
        if !has_rollouts || !clean || self.report.has_errors() {
            return;
        }
        for index in 0..self.declared.len() {
            let declared = self.declared[index];
            let worth = match declared.kind {
                Declaration::Let => "the value",
                Declaration::Type => "the type",
                Declaration::Secret => "the secret",
                Declaration::People => "the people",
                Declaration::Checklist => "the checklist",
                Declaration::Fleet(_) => "the fleet",
                Declaration::Probe(_) => "the probe",
                Declaration::Metric(_) => "the metric",
                Declaration::Threshold(_) => "the threshold",
                Declaration::Gate(_) => "the gate",
                Declaration::Action(_) => "the action",
                Declaration::Strategy => "the strategy",
                Declaration::Router(_) => "the router",
                Declaration::Flag(_) => "the flag",
                Declaration::Channel(_) => "the channel",
                // People ask for windows by name: `rollout window`.
                Declaration::Window | Declaration::Rollout(_) | Declaration::Later(_) => continue,
            };
            if declared.module == 0 && !declared.used {
                self.say_unused(declared.name, declared.name_span, worth);
            }
        }
        self.check_unused_imports();
    }

    fn check_unused_imports(&mut self) {
        let files = self.files;
        for used in &files.modules[0].uses {
            let of_module = |it: &&super::declare::Declared<'t>| it.module == used.module;
            let needed = self.declared.iter().filter(of_module).any(|it| {
                let meant = used.name.as_ref().is_none_or(|(name, _)| name == it.name);
                meant && it.used
            });
            if !needed {
                let path = &files.modules[used.module].path;
                let problem =
                    Diagnostic::new(Code::UNUSED_IMPORT, used.span, format!("nothing of `{path}` is used here"));
                self.say(problem.help("remove this `use`"));
            }
        }
    }
}
