//! From what a person calls a window, such as `night(berlin)`, to the window itself. Arguments are read as the window's
//! parameters want them; targets are found in the fleets of the file.

use std::path::Path;
use std::sync::Arc;

use smol_str::SmolStr;

use super::disk::Disk;
use super::failure::Failure;
use crate::diag::nearest;
use crate::eval::{Fuel, Scope, Silence, eval, read_as};
use crate::model::{Expr, ExprKind, FleetSource, Param, Program, WindowForm};
use crate::plan::fleet_from_command;
use crate::source::World;
use crate::value::{Target, Type, Value, Window};

/// How many names a hint lists.
const LISTED_MAX: usize = 12;

/// Finds the window that is meant.
pub fn window_named(program: &Program, name: &str, here: &Path) -> Result<Arc<Window>, Failure> {
    let (called, arguments) = parted(name)?;
    let world = Disk::planning(here);
    let expr = match program.windows.iter().find(|it| it.name == called) {
        Some(form) => form_called(program, form, &arguments, name, &world)?,
        None => match program.combined.iter().find(|it| it.name == called) {
            Some(combined) if arguments.is_empty() => combined.window.clone(),
            Some(_) => return Err(Failure::usage(format!("`{called}` takes no arguments"))),
            None => return Err(no_window(program, called)),
        },
    };
    match eval(&expr, &Reading { world: &world }, &mut Fuel::default()) {
        Ok(Value::Window(window)) => Ok(window),
        Ok(other) => Err(Failure::usage(format!("`{name}` is `{other}`, not a window"))),
        Err(wrong) => Err(Failure::usage(wrong.message)),
    }
}

/// Parts `night(berlin, 2h)`.
pub fn parted(name: &str) -> Result<(&str, Vec<&str>), Failure> {
    let Some((called, rest)) = name.split_once('(') else { return Ok((name.trim(), Vec::new())) };
    let Some(inside) = rest.trim_end().strip_suffix(')') else {
        let hint = "Say a name with its arguments in quotes: 'night(berlin)'.";
        return Err(Failure::usage(format!("`{name}` has no closing parenthesis")).hint(hint));
    };
    let arguments = inside.split(',').map(str::trim).filter(|it| !it.is_empty()).collect();
    Ok((called.trim(), arguments))
}

fn no_window(program: &Program, called: &str) -> Failure {
    let combined = program.combined.iter().map(|it| &it.name);
    let names: Vec<&str> = program.windows.iter().map(|it| &it.name).chain(combined).map(SmolStr::as_str).collect();
    let hint = match (nearest(called, names.iter().copied()), names.is_empty()) {
        (Some(near), _) => format!("Did you mean `{near}`?"),
        (None, true) => "Declare one: `window night { hours = 22:00..06:00 }`.".to_owned(),
        (None, false) => listed(names.iter().copied()),
    };
    Failure::usage(format!("no window is named `{called}`")).hint(hint)
}

/// Lists names in a sentence.
pub fn listed<'n>(names: impl ExactSizeIterator<Item = &'n str>) -> String {
    let more = names.len().saturating_sub(LISTED_MAX);
    let shown: Vec<String> = names.take(LISTED_MAX).map(|it| format!("`{it}`")).collect();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("There are {}{more}.", shown.join(", "))
}

/// The window with its arguments as an expression.
fn form_called(
    program: &Program,
    form: &Arc<WindowForm>,
    arguments: &[&str],
    name: &str,
    world: &Disk,
) -> Result<Expr, Failure> {
    if arguments.len() > form.params.len() {
        let message = format!("`{name}` has {} arguments, and {} are taken", arguments.len(), form.params.len());
        return Err(Failure::usage(message));
    }
    let mut values = Vec::new();
    for (at, param) in form.params.iter().enumerate() {
        values.push(match (arguments.get(at), &param.default) {
            (Some(text), _) => Expr::value(argument(program, param, text, world)?, param.span),
            (None, Some(default)) => default.clone(),
            (None, None) => return Err(missing(program, form, param, world)),
        });
    }
    Ok(Expr::new(ExprKind::Window(Arc::clone(form), values), form.span))
}

fn argument(program: &Program, param: &Param, text: &str, world: &Disk) -> Result<Value, Failure> {
    if param.of != Type::Target {
        let text = text.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(text);
        return read_as(text, &param.of).map_err(|why| Failure::usage(format!("`{}`: {why}", param.name)));
    }
    let targets = targets(program, world)?;
    match targets.iter().find(|it| it.name == text) {
        Some(target) => Ok(Value::Target(Arc::new(target.clone()))),
        None => {
            let near = nearest(text, targets.iter().map(|it| it.name.as_str()));
            let hint = near.map_or_else(|| names_of(&targets), |near| format!("Did you mean `{near}`?"));
            Err(Failure::usage(format!("no fleet has a target `{text}`")).hint(hint))
        }
    }
}

fn missing(program: &Program, form: &WindowForm, param: &Param, world: &Disk) -> Failure {
    let message = format!("`{}` depends on `{}`, a {}", form.name, param.name, param.of);
    if param.of != Type::Target {
        return Failure::usage(message).hint(format!("Say it: '{}(…)'.", form.name));
    }
    let targets = targets(program, world).unwrap_or_default();
    let example = targets.first().map_or("…", |it| it.name.as_str());
    Failure::usage(message).hint(format!("Say it: '{}({example})'. {}", form.name, names_of(&targets)))
}

fn names_of(targets: &[Target]) -> String {
    match targets {
        [] => "The file has no targets.".to_owned(),
        targets => listed(targets.iter().map(|it| it.name.as_str())),
    }
}

/// All targets that the fleets of the file list.
pub fn targets(program: &Program, world: &Disk) -> Result<Vec<Target>, Failure> {
    let mut all = Vec::new();
    for fleet in &program.fleets {
        match &fleet.source {
            FleetSource::Targets(targets) => all.extend(targets.iter().cloned()),
            FleetSource::Command { argv, folder } => {
                all.extend(fleet_from_command(world, argv, folder, fleet).map_err(Failure::usage)?);
            }
            // It is chosen from the others.
            FleetSource::Expr(_) => {}
        }
    }
    Ok(all)
}

/// What a plan would read of the world.
struct Reading<'w> {
    world: &'w Disk,
}

impl Scope for Reading<'_> {
    fn variable(&self, name: &str) -> Result<Option<SmolStr>, Silence> {
        let value = self.world.variable(name).map_err(|it| Silence::Cannot(it.to_string()))?;
        Ok(value.map(SmolStr::from))
    }

    fn file(&self, path: &str) -> Result<SmolStr, Silence> {
        self.world.read(path).map(SmolStr::from).map_err(|it| Silence::Cannot(it.to_string()))
    }
}
