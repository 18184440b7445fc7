//! A plan under suppositions from the command line: they are read as a test of the file itself, so its names mean what
//! they mean there. Plays nothing.

use smol_str::SmolStr;

use super::command::Context;
use super::disk::Disk;
use super::failure::Failure;
use super::program::{Wanted, inputs_for, rollout_named, show_findings};
use super::settle::kept_values;
use super::tail::checked_with_tail;
use crate::check::{Checked, check};
use crate::diag::Diagnostic;
use crate::model::Given;
use crate::plan::{KeptValues, Plan, PlanRequest, plan};
use crate::sim::given_kept;
use crate::value::{At, Record, literal};

/// A file with what is supposed of it, and its plan.
pub struct Supposed {
    pub checked: Checked,
    pub plan: Plan,
    pub kept: KeptValues,
}

/// Plans what is wanted as if it began then, with what earlier runs kept and what is given.
///
/// # Errors
/// A failure for a person where the file, a supposition or the plan does not hold; its findings are shown already.
pub fn suppose(context: &Context, wanted: &Wanted<'_>, given: &[String], start: At) -> Result<Supposed, Failure> {
    let here = std::env::current_dir()?;
    let folder = here.to_str().ok_or_else(|| Failure::usage("the current folder is not named in UTF-8"))?;
    let plain = check(&Disk::checking(&here), wanted.file);
    refuse_unsound(context, &plain)?;
    let disk = Disk::planning(&here);
    let inputs = inputs_for(context, &plain, wanted, &disk)?;
    let rollout = rollout_named(&plain.program, wanted)?;
    let named = plain.program.rollout(rollout).name.clone();
    let tail = what_if(&named, &inputs, given);
    let checked = checked_with_tail(&here, wanted.file, &tail);
    refuse_unsound(context, &checked)?;
    let left = kept_values(context, &named)?.into_iter().map(|it| ((it.target, it.key), it.value));
    let mut kept: KeptValues = left.collect();
    kept.extend(given_kept(&checked.program, givens(&checked)));
    let only = super::only::condition(wanted.only)?;
    let plan = plan(&PlanRequest {
        program: &checked.program,
        sources: &checked.sources,
        rollout,
        file: wanted.file,
        folder,
        inputs,
        profile: wanted.profile.map(SmolStr::new),
        now: start,
        world: &disk,
        kept: &kept,
        only: only.as_deref(),
    });
    let plan = plan.map_err(|wrong| refused(context, &wrong, &checked))?;
    Ok(Supposed { checked, plan, kept })
}

/// Returns what is given of a supposed file.
pub fn givens(checked: &Checked) -> &[Given] {
    checked.program.tests.last().map_or(&[], |it| &it.givens)
}

fn refuse_unsound(context: &Context, checked: &Checked) -> Result<(), Failure> {
    if checked.is_sound() { Ok(()) } else { Err(refused(context, &checked.diagnostics, checked)) }
}

fn refused(context: &Context, wrong: &[Diagnostic], checked: &Checked) -> Failure {
    show_findings(context, wrong, &checked.sources);
    Failure::usage("this cannot be played")
        .hint("What earlier runs kept is said like this: `--given 'kept(*) { version = \"1.0.0\" }'`.")
}

/// What is given, as a test of the file itself: its names mean what they mean there.
fn what_if(rollout: &str, inputs: &Record, given: &[String]) -> String {
    let inputs: Vec<String> =
        inputs.iter().filter_map(|(name, it)| Some(format!("{name} = {}", literal(it)?))).collect();
    let given: String = given.iter().map(|it| format!("  given {it}\n")).collect();
    let inputs = inputs.join(", ");
    format!(
        "\n\ntest \"what if, from the command line\" {{\n  call {rollout} {{ {inputs} }}\n{given}  expect took >= 0s\n}}\n"
    )
}
