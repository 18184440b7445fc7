//! What stands at the leaves: commands, requests, conditions, messages.

use smol_str::SmolStr;

use super::checker::Checker;
use super::scripts::shown;
use super::word::Parts;
use crate::diag::{Code, Diagnostic};
use crate::model::{Act, Check, Exec, Expr, ExprKind, HttpAct, Keep, Otherwise, Run, Settings, Shell};
use crate::schema::WordRow;
use crate::syntax::{self, Entry, ExprKind as Tree};
use crate::value::{Type, Value};

/// Methods of requests that are known.
const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

impl<'t> Checker<'t> {
    /// Lowers an action at the leaves, if the word is one.
    pub fn act(&mut self, row: &'static WordRow, parts: &Parts<'t>) -> Option<Act> {
        let entry = parts.entry;
        match row.name {
            "run" => Some(Act::Run(self.run_act(parts)?)),
            "exec" => Some(Act::Exec(self.exec(parts)?)),
            "http" => Some(Act::Http(self.http(parts)?)),
            "check" => self.check_act(parts),
            "watch" | "guard" => self.watch_act(parts),
            "require" => self.require(row, entry),
            "wait" => self.wait(row, entry),
            "log" => Some(Act::Log { message: self.message(row, entry)? }),
            "fail" => Some(Act::Fail { message: self.message(row, entry)? }),
            "pause" => Some(Act::Pause { message: self.message(row, entry)? }),
            "keep" => self.keep_act(row, entry),
            "restore" => self.restore_act(row, entry),
            "traffic" => Some(Act::Traffic(self.traffic(parts)?)),
            "flag" => Some(Act::Flag(self.flag_share(parts)?)),
            "notify" => Some(Act::Notify(self.notify(parts)?)),
            "approve" | "checklist" | "confirm" => Some(Act::Ask(self.ask(parts)?)),
            _ => None,
        }
    }

    pub fn run_act(&mut self, parts: &Parts<'t>) -> Option<Run> {
        let shell = match self.choice(parts, "shell").as_deref() {
            Some("bash") => Shell::Bash,
            _ => Shell::Sh,
        };
        let settings = self.settings(parts);
        let one = self.expect_plain(parts.row, parts.entry, 2);
        let tree = if one { parts.entry.items().nth(1) } else { None }?;
        let script = self.script(tree, shell);
        Some(Run { script, shell, settings })
    }

    pub fn exec(&mut self, parts: &Parts<'t>) -> Option<Exec> {
        let settings = self.settings(parts);
        let one = self.expect_plain(parts.row, parts.entry, 2);
        let tree = if one { parts.entry.items().nth(1) } else { None }?;
        let Tree::List(args) = tree.kind() else {
            let problem =
                Diagnostic::new(Code::SHAPE, tree.span(), "`exec` takes a program and its arguments as a list");
            self.say(problem.help("write `exec [\"tool\", \"--flag\", value]`, or `run \"…\"` for a script"));
            return None;
        };
        let values: Vec<syntax::Expr<'t>> = args.iter().filter_map(|it| it.value).collect();
        if values.is_empty() {
            self.say_shape(parts.row, tree.span(), "`exec` needs a program");
        }
        let argv = values.into_iter().map(|it| self.argument(it)).collect();
        Some(Exec { argv, settings })
    }

    /// An argument of a program: whatever has a text; a list stands for its elements.
    pub fn argument(&mut self, tree: syntax::Expr<'t>) -> Expr {
        let typed = self.hole(tree);
        if let Type::Secret(_) = typed.of {
            self.say_shown_secret(&typed.expr, &Type::Text);
        }
        typed.expr
    }

    pub fn http(&mut self, parts: &Parts<'t>) -> Option<HttpAct> {
        let entry = parts.entry;
        let headers = self.secret_texts(parts, "headers");
        let body = self.setting(parts, "body");
        let accept = self.accept_status(parts);
        let settings = self.settings(parts);
        if !self.expect_plain(parts.row, entry, 3) {
            return None;
        }
        let (method, url) = (entry.items().nth(1)?, entry.items().nth(2)?);
        let name = method.as_name().map(|it| it.text()).filter(|it| METHODS.contains(it));
        let Some(name) = name else {
            let near = crate::diag::nearest(&method.text().to_uppercase(), METHODS.iter().copied())
                .or_else(|| METHODS.iter().copied().find(|it| it.eq_ignore_ascii_case(method.text())));
            let message = format!("`{}` is no method of a request", method.text());
            self.say(Diagnostic::new(Code::SHAPE, method.span(), message).suggest(method.span(), near));
            return None;
        };
        let url = self.url(url);
        Some(HttpAct { method: SmolStr::new(name), url, headers, body, accept, settings })
    }

    /// What commands and requests have in common.
    fn settings(&mut self, parts: &Parts<'t>) -> Settings {
        let is_http = parts.row.name == "http";
        let (accept_codes, accept_output) = if is_http { (None, None) } else { self.accept_command(parts) };
        let env = self.secret_texts(parts, "env");
        let settings = Settings {
            cwd: self.setting(parts, "cwd"),
            folder: SmolStr::new(self.files.modules[self.module()].folder()),
            env,
            stdin: self.setting(parts, "stdin"),
            timeout: self.duration(parts, "timeout"),
            retry: self.retry(parts),
            accept_codes,
            accept_output,
            idempotent: self.known_bool(parts, "idempotent").unwrap_or(false),
            interrupted: self.interrupted(parts),
        };
        self.refuse_other_entries(parts, &["retry"]);
        settings
    }

    /// Reports entries that are none of the words a body may hold.
    pub fn refuse_other_entries(&mut self, parts: &Parts<'t>, known: &[&str]) {
        for entry in parts.entries.iter().filter(|it| !it.is_broken()) {
            let head = entry.head().as_name().map(|it| it.text());
            if !head.is_some_and(|it| known.contains(&it)) {
                self.say_not_a_property(parts.row, *entry);
            }
        }
    }

    fn check_act(&mut self, parts: &Parts<'t>) -> Option<Act> {
        self.refuse_entries(parts);
        let settle = self.duration(parts, "settle");
        let within = self.duration(parts, "within");
        let every = self.duration(parts, "every");
        let otherwise = self.otherwise(parts);
        let once = within.is_none() && otherwise != Some(Otherwise::Hold);
        if let Some(every) = every.as_ref().filter(|_| once) {
            let problem = Diagnostic::new(Code::NO_EFFECT, every.span, "`every` has no effect without `within`");
            self.say(problem.because("asked once").help("add `within = 5m` to ask again"));
        }
        if !self.expect_plain(parts.row, parts.entry, 2) {
            return None;
        }
        let tree = parts.entry.items().nth(1)?;
        let condition = self.condition(tree);
        self.warn_constant(&condition, tree);
        let check = Check { condition, shown: shown(tree), settle, within, every, otherwise };
        self.warn_settles_too_long(&check);
        Some(Act::Check(check))
    }

    fn warn_constant(&mut self, condition: &Expr, tree: syntax::Expr<'t>) {
        if let Some(Value::Bool(always)) = condition.known() {
            let message = if *always { "this always holds" } else { "this never holds" };
            let problem = Diagnostic::new(Code::NO_EFFECT, tree.span(), message);
            self.say(problem.because("nothing in it can change"));
        }
    }

    fn require(&mut self, row: &'static WordRow, entry: Entry<'t>) -> Option<Act> {
        let items: Vec<syntax::Expr<'t>> = entry.items().collect();
        let (tree, message) = match items[..] {
            [_, tree] => (tree, None),
            [_, tree, message] => (tree, Some(message)),
            _ => {
                self.say_shape(row, entry.span(), "`require` needs one condition");
                return None;
            }
        };
        let condition = self.condition(tree);
        self.warn_constant(&condition, tree);
        let message = message.map(|it| self.typed(it, &Type::Text));
        Some(Act::Require { condition, message })
    }

    fn wait(&mut self, row: &'static WordRow, entry: Entry<'t>) -> Option<Act> {
        let items: Vec<syntax::Expr<'t>> = entry.items().collect();
        match items[..] {
            [_, tree] if !is_until(tree) => {
                let duration = self.typed(tree, &Type::Duration);
                if duration.known().and_then(Value::as_duration_ms).is_some_and(|it| it < 0) {
                    self.say_out_of_range(duration.span, "nothing waits for less than no time");
                }
                Some(Act::Wait { duration })
            }
            [_, until, tree] if is_until(until) => Some(Act::WaitUntil { instant: self.typed(tree, &Type::Instant) }),
            _ => {
                self.say_shape(row, entry.span(), "`wait` needs a duration, or `until` and an instant");
                None
            }
        }
    }

    fn message(&mut self, row: &'static WordRow, entry: Entry<'t>) -> Option<Expr> {
        if !self.expect_plain(row, entry, 2) {
            return None;
        }
        Some(self.typed(entry.items().nth(1)?, &Type::Text))
    }

    /// `keep key = value`.
    fn keep_act(&mut self, row: &'static WordRow, entry: Entry<'t>) -> Option<Act> {
        let name = entry.items().nth(1).and_then(|it| it.as_name());
        let (Some(name), Some(value)) = (name, entry.value()) else {
            self.say_shape(row, entry.span(), "`keep` needs a name and a value");
            return None;
        };
        let typed = self.expr(value, None);
        if let Type::Secret(of) = &typed.of {
            self.say_shown_secret(&typed.expr, of);
        }
        if let Type::Optional(of) = &typed.of {
            self.say_absent(value.span(), value.text(), of);
        }
        let target = self.spot.target;
        self.keep(name.text(), typed.of.present(), name.span(), target.is_some());
        let target = target.map(|it| Expr::new(ExprKind::Local(it), name.span()));
        Some(Act::Keep(Keep { key: SmolStr::new(name.text()), value: typed.expr, target }))
    }

    /// `restore STAGE.NAME`.
    fn restore_act(&mut self, row: &'static WordRow, entry: Entry<'t>) -> Option<Act> {
        let tree = entry.items().nth(1)?;
        let names: Vec<&str> = tree.text().split('.').collect();
        let (name, stage) = names.split_last()?;
        let stage = stage.join(".");
        let prefix = self.frames[self.at].prefix.clone();
        let own = self.units.stage.as_ref().is_some_and(|it| *it == stage || *it == format!("{prefix}{stage}"));
        let units = if stage.is_empty() || own {
            Some(&self.units.here)
        } else {
            let own = self.units.stages.get(format!("{prefix}{stage}").as_str());
            own.or_else(|| self.units.stages.get(stage.as_str()))
        };
        let found = units.and_then(|it| it.get(*name)).and_then(|it| it.iter().find(|unit| unit.is_save));
        match found {
            Some(unit) => Some(Act::Restore { save: unit.path.clone() }),
            None => {
                let message = format!("no `save` before this is named `{}`", tree.text());
                let problem = Diagnostic::new(Code::NO_SAVE, tree.span(), message);
                self.say(problem.help(format!("it is written `{}`, with a save of an earlier stage", row.shape)));
                None
            }
        }
    }
}

fn is_until(tree: syntax::Expr<'_>) -> bool {
    tree.as_name().is_some_and(|it| it.text() == "until")
}
