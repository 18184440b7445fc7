//! Secrets: where each comes from, and its name in the program.

use smol_str::SmolStr;

use super::checker::Checker;
use super::declare::{Declaration, declared_name};
use super::frame::Sense;
use super::path::joined;
use crate::diag::{Code, Diagnostic};
use crate::model::{Secret, SecretSource};
use crate::schema::WordRow;
use crate::source::Span;
use crate::syntax::{Entry, ExprKind};

impl<'t> Checker<'t> {
    /// Reads the secrets of the files.
    pub fn check_secrets(&mut self) {
        for id in self.declared_where(|it| it == Declaration::Secret) {
            let declared = self.declared[id];
            let name = self.secret_name(id);
            self.within(declared.module, |it| it.add_secret(name, declared.entry, declared.name_span));
        }
    }

    /// Returns the name of a file's secret in the program; another file's may have to be told apart.
    pub fn secret_name(&self, id: usize) -> SmolStr {
        let own = self.declared[id];
        let same =
            |it: &(usize, &super::declare::Declared<'t>)| it.1.kind == Declaration::Secret && it.1.name == own.name;
        match self.declared[..id].iter().enumerate().filter(same).count() {
            0 => SmolStr::new(own.name),
            before => SmolStr::new(format!("{}~{}", own.name, before + 1)),
        }
    }

    /// Reads a rollout's secret and binds its name.
    pub fn bind_secret(&mut self, row: &'static WordRow, entry: Entry<'t>) {
        let Some(name) = declared_name(entry) else {
            self.say_shape(row, entry.span(), "`secret` needs a name");
            return;
        };
        let unique = self.unique_secret(name.text());
        self.add_secret(unique.clone(), entry, name.span());
        self.bind(name.text(), name.span(), Sense::Secret(unique), Some("the secret"));
    }

    fn unique_secret(&self, name: &str) -> SmolStr {
        let is_free = |it: &str| !self.program.secrets.iter().any(|secret| secret.name == it);
        let numbered = (2..).map(|number| SmolStr::new(format!("{name}~{number}")));
        let mut names = std::iter::once(SmolStr::new(name)).chain(numbered);
        names.find(|it| is_free(it)).expect("there are more numbers than secrets")
    }

    fn add_secret(&mut self, name: SmolStr, entry: Entry<'t>, span: Span) {
        let source = self.secret_source(entry).unwrap_or_else(|| {
            if !entry.is_broken() {
                let at = entry.value().map_or(entry.span(), |it| it.span());
                let problem = Diagnostic::new(Code::SHAPE, at, "this does not say where the secret comes from");
                self.say(
                    problem.help("write `env(\"NAME\")`, `file(\"path\")` or `command(\"program\", \"argument\")`"),
                );
            }
            SecretSource::Env(SmolStr::default())
        });
        let folder = SmolStr::new(self.files.modules[self.module()].folder());
        self.program.secrets.push(Secret { name, source, folder, span });
    }

    fn secret_source(&mut self, entry: Entry<'t>) -> Option<SecretSource> {
        let ExprKind::Call { callee, args } = entry.value()?.kind() else { return None };
        let word = callee.as_name()?.text();
        if !matches!(word, "env" | "file" | "command") {
            return None;
        }
        let texts = self.constant_texts(args)?;
        match (word, &texts[..]) {
            ("env", [name]) => Some(SecretSource::Env(SmolStr::new(name))),
            ("file", [path]) => Some(SecretSource::File(joined(self.files.modules[self.module()].folder(), path))),
            ("command", [_, ..]) => Some(SecretSource::Command(texts)),
            _ => None,
        }
    }
}
