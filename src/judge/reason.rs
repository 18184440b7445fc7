//! A verdict in words: what was seen, beside what is allowed, in one sentence without a period.

use super::samples::Side;
use super::shift::Shift;
use super::sparse::Counted;
use super::verdict::Finding;
use super::way::Way;
use super::{Basis, Effect, Interval, Label, Missing, Rule, SAMPLES_MAX};

pub(super) fn of(finding: &Finding, rule: &Rule, canary: &Side, baseline: &Side) -> String {
    let said = match finding.basis {
        Basis::Empty => empty(finding, rule, canary, baseline),
        Basis::TooMany => format!("a side has more than {SAMPLES_MAX} samples"),
        Basis::TooFew => too_few(finding, rule, canary, baseline),
        Basis::Tied => "one number on each side, too few to tell a difference from chance".to_owned(),
        Basis::Same => "both sides show the same".to_owned(),
        Basis::Interval => match finding.label {
            Label::High => moved(Way::High, finding, rule),
            Label::Low => moved(Way::Low, finding, rule),
            Label::Pass | Label::NoData => stayed(finding, rule),
        },
        Basis::Counts => counts(finding, rule),
    };
    if finding.critical { format!("{said}; this alone fails the canary") } else { said }
}

fn empty(finding: &Finding, rule: &Rule, canary: &Side, baseline: &Side) -> String {
    let which = match (canary.is_empty(), baseline.is_empty()) {
        (true, true) => "neither side has samples",
        (true, false) => "the canary has no samples",
        (false, _) => "the baseline has no samples",
    };
    let and = match rule.nan {
        Missing::Replace => ", which here means that nothing happened",
        Missing::Remove if finding.failed => ", and they must be there",
        Missing::Remove => "",
    };
    format!("{which}{and}")
}

fn too_few(finding: &Finding, rule: &Rule, canary: &Side, baseline: &Side) -> String {
    let (n, m) = (canary.sorted.len(), baseline.sorted.len());
    let ours = if n == 1 { "1 sample".to_owned() } else { format!("{n} samples") };
    let few = format!("{ours} beside {m} of the baseline are too few");
    match finding.shift {
        Some(Shift { interval: None, .. }) => format!("{few} to be {} sure of anything", sure(rule)),
        Some(Shift { interval: Some(_), .. }) | None => {
            format!("{few} to pass: {} on each side are wanted", rule.min_samples)
        }
    }
}

fn moved(way: Way, finding: &Finding, rule: &Rule) -> String {
    let Some(Shift { interval: Some(interval), estimate }) = finding.shift else { return String::new() };
    format!(
        "the canary is {} {} ({} sure), beyond the {} that is tolerated{}",
        from_to(way, interval),
        way.word(),
        sure(rule),
        shown(rule.tolerance.get() * estimate.abs()),
        effect(finding, rule, ", and "),
    )
}

fn stayed(finding: &Finding, rule: &Rule) -> String {
    let Some(Shift { interval: Some(interval), estimate }) = finding.shift else { return String::new() };
    let tolerated = rule.tolerance.get() * estimate.abs();
    let way = if interval.low() > tolerated {
        Way::High
    } else if interval.high() < -tolerated {
        Way::Low
    } else {
        let (low, high) = (shown(interval.low()), shown(interval.high()));
        return format!("the shift is from {low} to {high} ({} sure), so it may not have moved", sure(rule));
    };
    let is = format!("the canary is {} {} ({} sure)", from_to(way, interval), way.word(), sure(rule));
    if way.is_minded(rule.direction) {
        format!("{is}, but not far enough{}", effect(finding, rule, ": "))
    } else {
        format!("{is}, which is not minded")
    }
}

fn counts(finding: &Finding, rule: &Rule) -> String {
    let (what, canary, baseline) = match finding.counted {
        Some(Counted::Events { canary, baseline }) => ("events", canary, baseline),
        Some(Counted::Active { canary, baseline }) => ("samples above zero", canary, baseline),
        None => return String::new(),
    };
    let than = if finding.label == Label::High { "more" } else { "fewer" };
    format!(
        "most samples are zero, and {canary} {what} beside {baseline} of the baseline are {than} than chance explains \
         ({} sure)",
        sure(rule)
    )
}

fn effect(finding: &Finding, rule: &Rule, joint: &str) -> String {
    let said = match (finding.effect, rule.effect) {
        (None, _) => return String::new(),
        (Some(ratio), Effect::MeanRatio) => format!("its mean is {} times the baseline's", shown(ratio)),
        (Some(share), Effect::Cles) => {
            format!("its samples are above the baseline's with a chance of {}", shown(share))
        }
    };
    let allowed = rule.allowed.map(|it| {
        let (low, high) = (shown(it.low.get()), shown(it.high.get()));
        format!(", where {low} to {high} is allowed")
    });
    format!("{joint}{said}{}", allowed.unwrap_or_default())
}

fn from_to(way: Way, interval: Interval) -> String {
    let (near, far) = match way {
        Way::High => (interval.low(), interval.high()),
        Way::Low => (-interval.high(), -interval.low()),
    };
    if near == far { shown(near) } else { format!("{} to {}", shown(near), shown(far)) }
}

fn sure(rule: &Rule) -> String {
    format!("{}%", shown(rule.confidence.get() * 100.0))
}

/// Writes a number with four digits that count: as many as a person reads.
pub fn shown(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return number.to_string();
    }
    let size = number.abs().log10().floor();
    if !(-4.0..9.0).contains(&size) {
        return format!("{number:.3e}");
    }
    let places = (3.0 - size).max(0.0) as usize;
    let text = format!("{number:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn numbers_are_as_long_as_a_person_reads() {
        let cases = [
            (0.0, "0"),
            (17.800_04, "17.8"),
            (12.040_816, "12.04"),
            (-10.781_22, "-10.78"),
            (123_456.7, "123457"),
            (0.000_123_456, "0.0001235"),
            (1.234_56e-7, "1.235e-7"),
            (1e300, "1.000e300"),
            (98.0, "98"),
            (99.999, "100"),
        ];
        for (number, text) in cases {
            assert_eq!(shown(number), text);
        }
    }
}
