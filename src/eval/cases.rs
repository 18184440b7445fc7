//! What expressions mean, as a table: each row an expression in a small world, and its value or the sentence that
//! says why there is none.

use std::sync::Arc;

use smol_str::SmolStr;

use super::{Answer, Fuel, NoScope, Piece, Scope, Silence, Truth, condition, eval, read_as, text_with_secrets};
use crate::model::{
    Builtin, Comparison, Expr, ExprKind, FleetId, LocalId, LoopField, OutputRef, ProbeId, RunField, StageField,
    TextPart, WaveField,
};
use crate::source::{SourceId, Span};
use crate::value::{Date, LiteralShape, Sum, Target, TimeOfDay, Type, Value, Weekday, parse_literal};

/// The world of the table: local 0 is 7, local 1 a target, local 2 a secret; local 9 is known only later.
struct World;

impl Scope for World {
    fn local(&self, local: LocalId) -> Answer {
        match local.0 {
            0 => Ok(Value::Int(7)),
            1 => Ok(site("ny", "us")),
            2 => Ok(Value::Secret("token".into())),
            _ => Err(Silence::NotKnownHere),
        }
    }

    fn fleet(&self, _fleet: FleetId) -> Answer {
        Ok(Value::list([site("ny", "us"), site("la", "us"), site("paris", "eu")]))
    }

    fn rest(&self, of: &Value) -> Answer {
        let list = of.as_list().ok_or(Silence::Cannot("`rest of` needs a list of targets".into()))?;
        Ok(Value::list(list.iter().skip(1).cloned()))
    }

    fn probe(&self, _probe: ProbeId, arguments: &[Value]) -> Answer {
        let name = arguments[0].to_string();
        Ok(if name == "la" { Value::Unknown } else { Value::Bool(name == "ny") })
    }

    fn output(&self, path: &str, target: Option<&Value>, key: &str) -> Result<Option<SmolStr>, Silence> {
        match (path, key) {
            ("prepare.build", "count") => Ok(Some("12\n".into())),
            ("prepare.build", "phases") => Ok(Some(r#"[{"hold": "5m"}, {"hold": "1h"}]"#.into())),
            ("pilot.deploy", _) => Ok(target.map(|it| SmolStr::new(format!("{key}-{it}")))),
            _ => Ok(None),
        }
    }

    fn kept(&self, target: Option<&Value>, key: &str) -> Answer {
        Ok(if target.is_some() && key == "version" { Value::text("2.0.9") } else { Value::Null })
    }

    fn run(&self, field: RunField) -> Answer {
        Ok(if field == RunField::Id { Value::text("r1") } else { Value::Null })
    }

    fn loop_field(&self, _field: LoopField) -> Answer {
        Ok(Value::Int(3))
    }

    fn wave(&self, _field: WaveField) -> Answer {
        Ok(Value::Int(4))
    }

    fn touched(&self, stage: Option<&str>) -> Answer {
        Ok(Value::list(stage.is_some().then(|| site("ny", "us"))))
    }

    fn stage(&self, path: &str, _field: StageField) -> Answer {
        Ok(Value::text(format!("{path} succeeded")))
    }

    fn today(&self) -> Answer {
        Ok(literal(LiteralShape::Date, "2026-11-23"))
    }

    fn variable(&self, name: &str) -> Result<Option<SmolStr>, Silence> {
        Ok((name == "HOME").then(|| "/home/me".into()))
    }

    fn file(&self, path: &str) -> Result<SmolStr, Silence> {
        if path == "a.txt" { Ok("text".into()) } else { Err(Silence::Cannot(format!("there is no file `{path}`"))) }
    }
}

fn site(name: &str, region: &str) -> Value {
    let labels = [(SmolStr::new("region"), Value::text(region))].into_iter().collect();
    Value::Target(Arc::new(Target { fleet: "factories".into(), name: name.into(), labels }))
}

fn literal(shape: LiteralShape, text: &str) -> Value {
    parse_literal(shape, text).expect("the table writes literals that exist")
}

fn x(kind: ExprKind) -> Expr {
    Expr::new(kind, Span::new(SourceId(0), 0, 1))
}

fn v(value: Value) -> Expr {
    x(ExprKind::Value(value))
}

fn i(int: i64) -> Expr {
    v(Value::Int(int))
}

fn t(text: &str) -> Expr {
    v(Value::text(text))
}

fn ms(ms: i64) -> Expr {
    v(Value::Duration(ms))
}

fn pct(points: f64) -> Expr {
    v(Value::Percent(points))
}

fn num(number: f64) -> Expr {
    v(Value::Number(number))
}

fn day(day: Weekday) -> Expr {
    v(Value::Weekday(day))
}

fn clock(hour: u32) -> Expr {
    v(Value::Time(TimeOfDay(hour * 3600)))
}

fn date(text: &str) -> Expr {
    v(literal(LiteralShape::Date, text))
}

fn null() -> Expr {
    v(Value::Null)
}

fn unknown() -> Expr {
    v(Value::Unknown)
}

fn yes() -> Expr {
    v(Value::Bool(true))
}

fn no() -> Expr {
    v(Value::Bool(false))
}

fn local(local: u32) -> Expr {
    x(ExprKind::Local(LocalId(local)))
}

fn fleet() -> Expr {
    x(ExprKind::Fleet(FleetId(0)))
}

fn list<const N: usize>(list: [Expr; N]) -> Expr {
    x(ExprKind::List(list.into()))
}

fn record<const N: usize>(fields: [(&str, Expr); N]) -> Expr {
    x(ExprKind::Record(fields.into_iter().map(|(name, it)| (SmolStr::new(name), it)).collect()))
}

fn field(of: Expr, name: &str) -> Expr {
    x(ExprKind::Field(of.into(), name.into()))
}

fn index(of: Expr, at: Expr) -> Expr {
    x(ExprKind::Index(of.into(), at.into()))
}

fn sum(sum: Sum, left: Expr, right: Expr) -> Expr {
    x(ExprKind::Sum(sum, left.into(), right.into()))
}

fn cmp(comparison: Comparison, left: Expr, right: Expr) -> Expr {
    x(ExprKind::Compare(comparison, left.into(), right.into()))
}

fn eq(left: Expr, right: Expr) -> Expr {
    cmp(Comparison::Equal, left, right)
}

fn within(left: Expr, right: Expr) -> Expr {
    cmp(Comparison::In, left, right)
}

fn and(left: Expr, right: Expr) -> Expr {
    x(ExprKind::And(left.into(), right.into()))
}

fn or(left: Expr, right: Expr) -> Expr {
    x(ExprKind::Or(left.into(), right.into()))
}

fn of(left: Expr, right: Expr) -> Expr {
    x(ExprKind::Of(left.into(), right.into()))
}

fn range(first: Expr, last: Expr) -> Expr {
    x(ExprKind::Range(first.into(), last.into()))
}

fn coalesce(left: Expr, right: Expr) -> Expr {
    x(ExprKind::Coalesce(left.into(), right.into()))
}

fn choose(cond: Expr, then: Expr, otherwise: Expr) -> Expr {
    x(ExprKind::If(cond.into(), then.into(), otherwise.into()))
}

fn generate(each: Expr, over: Expr, filter: Option<Expr>) -> Expr {
    let filter = filter.map(Box::new);
    x(ExprKind::Generate { each: each.into(), local: LocalId(20), list: over.into(), filter })
}

fn filter(over: Expr, filter: Expr) -> Expr {
    x(ExprKind::Filter { local: LocalId(20), list: over.into(), filter: filter.into() })
}

/// The name that the comprehensions of the table bind.
fn it() -> Expr {
    local(20)
}

fn call<const N: usize>(name: &str, arguments: [Expr; N]) -> Expr {
    x(ExprKind::Builtin(Builtin::from_name(name).expect("the table calls what there is"), arguments.into()))
}

fn probe(of: Expr) -> Expr {
    x(ExprKind::Probe(ProbeId(0), vec![of]))
}

fn text<const N: usize>(parts: [TextPart; N]) -> Expr {
    x(ExprKind::Text(parts.into()))
}

fn chunk(text: &str) -> TextPart {
    TextPart::Chunk(text.into())
}

fn hole(expr: Expr) -> TextPart {
    TextPart::Hole(expr)
}

fn kept(target: Option<Expr>, key: &str) -> Expr {
    x(ExprKind::Kept { target: target.map(Box::new), key: key.into() })
}

fn output(path: &str, target: Option<Expr>, key: &str, of: Type) -> Expr {
    let target = target.map(Box::new);
    x(ExprKind::Output(OutputRef { path: path.into(), target, key: key.into(), of }))
}

/// Lists are shown with their brackets here, so that a list of one and its element differ.
fn told(value: &Value) -> String {
    match value {
        Value::List(list) => format!("[{}]", list.iter().map(told).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// Checks each row, and says all that differ.
fn check(rows: Vec<(Expr, &str)>) {
    let mut wrong = Vec::new();
    for (at, (expr, expected)) in rows.iter().enumerate() {
        let got = match eval(expr, &World, &mut Fuel::default()) {
            Ok(value) => told(&value),
            Err(error) => format!("error: {error}"),
        };
        if got != *expected {
            wrong.push(format!("row {at}: {got}\n   wanted {expected}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn operators_mean_what_they_say() {
    use Comparison::{Greater, Less, LessEqual, NotEqual};
    use Sum::{Add, Div, Mul, Sub};
    check(vec![
        (sum(Add, i(1), i(2)), "3"),
        (sum(Div, i(1), i(2)), "0.5"),
        (sum(Mul, i(3), ms(60_000)), "3m"),
        (sum(Sub, ms(60_000), i(1)), "error: `1m - 1` means nothing"),
        (sum(Div, i(1), i(0)), "error: `1 / 0` divides by zero"),
        (sum(Add, i(i64::MAX), i(1)), "error: `9223372036854775807 + 1` is too large"),
        (sum(Add, t("a"), t("b")), "ab"),
        (sum(Add, t("a"), i(1)), "error: `a` `+` `1` means nothing"),
        (sum(Add, list([i(1)]), list([i(2)])), "[1, 2]"),
        (sum(Add, unknown(), i(2)), "unknown"),
        (sum(Add, null(), i(2)), "error: this is absent; say with `??` what stands for it, or ask `== null` first"),
        (sum(Add, date("2026-12-31"), ms(86_400_000)), "2027-01-01"),
        (x(ExprKind::Minus(ms(300_000).into())), "-5m"),
        (x(ExprKind::Minus(i(i64::MIN).into())), "error: the negative of `-9223372036854775808` is too large"),
        (x(ExprKind::Minus(t("a").into())), "error: `a` is a string and has no negative"),
        (cmp(Less, ms(200), ms(300)), "true"),
        (cmp(Less, ms(200), i(300)), "error: `200ms` is a duration and `300` is an int: they are never compared"),
        (cmp(Greater, num(1.5), i(1)), "true"),
        (cmp(LessEqual, pct(2.0), pct(2.0)), "true"),
        (cmp(Less, pct(2.0), unknown()), "unknown"),
        (cmp(NotEqual, local(1), local(1)), "false"),
        (cmp(Less, local(1), local(1)), "error: `ny` and `ny` have no order; compare them with `==`"),
        (eq(null(), null()), "true"),
        (eq(kept(None, "version"), null()), "true"),
        (eq(kept(Some(local(1)), "version"), null()), "false"),
        (eq(local(2), t("x")), "error: a secret is never compared"),
        (coalesce(null(), i(2)), "2"),
        (coalesce(i(1), local(9)), "1"),
        (coalesce(unknown(), i(2)), "unknown"),
        (choose(yes(), i(1), local(9)), "1"),
        (choose(no(), local(9), i(2)), "2"),
        (choose(unknown(), i(1), i(2)), "unknown"),
        (choose(i(1), i(1), i(2)), "error: `1` is not a condition"),
        (local(9), "error: this is only known later, while the run goes on"),
        (x(ExprKind::Bad), "error: this was reported as an error and has no value"),
    ]);
}

#[test]
fn what_is_unknown_decides_nothing_and_hides_nothing() {
    check(vec![
        (and(no(), unknown()), "false"),
        (and(unknown(), no()), "false"),
        (and(unknown(), yes()), "unknown"),
        (and(no(), local(9)), "false"),
        (or(yes(), local(9)), "true"),
        (or(unknown(), yes()), "true"),
        (or(unknown(), no()), "unknown"),
        (or(no(), no()), "false"),
        (x(ExprKind::Not(unknown().into())), "unknown"),
        (x(ExprKind::Not(yes().into())), "false"),
        (call("all", [list([])]), "unknown"),
        (call("any", [list([])]), "unknown"),
        (call("none", [list([])]), "unknown"),
        (call("all", [list([yes(), unknown(), no()])]), "false"),
        (call("all", [list([yes(), unknown()])]), "unknown"),
        (call("any", [list([no(), unknown(), yes()])]), "true"),
        (call("none", [list([no(), no()])]), "true"),
        (call("all", [unknown()]), "unknown"),
        (call("all", [list([i(1)])]), "error: `1` is not a condition"),
        (call("all", [generate(probe(it()), fleet(), None)]), "false"),
        (call("any", [generate(probe(it()), fleet(), None)]), "true"),
        (call("all", [generate(yes(), fleet(), Some(no()))]), "unknown"),
        (call("all", [generate(yes(), fleet(), Some(probe(it())))]), "true"),
        (call("any", [generate(no(), fleet(), Some(probe(it())))]), "false"),
        (call("all", [generate(no(), list([site_named("la")]), Some(probe(it())))]), "unknown"),
    ]);
}

fn site_named(name: &str) -> Expr {
    v(site(name, "us"))
}

#[test]
fn shares_and_counts_choose_from_the_front() {
    let thirty = || range(i(1), i(30));
    check(vec![
        (of(pct(10.0), thirty()), "[1, 2, 3]"),
        (of(pct(11.0), thirty()), "[1, 2, 3, 4]"),
        (of(pct(0.0), thirty()), "[]"),
        (call("len", [of(pct(100.0), thirty())]), "30"),
        (of(pct(101.0), thirty()), "error: `101%` of a list is not between 0% and 100%"),
        (of(pct(-1.0), thirty()), "error: `-1%` of a list is not between 0% and 100%"),
        (of(i(2), fleet()), "[ny, la]"),
        (of(i(4), fleet()), "error: `4 of` asks for 4, and there are 3"),
        (of(i(-1), fleet()), "error: `-1 of` asks for -1, and there are 3"),
        (of(pct(50.0), x(ExprKind::Rest(fleet().into()))), "[la]"),
        (of(pct(110.0), ms(200)), "220ms"),
        (of(pct(50.0), i(3)), "1.5"),
        (of(pct(50.0), pct(10.0)), "5%"),
        (of(pct(50.0), unknown()), "unknown"),
        (of(i(2), ms(200)), "error: `2` `of` `200ms` means nothing"),
        (x(ExprKind::Rest(i(1).into())), "error: `rest of` needs a list of targets"),
    ]);
}

#[test]
fn ranges_include_their_ends_and_weeks_go_round() {
    use Weekday::{Fri, Mon, Sat, Sun, Wed};
    check(vec![
        (range(i(1), i(3)), "1..3"),
        (generate(it(), range(i(1), i(3)), None), "[1, 2, 3]"),
        (generate(it(), range(i(1), i(0)), None), "[]"),
        (generate(it(), range(day(Sat), day(Mon)), None), "[sat, sun, mon]"),
        (generate(it(), range(date("2026-12-31"), date("2027-01-01")), None), "[2026-12-31, 2027-01-01]"),
        (generate(it(), range(i(1), i(9_000_000)), None), "error: a range of more than 1000000 elements is not a list"),
        (
            generate(it(), range(clock(1), clock(2)), None),
            "error: a range is a list of ints, dates or weekdays, and `01:00` is a time",
        ),
        (range(i(1), t("a")), "error: from `1` to `a` is no range"),
        (
            range(date("2027-01-01"), date("2026-12-31")),
            "error: the range ends at `2026-12-31`, before it begins at `2027-01-01`",
        ),
        (index(range(i(5), i(9)), i(4)), "9"),
        (within(day(Wed), range(day(Mon), day(Fri))), "true"),
        (within(day(Sun), range(day(Mon), day(Fri))), "false"),
        (within(day(Sun), range(day(Sat), day(Mon))), "true"),
        (within(clock(23), range(clock(22), clock(6))), "true"),
        (within(clock(6), range(clock(22), clock(6))), "true"),
        (within(clock(7), range(clock(22), clock(6))), "false"),
        (within(clock(6), range(clock(6), clock(22))), "true"),
        (within(num(1.5), range(i(1), i(2))), "true"),
        (within(x(ExprKind::Today), range(date("2026-11-01"), date("2026-11-30"))), "true"),
        (within(t("a"), range(i(1), i(2))), "error: `a` is a string and `1..2` is a range: they are never compared"),
        (within(i(2), list([i(1), i(2)])), "true"),
        (within(i(3), list([i(1), unknown()])), "unknown"),
        (within(i(3), list([i(1), t("3")])), "false"),
        (within(local(1), fleet()), "true"),
        (
            within(t("a"), t("abc")),
            "error: `in` asks for an element; write `contains(text, part)` to ask for a part of a text",
        ),
    ]);
}

#[test]
fn lists_records_and_targets_give_their_parts() {
    let three = || list([i(10), i(20), i(30)]);
    check(vec![
        (index(three(), i(2)), "30"),
        (index(three(), i(3)), "error: there is no element 3: the list has 3, counted from 0"),
        (index(three(), i(-1)), "error: there is no element -1: the list has 3, counted from 0"),
        (index(three(), t("a")), "error: `10, 20, 30` is a list and has nothing at `a`"),
        (index(record([("a", i(1))]), t("a")), "1"),
        (index(record([("a", i(1))]), t("b")), "null"),
        (field(record([("a", i(1))]), "a"), "1"),
        (field(local(1), "region"), "us"),
        (field(local(1), "name"), "ny"),
        (field(local(1), "zone"), "null"),
        (field(i(1), "a"), "error: `1` is an int and has no field `a`"),
        (
            field(field(local(1), "zone"), "a"),
            "error: this is absent; say with `??` what stands for it, or ask `== null` first",
        ),
        (filter(fleet(), eq(field(it(), "region"), t("us"))), "[ny, la]"),
        (filter(fleet(), probe(it())), "unknown"),
        (generate(field(it(), "name"), fleet(), Some(eq(field(it(), "region"), t("eu")))), "[paris]"),
        (generate(sum(Sum::Mul, it(), local(0)), three(), None), "[70, 140, 210]"),
        (generate(it(), i(1), None), "error: `1` is an int, not a list"),
    ]);
}

#[test]
fn the_run_is_asked_through_the_scope() {
    let phase = Type::record([(SmolStr::new("hold"), Type::Duration)]);
    check(vec![
        (output("prepare.build", None, "count", Type::Int), "12"),
        (index(output("prepare.build", None, "phases", Type::list(phase)), i(1)), "{ hold = 1h }"),
        (
            output("prepare.build", None, "phases", Type::Int),
            "error: `prepare.build.phases`: `[{\"hold\": \"5m\"}, {\"hold\": \"1h\"}]` is not an int",
        ),
        (output("pilot.deploy", Some(local(1)), "url", Type::Text), "url-ny"),
        (output("prepare.build", None, "none", Type::Text), "null"),
        (kept(Some(local(1)), "version"), "2.0.9"),
        (x(ExprKind::Run(RunField::Id)), "r1"),
        (x(ExprKind::Loop(LoopField::Index)), "3"),
        (x(ExprKind::Wave(WaveField::Index)), "4"),
        (x(ExprKind::Touched(Some("pilot".into()))), "[ny]"),
        (x(ExprKind::Stage("pilot".into(), StageField::Outcome)), "pilot succeeded"),
        (x(ExprKind::Today), "2026-11-23"),
        (probe(local(1)), "true"),
    ]);
}

#[test]
fn texts_are_filled_and_never_show_a_secret() {
    check(vec![
        (text([chunk("at "), hole(local(1)), chunk(" for "), hole(ms(90_000))]), "at ny for 1m30s"),
        (text([hole(null())]), "error: this is absent; say with `??` what stands for it, or ask `== null` first"),
        (
            text([chunk("t="), hole(local(2))]),
            "error: the secret `token` would be shown here; hand it over in `env`, `stdin` or a header",
        ),
        (
            text([hole(list([local(2)]))]),
            "error: the secret `token` would be shown here; hand it over in `env`, `stdin` or a header",
        ),
        (text([hole(unknown())]), "unknown"),
    ]);
    let pieces = |expr: Expr| text_with_secrets(&expr, &World, &mut Fuel::default());
    let bearer = || text([chunk("Bearer "), hole(local(2)), chunk("!"), hole(i(1))]);
    let expected = vec![Piece::Plain("Bearer ".into()), Piece::Secret("token".into()), Piece::Plain("!1".into())];
    assert_eq!(pieces(bearer()), Ok(expected.clone()));
    assert_eq!(pieces(choose(yes(), bearer(), t(""))), Ok(expected));
    assert_eq!(pieces(sum(Sum::Add, i(1), i(2))), Ok(vec![Piece::Plain("3".into())]));
    assert_eq!(
        pieces(sum(Sum::Add, t("a"), sum(Sum::Add, t(""), local(2)))),
        Ok(vec![Piece::Plain("a".into()), Piece::Secret("token".into())])
    );
    assert_eq!(pieces(local(2)), Ok(vec![Piece::Secret("token".into())]));
    assert!(pieces(list([local(2)])).is_err());
}

#[test]
fn every_built_in_function_does_what_its_row_says() {
    let numbers = || list([i(3), i(1), i(2), i(1)]);
    check(vec![
        (call("env", [t("HOME")]), "/home/me"),
        (call("env", [t("NONE"), t("d")]), "d"),
        (call("env", [t("NONE")]), "error: the environment variable `NONE` is not set; give it a `default`"),
        (call("file", [t("a.txt")]), "text"),
        (call("file", [t("b.txt")]), "error: there is no file `b.txt`"),
        (field(call("json", [t(r#"{"a": [1, 2.5, null, "x"]}"#)]), "a"), "[1, 2.5, null, x]"),
        (call("json", [t("{")]), "error: this is not JSON: EOF while parsing an object at line 1 column 1"),
        (call("lower", [t("ÄB")]), "äb"),
        (call("upper", [t("äb")]), "ÄB"),
        (call("trim", [t(" a\n")]), "a"),
        (call("split", [t("a,b,"), t(",")]), "[a, b, ]"),
        (call("split", [t("äb"), t("")]), "[ä, b]"),
        (call("join", [numbers(), t("-")]), "3-1-2-1"),
        (call("replace", [t("a.b.c"), t("."), t("/")]), "a/b/c"),
        (call("matches", [t("2.1.0"), t(r"^\d+\.\d+\.\d+$")]), "true"),
        (call("matches", [t("2.1"), t(r"^\d+\.\d+\.\d+$")]), "false"),
        (call("matches", [t("a"), t("(")]), "error: `(` is not a pattern: unclosed group"),
        (call("len", [numbers()]), "4"),
        (call("len", [t("äb")]), "2"),
        (call("len", [record([("a", i(1))])]), "1"),
        (call("len", [fleet()]), "3"),
        (call("min", [numbers()]), "1"),
        (call("max", [numbers()]), "3"),
        (call("max", [ms(5), ms(7), ms(6), ms(1)]), "7ms"),
        (call("min", [list([])]), "unknown"),
        (
            call("min", [list([i(1), t("a")])]),
            "error: `min` takes values of one kind that have an order, and `1, a` is a list",
        ),
        (call("sum", [numbers()]), "7"),
        (call("sum", [list([ms(5), ms(7)])]), "12ms"),
        (call("sum", [list([])]), "0"),
        (call("avg", [numbers()]), "1.75"),
        (call("avg", [list([pct(1.0), pct(2.0)])]), "1.5%"),
        (call("avg", [list([])]), "unknown"),
        (call("round", [num(2.675), i(2)]), "2.68"),
        (call("round", [num(-2.5)]), "-3"),
        (call("round", [i(1234), i(-2)]), "1200"),
        (call("round", [pct(33.333), i(1)]), "33.3%"),
        (call("down", [num(2.9)]), "2"),
        (call("down", [num(-2.1)]), "-3"),
        (call("nearest", [num(2.5)]), "3"),
        (call("down", [num(1e300)]), &format!("error: `{}` is too large for an int", 1e300)),
        (call("first", [numbers()]), "3"),
        (call("last", [list([])]), "null"),
        (call("sort", [numbers()]), "[1, 1, 2, 3]"),
        (call("unique", [numbers()]), "[3, 1, 2]"),
        (call("unique", [list([i(1), num(1.0), t("1")])]), "[1, 1]"),
        (call("contains", [numbers(), i(2)]), "true"),
        (call("contains", [t("abc"), t("bc")]), "true"),
        (call("contains", [numbers(), i(9)]), "false"),
        (call("keys", [record([("b", i(1)), ("a", i(1))])]), "[a, b]"),
        (call("format", [ms(90_000)]), "1m30s"),
        (call("format", [null()]), "null"),
        (call("raw", [t("a b")]), "a b"),
        (call("lower", [i(1)]), "error: `lower` takes a string, and `1` is an int"),
        (call("lower", [null()]), "error: this is absent; say with `??` what stands for it, or ask `== null` first"),
        (call("lower", []), "error: `lower` lacks a string"),
        (call("lower", [unknown()]), "unknown"),
    ]);
}

#[test]
fn a_condition_is_three_valued() {
    let truth = |expr: Expr| condition(&expr, &World, &mut Fuel::default());
    assert_eq!(truth(yes()), Ok(Truth::Holds));
    assert_eq!(truth(no()), Ok(Truth::Violated));
    assert_eq!(truth(unknown()), Ok(Truth::Unknown));
    assert!(truth(i(1)).is_err());
    assert!(truth(null()).is_err_and(|it| it.message.starts_with("this is absent")));
    let later = condition(&local(9), &NoScope, &mut Fuel::default());
    assert!(later.is_err_and(|it| it.is_not_known_here()));
}

#[test]
fn every_evaluation_ends() {
    let run = |expr: &Expr| eval(expr, &NoScope, &mut Fuel::default()).map(|it| told(&it)).map_err(|it| it.message);
    let steps = Err("this takes too many steps to work out; choose from a shorter list".to_owned());

    let thousand = || range(i(1), i(1000));
    let cube = generate(generate(generate(i(1), thousand(), None), thousand(), None), thousand(), None);
    assert_eq!(run(&cube), steps);

    // Each level doubles what the value holds, though its parts are shared.
    let mut doubled = list([i(1)]);
    for _ in 0..100 {
        doubled = generate(list([it(), it()]), list([doubled]), None);
    }
    assert_eq!(run(&doubled), steps);

    let mut deep = yes();
    for _ in 0..300 {
        deep = x(ExprKind::Not(deep.into()));
    }
    assert_eq!(run(&deep), Err("this is nested more than 256 levels deep".to_owned()));

    let mut long = t("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    for _ in 0..5 {
        long = call("replace", [long, t("a"), t("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]);
    }
    assert_eq!(run(&long), Err("this text is longer than 16 MiB".to_owned()));
}

#[test]
fn the_deepest_expression_fits_a_small_stack() {
    let mut deep = i(1);
    for _ in 0..240 {
        deep = index(list([call("max", [deep, i(0)])]), i(0));
    }
    let nested = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
        let wrong = eval(&deep, &NoScope, &mut Fuel::default()).map_err(|it| it.message);
        // Dropped here as well, so that this too is seen to fit.
        drop(deep);
        wrong
    });
    let wrong = nested.expect("a thread can be had").join().expect("it ends without an overflow");
    assert_eq!(wrong, Err("this is nested more than 256 levels deep".to_owned()));
}

#[test]
fn texts_are_read_as_their_types() {
    let phase = Type::record([("hold".into(), Type::Duration), ("share".into(), Type::Percent.optional())]);
    let level = Type::OneOf(["low".into(), "high".into()].into());
    let rows: Vec<(&str, Type, &str)> = vec![
        (" x ", Type::Text, " x "),
        ("true\n", Type::Bool, "true"),
        ("yes", Type::Bool, "error: `yes` is not a bool"),
        ("-12", Type::Int, "-12"),
        ("1.5", Type::Int, "error: `1.5` is not an int"),
        ("1.5", Type::Number, "1.5"),
        ("inf", Type::Number, "error: `inf` is not a number"),
        ("2.5%", Type::Percent, "2.5%"),
        ("2.5", Type::Percent, "error: `2.5` is not a percent"),
        ("1h30m", Type::Duration, "1h30m"),
        ("5", Type::Duration, "error: `5` is not a duration"),
        ("m5", Type::Duration, "error: `m5` is not a duration"),
        ("512MiB", Type::Size, "512MiB"),
        ("22:00", Type::Time, "22:00"),
        ("99999999:00", Type::Time, "error: `99999999:00` is not a time"),
        ("2026-02-30", Type::Date, "error: there is no date `2026-02-30`"),
        ("2026-12-24T22:00Z", Type::Instant, "2026-12-24T22:00:00Z"),
        ("mon", Type::Weekday, "mon"),
        ("high", level.clone(), "high"),
        ("none", level, "error: `none` is none of `low`, `high`"),
        ("", Type::Int.optional(), "null"),
        (r#"["1s", "2s"]"#, Type::list(Type::Duration), "[1s, 2s]"),
        (r#"{"hold": "1s"}"#, phase.clone(), "{ hold = 1s }"),
        (r#"{"hold": 1}"#, phase.clone(), "error: `hold`: `1` is not a duration"),
        (r#"{"share": "1%"}"#, phase.clone(), "error: the field `hold` is missing"),
        (r#"{"holt": "1s"}"#, phase, "error: there is no field `holt` in this record"),
        ("x", Type::Target, "error: a target cannot be read from a text"),
    ];
    for (text, of, expected) in rows {
        let got = read_as(text, &of).map_or_else(|why| format!("error: {why}"), |it| told(&it));
        assert_eq!(got, expected, "{text} as {of}");
    }
    assert_eq!(read_as("2026-12-24", &Type::Date), Ok(Value::Date(Date(jiff::civil::date(2026, 12, 24)))));
}
