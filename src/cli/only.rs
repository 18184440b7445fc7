//! `--only EXPR`: a condition on `target`, in the language itself. It is checked as the condition of an action
//! with one parameter, so that it means what it would mean in a file.

use std::sync::Arc;

use crate::check::check;
use crate::eval::{Answer, Fuel, Scope, Silence, Truth, condition as holds};
use crate::model::{Act, EntryKind, Expr, LocalId};
use crate::source::MemoryWorld;
use crate::value::{Target, Value};

use super::failure::Failure;

/// Says whether a target is one of those that are wanted.
pub type Only = Box<dyn Fn(&Target) -> Result<bool, String>>;

/// Reads the condition, if there is one.
pub fn condition(text: Option<&str>) -> Result<Option<Only>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let world =
        MemoryWorld::default().with("only.rollout", &format!("action only(target: target) {{\n  require {text}\n}}\n"));
    let checked = check(&world, "only.rollout");
    if let Some(wrong) = checked.diagnostics.iter().find(|it| it.is_error()) {
        let hint = "Say a condition on `target`, such as `--only 'target.region == \"eu\"'`.";
        return Err(Failure::usage(format!("`--only` cannot be understood: {}", wrong.message)).hint(hint));
    }
    let action = checked.program.actions.into_iter().next();
    let parts = action.and_then(|it| Some((it.params.first()?.local, it.body.into_iter().next()?.kind)));
    let Some((local, EntryKind::Act(act))) = parts else { return Err(Failure::usage("`--only` is no condition")) };
    let Act::Require { condition, .. } = *act else { return Err(Failure::usage("`--only` is no condition")) };
    Ok(Some(Box::new(move |target| is_wanted(&condition, local, target))))
}

fn is_wanted(condition: &Expr, local: LocalId, target: &Target) -> Result<bool, String> {
    let scope = OneTarget { local, target: Value::Target(Arc::new(target.clone())) };
    match holds(condition, &scope, &mut Fuel::default()) {
        Ok(truth) => Ok(truth == Truth::Holds),
        Err(wrong) => Err(format!("`--only` for `{}`: {}", target.name, wrong.message)),
    }
}

/// Knows one name only.
struct OneTarget {
    local: LocalId,
    target: Value,
}

impl Scope for OneTarget {
    fn local(&self, local: LocalId) -> Answer {
        if local == self.local { Ok(self.target.clone()) } else { Err(Silence::NotKnownHere) }
    }
}
