//! A tree as text: brackets around everything that binds, one entry a line.

use std::fmt::Write;

use rollout::syntax::{
    Arg, BinaryOp, Body, Entry, Expr, ExprKind, LiteralKind, TextLiteral, TextPart, Tree, TypeExpr, TypeKind, UnaryOp,
};

/// Returns the entries of a tree, the depth of bodies as indentation.
pub fn dump(tree: &Tree) -> String {
    let mut out = String::new();
    entries(&mut out, tree.file(), 0);
    out
}

fn entries(out: &mut String, body: Body<'_>, depth: usize) {
    for it in body.entries() {
        let _ = write!(out, "{:1$}", "", depth * 2);
        entry(out, it, depth);
    }
}

fn entry(out: &mut String, entry: Entry<'_>, depth: usize) {
    let items: Vec<String> = entry.items().map(expr).collect();
    out.push_str(&items.join(" · "));
    if let Some(it) = entry.type_() {
        let _ = write!(out, " : {}", type_(it));
    }
    if let Some(it) = entry.value() {
        let _ = write!(out, " = {}", expr(it));
    }
    if entry.is_broken() {
        out.push_str(" (broken)");
    }
    match entry.body() {
        Some(body) => {
            out.push_str(" {\n");
            entries(out, body, depth + 1);
            let _ = writeln!(out, "{:1$}}}", "", depth * 2);
        }
        None => out.push('\n'),
    }
}

fn record(body: Body<'_>) -> String {
    let mut out = String::new();
    entries(&mut out, body, 0);
    format!("{{{}}}", out.trim_end().replace('\n', "; "))
}

pub fn expr(it: Expr<'_>) -> String {
    match it.kind() {
        ExprKind::Name(name) => name.text().to_owned(),
        ExprKind::Literal(kind, text) => format!("{}:{text}", literal(kind)),
        ExprKind::Text(it) => text(it),
        ExprKind::List(args) => format!("[{}]", args.iter().map(arg).collect::<Vec<_>>().join(", ")),
        ExprKind::Record(body) => record(body),
        ExprKind::Call { callee, args } => {
            format!("{}({})", expr(callee), args.iter().map(arg).collect::<Vec<_>>().join(", "))
        }
        ExprKind::Field { of, name } => format!("{}.{}", expr(of), name.text()),
        ExprKind::Index { of, index } => format!("{}[{}]", expr(of), expr(index)),
        ExprKind::Unary { op: UnaryOp::Not, of } => format!("(not {})", expr(of)),
        ExprKind::Unary { op: UnaryOp::Minus, of } => format!("(-{})", expr(of)),
        ExprKind::Binary { op, left, right, op_span: _ } => format!("({} {} {})", expr(left), op.text(), expr(right)),
        ExprKind::If { cond, then, otherwise } => {
            format!("(if {} then {} else {})", expr(cond), expr(then), expr(otherwise))
        }
        ExprKind::Range { from, to } => format!("({}..{})", expr(from), expr(to)),
        ExprKind::Generate { each, name, list, filter } => {
            let filter = filter.map_or(String::new(), |it| format!(" where {}", expr(it)));
            format!("<{} for {} in {}{filter}>", expr(each), name.text(), expr(list))
        }
        ExprKind::Filter { name, list, filter } => {
            format!("<{} in {} where {}>", name.text(), expr(list), expr(filter))
        }
        ExprKind::Paren(inner) => format!("({})", expr(inner)),
        ExprKind::Star => "*".to_owned(),
        ExprKind::Bad => "BAD".to_owned(),
    }
}

fn literal(kind: LiteralKind) -> &'static str {
    match kind {
        LiteralKind::Int => "int",
        LiteralKind::Number => "number",
        LiteralKind::Percent => "percent",
        LiteralKind::Duration => "duration",
        LiteralKind::Size => "size",
        LiteralKind::Time => "time",
        LiteralKind::Date => "date",
        LiteralKind::Instant => "instant",
    }
}

fn text(it: TextLiteral<'_>) -> String {
    let parts = it.parts().map(|part| match part {
        TextPart::Chunk(chunk, _) => format!("{:?}", chunk.as_ref()),
        TextPart::Hole(value, _) => format!("${{{}}}", expr(value)),
    });
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { "\"\"".to_owned() } else { parts.join("+") }
}

fn arg(arg: Arg<'_>) -> String {
    let value = arg.value.map(expr).unwrap_or_default();
    match (arg.name, arg.type_) {
        (Some(name), Some(it)) => format!("{}: {} = {value}", name.text(), type_(it)),
        (Some(name), None) => format!("{} = {value}", name.text()),
        (None, _) => value,
    }
}

pub fn type_(it: TypeExpr<'_>) -> String {
    match it.kind() {
        TypeKind::Name { name, of, params } => {
            let of = of.map_or(String::new(), |it| format!("<{}>", type_(it)));
            let params: Vec<String> = params.into_iter().map(type_).collect();
            let params = if params.is_empty() { String::new() } else { format!("({})", params.join(", ")) };
            format!("{}{of}{params}", name.text())
        }
        TypeKind::OneOf(list) => list.into_iter().map(type_).collect::<Vec<_>>().join("|"),
        TypeKind::Text(text) => format!("{text:?}"),
        TypeKind::Record(body) => record(body),
        TypeKind::Optional(inner) => format!("{}?", type_(inner)),
        TypeKind::Bad => "BAD".to_owned(),
    }
}

/// Makes sure that every operator has a text.
#[test]
fn operators_are_written_as_they_read() {
    assert_eq!(BinaryOp::Coalesce.text(), "??");
}
