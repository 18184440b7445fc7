//! The judge: the labels and scores that `compatible` must give, the faults that `sound` mends, each beside what the
//! other says, and whatever may come in.

use proptest::prelude::*;
use rollout::eval::Truth;
use rollout::judge::{
    Amount, Basis, Bounds, Confidence, Direction, Effect, Interval, JudgedMetric, Judgement, Label, Metric, Missing,
    Mode, Outliers, Rule, SAMPLES_MAX, Samples, Scoring, Verdict, judge, judge_all, score,
};
use serde_json::Value;

const COMPATIBLE: Mode = Mode::Compatible;

fn samples(canary: &[f64], baseline: &[f64]) -> Samples {
    Samples { canary: canary.to_vec(), baseline: baseline.to_vec() }
}

fn confidence(share: f64) -> Confidence {
    Confidence::try_from(share).expect("it is a share")
}

fn amount(number: f64) -> Amount {
    Amount::try_from(number).expect("it is an amount")
}

fn bounds(low: f64, high: f64) -> Bounds {
    Bounds { low: amount(low), high: amount(high) }
}

/// Judges the same samples in both modes, by the same rule otherwise.
fn both(canary: &[f64], baseline: &[f64], rule: &Rule) -> (Verdict, Verdict) {
    let samples = samples(canary, baseline);
    let compatible = judge(&samples, &Rule { mode: COMPATIBLE, ..rule.clone() });
    (compatible, judge(&samples, &Rule { mode: Mode::Sound, ..rule.clone() }))
}

fn any_number() -> Rule {
    Rule { min_samples: 0, ..Rule::default() }
}

fn cases(text: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(text).expect("it is JSON");
    document["cases"].as_array().expect("a list").clone()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().map(|it| it.iter().map(|it| it.as_f64().expect("a number")).collect()).unwrap_or_default()
}

fn rule_of(case: &Value) -> Rule {
    let ends = |key: &str| bounds(numbers(&case[key])[0], numbers(&case[key])[1]);
    let word = |key: &str| case[key].as_str().expect("a word");
    Rule {
        mode: COMPATIBLE,
        direction: serde_json::from_value(case["direction"].clone()).expect("a direction"),
        nan: if word("nan") == "replace" { Missing::Replace } else { Missing::Remove },
        tolerance: amount(case["tolerance"].as_f64().expect("a number")),
        confidence: confidence(case["confidence"].as_f64().expect("a number")),
        effect: if word("effect") == "cles" { Effect::Cles } else { Effect::MeanRatio },
        allowed: Some(ends("allowed_decrease_increase")),
        critical: case["critical"] == true,
        critical_beyond: Some(ends("critical_decrease_increase")),
        ..Rule::default()
    }
}

#[test]
fn labels_and_intervals_are_those_of_the_compatible_judge() {
    let cases = cases(include_str!("../judge/labels.json"));
    assert_eq!(cases.len(), 19);
    for (number, case) in cases.iter().enumerate() {
        let (canary, baseline) = (numbers(&case["canary"]), numbers(&case["baseline"]));
        let verdict = judge(&samples(&canary, &baseline), &rule_of(case));
        let wanted = &case["label"];
        if let Some(label) = wanted["classification"].as_str() {
            assert_eq!(verdict.label.name().replace('_', ""), label.to_lowercase(), "case {number}: {verdict:?}");
        }
        if let Some(critical) = wanted["critical"].as_bool() {
            assert_eq!(verdict.critical, critical, "case {number}");
        }
        assert!(!verdict.reason.is_empty(), "case {number}");
        let is_constant = |side: &[f64]| side.iter().all(|it| *it == side[0]);
        // Where both sides are constant the original rolls dice.
        let precise = if is_constant(&canary) && is_constant(&baseline) { 1e-3 } else { 1e-12 };
        compare_numbers(number, &verdict, &case["interval_estimate"], precise);
    }
}

fn compare_numbers(number: usize, verdict: &Verdict, wanted: &Value, precise: f64) {
    let near = |found: f64, wanted: f64| (found - wanted).abs() <= precise;
    if let [low, high] = numbers(&wanted["ci"])[..] {
        let Interval(found_low, found_high) = verdict.interval.expect("an interval");
        assert!(near(found_low, low) && near(found_high, high), "case {number}: {verdict:?}");
    }
    if let Some(estimate) = wanted["estimate"].as_f64() {
        assert!(near(verdict.estimate.expect("an estimate"), estimate), "case {number}: {verdict:?}");
    }
    match wanted["effect"].as_f64() {
        Some(effect) => assert!(near(verdict.effect.expect("an effect"), effect), "case {number}: {verdict:?}"),
        None if wanted["effect"] == "NaN" => assert_eq!(verdict.effect, None, "case {number}"),
        None => {}
    }
}

#[test]
fn an_interval_alone_is_that_of_the_compatible_judge() {
    let rule = Rule { mode: COMPATIBLE, confidence: confidence(0.95), tolerance: amount(0.1), ..Rule::default() };
    let verdict = judge(&samples(&[10.0, 20.0, 30.0, 40.0], &[1.0, 2.0, 3.0, 4.0]), &rule);
    let Interval(low, high) = verdict.interval.expect("an interval");
    let estimate = verdict.estimate.expect("an estimate");
    assert!((low - 6.0).abs() < 1e-3 && (high - 39.0).abs() < 1e-3 && (estimate - 22.5).abs() < 1e-3, "{verdict:?}");
}

fn judged(label: &str, group: &str, weight: Option<f64>, critical: bool) -> JudgedMetric {
    let nothing = judge(&Samples::default(), &Rule::default());
    let label = match label {
        "Pass" => Label::Pass,
        "High" => Label::High,
        "Low" => Label::Low,
        "Nodata" => Label::NoData,
        other => panic!("`{other}` is no label"),
    };
    let critical = critical && label != Label::Pass;
    let weight = weight.map(amount);
    let metric = Metric { name: "m".into(), group: group.into(), weight, muted: false, rule: Rule::default() };
    JudgedMetric { metric, verdict: Verdict { label, critical, ..nothing } }
}

#[test]
fn scores_are_those_of_the_compatible_judge() {
    let cases = cases(include_str!("../judge/scores.json"));
    assert_eq!(cases.len(), 13);
    for case in cases {
        let metric = |it: &Value| {
            let group = it["groups"][0].as_str().expect("a group");
            let label = it["classification"].as_str().expect("a label");
            judged(label, group, case["group_weights"][group].as_f64(), it["critical"] == true)
        };
        let metrics: Vec<_> = case["metrics"].as_array().expect("a list").iter().map(metric).collect();
        for mode in [Mode::Compatible, Mode::Sound] {
            let judgement = score(metrics.clone(), &Scoring { mode, ..Scoring::default() });
            assert_eq!(Some(judgement.score), case["expected_summary_score"].as_f64(), "{mode:?}: {}", case["name"]);
        }
    }
}

#[test]
fn a_score_passes_fails_or_is_between() {
    let metrics = |passes: usize, fails: usize| {
        let pass = std::iter::repeat_n(judged("Pass", "g", None, false), passes);
        pass.chain(std::iter::repeat_n(judged("High", "g", None, false), fails)).collect::<Vec<_>>()
    };
    let truth = |passes, fails| score(metrics(passes, fails), &Scoring::default()).truth;
    assert_eq!((truth(19, 1), truth(18, 2), truth(7, 3)), (Truth::Holds, Truth::Unknown, Truth::Violated));
    assert_eq!((truth(3, 1), truth(0, 1)), (Truth::Unknown, Truth::Violated));
}

#[test]
fn a_muted_metric_is_judged_and_not_counted() {
    let mut muted = judged("High", "g", None, true);
    muted.metric.muted = true;
    let judgement = score(vec![judged("Pass", "g", None, false), muted], &Scoring::default());
    assert_eq!((judgement.score, judgement.truth, judgement.metrics.len()), (100.0, Truth::Holds, 2));
}

#[test]
fn data_that_must_be_there_counts_as_failed() {
    let rule = Rule { must_have_data: true, ..Rule::default() };
    let verdict = judge(&Samples::default(), &rule);
    assert_eq!((verdict.label, verdict.failed, verdict.critical), (Label::NoData, true, false));
    let mut absent = judged("Nodata", "g", None, false);
    absent.verdict = verdict;
    let judgement = score(vec![judged("Pass", "g", None, false), absent], &Scoring::default());
    assert_eq!((judgement.score, judgement.truth), (50.0, Truth::Violated));
    // Of a critical metric it is a critical failure instead.
    let verdict = judge(&Samples::default(), &Rule { critical: true, ..rule });
    assert_eq!((verdict.failed, verdict.critical), (false, true));
}

#[test]
fn nothing_measured_may_mean_that_nothing_happened() {
    for mode in [Mode::Compatible, Mode::Sound] {
        let rule = Rule { mode, nan: Missing::Replace, critical: true, ..Rule::default() };
        let verdict = judge(&samples(&[], &[1.0]), &rule);
        assert_eq!((verdict.label, verdict.basis, verdict.critical), (Label::Pass, Basis::Empty, false));
    }
}

#[test]
fn too_little_data_is_unknown_and_to_the_compatible_judge_a_failure() {
    let metrics = || vec![judged("Pass", "g", None, false), judged("Nodata", "g", None, false)];
    let truth = |mode| score(metrics(), &Scoring { mode, ..Scoring::default() }).truth;
    assert_eq!((truth(Mode::Compatible), truth(Mode::Sound)), (Truth::Violated, Truth::Unknown));
    assert_eq!(score(Vec::new(), &Scoring::default()).truth, Truth::Unknown);
}

#[test]
fn mended_a_group_without_data_has_no_points_to_give() {
    let mut metrics = vec![judged("Nodata", "quiet", Some(90.0), false)];
    metrics.extend([judged("High", "loud", Some(10.0), false), judged("Pass", "loud", Some(10.0), false)]);
    let score = |mode| score(metrics.clone(), &Scoring { mode, ..Scoring::default() }).score;
    assert_eq!((score(Mode::Compatible), score(Mode::Sound)), (95.0, 50.0));
}

#[test]
fn mended_a_canary_does_not_pass_while_a_critical_metric_is_unknown() {
    let good: Vec<f64> = (0..60).map(|it| f64::from(it % 7) + 1.0).collect();
    let metric = |name: &str, critical, mode| {
        let rule = Rule { critical, mode, ..Rule::default() };
        Metric { name: name.into(), group: "g".into(), weight: None, muted: false, rule }
    };
    let judgement = |mode| {
        let enough = samples(&good, &good[1..]);
        let few = samples(&[1.0, 2.0, 3.0], &[1.5, 2.5, 3.0]);
        let metrics = vec![
            (metric("a", false, mode), enough.clone()),
            (metric("b", false, mode), enough),
            (metric("c", true, mode), few),
        ];
        judge_all(metrics, &Scoring { mode, ..Scoring::default() })
    };
    assert_eq!(judgement(Mode::Compatible).truth, Truth::Holds);
    let sound = judgement(Mode::Sound);
    assert_eq!((sound.score, sound.truth), (100.0, Truth::Unknown));
    assert_eq!(sound.reason, "nothing is known of `c`, which is critical");
}

#[test]
fn mended_constant_sides_are_told_apart_without_dice() {
    let (compatible, sound) = both(&[10.0; 5], &[1.0; 5], &any_number());
    assert_eq!((compatible.label, sound.label), (Label::High, Label::High));
    assert_ne!(compatible.interval, Some(Interval(9.0, 9.0)), "noise has been added");
    assert_eq!((sound.interval, sound.estimate, sound.effect), (Some(Interval(9.0, 9.0)), Some(9.0), Some(10.0)));
    let (_, sound) = both(&[1.0; 60], &[10.0; 60], &Rule::default());
    assert_eq!((sound.label, sound.basis), (Label::Low, Basis::Interval));
}

#[test]
fn mended_no_scale_is_too_small() {
    let wave = |size: f64, lift: f64| (0..60).map(|it| size * (f64::from(it % 9) + lift)).collect::<Vec<f64>>();
    let (compatible, sound) = both(&wave(1e-6, 6.0), &wave(1e-6, 1.0), &Rule::default());
    // The root finder is content with the very first bracket.
    let Interval(low, high) = compatible.interval.expect("an interval");
    assert!((low - -3e-6).abs() < 1e-12 && (high - 13e-6).abs() < 1e-12, "{low} {high}");
    assert_eq!((compatible.label, sound.label), (Label::Pass, Label::High));
    // Whatever the scale, it is the same interval.
    let Interval(low, high) = sound.interval.expect("an interval");
    assert!((low - 4e-6).abs() < 1e-12 && (high - 6e-6).abs() < 1e-12, "{low} {high}");
    let (compatible, sound) = both(&wave(1.0, 6.0), &wave(1.0, 1.0), &Rule::default());
    assert_eq!((compatible.label, sound.label), (Label::High, Label::High));
    assert_eq!(sound.interval, Some(Interval(4.0, 6.0)));
}

#[test]
fn mended_ties_do_not_turn_an_interval_around() {
    let cases = cases(include_str!("../judge/labels.json"));
    let case = &cases[6];
    let (compatible, sound) = both(&numbers(&case["canary"]), &numbers(&case["baseline"]), &rule_of(case));
    let is_turned = |verdict: &Verdict| verdict.interval.is_some_and(|it| it.low() > it.high());
    assert!(is_turned(&compatible) && !is_turned(&sound), "{compatible:?} {sound:?}");
    assert_eq!(sound.label, Label::Pass);
}

#[test]
fn mended_sparse_counts_are_counted() {
    let canary = [0.0, 1.0, 2.0, 1.0, 0.0, 0.0].repeat(10);
    let (compatible, sound) = both(&canary, &[0.0; 60], &Rule::default());
    assert_eq!(compatible.label, Label::Pass);
    assert_eq!((sound.label, sound.basis, sound.effect), (Label::High, Basis::Counts, None));
    assert!(sound.reason.contains("40 events beside 0"), "{}", sound.reason);
    // Few of them are high only as far as they are sure: four events on one side come about once in sixteen times.
    let few = |share| {
        let rule = Rule { confidence: confidence(share), ..any_number() };
        both(&canary[..6], &[0.0; 6], &rule).1.label
    };
    assert_eq!((few(0.8), few(0.95)), (Label::High, Label::Pass));
    let minded = Rule { direction: Direction::Decrease, ..Rule::default() };
    assert_eq!(both(&canary, &[0.0; 60], &minded).1.label, Label::Pass);
}

#[test]
fn mended_sparse_shares_are_counted_by_sample() {
    let canary = [0.0, 0.02, 0.0].repeat(20);
    let (compatible, sound) = both(&canary, &[0.0; 60], &Rule::default());
    assert_eq!((compatible.label, sound.label, sound.basis), (Label::Pass, Label::High, Basis::Counts));
}

#[test]
fn mended_few_samples_may_convict_and_never_acquit() {
    let quiet: Vec<f64> = (0..49).map(|it| f64::from(it % 7) + 1.0).collect();
    let (compatible, sound) = both(&quiet, &quiet[1..], &Rule::default());
    assert_eq!((compatible.label, sound.label, sound.basis), (Label::Pass, Label::NoData, Basis::TooFew));
    assert_eq!(sound.reason, "49 samples beside 48 of the baseline are too few to pass: 50 on each side are wanted");
    let same = both(&quiet, &quiet, &Rule::default());
    assert_eq!((same.0.label, same.1.label), (Label::Pass, Label::NoData));
    let (_, sound) = both(&[20.0, 22.0, 21.0, 25.0, 30.0], &[1.0, 2.2, 1.1, 2.5, 3.0], &Rule::default());
    assert_eq!((sound.label, sound.interval), (Label::High, Some(Interval(17.5, 28.9))));
    // Three of each are fully apart once in ten times: nothing is that sure.
    let (compatible, sound) = both(&[20.0, 22.0, 21.0], &[1.0, 2.2, 1.1], &any_number());
    assert_eq!((compatible.label, sound.label, sound.interval), (Label::High, Label::NoData, None));
    assert!(sound.reason.ends_with("too few to be 98% sure of anything"), "{}", sound.reason);
}

#[test]
fn mended_below_zero_higher_is_not_lower() {
    let lifted = |lift: f64| (0..60).map(|it| f64::from(it % 5) + lift).collect::<Vec<f64>>();
    let (compatible, sound) = both(&lifted(-50.0), &lifted(-100.0), &Rule::default());
    assert_eq!((compatible.label, sound.label), (Label::Pass, Label::High));
}

#[test]
fn a_critical_metric_fails_alone_where_its_effect_is_that_large() {
    let lifted = |lift: f64| (0..60).map(|it| f64::from(it % 5) + lift).collect::<Vec<f64>>();
    let critical = |beyond| {
        let rule = Rule { critical: true, critical_beyond: Some(bounds(0.5, beyond)), ..Rule::default() };
        let verdict = judge(&samples(&lifted(30.0), &lifted(10.0)), &rule);
        (verdict.label, verdict.critical)
    };
    assert_eq!(critical(2.0), (Label::High, true));
    assert_eq!(critical(3.0), (Label::High, false));
}

#[test]
fn margins_say_what_would_have_turned_the_verdict() {
    let lifted = |lift: f64| (0..60).map(|it| f64::from(it % 5) + lift).collect::<Vec<f64>>();
    let (canary, baseline) = (lifted(30.0), lifted(10.0));
    let rule = Rule { allowed: Some(bounds(0.9, 1.5)), ..Rule::default() };
    let verdict = judge(&samples(&canary, &baseline), &rule);
    assert_eq!(verdict.label, Label::High);
    let margin = verdict.margins.high.expect("high is minded");
    let (touching, effect) = (margin.tolerance.expect("one does"), margin.effect.expect("it can be told"));
    assert!(margin.interval > 0.0 && effect > 0.0 && verdict.margins.low.is_some_and(|it| it.interval < 0.0));
    let with = |rule: Rule| judge(&samples(&canary, &baseline), &rule).label;
    assert_eq!(with(Rule { tolerance: amount(touching * 0.999), ..rule.clone() }), Label::High);
    assert_eq!(with(Rule { tolerance: amount(touching), ..rule.clone() }), Label::Pass);
    assert_eq!(with(Rule { allowed: Some(bounds(0.9, 1.501 + effect)), ..rule.clone() }), Label::Pass);
    let one_way = judge(&samples(&canary, &baseline), &Rule { direction: Direction::Decrease, ..rule });
    assert_eq!((one_way.label, one_way.margins.high), (Label::Pass, None));
}

#[test]
fn outliers_are_left_out_where_the_rule_says_so() {
    let mut canary: Vec<f64> = (0..199).map(|it| f64::from(it % 10)).collect();
    canary.push(1e9);
    let rule = Rule { outliers: Outliers::USUAL, ..Rule::default() };
    let verdict = judge(&samples(&canary, &canary[..100]), &rule);
    assert_eq!((verdict.canary.outliers, verdict.canary.samples, verdict.label), (1, 199, Label::Pass));
}

#[test]
fn more_samples_than_are_judged_do_not_pass() {
    let verdict = judge(&samples(&vec![1.0; SAMPLES_MAX + 1], &[1.0; 60]), &Rule::default());
    assert_eq!((verdict.label, verdict.basis), (Label::NoData, Basis::TooMany));
}

#[test]
fn a_rule_is_read_with_its_defaults_and_nothing_else() {
    assert_eq!(serde_json::from_str::<Rule>("{}").expect("all is optional"), Rule::default());
    let read: Rule =
        serde_json::from_str(r#"{"direction":"increase","outliers":{"remove":{"fence":3}}}"#).expect("read");
    assert_eq!((read.direction, read.outliers), (Direction::Increase, Outliers::USUAL));
    for wrong in [r#"{"confidence":1.5}"#, r#"{"tolerance":-1}"#, r#"{"tolerence":1}"#, r#"{"mode":"strict"}"#] {
        assert!(serde_json::from_str::<Rule>(wrong).is_err(), "{wrong}");
    }
}

/// Numbers between 0 and 1, the same for the same seed.
fn luck(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / 2f64.powi(53)
    }
}

/// Returns how many of five hundred canaries are called high or low.
fn alarms(count: usize, canary: impl Fn(f64) -> f64, baseline: impl Fn(f64) -> f64) -> usize {
    let mut luck = luck(7);
    let mut is_called = || {
        let canary: Vec<f64> = (0..count).map(|_| canary(luck())).collect();
        let baseline: Vec<f64> = (0..count).map(|_| baseline(luck())).collect();
        matches!(judge(&samples(&canary, &baseline), &any_number()).label, Label::High | Label::Low)
    };
    (0..500).filter(|_| is_called()).count()
}

#[test]
fn false_alarms_are_as_rare_as_the_confidence_says_and_true_ones_are_not() {
    let latency = |luck: f64| 40.0 / (1.02 - luck);
    let stepped = |luck: f64| (8.0 * luck).floor();
    let rare = |luck: f64| if luck < 0.9 { 0.0 } else { 1.0 };
    for count in [5, 12, 60] {
        // At 98 % ten in five hundred, and half as many again for the luck of these.
        let seen = [alarms(count, latency, latency), alarms(count, stepped, stepped), alarms(count, rare, rare)];
        assert!(seen.iter().all(|it| *it <= 15), "{count}: {seen:?}");
    }
    let slower = |luck: f64| 1.5 * latency(luck);
    let less_rare = |luck: f64| if luck < 0.6 { 0.0 } else { 1.0 };
    let seen = [alarms(60, slower, latency), alarms(60, |it| stepped(it) + 2.0, stepped), alarms(60, less_rare, rare)];
    assert!(seen[0] > 250 && seen[1] > 350 && seen[2] > 350, "{seen:?}");
}

fn any_sample() -> impl Strategy<Value = f64> {
    let special =
        [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, -0.0, 0.0, 1.0];
    prop_oneof![3 => prop::sample::select(special.to_vec()), 3 => any::<f64>(), 2 => (-5i32..5).prop_map(f64::from)]
}

fn any_side() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(any_sample(), 0..40)
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let numbers = (0.0..3.0f64, 0.001..0.999f64, 0.0..2.0f64, 0.0..2.0f64, 0u32..60);
    let words = (0..2usize, 0..3usize, 0..2usize, 0..2usize, 0..2usize, any::<bool>(), any::<bool>());
    (numbers, words).prop_map(|((tolerance, sure, low, high, min_samples), words)| Rule {
        mode: [Mode::Sound, Mode::Compatible][words.0],
        direction: [Direction::Either, Direction::Increase, Direction::Decrease][words.1],
        nan: [Missing::Remove, Missing::Replace][words.2],
        outliers: [Outliers::Keep, Outliers::USUAL][words.3],
        effect: [Effect::MeanRatio, Effect::Cles][words.4],
        tolerance: amount(tolerance),
        confidence: confidence(sure),
        allowed: Some(bounds(low, high)),
        critical: words.5,
        critical_beyond: None,
        must_have_data: words.6,
        min_samples,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_in_a_verdict_comes_out_and_is_the_same_again(
        canary in any_side(), baseline in any_side(), rule in any_rule(),
    ) {
        let samples = Samples { canary, baseline };
        let verdict = judge(&samples, &rule);
        prop_assert_eq!(&verdict, &judge(&samples, &rule));
        prop_assert!(!verdict.reason.is_empty());
        let finite = [verdict.estimate, verdict.effect, verdict.interval.map(Interval::low), verdict.interval.map(Interval::high)];
        prop_assert!(finite.into_iter().flatten().all(f64::is_finite), "{:?}", verdict);
        let written = serde_json::to_string(&verdict).expect("it is plain data");
        prop_assert_eq!(serde_json::from_str::<Verdict>(&written).expect("it was written"), verdict);
    }

    #[test]
    fn the_order_of_samples_says_nothing(canary in any_side(), baseline in any_side(), rule in any_rule()) {
        let mut turned = Samples { canary: canary.clone(), baseline: baseline.clone() };
        turned.canary.reverse();
        turned.baseline.reverse();
        prop_assert_eq!(judge(&turned, &rule), judge(&Samples { canary, baseline }, &rule));
    }

    #[test]
    fn changing_sides_turns_a_sound_verdict_around(
        canary in prop::collection::vec(-50i32..50, 1..40), baseline in prop::collection::vec(-50i32..50, 1..40),
    ) {
        let numbers = |side: &[i32]| side.iter().map(|it| f64::from(*it)).collect::<Vec<f64>>();
        let rule = Rule { allowed: Some(bounds(1e9, 0.0)), ..any_number() };
        let there = judge(&samples(&numbers(&canary), &numbers(&baseline)), &rule);
        let back = judge(&samples(&numbers(&baseline), &numbers(&canary)), &rule);
        let turned = |label| match label {
            Label::High => Label::Low,
            Label::Low => Label::High,
            Label::Pass => Label::Pass,
            Label::NoData => Label::NoData,
        };
        prop_assert_eq!(there.label, turned(back.label));
        let mirrored = back.interval.map(|it| (0.0 - it.high(), 0.0 - it.low()));
        prop_assert_eq!(there.interval.map(|it| (it.low(), it.high())), mirrored);
    }
}

#[test]
fn a_judgement_survives_being_written() {
    let metric = Metric { name: "a".into(), group: "g".into(), weight: None, muted: false, rule: Rule::default() };
    let judgement = judge_all(vec![(metric, samples(&[1.0, 2.0], &[3.0]))], &Scoring::default());
    let written = serde_json::to_string(&judgement).expect("it is plain data");
    assert_eq!(serde_json::from_str::<Judgement>(&written).expect("it was written"), judgement);
}
