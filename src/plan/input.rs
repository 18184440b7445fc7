//! Values for a rollout's inputs: given one by one, from a file, from a profile, or the default, in this order of
//! weight. Every value is read as its type and held against its constraints.

use smol_str::SmolStr;

use super::values::{FileValue, ValuesFile};
use crate::diag::{Code, Diagnostic, nearest};
use crate::eval::{self, Answer, Fuel, Scope, Silence, json_as, read_as};
use crate::model::{Constraint, Expr, Input, LocalId, Rollout};
use crate::source::{Span, World};
use crate::value::{Compared, Record, Type, Value, compare};

/// What the user gave, not yet read.
#[derive(Debug, Clone, Default)]
pub struct GivenInputs {
    /// `--input k=v`, in order; a later one wins.
    pub words: Vec<(String, String)>,
    /// What an inputs file holds.
    pub file: Option<ValuesFile>,
    pub profile: Option<String>,
    /// Values that are typed already, as a test gives them; they win.
    pub typed: Vec<(SmolStr, Value)>,
}

/// Returns a value for every input of a rollout. Defaults may read the world, and the inputs before them.
///
/// # Errors
/// All that is wrong: unknown names, missing values, values of other types, values that break a constraint.
pub fn read_inputs(rollout: &Rollout, given: &GivenInputs, world: &dyn World) -> Result<Record, Vec<Diagnostic>> {
    let mut reading = Reading { rollout, given, world, record: Record::new(), wrong: Vec::new() };
    reading.refuse_unknown();
    let profile = reading.profile();
    for input in &rollout.inputs {
        if let Some(value) = reading.value(input, &profile) {
            reading.hold_against_constraints(input, &value);
            reading.record.insert(input.name.clone(), value);
        }
    }
    if reading.wrong.is_empty() { Ok(reading.record) } else { Err(reading.wrong) }
}

struct Reading<'a> {
    rollout: &'a Rollout,
    given: &'a GivenInputs,
    world: &'a dyn World,
    record: Record,
    wrong: Vec<Diagnostic>,
}

/// What a default may name: the inputs before it, variables and files.
impl Scope for Reading<'_> {
    fn local(&self, local: LocalId) -> Answer {
        let input = self.rollout.inputs.iter().find(|it| it.local == local);
        input.and_then(|it| self.record.get(&it.name).cloned()).ok_or(Silence::NotKnownHere)
    }

    fn variable(&self, name: &str) -> Result<Option<SmolStr>, Silence> {
        self.world.variable(name).map(|it| it.map(SmolStr::new)).map_err(|it| Silence::Cannot(it.to_string()))
    }

    fn file(&self, path: &str) -> Result<SmolStr, Silence> {
        let failed = |it| Silence::Cannot(format!("`{path}` cannot be read: {it}"));
        self.world.read(path).map(SmolStr::new).map_err(failed)
    }
}

impl Reading<'_> {
    fn refuse(&mut self, span: Span, message: String, because: &str) {
        self.wrong.push(Diagnostic::new(Code::INPUT, span, message).because(because));
    }

    fn refuse_unknown(&mut self) {
        let words = self.given.words.iter().map(|(name, _)| name.clone());
        let fields = self.given.file.iter().flat_map(|it| it.values.keys().cloned());
        let known: Vec<&str> = self.rollout.inputs.iter().map(|it| it.name.as_str()).collect();
        let unknown: Vec<String> = words.chain(fields).filter(|it| !known.contains(&it.as_str())).collect();
        for name in unknown {
            let message = format!("`{}` has no input `{name}`", self.rollout.name);
            let help = match nearest(&name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => "it has no inputs at all".to_owned(),
                None => format!("its inputs are {}", listed(&known)),
            };
            self.wrong.push(Diagnostic::new(Code::INPUT, self.rollout.span, message).help(help));
        }
    }

    fn profile(&mut self) -> Vec<(SmolStr, Expr)> {
        let Some(name) = &self.given.profile else { return Vec::new() };
        if let Some(profile) = self.rollout.profiles.iter().find(|it| it.name == name.as_str()) {
            return profile.values.clone();
        }
        let known: Vec<&str> = self.rollout.profiles.iter().map(|it| it.name.as_str()).collect();
        let message = format!("`{}` has no profile `{name}`", self.rollout.name);
        let help =
            if known.is_empty() { "it has none".to_owned() } else { format!("its profiles are {}", listed(&known)) };
        self.wrong.push(Diagnostic::new(Code::INPUT, self.rollout.span, message).help(help));
        Vec::new()
    }

    fn value(&mut self, input: &Input, profile: &[(SmolStr, Expr)]) -> Option<Value> {
        let word = self.given.words.iter().rev().find(|(name, _)| *name == input.name.as_str());
        let field = self.given.file.as_ref().and_then(|it| Some((&it.name, it.values.get(input.name.as_str())?)));
        let chosen = profile.iter().find(|(name, _)| *name == input.name).map(|(_, expr)| expr);
        let typed = self.given.typed.iter().find(|(name, _)| *name == input.name);
        let read = if let Some((_, value)) = typed {
            Ok(value.clone())
        } else if let Some((_, text)) = word {
            read_as(text, &input.of)
        } else if let Some((file, FileValue { value, line })) = field {
            json_as(value.clone(), &input.of).map_err(|message| format!("{message} (`{file}`, line {line})"))
        } else if let Some(expr) = chosen.or(input.default.as_ref()) {
            eval::eval(expr, self, &mut Fuel::default()).map_err(|it| it.message)
        } else if matches!(input.of, Type::Optional(_)) {
            Ok(Value::Null)
        } else {
            let help = format!("say `--input {}=…`, of type {}", input.name, input.of);
            let message = format!("the input `{}` needs a value", input.name);
            let missing = Diagnostic::new(Code::INPUT, input.span, message).because("it has no default");
            self.wrong.push(missing.help(help));
            return None;
        };
        match read {
            Ok(value) => Some(value),
            Err(message) => {
                let message = format!("the input `{}` cannot have this value: {message}", input.name);
                self.refuse(input.span, message, &format!("it is {}", input.of.with_article()));
                None
            }
        }
    }

    fn hold_against_constraints(&mut self, input: &Input, value: &Value) {
        if value.is_null() {
            return;
        }
        for constraint in &input.constraints {
            if let Some(because) = broken(constraint, value) {
                let message = format!("the input `{}` cannot be `{value}`", input.name);
                self.refuse(input.span, message, &because);
            }
        }
    }
}

/// Returns what a value breaks.
fn broken(constraint: &Constraint, value: &Value) -> Option<String> {
    let is = |limit: &Value, wanted: std::cmp::Ordering| compare(value, limit) == Compared::Ordered(wanted);
    match constraint {
        Constraint::OneOf(values) => {
            let names: Vec<String> = values.iter().map(Value::to_string).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            (!values.contains(value)).then(|| format!("it is one of {}", listed(&names)))
        }
        Constraint::Matches(pattern) => {
            let whole = format!("^(?:{pattern})$");
            let regex = regex::Regex::new(&whole).ok()?;
            (!regex.is_match(&value.to_string())).then(|| format!("it has to match `{pattern}`"))
        }
        Constraint::Min(limit) => is(limit, std::cmp::Ordering::Less).then(|| format!("it is at least {limit}")),
        Constraint::Max(limit) => is(limit, std::cmp::Ordering::Greater).then(|| format!("it is at most {limit}")),
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ")
}
