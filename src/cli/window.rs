//! `rollout window`: whether a window is open, what holds it shut, and when it opens and closes next. Touches nothing.

use clap::Args;
use serde_json::json;

use super::command::Context;
use super::disk::Disk;
use super::exit::Exit;
use super::failure::Failure;
use super::palette::Paint;
use super::program::show_findings;
use super::window_name::window_named;
use crate::calendar::{Calendar, LOOK_AHEAD_MS, Stretch, When, is_zone, local, nearest_zone};
use crate::check::check;
use crate::runtime::Clock;
use crate::value::{At, Closing, LiteralShape, Value, Window, parse_literal, show_duration};

/// Show whether a window is open, why not, and when it opens and closes next
#[derive(Debug, Args)]
pub struct Arguments {
    /// The file that declares the window
    file: String,
    /// The window, with its arguments if it has parameters: 'night(berlin)'
    name: String,
    /// Ask about this instant instead of now: 2026-12-24T22:00Z, or with a zone in brackets
    #[arg(long, value_name = "INSTANT")]
    at: Option<String>,
    /// Show times as the clocks of this zone do [default: the window's]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// How many openings to show
    #[arg(long, value_name = "N", default_value_t = 5)]
    count: usize,
}

/// What is said of a window at an instant.
struct Answer<'a> {
    name: String,
    zone: &'a str,
    at: At,
    is_open: bool,
    reason: String,
    calendar: &'a Calendar,
    /// When it next changes from what it is.
    turns: When,
    starts: When,
    openings: Vec<Stretch>,
}

pub fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let window = declared(context, &arguments)?;
    let calendar = Calendar::of(&window).map_err(Failure::usage)?;
    let zone = match &arguments.zone {
        Some(zone) => known_zone(zone)?,
        None => own_zone(&window),
    };
    let at = match &arguments.at {
        Some(text) => instant(text)?,
        None => Clock::start().now(),
    };
    let answer = answer(&window, &calendar, at, zone, arguments.count);
    if context.terminal.is_json() {
        context.terminal.result(&as_json(&answer).to_string());
    } else {
        show(context, &answer);
    }
    Ok(Exit::Done)
}

fn declared(context: &Context, arguments: &Arguments) -> Result<std::sync::Arc<Window>, Failure> {
    let here = std::env::current_dir()?;
    let checked = check(&Disk::checking(&here), &arguments.file);
    if !checked.is_sound() {
        show_findings(context, &checked.diagnostics, &checked.sources);
        return Err(Failure::usage(format!("`{}` cannot be understood", arguments.file)));
    }
    window_named(&checked.program, &arguments.name, &here)
}

fn known_zone(zone: &str) -> Result<&str, Failure> {
    if is_zone(zone) {
        return Ok(zone);
    }
    let hint = nearest_zone(zone).map_or_else(
        || "Say one such as `--zone Europe/Berlin`.".to_owned(),
        |near| format!("Did you mean `--zone {near}`?"),
    );
    Err(Failure::usage(format!("there is no zone `{zone}`")).hint(hint))
}

/// The zone of a window, or of the first that it is made of.
fn own_zone(window: &Window) -> &str {
    match window {
        Window::Declared(declared) => &declared.zone,
        Window::Both(first, _) | Window::Either(first, _) | Window::Not(first) => own_zone(first),
    }
}

fn instant(text: &str) -> Result<At, Failure> {
    match parse_literal(LiteralShape::Instant, text) {
        Ok(Value::Instant(at)) => Ok(at),
        Ok(_) | Err(_) => {
            let hint = "Say `--at 2026-12-24T22:00Z`, or `--at '2026-12-24T22:00[Europe/Berlin]'`.";
            Err(Failure::usage(format!("`{text}` is no instant")).hint(hint))
        }
    }
}

fn answer<'a>(window: &Window, calendar: &'a Calendar, at: At, zone: &'a str, count: usize) -> Answer<'a> {
    let until = at.plus_ms(LOOK_AHEAD_MS);
    let is_open = calendar.is_open(at);
    Answer {
        name: window.to_string(),
        zone,
        at,
        is_open,
        reason: calendar.reason(at),
        calendar,
        turns: if is_open { calendar.closes(at, until) } else { calendar.opens(at, until) },
        starts: calendar.starts(at, until),
        openings: calendar.openings(at, until).take(count).collect(),
    }
}

fn as_json(answer: &Answer) -> serde_json::Value {
    let show = |it: At| local(it, answer.zone, "%Y-%m-%dT%H:%M:%S%.f%:z");
    let when = |it: When| it.at().map(show);
    let openings: Vec<_> =
        answer.openings.iter().map(|it| json!({ "opens": show(it.opens), "closes": when(it.closes) })).collect();
    json!({
        "window": answer.name,
        "at": show(answer.at),
        "zone": answer.zone,
        "open": answer.is_open,
        "reason": answer.reason,
        "closes": if answer.is_open { when(answer.turns) } else { None },
        "starts": when(answer.starts),
        "openings": openings,
    })
}

fn show(context: &Context, answer: &Answer) {
    let terminal = context.terminal;
    let (paint, state) = if answer.is_open { (Paint::Good, "open") } else { (Paint::Careful, "shut") };
    let said = format!("`{}` is {state}: ", answer.name);
    let state = terminal.painted(paint, state);
    terminal.result(&format!("`{}` is {state} at {}.", answer.name, shown(answer.at, answer.zone)));
    terminal.result(&format!("{}.", sentence(answer.reason.strip_prefix(&said).unwrap_or(&answer.reason))));
    for line in notes(answer) {
        terminal.result(&line);
    }
    if answer.openings.is_empty() {
        return;
    }
    let shows = |it: At| shown(it, answer.zone);
    let rows = answer.openings.iter().map(|it| match it.closes {
        When::At(closes) => [shows(it.opens), shows(closes), show_duration(closes.since_ms(it.opens))],
        When::NotBefore(seen) => [shows(it.opens), "never".to_owned(), format!("beyond {}", shows(seen))],
    });
    let rows: Vec<[String; 3]> = rows.collect();
    let width = |column: usize| rows.iter().map(|it| it[column].chars().count()).max().unwrap_or(0);
    let (first, second) = (width(0), width(1));
    terminal.result("");
    let head = format!("{:first$}  {:second$}  lasts", "opens", "closes");
    terminal.result(&terminal.painted(Paint::Quiet, &head));
    for [opens, closes, lasts] in rows {
        terminal.result(&format!("{opens:first$}  {closes:second$}  {lasts}"));
    }
}

/// What there is to say beside what the table shows.
fn notes(answer: &Answer) -> Vec<String> {
    let mut notes = vec![match (answer.turns, answer.is_open) {
        (When::At(turns), true) => format!("It closes in {}.", rough(turns.since_ms(answer.at))),
        (When::At(turns), false) => format!("It opens in {}.", rough(turns.since_ms(answer.at))),
        (When::NotBefore(seen), true) => format!("It does not close before {}.", shown(seen, answer.zone)),
        (When::NotBefore(seen), false) => format!("It does not open before {}.", shown(seen, answer.zone)),
    }];
    let rules = answer.calendar.rules();
    if rules.latest_start_ms > 0 {
        let latest = show_duration(rules.latest_start_ms);
        let now = if answer.is_open && !answer.calendar.may_start(answer.at) { ", which is now" } else { "" };
        notes.push(format!("Nothing begins in the last {latest} before the close{now}."));
    }
    match rules.closing {
        Closing::Finish => {}
        Closing::Pause => notes.push("At the close no further step begins.".to_owned()),
        Closing::Rollback => notes.push("At the close what has begun is undone.".to_owned()),
    }
    if !rules.rollback_is_exempt {
        notes.push("Rollback, too, waits until it is open.".to_owned());
    }
    notes
}

fn shown(at: At, zone: &str) -> String {
    let pattern = if at.0 % 60_000 == 0 { "%a %Y-%m-%d %H:%M%:z" } else { "%a %Y-%m-%d %H:%M:%S%:z" };
    local(at, zone, pattern)
}

/// A wait without what does not matter at its length.
fn rough(ms: i64) -> String {
    let step = if ms >= 3_600_000 { 60_000 } else { 1_000 };
    show_duration(ms - ms % step)
}

/// A reason as a sentence of its own.
fn sentence(reason: &str) -> String {
    let mut chars = reason.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
