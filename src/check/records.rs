//! Records, with the fields that the type they are for has.

use std::sync::Arc;

use indexmap::IndexMap;
use smol_str::SmolStr;

use super::checker::Checker;
use super::exprs::Typed;
use super::word::property_name;
use crate::diag::{Code, Diagnostic, nearest};
use crate::model::{Expr, ExprKind};
use crate::source::Span;
use crate::syntax::{self, Body};
use crate::value::{RecordType, Type};

impl<'t> Checker<'t> {
    pub fn record_expr(&mut self, body: Body<'t>, span: Span, want: Option<&Type>) -> Typed {
        let mut fields: Vec<(SmolStr, Expr)> = Vec::new();
        let mut types = IndexMap::new();
        for entry in body.entries().filter(|it| !it.is_broken()) {
            let (Some(name), Some(value)) = (property_name(entry), entry.value()) else {
                self.say(Diagnostic::new(Code::SHAPE, entry.span(), "a record holds fields: `name = value`"));
                continue;
            };
            let key = SmolStr::new(name.text());
            if types.contains_key(&key) {
                let message = format!("`{key}` is given twice");
                self.say(Diagnostic::new(Code::PROPERTY_TWICE, name.span(), message));
                continue;
            }
            let wanted = want.map(Type::present).and_then(|it| field_of(it, &key)).cloned();
            let typed = self.field_value(value, wanted.as_ref());
            types.insert(key.clone(), typed.of);
            fields.push((key, typed.expr));
        }
        let of = Type::Record(Arc::new(RecordType { name: None, fields: types }));
        let of = self.declared_record(of, span, want);
        self.folded(Typed::new(ExprKind::Record(fields), of, span))
    }

    pub fn field_value(&mut self, value: syntax::Expr<'t>, want: Option<&Type>) -> Typed {
        match want {
            Some(want) => Typed { expr: self.typed(value, want), of: want.clone() },
            None => self.expr(value, None),
        }
    }

    /// Compares the fields that are there with those of the type that is wanted.
    pub fn declared_record(&mut self, of: Type, span: Span, want: Option<&Type>) -> Type {
        let (Type::Record(has), Some(Type::Record(wanted))) = (&of, want.map(Type::present)) else { return of };
        for key in has.fields.keys().filter(|it| !wanted.fields.contains_key(*it)) {
            let problem = Diagnostic::new(Code::NO_FIELD, span, format!("{wanted} has no field `{key}`"));
            let near = nearest(key, wanted.fields.keys().map(SmolStr::as_str));
            self.say(match near {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem,
            });
        }
        let absent = |of: &Type| !matches!(of, Type::Optional(_));
        let missing: Vec<String> = wanted
            .fields
            .iter()
            .filter(|(key, of)| absent(of) && !has.fields.contains_key(*key))
            .map(|(key, _)| format!("`{key}`"))
            .collect();
        if !missing.is_empty() {
            let message = format!("this {wanted} lacks {}", missing.join(", "));
            self.say(Diagnostic::new(Code::MISSING, span, message));
        }
        Type::Record(Arc::clone(wanted))
    }
}

fn field_of<'r>(of: &'r Type, key: &str) -> Option<&'r Type> {
    match of {
        Type::Record(record) => record.fields.get(key),
        Type::Map(of) => Some(of),
        _ => None,
    }
}
