//! Pictures of a run over time: a metric with its limits, and the stages with what was expected of them. Hand-written
//! SVG, whose colours the page around it has; what is seen is said in words as well.

use std::fmt::Write;

use super::axis::{numbers, times};
use super::clean::xml;
use super::measure::{cut, pixels};
use crate::value::{At, Value};

const WIDTH: f64 = 1000.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 16.0;
const HEIGHT: f64 = 210.0;

/// A picture.
#[derive(Debug, Clone)]
pub(super) struct Plot {
    pub title: String,
    /// What is seen, in sentences.
    pub told: String,
    pub zone: String,
    pub from: At,
    pub to: At,
    pub scene: Scene,
    /// When a window was shut, and why.
    pub shades: Vec<(At, At)>,
    pub marks: Vec<Mark>,
}

/// What is drawn over the time.
#[derive(Debug, Clone)]
pub(super) enum Scene {
    Curves {
        like: Value,
        curves: Vec<Curve>,
        /// From the lowest to the highest of all subjects, where not all of them have a curve.
        band: Vec<(At, f64, f64)>,
        limits: Vec<Limit>,
    },
    Bars(Vec<Bar>),
}

#[derive(Debug, Clone)]
pub(super) struct Curve {
    pub name: String,
    pub points: Vec<(At, f64)>,
}

#[derive(Debug, Clone)]
pub(super) struct Limit {
    pub name: String,
    pub at: f64,
    pub warns: bool,
}

/// A stage from its beginning to its end.
#[derive(Debug, Clone)]
pub(super) struct Bar {
    pub name: String,
    pub class: &'static str,
    pub from: At,
    pub to: At,
    /// When it was to end.
    pub expected: Option<At>,
}

/// An instant at which something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub at: At,
    pub name: String,
    pub is_bad: bool,
}

impl Plot {
    /// Returns the picture; its identifiers begin with a prefix of its own.
    pub fn svg(&self, id: &str) -> String {
        let (body, bottom) = match &self.scene {
            Scene::Curves { like, curves, band, limits } => self.curves(like, curves, band, limits),
            Scene::Bars(bars) => self.bars(bars),
        };
        format!(
            concat!(
                r#"<svg class="plot" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0:.0} {1:.0}" role="img" "#,
                "aria-labelledby=\"{2}-title {2}-desc\">\n<title id=\"{2}-title\">{3}</title>\n",
                "<desc id=\"{2}-desc\">{4}</desc>\n{5}</svg>"
            ),
            WIDTH,
            bottom,
            id,
            xml(&self.title),
            xml(&self.told),
            body
        )
    }

    fn x(&self, at: At) -> f64 {
        let span = self.to.since_ms(self.from).max(1) as f64;
        let share = at.since_ms(self.from) as f64 / span;
        LEFT + share.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }

    fn is_within(&self, at: At) -> bool {
        at >= self.from && at <= self.to
    }

    fn curves(&self, like: &Value, curves: &[Curve], band: &[(At, f64, f64)], limits: &[Limit]) -> (String, f64) {
        let (legend, top) = self.legend(curves, !band.is_empty());
        let all = curves.iter().flat_map(|it| it.points.iter().map(|it| it.1)).chain(limits.iter().map(|it| it.at));
        let all = all.chain(band.iter().flat_map(|it| [it.1, it.2]));
        let (least, most) = all.fold((0.0_f64, 0.0_f64), |(least, most), it| (least.min(it), most.max(it)));
        // Room for what is written above the highest.
        let most = most * 1.08;
        let rows = numbers(least, if most > least { most } else { least + 1.0 }, 4.0, like);
        let (low, high) = (rows[0].0, rows[rows.len() - 1].0);
        let y = |value: f64| top + HEIGHT - (value - low) / (high - low) * HEIGHT;
        let mut body = legend + &self.ground(top, HEIGHT);
        for (value, name) in &rows {
            let y = y(*value);
            let _ = write!(body, r#"<path class="grid" d="M{LEFT} {y:.1}H{:.0}"/>"#, WIDTH - RIGHT);
            let _ = writeln!(
                body,
                r#"<text x="{:.0}" y="{:.1}" text-anchor="end">{}</text>"#,
                LEFT - 8.0,
                y + 4.0,
                xml(name)
            );
        }
        body.push_str(&self.marks(top, HEIGHT));
        body.push_str(&self.band(band, y));
        for (number, curve) in curves.iter().enumerate() {
            body.push_str(&self.curve(curve, number % 6, y));
        }
        body.push_str(&limit_lines(limits, y));
        (body, top + HEIGHT + 30.0)
    }

    fn curve(&self, curve: &Curve, color: usize, y: impl Fn(f64) -> f64) -> String {
        let points: Vec<String> =
            curve.points.iter().map(|(at, value)| format!("{:.1} {:.1}", self.x(*at), y(*value))).collect();
        let mut drawn = String::new();
        if points.len() > 1 {
            let _ = write!(drawn, r#"<path class="line c{color}" d="M{}"/>"#, points.join("L"));
        }
        // Few samples are seen one by one.
        if points.len() <= 60 {
            for (at, value) in &curve.points {
                let _ = write!(
                    drawn,
                    r#"<circle class="dot c{color}" cx="{:.1}" cy="{:.1}" r="2.4"/>"#,
                    self.x(*at),
                    y(*value)
                );
            }
        }
        drawn.push('\n');
        drawn
    }

    fn band(&self, band: &[(At, f64, f64)], y: impl Fn(f64) -> f64) -> String {
        if band.len() < 2 {
            return String::new();
        }
        let above = band.iter().map(|(at, _, most)| format!("{:.1} {:.1}", self.x(*at), y(*most)));
        let below = band.iter().rev().map(|(at, least, _)| format!("{:.1} {:.1}", self.x(*at), y(*least)));
        let points: Vec<String> = above.chain(below).collect();
        format!("<path class=\"band dot c0\" d=\"M{}Z\"/>\n", points.join("L"))
    }

    /// The title, then the name of each curve in its colour; and where they end.
    fn legend(&self, curves: &[Curve], has_band: bool) -> (String, f64) {
        let mut legend = format!("<text class=\"name\" x=\"0\" y=\"16\">{}</text>\n", xml(&self.title));
        let (mut x, mut y) = (0.0, 36.0);
        let mut entry = |class: &str, name: &str| {
            let name = cut(name, 240.0, |it| pixels(it, 11.0));
            let width = pixels(&name, 11.0) + 34.0;
            if x + width > WIDTH {
                (x, y) = (0.0, y + 17.0);
            }
            let _ = write!(
                legend,
                r#"<rect class="dot {class}" x="{x:.0}" y="{:.0}" width="12" height="4" rx="2"/>"#,
                y - 6.0
            );
            let _ = writeln!(legend, r#"<text x="{:.0}" y="{y:.0}">{}</text>"#, x + 17.0, xml(&name));
            x += width;
        };
        for (number, curve) in curves.iter().enumerate().filter(|(_, it)| !it.name.is_empty()) {
            entry(&format!("c{}", number % 6), &curve.name);
        }
        if has_band {
            entry("band c0", "from the lowest to the highest of all");
        }
        if !self.shades.is_empty() {
            entry("shade", "window shut");
        }
        (legend, y + 26.0)
    }

    /// What lies behind all else: shut windows, and the times.
    fn ground(&self, top: f64, height: f64) -> String {
        let mut ground = String::new();
        for (from, to) in self.shades.iter().filter(|(from, to)| *to > self.from && *from < self.to) {
            let (left, right) = (self.x(*from), self.x(*to));
            let width = (right - left).max(1.0);
            let _ = writeln!(
                ground,
                r#"<rect class="shade" x="{left:.1}" y="{top:.0}" width="{width:.1}" height="{height:.0}"/>"#
            );
        }
        let bottom = top + height;
        let mut free = 0.0;
        for (at, name) in times(self.from, self.to, 9, &self.zone) {
            let x = self.x(at);
            let _ = write!(ground, r#"<path class="grid" d="M{x:.1} {bottom:.0}v5"/>"#);
            let half = pixels(&name, 11.0) / 2.0;
            if x - half > free && x + half < WIDTH {
                let _ = writeln!(
                    ground,
                    r#"<text x="{x:.1}" y="{:.0}" text-anchor="middle">{}</text>"#,
                    bottom + 19.0,
                    xml(&name)
                );
                free = x + half + 8.0;
            }
        }
        ground
    }

    /// What happened, as lines from top to bottom; names where there is room for them.
    fn marks(&self, top: f64, height: f64) -> String {
        let mut marks = String::new();
        let mut free = 0.0;
        for mark in self.marks.iter().filter(|it| self.is_within(it.at)) {
            let x = self.x(mark.at);
            let bad = if mark.is_bad { " bad" } else { "" };
            let _ = write!(marks, r#"<path class="mark{bad}" d="M{x:.1} {top:.0}v{height:.0}"/>"#);
            let name = cut(&mark.name, 170.0, |it| pixels(it, 11.0));
            let width = pixels(&name, 11.0);
            let at_end = x + width + 6.0 > WIDTH;
            let left = if at_end { x - width - 4.0 } else { x + 4.0 };
            if left > free {
                let _ = writeln!(
                    marks,
                    r#"<text class="mark-name{bad}" x="{left:.1}" y="{:.0}">{}</text>"#,
                    top + 11.0,
                    xml(&name)
                );
                free = left + width + 8.0;
            }
        }
        marks
    }

    fn bars(&self, bars: &[Bar]) -> (String, f64) {
        const ROW: f64 = 30.0;
        let (mut body, top) = self.legend(&[], false);
        let height = bars.len() as f64 * ROW + 16.0;
        body.push_str(&self.ground(top, height));
        body.push_str(&self.marks(top, height));
        for (row, bar) in bars.iter().enumerate() {
            let y = top + 18.0 + row as f64 * ROW;
            let (left, right) = (self.x(bar.from), self.x(bar.to));
            let width = (right - left).max(2.0);
            let _ = write!(
                body,
                r#"<rect class="bar {}" x="{left:.1}" y="{:.0}" width="{width:.1}" height="10" rx="3"/>"#,
                bar.class,
                y + 6.0
            );
            if let Some(expected) = bar.expected.filter(|it| self.is_within(*it) && *it > bar.from) {
                let wide = (self.x(expected) - left).max(2.0);
                let _ = write!(
                    body,
                    r#"<rect class="ghost" x="{left:.1}" y="{:.0}" width="{wide:.1}" height="14" rx="4"/>"#,
                    y + 4.0
                );
            }
            let name = cut(&bar.name, 300.0, |it| pixels(it, 12.0));
            let fits = left + pixels(&name, 12.0) < WIDTH;
            let (x, anchor) = if fits { (left, "start") } else { (WIDTH - RIGHT, "end") };
            let _ = writeln!(
                body,
                r#"<text class="row" x="{x:.1}" y="{:.0}" text-anchor="{anchor}">{}</text>"#,
                y + 1.0,
                xml(&name)
            );
        }
        (body, top + height + 30.0)
    }
}

/// Limits as lines; those of one rule with several numbers share one name.
fn limit_lines(limits: &[Limit], y: impl Fn(f64) -> f64) -> String {
    let mut lines = String::new();
    let mut named: Vec<(&str, f64)> = Vec::new();
    for limit in limits {
        let warns = if limit.warns { " warns" } else { "" };
        let y = y(limit.at);
        let _ = write!(lines, r#"<path class="limit{warns}" d="M{LEFT} {y:.1}H{:.0}"/>"#, WIDTH - RIGHT);
        let is_free = named.iter().all(|(name, at)| *name != limit.name && (at - y).abs() >= 12.0);
        if is_free {
            let (x, name) = (WIDTH - RIGHT - 4.0, xml(&cut(&limit.name, 520.0, |it| pixels(it, 11.0))));
            let _ = writeln!(
                lines,
                r#"<text class="limit-name{warns}" x="{x:.0}" y="{:.1}" text-anchor="end">{name}</text>"#,
                y - 5.0
            );
            named.push((&limit.name, y));
        }
    }
    lines
}
