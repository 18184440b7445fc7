//! Types as they are written, to what they mean.

use std::sync::Arc;

use indexmap::IndexMap;
use smol_str::SmolStr;

use super::checker::{Checker, Weight};
use super::declare::{Declaration, Declared};
use super::frame::Sense;
use crate::diag::{Code, Diagnostic, nearest};
use crate::source::Span;
use crate::syntax::{Body, Name, TypeExpr, TypeKind};
use crate::value::{Callable, RecordType, Type, Word};

/// The types that are named by one word.
const PLAIN: &[(&str, Type)] = &[
    ("any", Type::Any),
    ("bool", Type::Bool),
    ("int", Type::Int),
    ("number", Type::Number),
    ("percent", Type::Percent),
    ("duration", Type::Duration),
    ("size", Type::Size),
    ("time", Type::Time),
    ("date", Type::Date),
    ("instant", Type::Instant),
    ("weekday", Type::Weekday),
    ("string", Type::Text),
    ("regex", Type::Regex),
    ("url", Type::Url),
    ("target", Type::Target),
    ("fleet", Type::Fleet),
    ("people", Type::People),
    ("router", Type::Router),
    ("channel", Type::Channel),
];

impl<'t> Checker<'t> {
    /// Checks every declared type, also those that nothing uses.
    pub fn check_types(&mut self) {
        for id in self.declared_where(|it| it == Declaration::Type) {
            self.declared_type(id);
        }
    }

    /// Returns what a declared type means.
    fn declared_type(&mut self, id: usize) -> Type {
        let Declared { entry, module, name, name_span, .. } = self.declared[id];
        match self.types.get(&id) {
            Some(Some(of)) => return of.clone(),
            Some(None) => {
                let problem =
                    Diagnostic::new(Code::CONSTANT_CYCLE, name_span, format!("type `{name}` contains itself"));
                self.say(problem.help("make one of the fields a list, or give it another type"));
                return Type::Any;
            }
            None => {}
        }
        self.types.insert(id, None);
        let written = entry.type_();
        let read = self.deeper(Weight::Declaration, name_span, |it| {
            it.within(module, |it| match written {
                Some(written) => it.type_of(written),
                None => {
                    it.say(Diagnostic::new(
                        Code::SHAPE,
                        name_span,
                        "`type` needs a type: `type phase = { share: percent }`",
                    ));
                    Type::Any
                }
            })
        });
        let of = read.unwrap_or(Type::Any);
        let of = match of {
            Type::Record(record) if record.name.is_none() => {
                Type::Record(Arc::new(RecordType { name: Some(SmolStr::new(name)), fields: record.fields.clone() }))
            }
            other => other,
        };
        self.types.insert(id, Some(of.clone()));
        of
    }

    /// Returns what a written type means; `any` where it means nothing, which is reported.
    pub fn type_of(&mut self, written: TypeExpr<'t>) -> Type {
        match written.kind() {
            TypeKind::Name { name, of, params } => self.named_type(name, of, &params),
            TypeKind::OneOf(texts) => Type::OneOf(texts.iter().filter_map(|it| self.member_text(*it)).collect()),
            TypeKind::Text(text) => Type::OneOf(Arc::from([SmolStr::new(text)])),
            TypeKind::Record(body) => self.record_type(body),
            TypeKind::Optional(of) => self.type_of(of).optional(),
            TypeKind::Bad => Type::Any,
        }
    }

    fn member_text(&mut self, written: TypeExpr<'t>) -> Option<SmolStr> {
        match written.kind() {
            TypeKind::Text(text) => Some(SmolStr::new(text)),
            TypeKind::Bad => None,
            TypeKind::Name { .. } | TypeKind::OneOf(_) | TypeKind::Record(_) | TypeKind::Optional(_) => {
                let problem = Diagnostic::new(Code::UNKNOWN_TYPE, written.span(), "only strings stand beside `|`");
                self.say(problem.help(format!("write `\"{}\"`", written.text())));
                None
            }
        }
    }

    fn record_type(&mut self, body: Body<'t>) -> Type {
        let mut fields: IndexMap<SmolStr, Type> = IndexMap::new();
        for (name, of) in self.typed_names(body) {
            fields.insert(SmolStr::new(name.text()), of);
        }
        Type::Record(Arc::new(RecordType { name: None, fields }))
    }

    /// Reads `name: type` entries: the fields of a record, labels, outputs.
    pub fn typed_names(&mut self, body: Body<'t>) -> Vec<(Name<'t>, Type)> {
        let mut names: Vec<(Name<'t>, Type)> = Vec::new();
        for entry in body.entries().filter(|it| !it.is_broken()) {
            let (Some(name), Some(written)) = (entry.head().as_name(), entry.type_()) else {
                self.say(Diagnostic::new(Code::SHAPE, entry.span(), "here stand names with types: `share: percent`"));
                continue;
            };
            if let Some((before, _)) = names.iter().find(|(it, _)| it.text() == name.text()) {
                let before = before.span();
                self.say_clash(name.text(), name.span(), before);
                continue;
            }
            let of = self.type_of(written);
            names.push((name, of));
        }
        names
    }

    fn named_type(&mut self, name: Name<'t>, of: Option<TypeExpr<'t>>, params: &[TypeExpr<'t>]) -> Type {
        let text = name.text();
        if let Some((_, plain)) = PLAIN.iter().find(|(it, _)| *it == text) {
            return plain.clone();
        }
        let inner = of.map(|it| self.type_of(it));
        let params: Vec<Type> = params.iter().map(|it| self.type_of(*it)).collect();
        match (text, inner) {
            ("list", Some(inner)) => Type::list(inner),
            ("map", Some(inner)) => Type::Map(Arc::new(inner)),
            ("secret", inner) => Type::Secret(Arc::new(inner.unwrap_or(Type::Text))),
            ("list" | "map", None) => {
                let message = format!("`{text}` says of what: `{text}<string>`");
                self.say(Diagnostic::new(Code::UNKNOWN_TYPE, name.span(), message));
                Type::Any
            }
            (_, inner) => match Word::ALL.into_iter().find(|it| it.name() == text) {
                Some(word) => {
                    let gives = Arc::new(inner.unwrap_or(Type::Bool));
                    Type::Callable(Callable { word, params, gives })
                }
                None => self.other_type(name),
            },
        }
    }

    fn other_type(&mut self, name: Name<'t>) -> Type {
        if let Some(Sense::Declared(id)) = self.tables[self.module()].get(name.text()).map(|it| it.0.clone())
            && self.declared[id].kind == Declaration::Type
        {
            self.declared[id].used = true;
            return self.declared_type(id);
        }
        self.say_unknown_type(name.text(), name.span());
        Type::Any
    }

    fn say_unknown_type(&mut self, name: &str, span: Span) {
        let plain = PLAIN.iter().map(|(it, _)| *it).chain(["list", "map", "secret"]);
        let words = Word::ALL.iter().map(|it| it.name());
        let declared = self.declared.iter().filter(|it| it.kind == Declaration::Type).map(|it| it.name);
        let same = match name {
            "str" | "String" | "text" => Some("string"),
            "boolean" => Some("bool"),
            "integer" => Some("int"),
            "float" | "double" => Some("number"),
            _ => nearest(name, plain.chain(words).chain(declared)),
        };
        self.say(Diagnostic::new(Code::UNKNOWN_TYPE, span, format!("there is no type `{name}`")).suggest(span, same));
    }
}
