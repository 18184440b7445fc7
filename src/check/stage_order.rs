//! What each stage comes after.

use std::collections::HashMap;

use smol_str::SmolStr;

use super::checker::Checker;
use super::stages::{AfterName, Stages};
use crate::diag::{Code, Diagnostic, nearest};
use crate::model::Stage;
use crate::syntax::{self, ExprKind as Tree};
use crate::value::{Type, Value};

impl<'t> Checker<'t> {
    pub fn after_names(&mut self, tree: syntax::Expr<'t>) -> Vec<AfterName> {
        let items: Vec<syntax::Expr<'t>> = match tree.kind() {
            Tree::List(args) => args.iter().filter_map(|it| it.value).collect(),
            _ => vec![tree],
        };
        items.into_iter().filter_map(|it| self.after_name(it)).collect()
    }

    pub fn after_name(&mut self, tree: syntax::Expr<'t>) -> Option<AfterName> {
        let name = match tree.kind() {
            Tree::Name(_) | Tree::Field { .. } => SmolStr::new(tree.text()),
            Tree::Text(_) => {
                let name = self.typed(tree, &Type::Text);
                name.known().and_then(Value::as_text)?.clone()
            }
            _ => {
                self.say(Diagnostic::new(Code::SHAPE, tree.span(), "`after` names stages: `after = [build, test]`"));
                return None;
            }
        };
        let prefix = &self.frames[self.at].prefix;
        Some(AfterName { paths: [SmolStr::new(format!("{prefix}{name}")), name], span: tree.span() })
    }

    /// Works out what each stage comes after, once all are known.
    pub fn resolve_after(&mut self, stages: Stages<'t>) -> Vec<Stage> {
        let Stages { mut list, after, .. } = stages;
        let paths: HashMap<SmolStr, u32> = (0u32..).zip(&list).map(|(at, it)| (it.path.clone(), at)).collect();
        for at in 0..list.len() {
            list[at].after = match &after[at] {
                None => at.checked_sub(1).map(|it| it as u32).into_iter().collect(),
                Some(names) => {
                    let mut indices: Vec<u32> =
                        names.iter().flat_map(|it| self.stages_named(&list, &paths, it)).collect();
                    indices.sort_unstable();
                    indices.dedup();
                    indices
                }
            };
        }
        self.refuse_stage_cycles(&mut list);
        list
    }

    /// Returns the stages that a name means: one, or all of an applied strategy.
    pub fn stages_named(&mut self, list: &[Stage], paths: &HashMap<SmolStr, u32>, name: &AfterName) -> Vec<u32> {
        for path in &name.paths {
            if let Some(at) = paths.get(path) {
                return vec![*at];
            }
            let beneath = format!("{path}.");
            let found = (0u32..).zip(list).filter(|(_, it)| it.path.starts_with(&beneath)).map(|(at, _)| at);
            let found: Vec<u32> = found.collect();
            if !found.is_empty() {
                return found;
            }
        }
        let text = &name.paths[1];
        let near = nearest(text, list.iter().map(|it| it.path.as_str()));
        let problem = Diagnostic::new(Code::NO_STAGE, name.span, format!("no stage is named `{text}`"));
        self.say(problem.suggest(name.span, near));
        Vec::new()
    }
}
