//! Channels and what is said there. An address may be a secret; a message never holds one.

use smol_str::SmolStr;

use super::checker::Checker;
use super::declare::{Declaration, Declared};
use super::word::Parts;
use crate::diag::{Code, Diagnostic, nearest};
use crate::model::{Channel, ChannelId, ChannelMeans, Exec, Expr, ExprKind, Notify, Settings};
use crate::schema::{Place, word};
use crate::source::Span;
use crate::syntax::{self, Arg, ExprKind as Tree};
use crate::value::{Type, Value};

/// The kinds of channels.
const KINDS: &[&str] = &["slack", "webhook", "command", "log", "email"];

/// How a channel is declared.
const SHAPE: &str = "channel NAME = slack(URL)";

impl<'t> Checker<'t> {
    /// Reads every channel.
    pub fn check_channels(&mut self) {
        for id in self.declared_where(|it| matches!(it, Declaration::Channel(_))) {
            let Declared { entry, module, name, name_span, .. } = self.declared[id];
            self.within(module, |it| {
                let row = word(Place::File, "channel").expect("the table has channels");
                if let Some(body) = entry.body() {
                    it.say_shape(row, body.span(), "`channel` has no body");
                }
                let means = match entry.value() {
                    Some(tree) => it.channel_means(tree),
                    None => {
                        if !entry.is_broken() {
                            it.say_shape(row, entry.span(), "this does not say where notices go");
                        }
                        None
                    }
                };
                let means = means.unwrap_or(ChannelMeans::Log);
                it.program.channels.push(Channel { name: SmolStr::new(name), means, span: name_span });
            });
        }
    }

    fn channel_means(&mut self, tree: syntax::Expr<'t>) -> Option<ChannelMeans> {
        let (name, args) = match tree.kind() {
            Tree::Call { callee, args } => (callee.as_name()?, args.iter().collect()),
            Tree::Name(name) => (name, Vec::new()),
            _ => {
                let problem = Diagnostic::new(Code::SHAPE, tree.span(), "a channel is called: `slack(URL)`");
                self.say(problem.help("or `webhook(URL)`, `command(\"program\", \"argument\")`, `log()`"));
                return None;
            }
        };
        let plain: Vec<syntax::Expr<'t>> =
            args.iter().filter(|it| it.name.is_none()).filter_map(|it| it.value).collect();
        let key = args.iter().find(|it| it.name.is_some_and(|it| it.text() == "key"));
        self.refuse_named(name.text(), &args);
        match (name.text(), &plain[..]) {
            ("log", []) => Some(ChannelMeans::Log),
            ("slack", [url]) => Some(ChannelMeans::Slack { url: self.address(*url) }),
            ("webhook", [url]) => {
                let key = key.and_then(|it| it.value).map(|it| self.text_or_secret(it));
                Some(ChannelMeans::Webhook { url: self.address(*url), key })
            }
            ("command", [_, ..]) => {
                let argv = plain.iter().map(|it| self.argument(*it)).collect();
                let folder = SmolStr::new(self.files.modules[self.module()].folder());
                Some(ChannelMeans::Command(Exec { argv, settings: Settings { folder, ..Settings::default() } }))
            }
            ("email", [server]) => self.email(*server, &args, name.span()),
            (known, _) if KINDS.contains(&known) => {
                let takes = match known {
                    "log" => "nothing",
                    "command" => "a program and its arguments",
                    _ => "one address",
                };
                let message = format!("`{known}` takes {takes}");
                self.say(Diagnostic::new(Code::ARGUMENTS, tree.span(), message));
                None
            }
            (unknown, _) => {
                let near = nearest(unknown, KINDS.iter().copied());
                let message = format!("no kind of channel is named `{unknown}`");
                self.say(Diagnostic::new(Code::UNKNOWN_NAME, name.span(), message).suggest(name.span(), near));
                None
            }
        }
    }

    fn email(&mut self, server: syntax::Expr<'t>, args: &[Arg<'t>], span: Span) -> Option<ChannelMeans> {
        let named =
            |wanted: &str| args.iter().find(|it| it.name.is_some_and(|it| it.text() == wanted)).and_then(|it| it.value);
        let (Some(from), Some(to)) = (named("from"), named("to")) else {
            let problem = Diagnostic::new(Code::ARGUMENTS, span, "a mail has a sender and receivers");
            self.say(problem.help("`email(SERVER, from = \"rollout@example.org\", to = [\"team@example.org\"])`"));
            return None;
        };
        let address = self.text_or_secret(server);
        if let Some(Value::Text(text)) = address.known()
            && !text.starts_with("smtp://")
            && !text.starts_with("smtps://")
        {
            let problem = Diagnostic::new(Code::OUT_OF_RANGE, server.span(), format!("`{text}` is no server for mail"));
            self.say(problem.help("it begins with `smtps://` or `smtp://`"));
        }
        let receivers = self.typed(to, &Type::list(Type::Text));
        if receivers.known().and_then(Value::as_list).is_some_and(<[Value]>::is_empty) {
            self.say_out_of_range(receivers.span, "a mail has at least one receiver");
        }
        let sender = self.typed(from, &Type::Text);
        Some(ChannelMeans::Email { server: address, from: sender, to: receivers })
    }

    /// Only a webhook is signed, and only a mail has people at its ends.
    fn refuse_named(&mut self, kind: &str, args: &[Arg<'t>]) {
        let is_known = |it: &str| matches!((kind, it), ("webhook", "key") | ("email", "from" | "to"));
        for arg in args {
            let Some(name) = arg.name.filter(|it| !is_known(it.text())) else { continue };
            let message = format!("`{kind}` takes no `{}`", name.text());
            self.say(Diagnostic::new(Code::ARGUMENTS, name.span(), message));
        }
    }

    fn address(&mut self, tree: syntax::Expr<'t>) -> Expr {
        let url = self.text_or_secret(tree);
        if let Some(Value::Text(text)) = url.known()
            && !text.starts_with("https://")
            && !text.starts_with("http://")
        {
            let message = format!("`{text}` is no address that something can be posted to");
            let problem = Diagnostic::new(Code::OUT_OF_RANGE, tree.span(), message);
            self.say(problem.help("it begins with `https://` or `http://`"));
        }
        url
    }

    fn text_or_secret(&mut self, tree: syntax::Expr<'t>) -> Expr {
        let typed = self.expr(tree, None);
        if matches!(typed.of, Type::Secret(_) | Type::Url | Type::Any) {
            return typed.expr;
        }
        let fits = self.expect_type(tree, &typed.expr, &typed.of, &Type::Text);
        if fits { typed.expr } else { Expr::new(ExprKind::Bad, tree.span()) }
    }

    /// Lowers `notify CHANNEL "message"`.
    pub fn notify(&mut self, parts: &Parts<'t>) -> Option<Notify> {
        self.refuse_entries(parts);
        let timeout = self.duration(parts, "timeout");
        if !self.expect_plain(parts.row, parts.entry, 3) {
            return None;
        }
        let (channel, message) = (parts.entry.items().nth(1)?, parts.entry.items().nth(2)?);
        let message = self.typed(message, &Type::Text);
        let found = self.declared_named(channel);
        let is_other = found.is_some_and(|id| !matches!(self.declared[id].kind, Declaration::Channel(_)));
        let is_unknown = found.is_none() && channel.as_name().is_some_and(|it| self.sense(it.text()).is_none());
        if is_other || is_unknown {
            self.say_other(channel, found, "channel", SHAPE);
            return None;
        }
        let channel = ChannelId(self.number_of(channel, &Type::Channel)?);
        Some(Notify { channel, message, timeout })
    }
}
