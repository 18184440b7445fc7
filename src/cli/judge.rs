//! `rollout judge`: two columns of samples compared as a gate would compare them.

use clap::{Args, ValueEnum};

use super::command::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::palette::Paint;
use super::samples::read_samples;
use crate::judge::{
    Amount, Basis, Bounds, Confidence, Direction, Effect, Label, Margin, Missing, Mode, NotAllowed, Outliers, Rule,
    Samples, Summary, Verdict, judge, shown,
};

/// Compare two columns of samples as a gate would
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
pub struct Arguments {
    /// The samples with the change: a CSV file of one column, or one column of it
    #[arg(long, value_name = "FILE[:COLUMN]")]
    canary: String,
    /// The samples without
    #[arg(long, value_name = "FILE[:COLUMN]")]
    baseline: String,
    /// Which judge: one without the known faults of the usual one, or the usual one
    #[arg(long, value_enum, default_value = "sound", hide_possible_values = true, value_name = "sound|compatible")]
    mode: ModeWord,
    /// The share of the estimated shift that is tolerated
    #[arg(long, value_name = "X", default_value = "0.25", value_parser = amount)]
    tolerance: Amount,
    /// How sure it must be
    #[arg(long, value_name = "X", default_value = "0.98", value_parser = confidence)]
    confidence: Confidence,
    /// Which way is bad
    #[arg(
        long,
        value_enum,
        default_value = "either",
        hide_possible_values = true,
        value_name = "either|increase|decrease"
    )]
    direction: DirectionWord,
    /// What a missing sample is: none, or a zero
    #[arg(long, value_enum, default_value = "remove", hide_possible_values = true, value_name = "remove|replace")]
    nan: NanWord,
    /// What happens to samples far from the others
    #[arg(long, value_enum, default_value = "keep", hide_possible_values = true, value_name = "keep|remove")]
    outliers: OutliersWord,
    /// How many interquartile ranges are far
    #[arg(long, value_name = "X", default_value = "3", value_parser = amount)]
    fence: Amount,
    /// How the size of a difference is told: the ratio of the means, or how often the canary is above
    #[arg(long, value_enum, default_value = "mean_ratio", hide_possible_values = true, value_name = "mean_ratio|cles")]
    effect: EffectWord,
    /// A difference counts at or beyond these [default: 1,1, and 0.5,0.5 for cles]
    #[arg(long, value_name = "LO,HI", value_parser = bounds)]
    allowed: Option<Bounds>,
    /// The metric is critical: it fails the canary alone, at or beyond these [default: 1,1, and 0.5,0.5 for cles]
    #[arg(long, value_name = "LO,HI", value_parser = bounds, num_args = 0..=1)]
    critical: Option<Option<Bounds>>,
    /// With fewer samples on either side it does not pass; `compatible` does not ask
    #[arg(long, value_name = "N", default_value_t = 50)]
    min_samples: u32,
    /// End with 1 unless it passes
    #[arg(long)]
    exit_code: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ModeWord {
    Sound,
    Compatible,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DirectionWord {
    Either,
    Increase,
    Decrease,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum NanWord {
    Remove,
    Replace,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum OutliersWord {
    Keep,
    Remove,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum EffectWord {
    MeanRatio,
    Cles,
}

pub fn run(context: &Context, arguments: Arguments) -> Result<Exit, Failure> {
    context.needs_plain_format()?;
    let canary = read_samples(&arguments.canary)?;
    let baseline = read_samples(&arguments.baseline)?;
    let rule = rule(&arguments);
    let verdict = judge(&Samples { canary, baseline }, &rule);
    if context.terminal.is_json() {
        context.terminal.result(&serde_json::to_string(&verdict).expect("a verdict is plain data"));
    } else {
        show(context, &verdict);
    }
    let is_finding = arguments.exit_code && verdict.label != Label::Pass;
    Ok(if is_finding { Exit::Findings } else { Exit::Done })
}

fn rule(arguments: &Arguments) -> Rule {
    Rule {
        mode: match arguments.mode {
            ModeWord::Sound => Mode::Sound,
            ModeWord::Compatible => Mode::Compatible,
        },
        direction: match arguments.direction {
            DirectionWord::Either => Direction::Either,
            DirectionWord::Increase => Direction::Increase,
            DirectionWord::Decrease => Direction::Decrease,
        },
        nan: match arguments.nan {
            NanWord::Remove => Missing::Remove,
            NanWord::Replace => Missing::Replace,
        },
        outliers: match arguments.outliers {
            OutliersWord::Keep => Outliers::Keep,
            OutliersWord::Remove => Outliers::Remove { fence: arguments.fence },
        },
        effect: match arguments.effect {
            EffectWord::MeanRatio => Effect::MeanRatio,
            EffectWord::Cles => Effect::Cles,
        },
        tolerance: arguments.tolerance,
        confidence: arguments.confidence,
        allowed: arguments.allowed,
        critical: arguments.critical.is_some(),
        critical_beyond: arguments.critical.flatten(),
        must_have_data: false,
        min_samples: arguments.min_samples,
    }
}

fn show(context: &Context, verdict: &Verdict) {
    let paint = match verdict.label {
        Label::Pass => Paint::Good,
        Label::NoData => Paint::Careful,
        Label::High | Label::Low => Paint::Bad,
    };
    let label = context.terminal.painted(paint, &verdict.label.name().replace('_', " "));
    context.terminal.result(&format!("{label}: {}.", verdict.reason));
    let effect = verdict.effect.map_or_else(|| "unknown".to_owned(), shown);
    if let Some(estimate) = verdict.estimate {
        let mode = verdict.mode.name();
        context.terminal.result(&format!("shift {}, effect {effect}, judged as `{mode}`", shown(estimate)));
    }
    for line in margins(verdict) {
        context.terminal.result(&line);
    }
    context
        .terminal
        .result(&format!("{:10}{:>9}{:>11}{:>11}{:>11}{:>11}", "", "samples", "mean", "median", "min", "max"));
    context.terminal.result(&row("canary", &verdict.canary));
    context.terminal.result(&row("baseline", &verdict.baseline));
}

fn row(name: &str, side: &Summary) -> String {
    let cells = [side.mean, side.median, side.min, side.max].map(|it| it.map_or_else(|| "-".to_owned(), shown));
    let cells: String = cells.iter().map(|it| format!("{it:>11}")).collect();
    let left_out = match (side.missing, side.outliers) {
        (0, 0) => String::new(),
        (missing, 0) => format!("  {missing} missing"),
        (0, outliers) => format!("  without {outliers} outliers"),
        (missing, outliers) => format!("  {missing} missing, without {outliers} outliers"),
    };
    format!("{name:10}{:>9}{cells}{left_out}", side.samples)
}

/// Returns what would have turned the verdict.
fn margins(verdict: &Verdict) -> Vec<String> {
    let margins = [(Label::High, verdict.margins.high), (Label::Low, verdict.margins.low)];
    let known = margins.into_iter().filter_map(|(label, margin)| Some((label, margin?)));
    match (verdict.label, verdict.basis) {
        (Label::High | Label::Low, Basis::Interval) => {
            known.filter(|(label, _)| *label == verdict.label).filter_map(until_not).collect()
        }
        (Label::Pass, Basis::Interval) => known.map(|(label, margin)| until_moved(label, margin)).collect(),
        (Label::Pass | Label::High | Label::Low | Label::NoData, _) => Vec::new(),
    }
}

fn until_not((label, margin): (Label, Margin)) -> Option<String> {
    let tolerance = shown(margin.tolerance?);
    Some(format!("not {} with a tolerance above {tolerance}", label.name()))
}

fn until_moved(label: Label, margin: Margin) -> String {
    let interval = (margin.interval <= 0.0).then(|| format!("{} of the shift", shown(-margin.interval)));
    let effect = margin.effect.filter(|it| *it < 0.0).map(|it| format!("{} of the effect", shown(-it)));
    let short: Vec<String> = [interval, effect].into_iter().flatten().collect();
    format!("short of {}: {}", label.name(), short.join(", "))
}

fn amount(text: &str) -> Result<Amount, String> {
    let number: f64 = text.parse().map_err(|_| "it is no number".to_owned())?;
    Amount::try_from(number).map_err(|it: NotAllowed| it.to_string())
}

fn confidence(text: &str) -> Result<Confidence, String> {
    let number: f64 = text.parse().map_err(|_| "it is no number".to_owned())?;
    Confidence::try_from(number).map_err(|it: NotAllowed| it.to_string())
}

fn bounds(text: &str) -> Result<Bounds, String> {
    let (low, high) = text.split_once(',').ok_or("it is two numbers, as in `0.8,1.2`")?;
    Ok(Bounds { low: amount(low.trim())?, high: amount(high.trim())? })
}
