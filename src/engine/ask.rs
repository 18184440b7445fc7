//! From an action of the program to a job for the world: every expression evaluated, every hole in its place.

use sha2::{Digest, Sha256};
use smol_str::SmolStr;

use super::here::{Probing, not_a, wrong};
use super::turn::Turn;
use super::{Cause, CommandAccept, CommandJob, HttpJob, Invocation, Job, Piece, SecretText, Shell, StatusRange};
use crate::eval::{self, Fuel, Scope};
use crate::model::{self, Act, Expr, ExprKind, HttpAct, RunText, Settings, ShellPart, TextPart};
use crate::plan::{NodeKind, Place, Role};
use crate::value::{Type, Value};

/// By which a server knows a request that it has heard before.
const KEY_HEADER: &str = "idempotency-key";
const COMMAND_TIMEOUT_MS: i64 = 3_600_000;
const HTTP_TIMEOUT_MS: i64 = 30_000;
pub(super) const PROBE_TIMEOUT_MS: i64 = 10_000;

impl Turn<'_> {
    /// Returns the job of an action at a place.
    pub fn job(&self, act: &Act, place: Place) -> Result<Job, Cause> {
        let here = self.here(place, Probing::Blind);
        let asking = Asking { turn: self, scope: &here, place };
        match act {
            Act::Run(run) => asking.run(run, COMMAND_TIMEOUT_MS).map(Job::Command),
            Act::Exec(exec) => asking.exec(exec, COMMAND_TIMEOUT_MS).map(Job::Command),
            Act::Http(http) => asking.http(http, HTTP_TIMEOUT_MS).map(|it| Job::Http(self.with_key(it, place))),
            Act::Traffic(traffic) => self.router_job(traffic, place),
            _ => Err(Cause::Value { message: "there is nothing to ask the world for".to_owned() }),
        }
    }

    /// Names a request, so that whoever hears it twice can tell: it has the same name however often it is tried and
    /// whichever engine sends it. What is done again and again has another each time.
    fn with_key(&self, mut job: HttpJob, place: Place) -> HttpJob {
        if job.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(KEY_HEADER)) {
            return job;
        }
        let mut around = self.plan.all_around(place);
        let is_repeated = around.any(|it| self.plan.node(it.node).kind == NodeKind::Sequence(Role::Every));
        let tries = self.run.frame(place).map_or(0, |it| it.tries);
        let occasion = if is_repeated { self.run.last_attempt(place) - tries } else { 0 };
        let run = self.run.id().map_or("", |it| it.as_str());
        let name = format!("{run} {} {} {} {occasion}", self.run.begun, place.node.0, place.slot.0);
        let key = Sha256::digest(name.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>();
        job.headers.push((KEY_HEADER.into(), SecretText::plain(key)));
        job
    }
}

/// Evaluates the parts of one action.
pub(super) struct Asking<'a> {
    pub turn: &'a Turn<'a>,
    pub scope: &'a dyn Scope,
    /// From where it is asked.
    pub place: Place,
}

impl Asking<'_> {
    pub fn value(&self, expr: &Expr) -> Result<Value, Cause> {
        match expr.known() {
            Some(value) => Ok(value.clone()),
            None => eval::eval(expr, self.scope, &mut Fuel::default()).map_err(wrong),
        }
    }

    pub fn text(&self, expr: &Expr) -> Result<String, Cause> {
        self.value(expr).map(|it| it.to_string())
    }

    pub fn secret_text(&self, expr: &Expr) -> Result<SecretText, Cause> {
        let pieces = eval::text_with_secrets(expr, self.scope, &mut Fuel::default()).map_err(wrong)?;
        let pieces = pieces.into_iter().map(|it| match it {
            eval::Piece::Plain(text) => Piece::Plain(text.to_string()),
            eval::Piece::Secret(name) => Piece::Secret(name),
        });
        Ok(SecretText(pieces.collect()))
    }

    pub fn timeout_ms(&self, settings: &Settings, default: i64) -> Result<u64, Cause> {
        let Some(timeout) = &settings.timeout else { return Ok(default as u64) };
        let value = self.value(timeout)?;
        value.as_duration_ms().map(|ms| ms.max(1) as u64).ok_or_else(|| not_a(&Type::Duration, &value))
    }

    pub fn run(&self, run: &model::Run, timeout_ms: i64) -> Result<CommandJob, Cause> {
        let shell = match run.shell {
            model::Shell::Sh => Shell::Sh,
            model::Shell::Bash => Shell::Bash,
        };
        let text = self.script(&run.script)?;
        let mut job = self.command(Invocation::Script { shell, text }, &run.settings, timeout_ms)?;
        for (name, hole) in &run.script.holes {
            let text = self.text(hole)?;
            if text.contains('\0') {
                let message =
                    format!("a value for the command holds a NUL character, which no command can be given (`{name}`)");
                return Err(Cause::Value { message });
            }
            job.env.push((name.clone(), SecretText::plain(text)));
        }
        Ok(job)
    }

    fn script(&self, script: &RunText) -> Result<String, Cause> {
        let mut text = String::new();
        for part in &script.parts {
            match part {
                ShellPart::Text(part) => text.push_str(part),
                ShellPart::Raw(expr) => text.push_str(&self.text(expr)?),
            }
        }
        Ok(text)
    }

    pub fn exec(&self, exec: &model::Exec, timeout_ms: i64) -> Result<CommandJob, Cause> {
        let mut argv = Vec::new();
        for expr in &exec.argv {
            match self.value(expr)? {
                Value::List(list) => argv.extend(list.iter().map(Value::to_string)),
                value => argv.push(value.to_string()),
            }
        }
        if argv.is_empty() || argv.iter().any(|it| it.contains('\0')) {
            let message = "a command needs a program, and no NUL characters".to_owned();
            return Err(Cause::Value { message });
        }
        self.command(Invocation::Exec { argv }, &exec.settings, timeout_ms)
    }

    fn command(&self, what: Invocation, settings: &Settings, timeout_ms: i64) -> Result<CommandJob, Cause> {
        let env = settings.env.iter().map(|(name, it)| Ok((name.clone(), self.secret_text(it)?)));
        let env = env.collect::<Result<Vec<(SmolStr, SecretText)>, Cause>>()?;
        let codes = settings.accept_codes.as_ref().map(|it| self.value(it)).transpose()?;
        let plan = self.turn.plan;
        let cwd = settings.cwd.as_ref().map(|it| self.text(it)).transpose()?;
        Ok(CommandJob {
            what,
            env,
            pass_env: plan.pass_env_at(self.place).to_vec(),
            cwd: [Some(settings.folder.to_string()), cwd].into_iter().flatten().fold(plan.folder.clone(), joined),
            stdin: settings.stdin.as_ref().map(|it| self.secret_text(it)).transpose()?,
            timeout_ms: self.timeout_ms(settings, timeout_ms)?,
            accept: CommandAccept {
                codes: codes.map_or_else(|| vec![0], |it| whole_numbers(&it)),
                output: settings.accept_output.as_ref().map(|it| self.text(it)).transpose()?,
            },
        })
    }

    pub fn http(&self, http: &HttpAct, timeout_ms: i64) -> Result<HttpJob, Cause> {
        let headers = http.headers.iter().map(|(name, it)| Ok((name.clone(), self.secret_text(it)?)));
        let mut headers = headers.collect::<Result<Vec<(SmolStr, SecretText)>, Cause>>()?;
        let has_type = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if http.body.as_ref().is_some_and(is_sent_as_json) && !has_type {
            headers.push(("content-type".into(), SecretText::plain("application/json".to_owned())));
        }
        let accept = http.accept.as_ref().map(|it| self.value(it)).transpose()?;
        Ok(HttpJob {
            method: http.method.clone(),
            url: self.url(&http.url)?,
            headers,
            body: http.body.as_ref().map(|it| self.body(it)).transpose()?,
            timeout_ms: self.timeout_ms(&http.settings, timeout_ms)?,
            accept: accept.map(|it| status_ranges(&it)).unwrap_or_default(),
        })
    }

    /// A record or list is sent as JSON, a text as it is.
    fn body(&self, expr: &Expr) -> Result<SecretText, Cause> {
        if is_sent_as_json(expr) {
            return self.value(expr).map(|it| SecretText::plain(json(&it).to_string()));
        }
        self.secret_text(expr)
    }

    /// What stands before the path is taken as it is, if it can be a host; every later hole is one component.
    pub fn url(&self, expr: &Expr) -> Result<String, Cause> {
        let ExprKind::Text(parts) = &expr.kind else { return self.text(expr) };
        let mut url = String::new();
        for part in parts {
            match part {
                TextPart::Chunk(chunk) => url.push_str(chunk),
                TextPart::Hole(hole) => {
                    let text = self.text(hole)?;
                    let path_begun = url.split_once("://").is_some_and(|(_, rest)| rest.contains(['/', '?', '#']));
                    if url.is_empty() {
                        url.push_str(&text);
                    } else if path_begun {
                        url.push_str(&percent_encoded(&text));
                    } else if text.chars().all(|it| it.is_ascii_alphanumeric() || ".-_:[]".contains(it)) {
                        url.push_str(&text);
                    } else {
                        return Err(Cause::Value { message: format!("`{text}` cannot be the host of a URL") });
                    }
                }
            }
        }
        Ok(url)
    }
}

fn is_sent_as_json(body: &Expr) -> bool {
    matches!(body.kind, ExprKind::Record(_) | ExprKind::List(_) | ExprKind::Value(Value::Record(_) | Value::List(_)))
}

/// Joins a folder to the one it is relative to.
pub(super) fn joined(base: String, folder: String) -> String {
    match folder.as_str() {
        "" | "." => base,
        absolute if absolute.starts_with('/') => absolute.to_owned(),
        relative => format!("{}/{relative}", base.trim_end_matches('/')),
    }
}

fn whole_numbers(value: &Value) -> Vec<i32> {
    match value {
        Value::Int(int) => vec![*int as i32],
        Value::List(list) => list.iter().flat_map(whole_numbers).collect(),
        Value::Range(range) => match (&range.0, &range.1) {
            (Value::Int(first), Value::Int(last)) => (*first as i32..=*last as i32).collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn status_ranges(value: &Value) -> Vec<StatusRange> {
    match value {
        Value::Int(int) => vec![StatusRange { first: *int as u16, last: *int as u16 }],
        Value::List(list) => list.iter().flat_map(status_ranges).collect(),
        Value::Range(range) => match (&range.0, &range.1) {
            (Value::Int(first), Value::Int(last)) => vec![StatusRange { first: *first as u16, last: *last as u16 }],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Writes a text so that it may stand in any part of a URL or a form (RFC 3986, unreserved characters only).
pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// Writes a value as JSON: units as the language writes them, records as objects.
fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null | Value::Unknown => serde_json::Value::Null,
        Value::Bool(bool) => (*bool).into(),
        Value::Int(int) => (*int).into(),
        Value::Number(number) => (*number).into(),
        Value::List(list) => list.iter().map(json).collect(),
        Value::Record(record) => record.iter().map(|(key, it)| (key.to_string(), json(it))).collect(),
        Value::Percent(_)
        | Value::Duration(_)
        | Value::Size(_)
        | Value::Time(_)
        | Value::Date(_)
        | Value::Instant(_)
        | Value::Weekday(_)
        | Value::Text(_)
        | Value::Range(_)
        | Value::Target(_)
        | Value::Window(_)
        | Value::Secret(_) => value.to_string().into(),
    }
}
