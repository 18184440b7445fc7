//! Routers that need no scripts: HAProxy and nginx, with the servers of both sides. Knows what has to be said of each,
//! not how it is spoken to.

use smol_str::SmolStr;

use super::checker::Checker;
use super::word::Parts;
use crate::diag::{Code, Diagnostic};
use crate::model::{Expr, Haproxy, Nginx};
use crate::syntax;
use crate::value::{Type, Value};

impl<'t> Checker<'t> {
    /// Reads `haproxy { … }`.
    pub fn haproxy(&mut self, parts: &Parts<'t>) -> Option<Haproxy> {
        let socket = self.router_text(parts, "socket", "add `socket = \"/run/haproxy/admin.sock\"`");
        let backend = self.router_text(parts, "backend", "add `backend = \"app\"`");
        let (stable, canary) = self.sides(parts);
        let folder = SmolStr::new(self.files.modules[self.module()].folder());
        Some(Haproxy { socket: socket?, backend: backend?, stable: stable?, canary: canary?, folder })
    }

    /// Reads `nginx { … }`.
    pub fn nginx(&mut self, parts: &Parts<'t>) -> Option<Nginx> {
        let file = self.router_text(parts, "file", "add `file = \"/etc/nginx/conf.d/app-upstream.conf\"`");
        let upstream = self.router_text(parts, "upstream", "add `upstream = \"app\"`");
        let (stable, canary) = self.sides(parts);
        let mut text = |name, default: &str| self.known_text(parts, name).map_or_else(|| default.into(), |it| it.0);
        let (extra, test) = (text("extra", ""), text("test", "nginx -t"));
        let reload = text("reload", "nginx -s reload");
        let folder = SmolStr::new(self.files.modules[self.module()].folder());
        Some(Nginx { file: file?, upstream: upstream?, stable: stable?, canary: canary?, extra, test, reload, folder })
    }

    fn sides(&mut self, parts: &Parts<'t>) -> (Option<Expr>, Option<Expr>) {
        let mut side = |name, help| {
            let tree = self.router_property(parts, name, help)?;
            let list = self.typed(tree, &Type::list(Type::Text));
            if list.known().and_then(Value::as_list).is_some_and(<[Value]>::is_empty) {
                self.say_out_of_range(list.span, "there is at least one server on each side");
            }
            Some(list)
        };
        (side("stable", "add `stable = [\"old-1\"]`"), side("canary", "add `canary = [\"new-1\"]`"))
    }

    fn router_text(&mut self, parts: &Parts<'t>, name: &str, help: &str) -> Option<Expr> {
        let tree = self.router_property(parts, name, help)?;
        Some(self.typed(tree, &Type::Text))
    }

    fn router_property(&mut self, parts: &Parts<'t>, name: &str, help: &str) -> Option<syntax::Expr<'t>> {
        let tree = parts.value(name);
        if tree.is_none() && !parts.entry.is_broken() {
            let span = parts.entry.head().span();
            self.say(Diagnostic::new(Code::MISSING, span, format!("this router has no `{name}`")).help(help));
        }
        tree
    }
}
