//! From an account to its pictures: each metric with its limits, and the stages over time.

use super::axis::short;
use super::plot::{Bar, Curve, Limit, Mark, Plot, Scene};
use crate::value::{At, show_duration};
use crate::view::{Account, Measured, Series};

/// Of more subjects than this only those with the highest samples have a curve of their own.
const CURVES_MAX: usize = 6;

/// Returns a picture of one metric.
pub(super) fn metric_plot(account: &Account, measured: &Measured, zone: &str) -> Option<Plot> {
    let (from, to) = extent(measured)?;
    let like = measured.series.first()?.points.first()?.1.clone();
    let (curves, band) = curves(measured);
    let mut limits: Vec<Limit> = Vec::new();
    for it in &measured.limits {
        let Some(at) = it.bound.as_number() else { continue };
        if limits.iter().all(|known| known.name != it.rule || known.at != at) {
            limits.push(Limit { name: it.rule.clone(), at, warns: it.warns });
        }
    }
    let told = told(measured, &limits);
    let (shades, marks) = (shades(account, to), marks(account));
    let scene = Scene::Curves { like, curves, band, limits };
    Some(Plot { title: measured.metric.to_string(), told, zone: zone.to_owned(), from, to, scene, shades, marks })
}

/// Returns a picture of the stages over time; none of a run that has not begun one.
pub(super) fn stage_plot(account: &Account, zone: &str) -> Option<Plot> {
    let from = account.started?.0;
    let last = account.log.last().map_or(from, |it| it.0);
    let to = account.finished.map_or(last, |it| it.0).max(from.plus_ms(1));
    let mut bars = Vec::new();
    for stage in account.stages.iter().filter(|it| it.began.is_some()) {
        let began = stage.began?.0;
        bars.push(Bar {
            name: format!("{} ({})", stage.path, stage.status),
            class: class(stage.status),
            from: began,
            to: stage.ended.map_or(to, |it| it.0),
            expected: stage.forecast.and_then(|it| it.likely).map(|it| it.0),
        });
    }
    let failures = marks(account).into_iter().filter(|it| it.is_bad).collect();
    let told = bars.iter().map(|it| format!("{}: {}.", it.name, show_duration(it.to.since_ms(it.from))));
    let told = told.collect::<Vec<_>>().join(" ");
    let title = "Stages over time".to_owned();
    let shades = shades(account, to);
    let scene = Scene::Bars(bars);
    let is_empty = matches!(&scene, Scene::Bars(bars) if bars.is_empty());
    (!is_empty).then(|| Plot { title, told, zone: zone.to_owned(), from, to, scene, shades, marks: failures })
}

fn class(status: &str) -> &'static str {
    match status {
        "done" => "good",
        "failed" | "stuck" => "bad",
        "undone" | "undoing" | "stopped" => "careful",
        "skipped" | "waiting" => "quiet",
        _ => "",
    }
}

/// From a little before the first sample to a little after the last.
fn extent(measured: &Measured) -> Option<(At, At)> {
    let instants = || measured.series.iter().flat_map(|it| it.points.iter().map(|it| it.0));
    let (first, last) = (instants().min()?, instants().max()?);
    let margin = (last.since_ms(first) / 30).max(250);
    Some((first.plus_ms(-margin), last.plus_ms(margin)))
}

fn numbers(series: &Series) -> impl Iterator<Item = (At, f64)> + '_ {
    series.points.iter().filter_map(|(at, value)| Some((*at, value.as_number()?)))
}

/// A curve and the lowest and highest of all at each instant.
type Curves = (Vec<Curve>, Vec<(At, f64, f64)>);

fn curves(measured: &Measured) -> Curves {
    let most = |it: &Series| numbers(it).map(|it| it.1).fold(f64::NEG_INFINITY, f64::max);
    let mut chosen: Vec<&Series> = measured.series.iter().collect();
    chosen.sort_by(|a, b| most(b).total_cmp(&most(a)).then_with(|| a.subject.cmp(&b.subject)));
    chosen.truncate(CURVES_MAX);
    chosen.sort_by(|a, b| a.subject.cmp(&b.subject));
    let curves = chosen.iter().map(|it| Curve { name: it.subject.clone(), points: numbers(it).collect() }).collect();
    if measured.series.len() <= CURVES_MAX {
        return (curves, Vec::new());
    }
    let mut band: std::collections::BTreeMap<At, (f64, f64)> = Default::default();
    for (at, value) in measured.series.iter().flat_map(numbers) {
        let (least, most) = band.entry(at).or_insert((value, value));
        (*least, *most) = (least.min(value), most.max(value));
    }
    (curves, band.into_iter().map(|(at, (least, most))| (at, least, most)).collect())
}

/// When anything waited for its window; what waited side by side is one.
fn shades(account: &Account, to: At) -> Vec<(At, At)> {
    let waits = account.windows.iter().map(|it| (it.from.0, it.until.map_or(to, |it| it.0)));
    let mut waits: Vec<(At, At)> = waits.collect();
    waits.sort();
    let mut shades: Vec<(At, At)> = Vec::new();
    for (from, to) in waits {
        match shades.last_mut().filter(|it| it.1 >= from) {
            Some(last) => last.1 = last.1.max(to),
            None => shades.push((from, to)),
        }
    }
    shades
}

/// When stages began and ended, and when something failed.
fn marks(account: &Account) -> Vec<Mark> {
    let mut marks = Vec::new();
    for stage in &account.stages {
        marks.extend(stage.began.map(|it| Mark { at: it.0, name: stage.path.clone(), is_bad: false }));
        let ended = stage.ended.filter(|_| stage.status == "done");
        marks.extend(ended.map(|it| Mark { at: it.0, name: format!("{} ended", stage.path), is_bad: false }));
    }
    marks.extend(account.failures.iter().map(|it| Mark { at: it.at.0, name: "failure".to_owned(), is_bad: true }));
    marks.sort_by(|a, b| (a.at, !a.is_bad, &a.name).cmp(&(b.at, !b.is_bad, &b.name)));
    marks.dedup_by(|a, b| a.at == b.at && a.name == b.name);
    marks
}

fn told(measured: &Measured, limits: &[Limit]) -> String {
    let mut told = Vec::new();
    for summary in measured.series.iter().filter_map(|it| measured.summary(it)) {
        let of = if summary.subject.is_empty() { String::new() } else { format!(" of {}", summary.subject) };
        told.push(format!(
            "{} samples{of} from {} to {}, {} in the end.",
            summary.samples, summary.least, summary.most, summary.now
        ));
    }
    let like = measured.series.first().and_then(|it| it.points.first()).map(|it| &it.1);
    for limit in limits {
        let at = like.map(|it| short(it, limit.at)).unwrap_or_default();
        told.push(format!("Limit {at}: {}.", limit.name));
    }
    told.join(" ")
}
