//! Routers and flags, and the shares that are set of them. Knows how each is written; what a share is worth is the run's
//! business.

use smol_str::SmolStr;

use super::checker::Checker;
use super::declare::{Declaration, Declared};
use super::exprs::Typed;
use super::frame::{Reading, Sense};
use super::spot::Spot;
use super::word::Parts;
use crate::diag::{Code, Diagnostic};
use crate::model::{
    Expr, Flag, FlagShare, Param, Router, RouterId, RouterMeans, Run, RunText, Settings, Shell, Traffic,
};
use crate::schema::{Place, word};
use crate::source::Span;
use crate::syntax::{self, ExprKind as Tree};
use crate::value::{Type, Value};

/// The name that the share has in the script that sets it.
const PERCENT: &str = "percent";

impl<'t> Checker<'t> {
    /// Reads every router.
    pub fn check_routers(&mut self) {
        for id in self.declared_where(|it| matches!(it, Declaration::Router(_))) {
            let Declared { module, .. } = self.declared[id];
            self.within(module, |it| it.check_router(id));
        }
    }

    fn check_router(&mut self, id: usize) {
        let Declared { entry, name, name_span, .. } = self.declared[id];
        let row = word(Place::File, "router").expect("the table has routers");
        let parts = self.parts(row, entry);
        let mark = self.mark();
        let mut params = self.bind_params(id);
        let spot = Spot { place: Place::Router, ..Spot::default() };
        let means = self.at_spot(spot, |it| it.router_means(&parts, name_span));
        self.forget_quietly(mark, means.is_none());
        let nothing = || Run {
            script: RunText { parts: Vec::new(), holes: Vec::new() },
            shell: Shell::Sh,
            settings: Settings::default(),
        };
        let unsaid =
            |it: &mut Self| (it.percent_param(name_span), RouterMeans::Command { set: nothing(), read: nothing() });
        let (percent, means) = means.unwrap_or_else(|| unsaid(self));
        params.push(percent);
        self.program.routers.push(Router { name: SmolStr::new(name), params, means, span: name_span });
    }

    /// Reads the one way in which a router is spoken to.
    fn router_means(&mut self, parts: &Parts<'t>, span: Span) -> Option<(Param, RouterMeans)> {
        let entries: Vec<_> = parts.entries.iter().copied().filter(|it| !it.is_broken()).collect();
        let [one] = entries[..] else {
            if !parts.entry.is_broken() && parts.entries.iter().all(|it| !it.is_broken()) {
                let problem = Diagnostic::new(Code::MISSING, span, "a router says in one way how it is spoken to");
                self.say(problem.help(
                    "write `command { set = \"… ${percent}\", read = \"…\" }`, `haproxy { … }` or `nginx { … }`",
                ));
            }
            return None;
        };
        let row = self.word_of(one, Place::Router)?;
        let parts = self.parts(row, one);
        self.refuse_entries(&parts);
        let percent = self.percent_param(one.head().span());
        let means = match row.name {
            "haproxy" => RouterMeans::Haproxy(self.haproxy(&parts)?),
            "nginx" => RouterMeans::Nginx(self.nginx(&parts)?),
            _ => self.router_command(&parts, &percent)?,
        };
        Some((percent, means))
    }

    fn router_command(&mut self, parts: &Parts<'t>, percent: &Param) -> Option<RouterMeans> {
        let read = self.router_script(parts, "read");
        let mark = self.mark();
        self.bind(PERCENT, percent.span, Sense::Local(percent.local), Some("the share"));
        let set = self.router_script(parts, "set");
        self.forget_quietly(mark, set.is_none());
        Some(RouterMeans::Command { set: set?, read: read? })
    }

    fn percent_param(&mut self, span: Span) -> Param {
        let local = self.new_local(Type::Number);
        Param { name: SmolStr::new(PERCENT), local, of: Type::Number, default: None, span }
    }

    fn router_script(&mut self, parts: &Parts<'t>, name: &str) -> Option<Run> {
        let Some(tree) = parts.value(name) else {
            let span = parts.entry.head().span();
            let problem = Diagnostic::new(Code::MISSING, span, format!("this router has no `{name}`"));
            self.say(problem.help(match name {
                "read" => "add `read = \"…\"`: without it nobody knows what a rollback has to bring back",
                _ => "add `set = \"… ${percent}\"`",
            }));
            return None;
        };
        let script = self.script(tree, Shell::Sh);
        let folder = SmolStr::new(self.files.modules[self.module()].folder());
        Some(Run { script, shell: Shell::Sh, settings: Settings { folder, ..Settings::default() } })
    }

    /// Reads every flag.
    pub fn check_flags(&mut self) {
        for id in self.declared_where(|it| matches!(it, Declaration::Flag(_))) {
            let Declared { module, .. } = self.declared[id];
            self.within(module, |it| it.check_flag(id));
        }
    }

    fn check_flag(&mut self, id: usize) {
        let Declared { entry, name, name_span, .. } = self.declared[id];
        let row = word(Place::File, "flag").expect("the table has flags");
        let parts = self.parts(row, entry);
        self.refuse_entries(&parts);
        let variants = self.variants(&parts);
        let first = variants.first().cloned().unwrap_or_default();
        let default = self.known_text(&parts, "default").unwrap_or((first, name_span));
        if !variants.is_empty() && !variants.contains(&default.0) {
            let message = format!("`{}` is none of the variants", default.0);
            self.say(Diagnostic::new(Code::NO_VALUE, default.1, message));
        }
        let salt = self.known_text(&parts, "salt").map(|it| it.0).unwrap_or_default();
        let (name, default) = (SmolStr::new(name), default.0);
        self.program.flags.push(Flag { name, variants, default, salt, span: name_span });
    }

    fn variants(&mut self, parts: &Parts<'t>) -> Vec<SmolStr> {
        let Some(tree) = parts.value("variants") else { return vec!["off".into(), "on".into()] };
        let known = self.constant(tree, &Type::list(Type::Text));
        let Some(known) = known else { return Vec::new() };
        let texts = known.as_list().unwrap_or_default().iter().filter_map(Value::as_text).cloned();
        let variants: Vec<SmolStr> = texts.collect();
        let different: std::collections::BTreeSet<&SmolStr> = variants.iter().collect();
        if different.len() < 2 || different.len() < variants.len() {
            self.say_out_of_range(tree.span(), "a flag has at least two variants, each once");
        }
        variants
    }

    pub fn known_text(&mut self, parts: &Parts<'t>, name: &str) -> Option<(SmolStr, Span)> {
        let tree = parts.value(name)?;
        let text = self.constant(tree, &Type::Text)?.as_text().cloned()?;
        Some((text, tree.span()))
    }

    /// Lowers `traffic 25% { via = ROUTER }`.
    pub fn traffic(&mut self, parts: &Parts<'t>) -> Option<Traffic> {
        self.refuse_entries(parts);
        let (timeout, settle) = (self.duration(parts, "timeout"), self.duration(parts, "settle"));
        if !self.expect_plain(parts.row, parts.entry, 2) {
            return None;
        }
        let share = self.percentage(parts.entry.items().nth(1)?);
        let Some(via) = parts.value("via") else {
            let span = parts.entry.head().span();
            let problem = Diagnostic::new(Code::MISSING, span, "this does not say which router is set");
            self.say(problem.help("add `via = ROUTER`"));
            return None;
        };
        let (router, arguments) = self.via(via)?;
        Some(Traffic { router, arguments, share, timeout, settle })
    }

    /// Lowers `flag NAME = 25%`.
    pub fn flag_share(&mut self, parts: &Parts<'t>) -> Option<FlagShare> {
        self.refuse_entries(parts);
        let (Some(tree), Some(value)) = (parts.entry.items().nth(1), parts.entry.value()) else {
            self.say_shape(parts.row, parts.entry.span(), "`flag` needs a name and a share");
            return None;
        };
        let share = self.percentage(value);
        match self.declared_named(tree).map(|id| (id, self.declared[id].kind)) {
            Some((id, Declaration::Flag(flag))) => {
                self.declared[id].used = true;
                Some(FlagShare { flag, share })
            }
            found => {
                self.say_other(tree, found.map(|it| it.0), "flag", "flag NAME { variants = [\"old\", \"new\"] }");
                None
            }
        }
    }

    /// Says that a name is not that of a flag, a router or a channel.
    pub fn say_other(&mut self, tree: syntax::Expr<'t>, found: Option<usize>, wanted: &str, shape: &str) {
        let (text, span) = (tree.text(), tree.span());
        let problem = match found {
            Some(id) => {
                let Declared { kind, name_span, .. } = self.declared[id];
                let message = format!("`{text}` is {}, not a {wanted}", kind.words());
                Diagnostic::new(Code::WRONG_THING, span, message).also(name_span, "declared here")
            }
            None => Diagnostic::new(Code::UNKNOWN_NAME, span, format!("no {wanted} is named `{text}`")),
        };
        self.say(problem.help(format!("it is declared in the file: `{shape}`")));
    }

    fn percentage(&mut self, tree: syntax::Expr<'t>) -> Expr {
        let share = self.typed(tree, &Type::Percent);
        if let Some(Value::Percent(points)) = share.known()
            && !(0.0..=100.0).contains(points)
        {
            self.say_out_of_range(share.span, "a share lies between 0% and 100%");
        }
        share
    }

    /// Returns the router that is meant, with what it is called with.
    fn via(&mut self, tree: syntax::Expr<'t>) -> Option<(RouterId, Vec<Expr>)> {
        if let Tree::Call { callee, args } = tree.kind() {
            let found = self.declared_named(callee);
            let Some((id, Declaration::Router(router))) = found.map(|id| (id, self.declared[id].kind)) else {
                self.say_other(callee, found, "router", "router NAME { command { set = \"…\", read = \"…\" } }");
                return None;
            };
            self.declared[id].used = true;
            let Declared { name, name_span, .. } = self.declared[id];
            let signature = self.signature(id);
            return Some((router, self.arguments(name, name_span, &signature, args)));
        }
        let number = self.number_of(tree, &Type::Router)?;
        Some((RouterId(number), Vec::new()))
    }

    /// Lowers the name of a router or a channel to its number; strategies get it as their argument.
    pub fn named_by_number(&mut self, id: usize, span: Span) -> Typed {
        let Declared { kind, name, .. } = self.declared[id];
        self.declared[id].used = true;
        let (number, of) = match kind {
            Declaration::Router(RouterId(number)) => (number, Type::Router),
            Declaration::Channel(crate::model::ChannelId(number)) => (number, Type::Channel),
            _ => return Typed::bad(span),
        };
        if !self.signature(id).params.is_empty() {
            let message = format!("the router `{name}` has to be told what it is about");
            self.say(Diagnostic::new(Code::ARGUMENTS, span, message).help(format!("write `{name}(…)`")));
            return Typed::bad(span);
        }
        Typed::value(Value::Int(i64::from(number)), of, span)
    }

    /// Returns the number of the router or channel that an expression means; in a strategy by itself it is none yet.
    pub fn number_of(&mut self, tree: syntax::Expr<'t>, of: &Type) -> Option<u32> {
        let expr = self.typed(tree, of);
        match expr.known().and_then(Value::as_int) {
            Some(number) => u32::try_from(number).ok(),
            None if self.frames[self.at].reading == Reading::Abstract => Some(u32::MAX),
            None => {
                if !matches!(expr.kind, crate::model::ExprKind::Bad) {
                    let message = format!("which {of} this is must be known when the file is checked");
                    self.say(Diagnostic::new(Code::NOT_KNOWN, tree.span(), message));
                }
                None
            }
        }
    }
}
