//! What holds for every expression: evaluation never panics and always ends alike, and what a built-in function's
//! types promise is kept.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;
use smol_str::SmolStr;

use super::builtin::{Fault, apply};
use super::{Answer, Fuel, NoScope, Scope, builtin_type, elements, eval, read_as, text_with_secrets};
use crate::model::{
    BUILTINS, Comparison, Expr, ExprKind, FleetId, LocalId, LoopField, OutputRef, ProbeId, RunField, TextPart,
    WindowForm, WindowHours, WindowOpens,
};
use crate::source::{SourceId, Span};
use crate::value::{
    At, Closing, Date, DeclaredWindow, Opening, Opens, Sum, Target, TimeOfDay, Type, Value, Weekday, Window,
    WindowRules,
};

fn span() -> Span {
    Span::new(SourceId(0), 0, 0)
}

fn target(name: &str) -> Value {
    Value::Target(Arc::new(Target { fleet: "f".into(), name: name.into(), labels: Default::default() }))
}

/// A window of some hours.
fn always(to: u32) -> Value {
    let opening = Opening { days: Weekday::ALL.to_vec(), from: TimeOfDay(0), to: TimeOfDay(to) };
    Value::Window(Arc::new(Window::Declared(DeclaredWindow {
        name: "w".into(),
        zone: "UTC".into(),
        opens: Opens::Hours(vec![opening]),
        except: Vec::new(),
        rules: WindowRules::default(),
    })))
}

/// Knows four locals and a fleet, and nothing of the run.
struct World;

impl Scope for World {
    fn local(&self, local: LocalId) -> Answer {
        Ok(match local.0 {
            0 => Value::Int(3),
            1 => Value::Secret("s".into()),
            2 => Value::Unknown,
            _ => target("a"),
        })
    }

    fn fleet(&self, _fleet: FleetId) -> Answer {
        Ok(Value::list([target("a"), target("b")]))
    }

    fn probe(&self, _probe: ProbeId, _arguments: &[Value]) -> Answer {
        Ok(Value::Unknown)
    }

    fn output(&self, path: &str, _target: Option<&Value>, _key: &str) -> Result<Option<SmolStr>, super::Silence> {
        Ok(Some(path.into()))
    }
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        select(vec![0.0, -0.0, 1.5, 100.0, -3.0, 1e-300, 1e300, f64::MAX, f64::MIN, f64::NAN, f64::INFINITY]),
        any::<f64>(),
    ]
}

fn date() -> impl Strategy<Value = Date> {
    (1_i16..=9999, 1_i8..=12, 1_i8..=28).prop_map(|(year, month, day)| Date(jiff::civil::date(year, month, day)))
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(Value::Unknown),
        any::<bool>().prop_map(Value::Bool),
        prop_oneof![any::<i64>(), -3_i64..40].prop_map(Value::Int),
        number().prop_map(Value::Number),
        number().prop_map(Value::Percent),
        any::<i64>().prop_map(Value::Duration),
        any::<u64>().prop_map(Value::Size),
        (0_u32..=86_400).prop_map(|it| Value::Time(TimeOfDay(it))),
        date().prop_map(Value::Date),
        any::<i64>().prop_map(|it| Value::Instant(At(it))),
        select(Weekday::ALL.to_vec()).prop_map(Value::Weekday),
        "[a(.*]{0,3}|[0-9]{1,3}[a-z%:]{0,2}|\\PC{0,6}".prop_map(Value::text),
        Just(target("a")),
        (0_u32..86_400).prop_map(always),
        Just(Value::Secret("s".into())),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(2, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::list),
            prop::collection::vec(("[ab]", inner.clone()), 0..3)
                .prop_map(|fields| Value::record(fields.into_iter().map(|(key, it)| (SmolStr::new(key), it)))),
            (inner.clone(), inner).prop_map(|ends| Value::Range(Arc::new(ends))),
        ]
    })
}

fn comparison() -> impl Strategy<Value = Comparison> {
    use Comparison::{Equal, Greater, GreaterEqual, In, Less, LessEqual, NotEqual};
    select(vec![Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, In])
}

fn leaf() -> impl Strategy<Value = ExprKind> {
    prop_oneof![
        6 => value().prop_map(ExprKind::Value),
        2 => (0_u32..6).prop_map(|it| ExprKind::Local(LocalId(it))),
        1 => Just(ExprKind::Fleet(FleetId(0))),
        1 => select(vec![
            ExprKind::Run(RunField::Eta),
            ExprKind::Loop(LoopField::Index),
            ExprKind::Today,
            ExprKind::Touched(None),
            ExprKind::Bad,
        ]),
        1 => (kind_of_text(), "\\PC{0,8}").prop_map(|(of, path)| {
            ExprKind::Output(OutputRef { path: path.into(), target: None, key: "key".into(), of })
        }),
    ]
}

fn kind_of_text() -> impl Strategy<Value = Type> {
    use Type::{Bool, Date, Duration, Instant, Int, Number, Percent, Size, Text, Time, Url, Weekday};
    let plain = select(vec![Bool, Date, Duration, Instant, Int, Number, Percent, Size, Text, Time, Url, Weekday]);
    plain.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![inner.clone().prop_map(Type::list), inner.clone().prop_map(Type::optional), any_map(inner)]
    })
}

fn any_map(of: impl Strategy<Value = Type>) -> impl Strategy<Value = Type> {
    of.prop_map(|it| Type::Map(Arc::new(it)))
}

fn expr() -> impl Strategy<Value = Expr> {
    let new = |kind| Expr::new(kind, span());
    leaf().prop_map(new).prop_recursive(5, 40, 4, move |inner| {
        let some = || inner.clone().prop_map(Box::new);
        let two = || (some(), some());
        let several = || prop::collection::vec(inner.clone(), 0..4);
        let over = || (some(), some(), prop::option::of(some()), 0_u32..6);
        let kind = prop_oneof![
            several().prop_map(|it| ExprKind::Text(it.into_iter().map(TextPart::Hole).collect())),
            several().prop_map(ExprKind::List),
            some().prop_map(|it| ExprKind::Record(vec![("a".into(), *it)])),
            some().prop_map(ExprKind::Rest),
            some().prop_map(|it| ExprKind::Field(it, "a".into())),
            two().prop_map(|(of, at)| ExprKind::Index(of, at)),
            some().prop_map(ExprKind::Not),
            some().prop_map(ExprKind::Minus),
            (select(vec![Sum::Add, Sum::Sub, Sum::Mul, Sum::Div]), two())
                .prop_map(|(sum, (l, r))| ExprKind::Sum(sum, l, r)),
            (comparison(), two()).prop_map(|(by, (l, r))| ExprKind::Compare(by, l, r)),
            two().prop_map(|(l, r)| ExprKind::And(l, r)),
            two().prop_map(|(l, r)| ExprKind::Or(l, r)),
            two().prop_map(|(l, r)| ExprKind::Coalesce(l, r)),
            two().prop_map(|(l, r)| ExprKind::Of(l, r)),
            two().prop_map(|(l, r)| ExprKind::Range(l, r)),
            (some(), two()).prop_map(|(cond, (l, r))| ExprKind::If(cond, l, r)),
            over().prop_map(|(each, list, filter, local)| ExprKind::Generate {
                each,
                local: LocalId(local),
                list,
                filter
            }),
            over().prop_map(|(list, filter, _, local)| ExprKind::Filter { local: LocalId(local), list, filter }),
            (select(BUILTINS.to_vec()), several()).prop_map(|(row, it)| ExprKind::Builtin(row.builtin, it)),
            several().prop_map(|it| ExprKind::Probe(ProbeId(0), it)),
            (several(), several(), prop::option::of(inner.clone()))
                .prop_map(|(days, hours, zone)| window(days, hours, zone)),
        ];
        kind.prop_map(new)
    })
}

/// A window whose parts may be anything.
fn window(days: Vec<Expr>, hours: Vec<Expr>, zone: Option<Expr>) -> ExprKind {
    let form = WindowForm {
        name: "w".into(),
        params: Vec::new(),
        zone,
        latest_start: hours.first().cloned(),
        except: days.iter().chain(&hours).take(1).cloned().collect(),
        opens: match hours.first() {
            Some(lasts) if days.len() > 2 => WindowOpens::Cron { fields: "0 2 * * *".into(), lasts: lasts.clone() },
            _ => WindowOpens::Hours(vec![WindowHours { days, hours }]),
        },
        closing: Closing::Finish,
        rollback_is_exempt: true,
        span: span(),
    };
    ExprKind::Window(Arc::new(form), Vec::new())
}

/// Types that values have; `any` promises nothing, so it is not among them.
fn typed() -> impl Strategy<Value = Type> {
    use Type::{
        Bool, Date, Duration, Fleet, Instant, Int, Number, Percent, Regex, Secret, Size, Target, Text, Time, Url,
        Weekday,
    };
    let plain =
        vec![Bool, Date, Duration, Fleet, Instant, Int, Number, Percent, Regex, Size, Target, Text, Time, Url, Weekday];
    let words: Arc<[SmolStr]> = [SmolStr::new("a"), SmolStr::new("b")].into();
    let leaf = prop_oneof![
        8 => select(plain),
        1 => Just(Type::OneOf(words)),
        1 => Just(Secret(Arc::new(Text))),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            4 => inner.clone().prop_map(Type::list),
            1 => any_map(inner.clone()),
            1 => inner.clone().prop_map(|it| Type::record([("a".into(), it)])),
            1 => inner.prop_map(Type::optional),
            1 => select(vec![Int, Date, Weekday, Time]).prop_map(|it| Type::Range(Arc::new(it))),
        ]
    })
}

/// A value of a type, chosen by a number.
fn sample(of: &Type, seed: u64) -> Value {
    let inner = seed / 7 + 1;
    match of {
        Type::Bool => [Value::Bool(true), Value::Bool(false), Value::Unknown][seed as usize % 3].clone(),
        Type::Int => Value::Int(seed as i64 % 50 - 5),
        Type::Number => Value::Number(seed as f64 / 8.0 - 5.0),
        Type::Percent => Value::Percent(seed as f64 / 10.0),
        Type::Duration => Value::Duration(seed as i64 * 10),
        Type::Size => Value::Size(seed),
        Type::Time => Value::Time(TimeOfDay(seed as u32 % 86_400)),
        Type::Date => Value::Date(Date(jiff::civil::date(2026, 1 + (seed % 12) as i8, 1))),
        Type::Instant => Value::Instant(At(seed as i64)),
        Type::Weekday => Value::Weekday(Weekday::ALL[seed as usize % 7]),
        Type::Text | Type::Regex | Type::Url => Value::text(["", "a", "a.b", " A "][seed as usize % 4]),
        Type::OneOf(texts) => Value::Text(texts[seed as usize % texts.len()].clone()),
        Type::Target => target(["a", "b", "c"][seed as usize % 3]),
        Type::Fleet => Value::list((0..seed % 3).map(|it| sample(&Type::Target, it))),
        Type::Secret(_) => Value::Secret("s".into()),
        Type::Optional(_) if seed.is_multiple_of(3) => Value::Null,
        Type::Optional(of) => sample(of, inner),
        Type::List(of) => Value::list((0..seed % 4).map(|it| sample(of, inner + it * 3))),
        Type::Map(of) => Value::record((0..seed % 3).map(|it| (format!("k{it}").into(), sample(of, inner + it)))),
        Type::Record(of) => Value::record(of.fields.iter().map(|(name, of)| (name.clone(), sample(of, inner)))),
        Type::Range(of) => Value::Range(Arc::new((sample(of, inner), sample(of, inner + 3)))),
        Type::Any | Type::People | Type::Router | Type::Channel | Type::Callable(_) => {
            unreachable!("no value is sampled of a type that `typed` never makes")
        }
    }
}

/// Whether a value may stand where a type was promised.
fn is_of(value: &Value, of: &Type) -> bool {
    match (value, of) {
        // Unknown is what any of them may be, where nothing is known.
        (Value::Unknown, _) | (_, Type::Any) => true,
        (Value::Null, Type::Optional(_)) => true,
        (value, Type::Optional(of)) => is_of(value, of),
        (Value::List(list), Type::List(of)) => list.iter().all(|it| is_of(it, of)),
        (Value::List(list), Type::Fleet) => list.iter().all(|it| is_of(it, &Type::Target)),
        (Value::Record(record), Type::Map(of)) => record.values().all(|it| is_of(it, of)),
        (Value::Record(record), Type::Record(of)) => {
            of.fields.iter().all(|(name, of)| is_of(record.get(name).unwrap_or(&Value::Null), of))
        }
        (Value::Range(range), Type::Range(of)) => is_of(&range.0, of) && is_of(&range.1, of),
        (Value::Text(text), Type::OneOf(texts)) => texts.contains(text),
        (Value::Text(_), Type::Url | Type::Regex) => true,
        (value, of) => value.type_of().fits(of),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_expression_is_evaluated_or_refused_and_always_alike(expr in expr()) {
        let first = eval(&expr, &World, &mut Fuel::of(100_000));
        let second = eval(&expr, &World, &mut Fuel::of(100_000));
        // Compared as texts, because a NaN is not the same as itself.
        prop_assert_eq!(format!("{first:?}"), format!("{second:?}"));
        let _ = text_with_secrets(&expr, &World, &mut Fuel::of(100_000));
        let _ = eval(&expr, &NoScope, &mut Fuel::of(100));
    }

    #[test]
    fn a_value_is_shown_listed_and_read_without_a_panic(value in value(), text in "\\PC{0,12}", of in kind_of_text()) {
        let _ = value.to_string();
        let _ = elements(&value);
        let _ = read_as(&text, &of);
    }

    #[test]
    fn what_was_shown_is_read_back(of in select(vec![
        Type::Int, Type::Duration, Type::Size, Type::Time, Type::Date, Type::Weekday, Type::Instant, Type::Bool,
    ]), seed in 0_u64..100_000) {
        let value = sample(&of, seed);
        if value != Value::Unknown {
            prop_assert_eq!(read_as(&value.to_string(), &of), Ok(value));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn well_typed_arguments_give_what_the_types_promise(
        row in select(BUILTINS.to_vec()),
        arguments in prop::collection::vec((typed(), 0_u64..1000), 1..4),
    ) {
        let types: Vec<Type> = arguments.iter().map(|it| it.0.clone()).collect();
        if let Ok(promised) = builtin_type(row.builtin, &types) {
            let values: Vec<Value> = arguments.iter().map(|(of, seed)| sample(of, *seed)).collect();
            let quantifies = row.signature.contains("list<bool>");
            let given = apply(row.builtin, &values, span(), &NoScope, &mut Fuel::default());
            match given {
                // The sum of nothing has no unit, because only the elements bring one.
                Ok(Value::Int(0)) if row.name == "sum" => {}
                Ok(value) => prop_assert!(is_of(&value, &promised), "{}{values:?} gave {value:?}", row.name),
                Err(Fault::Mistyped { .. }) => prop_assert!(quantifies, "{}{values:?} was mistyped", row.name),
                Err(Fault::Cannot(_) | Fault::Wrong(_)) => {}
            }
        }
    }

    #[test]
    fn a_list_that_is_sorted_stays_sorted_and_loses_nothing(ints in prop::collection::vec(any::<i64>(), 0..30)) {
        let mixed = ints.iter().map(|it| if it % 3 == 0 { Value::Number(*it as f64) } else { Value::Int(*it) });
        let list = Value::list(mixed);
        let sort = |it: &Value| apply(builtin("sort"), std::slice::from_ref(it), span(), &NoScope, &mut Fuel::default());
        let once = sort(&list).expect("numbers are sorted");
        prop_assert_eq!(once.as_list().map(<[Value]>::len), Some(ints.len()));
        prop_assert_eq!(sort(&once), Ok(once));
    }
}

fn builtin(name: &str) -> crate::model::Builtin {
    crate::model::Builtin::from_name(name).expect("the tests name what there is")
}

#[test]
fn every_function_has_types_that_fit_it() {
    use Type::{Bool, Duration, Int, Percent, Text};
    let list = Type::list;
    let rows: Vec<(&str, Vec<Type>, &str)> = vec![
        ("env", vec![Text], "string"),
        ("env", vec![Text, Text.optional()], "string"),
        ("file", vec![Text], "string"),
        ("json", vec![Text], "any"),
        ("lower", vec![Type::Url], "string"),
        ("upper", vec![Text], "string"),
        ("trim", vec![Text], "string"),
        ("split", vec![Text, Text], "list<string>"),
        ("join", vec![Type::Fleet, Text], "string"),
        ("replace", vec![Text, Text, Text], "string"),
        ("matches", vec![Text, Type::Regex], "bool"),
        ("len", vec![Type::Fleet], "int"),
        ("min", vec![list(Duration)], "duration"),
        ("max", vec![Int, Type::Number], "number"),
        ("sum", vec![list(Int)], "int"),
        ("avg", vec![list(Int)], "number"),
        ("round", vec![Percent, Int], "percent"),
        ("down", vec![Type::Number], "int"),
        ("nearest", vec![Int], "int"),
        ("first", vec![Type::Fleet], "target?"),
        ("last", vec![list(Int.optional())], "int?"),
        ("sort", vec![list(Text)], "list<string>"),
        ("unique", vec![list(Bool)], "list<bool>"),
        ("contains", vec![list(Text), Type::OneOf(["a".into()].into())], "bool"),
        ("keys", vec![Type::Map(Arc::new(Int))], "list<string>"),
        ("format", vec![Type::Target], "string"),
        ("all", vec![list(Bool)], "bool"),
        ("any", vec![list(Bool)], "bool"),
        ("none", vec![list(Bool)], "bool"),
        ("score", vec![Percent, Percent, Percent], "number"),
        ("role", vec![Text], "people"),
        ("raw", vec![Text], "string"),
    ];
    for (name, types, gives) in &rows {
        assert_eq!(builtin_type(builtin(name), types).map(|it| it.to_string()), Ok((*gives).to_owned()), "{name}");
    }
    let missing: Vec<&str> =
        BUILTINS.iter().map(|row| row.name).filter(|it| !rows.iter().any(|row| row.0 == *it)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn what_does_not_fit_is_said_with_its_place() {
    let wrong = |name: &str, types: &[Type]| {
        let wrong = builtin_type(builtin(name), types).expect_err("these do not fit");
        format!("{:?}: {}", wrong.argument, wrong.message)
    };
    let secret = Type::list(Type::Secret(Arc::new(Type::Text)));
    assert_eq!(wrong("lower", &[Type::Int]), "Some(0): `lower` takes a string here, not int");
    assert_eq!(wrong("max", &[Type::Int, Type::Duration]), "Some(1): `max` never compares duration with int");
    assert_eq!(wrong("sum", &[Type::list(Type::Text)]), {
        "Some(0): `sum` takes a list of numbers, percents, durations or sizes here, not list<string>"
    });
    assert_eq!(wrong("join", &[secret, Type::Text]), {
        "Some(0): `join` takes a list of values that may be shown here, not list<secret<string>>"
    });
    assert_eq!(wrong("trim", &[]), "None: `trim` is written `trim(text: string): string`, and here are 0 arguments");
}
