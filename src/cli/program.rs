//! From words and a file to a plan: checks the file, reads the inputs, and shows what is wrong with either.

use std::collections::BTreeMap;
use std::path::Path;

use smol_str::SmolStr;

use super::command::Context;
use super::disk::Disk;
use super::exit::Exit;
use super::failure::Failure;
use super::terminal::Format;
use crate::check::{Checked, check};
use crate::diag::{Allowed, Diagnostic, Look, as_github, as_json, as_sarif, render};
use crate::engine::KeptValue;
use crate::model::{Program, RolloutId, SecretSource};
use crate::plan::{GivenInputs, KeptValues, Plan, PlanRequest, ValuesFile, plan_and_warn, read_inputs};
use crate::runtime::Clock;
use crate::source::{Sources, World};
use crate::value::{At, Record};

/// What is wanted of a file.
pub struct Wanted<'a> {
    pub file: &'a str,
    /// By name, where the file holds several.
    pub rollout: Option<&'a str>,
    /// `name=value`, in order.
    pub inputs: &'a [String],
    pub inputs_file: Option<&'a Path>,
    pub profile: Option<&'a str>,
    pub only: Option<&'a str>,
    /// When it is to be planned, if not now.
    pub at: Option<At>,
}

/// Parts `FILE#NAME`.
pub fn split_name(word: &str) -> (&str, Option<&str>) {
    match word.rsplit_once('#') {
        Some((file, name)) => (file, Some(name)),
        None => (word, None),
    }
}

/// A plan with the texts that it was made from.
pub struct Made {
    pub plan: Plan,
    pub sources: Sources,
    pub kept: KeptValues,
    /// What is strange about the plan, without what is allowed.
    pub warnings: Vec<Diagnostic>,
    pub allowed: Allowed,
}

/// Makes the plan that is wanted; findings are shown, and then there is none.
pub fn plan_for(
    context: &Context,
    wanted: &Wanted,
    kept: impl FnOnce(&str) -> Result<Vec<KeptValue>, Failure>,
) -> Result<Made, Failure> {
    let here = std::env::current_dir()?;
    let checked = check(&Disk::checking(&here), wanted.file);
    if !checked.is_sound() {
        return Err(wrong(context, &checked.diagnostics, &checked.sources, wanted.file));
    }
    let Checked { program, sources, .. } = &checked;
    let rollout = rollout_named(program, wanted)?;
    let named = program.rollout(rollout);
    let world = Disk::planning(&here);
    let inputs = inputs_for(context, &checked, wanted, &world)?;
    // Each action knows the folder of its file, as the file was named from here.
    let folder = here.to_str().ok_or_else(|| Failure::usage("the current folder is not named in UTF-8"))?;
    let kept: KeptValues = kept(&named.name)?.into_iter().map(|it| ((it.target, it.key), it.value)).collect();
    let only = super::only::condition(wanted.only)?;
    let request = PlanRequest {
        program,
        sources,
        rollout,
        file: wanted.file,
        folder,
        inputs,
        profile: wanted.profile.map(SmolStr::new),
        now: wanted.at.unwrap_or_else(|| Clock::start().now()),
        world: &world,
        kept: &kept,
        only: only.as_deref(),
    };
    let (planned, mut warnings) = plan_and_warn(&request);
    let plan = planned.map_err(|it| wrong(context, &it, sources, wanted.file))?;
    let Checked { sources, allowed, .. } = checked;
    warnings.retain(|it| !allowed.silences(it));
    Ok(Made { plan, sources, kept, warnings, allowed })
}

/// Returns a value for every input of the rollout that is wanted; findings are shown.
pub fn inputs_for(context: &Context, checked: &Checked, wanted: &Wanted, world: &dyn World) -> Result<Record, Failure> {
    let named = checked.program.rollout(rollout_named(&checked.program, wanted)?);
    read_inputs(named, &given(wanted)?, world).map_err(|it| wrong(context, &it, &checked.sources, wanted.file))
}

/// Returns the variables of ours that a run may need wherever its engine lives: those it lets through and those its
/// secrets are in.
pub fn variables_for(plan: &Plan) -> BTreeMap<SmolStr, String> {
    const ALWAYS: [&str; 4] = ["PATH", "HOME", "LANG", "TZ"];
    let secrets = plan.secrets.iter().filter_map(|it| match &it.source {
        SecretSource::Env(name) => Some(name.as_str()),
        SecretSource::File(_) | SecretSource::Command(_) => None,
    });
    let exact: Vec<&str> = ALWAYS.into_iter().chain(secrets).collect();
    let wanted = |name: &str| {
        exact.contains(&name) || plan.all_pass_env().any(|pattern| crate::action::variable_fits(pattern, name))
    };
    let ours =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    ours.filter(|(name, _)| wanted(name)).map(|(name, value)| (name.into(), value)).collect()
}

pub fn rollout_named(program: &Program, wanted: &Wanted) -> Result<RolloutId, Failure> {
    let names: Vec<&str> = program.rollouts.iter().map(|it| it.name.as_str()).collect();
    let listed = || format!("There are {}.", names.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", "));
    let at = match (wanted.rollout, names.len()) {
        (_, 0) => return Err(Failure::usage(format!("`{}` holds no rollout", wanted.file))),
        (None, 1) => 0,
        (None, _) => {
            let message = format!("`{}` holds several rollouts: say which as `{}#NAME`", wanted.file, wanted.file);
            return Err(Failure::usage(message).hint(listed()));
        }
        (Some(name), _) => names
            .iter()
            .position(|it| *it == name)
            .ok_or_else(|| Failure::usage(format!("`{}` holds no rollout `{name}`", wanted.file)).hint(listed()))?,
    };
    Ok(RolloutId(at as u32))
}

fn given(wanted: &Wanted) -> Result<GivenInputs, Failure> {
    let words = wanted.inputs.iter().map(|word| {
        let (name, value) = word
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("`{word}` is no input")).hint("Say `--input NAME=VALUE`."))?;
        Ok((name.to_owned(), value.to_owned()))
    });
    let file = match wanted.inputs_file {
        None => None,
        Some(path) => {
            let shown = path.display().to_string();
            let text = std::fs::read_to_string(path)
                .map_err(|error| Failure::usage(format!("could not read `{shown}`: {error}")))?;
            Some(ValuesFile::read(&shown, &text).map_err(Failure::usage)?)
        }
    };
    let words = words.collect::<Result<_, Failure>>()?;
    Ok(GivenInputs { words, file, profile: wanted.profile.map(str::to_owned), typed: Vec::new() })
}

/// Shows findings as they are wanted.
pub fn show_findings(context: &Context, diagnostics: &[Diagnostic], sources: &Sources) {
    let terminal = context.terminal;
    match terminal.format {
        Format::Human | Format::Junit => {
            let look = Look { color: terminal.color_err(), width: terminal.width(), unicode: true };
            terminal.say(render(diagnostics, sources, look).trim_end());
        }
        Format::Json => terminal.say(&as_json(diagnostics, sources).to_string()),
        Format::Github => terminal.say(as_github(diagnostics, sources).trim_end()),
        Format::Sarif => terminal.say(&as_sarif(diagnostics, sources).to_string()),
    }
}

fn wrong(context: &Context, diagnostics: &[Diagnostic], sources: &Sources, file: &str) -> Failure {
    show_findings(context, diagnostics, sources);
    let errors = diagnostics.iter().filter(|it| it.is_error()).count();
    let errors = if errors == 1 { "one error".to_owned() } else { format!("{errors} errors") };
    Failure::usage(format!("`{file}` cannot be run: {errors}")).exit(Exit::Usage)
}
