//! A gate that was looked back at, as a picture: a band for the gate, and for each of its lines the numbers, their limit,
//! and where it was violated or not known.

use std::fmt::Write;

use super::backtest::{Backtest, Point, Trace};
use super::clean::xml;
use crate::engine::Truth;
use crate::value::{At, Value};

const WIDTH: f64 = 900.0;
const LEFT: f64 = 16.0;
const RIGHT: f64 = 884.0;
const PANEL: f64 = 150.0;
const PLOT: f64 = 96.0;
const TOP: f64 = 92.0;
/// Where the rows of several targets begin, and how high each is.
const ROWS: f64 = 60.0;
const ROW: f64 = 46.0;

/// Colours by day and by night; a stretch that is wide enough also says in a word what it is.
const STYLE: &str = "<style>.bt text{font:12px system-ui,sans-serif;fill:#1f2328}.bt .quiet{fill:#59636e;font-size:11px}\
.bt .on{fill:#fff;font-weight:600}.bt .title{font-size:16px;font-weight:600}.bt .bg{fill:#fff}.bt .frame{fill:none;stroke:#d0d7de}.bt .value{fill:none;\
stroke:#0969da;stroke-width:1.6}.bt .dot{fill:#0969da}.bt .bound{fill:none;stroke:#1f2328;stroke-dasharray:5 4}\
.bt .holds{fill:#1a7f37}.bt .violated{fill:#cf222e}.bt .unknown{fill:#8c959f}.bt .wash{opacity:.18}\
@media(prefers-color-scheme:dark){.bt text{fill:#e6edf3}.bt .quiet{fill:#9198a1}.bt .bg{fill:#0d1117}\
.bt .frame{stroke:#3d444d}.bt .value{stroke:#4493f8}.bt .dot{fill:#4493f8}.bt .bound{stroke:#e6edf3}\
.bt .holds{fill:#3fb950}.bt .violated{fill:#f85149}.bt .unknown{fill:#6e7681}}</style>";

/// Draws a backtest.
pub fn chart(backtest: &Backtest) -> String {
    let traces = backtest.traces();
    let height = TOP + PANEL * traces.len() as f64 + 16.0;
    let mut picture = opened(&summary(backtest), height);
    text(&mut picture, (LEFT, 26.0), "title", &backtest.gate);
    text(&mut picture, (LEFT, 46.0), "quiet", &summary(backtest));
    band(&mut picture, backtest, (56.0, 18.0));
    for (at, trace) in traces.iter().enumerate() {
        panel(&mut picture, backtest, trace, TOP + PANEL * at as f64);
    }
    picture.push_str("</svg>\n");
    picture
}

/// Draws backtests of one gate for several targets: a band each, one below the other.
pub fn chart_of_many(gate: &str, all: &[Backtest]) -> String {
    let Some(first) = all.first() else { return String::new() };
    let whole = format!("{} to {}: {} targets", first.from, first.to, all.len());
    let mut picture = opened(&format!("{gate}: {whole}"), ROWS + ROW * all.len() as f64 + 8.0);
    text(&mut picture, (LEFT, 26.0), "title", gate);
    text(&mut picture, (LEFT, 46.0), "quiet", &whole);
    for (at, backtest) in all.iter().enumerate() {
        let top = ROWS + ROW * at as f64;
        let name = backtest.target.as_deref().unwrap_or(&backtest.gate);
        text(&mut picture, (LEFT, top + 12.0), "line", &format!("{name}: {}", counts(backtest)));
        band(&mut picture, backtest, (top + 18.0, 18.0));
    }
    picture.push_str("</svg>\n");
    picture
}

fn opened(title: &str, height: f64) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         class=\"bt\" role=\"img\"><title>{}</title>{STYLE}<rect class=\"bg\" width=\"{WIDTH}\" height=\"{height}\"/>",
        xml(title)
    )
}

fn summary(backtest: &Backtest) -> String {
    let Backtest { from, to, .. } = backtest;
    format!("{from} to {to}: {}", counts(backtest))
}

fn counts(backtest: &Backtest) -> String {
    let [holds, violated, unknown] = [Truth::Holds, Truth::Violated, Truth::Unknown].map(|it| backtest.count(it));
    format!("held at {holds} samples, violated at {violated}, unknown at {unknown}")
}

/// Where an instant lies.
fn x(backtest: &Backtest, at: At) -> f64 {
    let whole = backtest.to.since_ms(backtest.from).max(1) as f64;
    LEFT + (RIGHT - LEFT) * (at.since_ms(backtest.from) as f64 / whole)
}

/// The gate's verdicts from the start to the end.
fn band(picture: &mut String, backtest: &Backtest, (top, height): (f64, f64)) {
    for spell in backtest.spells() {
        let (left, right) = stretch(backtest, spell.from, spell.to);
        let _ = write!(
            picture,
            "<rect class=\"{}\" x=\"{left:.1}\" y=\"{top}\" width=\"{:.1}\" height=\"{height}\"><title>{} from {} to {}</title></rect>",
            name(spell.truth),
            right - left,
            name(spell.truth),
            spell.from,
            spell.to
        );
        const WORD_WIDTH: f64 = 64.0;
        if right - left >= WORD_WIDTH {
            text(picture, (left + 8.0, top + 13.0), "on", name(spell.truth));
        }
    }
}

/// A sample speaks for the time until the next.
fn stretch(backtest: &Backtest, from: At, to: At) -> (f64, f64) {
    let left = x(backtest, from);
    (left, x(backtest, to.plus_ms(backtest.every_ms)).clamp(left + 1.0, RIGHT.max(left + 1.0)))
}

fn panel(picture: &mut String, backtest: &Backtest, trace: &Trace<'_>, top: f64) {
    text(picture, (LEFT, top + 16.0), "line", trace.what);
    let (upper, plot) = (top + 24.0, PLOT);
    for point in trace.points.iter().filter(|it| it.truth != Truth::Holds) {
        let (left, right) = stretch(backtest, point.at, point.at);
        let _ = write!(
            picture,
            "<rect class=\"{} wash\" x=\"{left:.1}\" y=\"{upper:.1}\" width=\"{:.1}\" height=\"{plot}\"/>",
            name(point.truth),
            right - left
        );
    }
    let number = |it: &Option<Value>| it.as_ref().and_then(Value::as_number).filter(|it| it.is_finite());
    let numbers = trace.points.iter().flat_map(|it| [number(&it.value), number(&it.bound)]).flatten();
    let (least, most) = numbers.fold((f64::MAX, f64::MIN), |(least, most), it| (least.min(it), most.max(it)));
    let _ = write!(
        picture,
        "<rect class=\"frame\" x=\"{LEFT}\" y=\"{upper:.1}\" width=\"{}\" height=\"{plot}\"/>",
        RIGHT - LEFT
    );
    let span = if most > least { most - least } else { 1.0 };
    let y = |it: f64| upper + plot - 6.0 - (plot - 12.0) * ((it - least) / span);
    for (class, pick) in [("bound", as_bound as fn(&Point) -> &Option<Value>), ("value", as_value)] {
        for run in runs(backtest, trace, pick) {
            let points: Vec<String> =
                run.iter().map(|(at, it)| format!("{:.1},{:.1}", x(backtest, *at), y(*it))).collect();
            if let ([(at, it)], "value") = (&run[..], class) {
                let (x, y) = (x(backtest, *at), y(*it));
                let _ = write!(picture, "<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2\"/>");
            }
            let _ = write!(picture, "<polyline class=\"{class}\" points=\"{}\"/>", points.join(" "));
        }
    }
    let said = range(trace);
    text(picture, (LEFT, upper + plot + 16.0), "quiet", &said);
}

fn as_bound(point: &Point) -> &Option<Value> {
    &point.bound
}

fn as_value(point: &Point) -> &Option<Value> {
    &point.value
}

/// Numbers without a gap between them.
fn runs(backtest: &Backtest, trace: &Trace<'_>, pick: fn(&Point) -> &Option<Value>) -> Vec<Vec<(At, f64)>> {
    let mut runs: Vec<Vec<(At, f64)>> = Vec::new();
    for point in &trace.points {
        let Some(number) = pick(point).as_ref().and_then(Value::as_number).filter(|it| it.is_finite()) else {
            continue;
        };
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(|(at, _)| point.at.since_ms(*at) <= backtest.every_ms) => {
                run.push((point.at, number));
            }
            _ => runs.push(vec![(point.at, number)]),
        }
    }
    runs
}

/// Says from where to where the numbers go, and where the limit lies.
fn range(trace: &Trace<'_>) -> String {
    let by_number = |a: &&Value, b: &&Value| {
        let (a, b) = (a.as_number().unwrap_or(0.0), b.as_number().unwrap_or(0.0));
        a.total_cmp(&b)
    };
    let measured = || trace.points.iter().filter_map(|it| it.value.as_ref()).filter(|it| it.as_number().is_some());
    let bound = trace.points.iter().rev().find_map(|it| it.bound.as_ref());
    match (measured().min_by(by_number), measured().max_by(by_number), bound) {
        (Some(least), Some(most), Some(bound)) => {
            format!("from {least} to {most}; the dashed line is the limit, {bound} at last")
        }
        (Some(least), Some(most), None) => format!("from {least} to {most}"),
        _ => "no numbers".to_owned(),
    }
}

/// Returns what a verdict is called, which is its class as well.
fn name(truth: Truth) -> &'static str {
    match truth {
        Truth::Holds => "holds",
        Truth::Violated => "violated",
        Truth::Unknown => "unknown",
    }
}

fn text(picture: &mut String, (x, y): (f64, f64), class: &str, text: &str) {
    let _ = write!(picture, "<text class=\"{class}\" x=\"{x}\" y=\"{y:.1}\">{}</text>", xml(text));
}
