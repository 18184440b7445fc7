//! Small rollouts, each with one bad ending that a search must find by the shortest way, and others in which it must
//! find nothing; every example with one fault; and what a search says of itself when it is cut short.

use std::collections::BTreeSet;

use rollout::check::check;
use rollout::model::Test;
use rollout::plan::{KeptValues, NodeId, Plan};
use rollout::sim::{Bad, Explored, Finding, START, TrialRequest, Verdict, explore, try_out};
use rollout::source::MemoryWorld;

use super::examples::{self, planned};
use super::stage::Stage;

fn plan_of(text: &str) -> Plan {
    let world = MemoryWorld::default().with("small.rollout", text);
    let checked = check(&world, "small.rollout");
    assert!(checked.is_sound(), "{:?}\n{text}", checked.diagnostics);
    planned(&checked, "small.rollout", &KeptValues::new())
}

fn explored(text: &str, faults: u32) -> Explored {
    explore(&plan_of(text), &KeptValues::new(), START, faults, &mut |_| true)
}

fn kinds(explored: &Explored) -> Vec<Bad> {
    explored.findings.iter().map(|it| it.bad).collect()
}

/// Returns what goes wrong on the way to a finding, in words.
fn way(text: &str, finding: &Finding) -> Vec<String> {
    let plan = plan_of(text);
    finding.way.iter().map(|(_, it)| it.in_words(&plan)).collect()
}

/// Searches for the one bad ending that there is.
fn the_one(text: &str, faults: u32) -> (Bad, String, Vec<String>) {
    let explored = explored(text, faults);
    let [finding] = &explored.findings[..] else { panic!("{:?}", explored.findings) };
    (finding.bad, finding.place.clone(), way(text, finding))
}

const STEP: &str = "rollout r { stage s { step a { run \"do\", undo { run \"undo\" } } } }";

#[test]
fn what_is_always_undone_has_no_bad_ending() {
    let explored = explored(STEP, 1);
    assert_eq!(kinds(&explored), [], "{:?}", explored.findings);
    assert!(explored.levels.iter().all(|it| it.is_whole), "{:?}", explored.levels);
    assert!(explored.endings["rolled_back"] > 0 && explored.endings["succeeded"] > 0, "{:?}", explored.endings);
}

#[test]
fn an_undo_that_fails_needs_hands() {
    let (bad, place, way) = the_one(STEP, 2);
    assert_eq!((bad, place.as_str()), (Bad::NeedsHands, "s.a"));
    assert_eq!(way, ["`s.a.run` fails", "`s.a.undo.run` fails"]);
}

#[test]
fn an_undo_that_is_tried_twice_needs_hands_only_after_three_faults() {
    let text = "rollout r { stage s { step a { run \"do\", undo { run \"undo\", retry { attempts = 2 } } } } }";
    assert_eq!(kinds(&explored(text, 2)), []);
    let (bad, _, way) = the_one(text, 3);
    assert_eq!((bad, way.len()), (Bad::NeedsHands, 3));
}

#[test]
fn what_no_undo_covers_is_found() {
    let text = "fleet sites { target a {}, target b {} }\n\
                rollout r { stage s { for site in sites { run \"put ${site}\" } } }";
    let (bad, place, way) = the_one(text, 1);
    assert_eq!((bad, place.as_str()), (Bad::Uncovered, "s.run[a]"));
    assert_eq!(way, ["`s.run[a]` fails"]);
}

#[test]
fn a_question_without_a_limit_may_wait_for_ever() {
    let text = "people bosses = [\"dana\"]\nrollout r { stage s { approve bosses { }, log \"on\" } }";
    let (bad, place, way) = the_one(text, 1);
    assert_eq!((bad, place.as_str()), (Bad::Stuck, "s.approve"));
    assert_eq!(way, ["nobody answers `s.approve`"]);
    let limited = text.replace("{ }, log", "{ within = 1h, on_timeout = fail }, log");
    assert_eq!(kinds(&explored(&limited, 1)), []);
}

const HOLD: &str = "fleet sites { target a {} }\nprobe up(site: target) { run \"true\" }\n\
                    rollout r { stage s { for site in sites { takes = false, check up(site) { otherwise = hold } } } }";

#[test]
fn what_holds_on_for_a_lost_target_goes_on_for_ever() {
    let (bad, place, way) = the_one(HOLD, 1);
    assert_eq!((bad, place.as_str()), (Bad::ForEver, "s.check[a]"));
    assert_eq!(way, ["`a` is lost: nothing reaches it any more"]);
    let limited = HOLD.replace("stage s {", "stage s { timeout = 2h,");
    assert_eq!(kinds(&explored(&limited, 1)), []);
}

const ALWAYS: &str = "fleet sites { target a {}, target b {}, target c {} }\n\
    action put(site: target) { run \"put ${site}\", undo { } }\n\
    rollout r {\n  always { run.failed <= 1 }\n  stage s { for site in sites { at_once = 3, tolerate = 2, put(site) } }\n}";

#[test]
fn an_invariant_breaks_by_the_fewest_faults() {
    assert_eq!(kinds(&explored(ALWAYS, 1)), []);
    let explored = explored(ALWAYS, 2);
    let [finding] = &explored.findings[..] else { panic!("{:?}", explored.findings) };
    assert_eq!((finding.bad, finding.faults), (Bad::Broken, 2));
    assert_eq!(finding.words, "`always { run.failed <= 1 }` does not hold");
}

#[test]
fn a_test_keeps_invariants_too() {
    let scenario = |fails: &str| {
        let text = format!(
            "{ALWAYS}\ntest \"t\" {{ call r {{ }}, {fails} given s.put {{ takes = 1m }}, expect outcome == succeeded }}"
        );
        let world = MemoryWorld::default().with("small.rollout", &text);
        let checked = check(&world, "small.rollout");
        assert!(checked.is_sound(), "{:?}\n{text}", checked.diagnostics);
        let request = TrialRequest {
            program: &checked.program,
            sources: &checked.sources,
            file: "small.rollout",
            folder: "/",
            world: &world,
        };
        let test: &Test = &checked.program.tests[0];
        try_out(request, test).verdict
    };
    assert_eq!(scenario("given s.put[a] { fails = true },"), Verdict::Passed);
    let broken = scenario("given s.put[a] { fails = true }, given s.put[b] { fails = true },");
    let Verdict::Failed(found) = broken else { panic!("{broken:?}") };
    assert!(found[0].message.contains("`always { run.failed <= 1 }`"), "{found:?}");
}

const GATE: &str = "fleet sites { target a {} }\n\
    metric p95(site: target): duration { from = http(\"http://m\"), pointer = \"/p\", unit = ms }\n\
    metric load(site: target): percent { from = http(\"http://m\"), pointer = \"/l\", unit = percent }\n\
    gate good(site: target) { require p95(site) < 300ms, require load(site) > 5%, forbid load(site) > 80% }\n\
    rollout r { on_failure = stop, stage s { for site in sites { takes = false, check good(site) } }, stage t { log \"t\" } }";

#[test]
fn a_gate_over_metrics_is_passed_violated_and_left_unknown() {
    let explored = explored(GATE, 1);
    assert_eq!(kinds(&explored), [], "{:?}", explored.findings);
    assert_eq!(explored.undriven, Vec::<String>::new());
    assert!(explored.endings["succeeded"] > 0 && explored.endings["failed"] > 1, "{:?}", explored.endings);
}

#[test]
fn what_cannot_be_brought_about_is_said() {
    let text = GATE.replace("check good(site)", "check p95(site) < 300ms or p95(site) >= 300ms");
    let explored = explored(&text, 1);
    assert_eq!(explored.undriven, ["no answers were found with which `s.check` is violated"]);
}

#[test]
fn like_targets_stand_for_each_other() {
    let fleet = |labels: &str| {
        let targets: Vec<String> =
            (0..12).map(|it| format!("target t{it} {{ {} }}", labels.replace('#', &it.to_string()))).collect();
        format!(
            "fleet sites {{ {} }}\nrollout r {{ stage s {{ for site in sites {{ at_once = 12, \
             step a {{ run \"do ${{site}}\", undo {{ run \"back ${{site}}\" }} }} }} }} }}",
            targets.join(", ")
        )
    };
    let (alike, unlike) = (explored(&fleet("zone = \"eu\""), 1), explored(&fleet("zone = \"z#\""), 1));
    assert_eq!(kinds(&alike), kinds(&unlike));
    assert!(alike.states * 3 < unlike.states * 2, "{} and {} states", alike.states, unlike.states);
}

#[test]
fn a_search_that_is_cut_short_says_what_is_left() {
    let text = ALWAYS.replace("target c {}", "target c {}, target d {}, target e {}");
    let plan = plan_of(&text);
    let whole = explore(&plan, &KeptValues::new(), START, 2, &mut |_| true);
    let cut = explore(&plan, &KeptValues::new(), START, 2, &mut |states| states < whole.states / 2);
    assert!(whole.levels.iter().all(|it| it.is_whole && it.about == it.tried), "{:?}", whole.levels);
    assert_eq!(cut.levels.len(), 3, "{:?}", cut.levels);
    assert!(cut.levels[1].is_whole && !cut.levels[2].is_whole, "{:?}", cut.levels);
    assert!(cut.levels[2].tried < whole.levels[2].tried, "{:?}", cut.levels);
    assert!(cut.levels[2].about >= cut.levels[2].tried, "{:?}", cut.levels);
}

/// What a person lets pass may have changed something: found by a search over the example of the pool.
#[test]
fn what_a_person_lets_pass_is_taken_back_as_well() {
    let text = "rollout r { stage s {\n  step a { run \"a\", undo { run \"back\" } }\n  step b { run \"b\", undo { run \"back\" } }\n} }";
    assert_eq!(kinds(&explored(text, 1)), [], "{:?}", explored(text, 1).findings);
    let text = "fleet sites { target a {} }\nrollout r { stage s { for site in sites {\n  \
                step one { run \"one ${site}\", undo { } }\n  step two { run \"two ${site}\", undo { } }\n} } }";
    let explored = explored(text, 2);
    assert_eq!(kinds(&explored), [], "{:?}", explored.findings);
}

#[test]
fn every_example_with_one_fault_needs_hands_only_where_a_target_is_lost() {
    for path in examples::examples() {
        let file = examples::relative(&path);
        if examples::LASTS_FOR_DAYS.iter().any(|it| file.contains(it)) {
            continue;
        }
        let kept = examples::left_before(&file);
        let plan = planned(&examples::without_findings(&file), &file, &kept);
        let explored = explore(&plan, &kept, START, 1, &mut |_| true);
        assert!(explored.levels.iter().all(|it| it.is_whole), "{file}: {:?}", explored.levels);
        assert!(explored.levels[1].tried > 20, "{file}: {:?}", explored.levels);
        assert_eq!(explored.undriven, Vec::<String>::new(), "{file}");
        for finding in &explored.findings {
            let ways: Vec<String> = finding.way.iter().map(|(_, it)| it.in_words(&plan)).collect();
            let is_lost = ways.iter().any(|it| it.ends_with("nothing reaches it any more"));
            assert!(finding.bad == Bad::NeedsHands && is_lost, "{file}: {finding:?}");
        }
    }
}

/// The search of all runs with one fault takes a minute here, so this one is cut short; it says so.
#[test]
fn days_of_samples_are_disturbed_here_and_there() {
    let file = "examples/vision/vision.rollout";
    let kept = examples::left_before(file);
    let plan = planned(&examples::without_findings(file), file, &kept);
    let explored = explore(&plan, &kept, START, 1, &mut |states| states < 4_000);
    assert!(explored.levels[0].is_whole, "{:?}", explored.levels);
    assert!(!explored.levels[1].is_whole && explored.levels[1].tried > 100, "{:?}", explored.levels);
    assert!(explored.is_thinned);
    for finding in &explored.findings {
        let ways: Vec<String> = finding.way.iter().map(|(_, it)| it.in_words(&plan)).collect();
        let is_unheard = finding.bad == Bad::Stuck && ways == ["nobody answers `prepare.checklist`"];
        assert!(is_unheard || finding.bad == Bad::NeedsHands, "{finding:?}");
    }
    assert!(explored.findings.iter().any(|it| it.bad == Bad::Stuck), "{:?}", explored.findings);
}

const LONG: &str = "probe up() { run \"true\" }\nrollout r { stage s {\n  step a { run \"do\", undo { run \"undo\" } }\n  \
                    watch up() { lasts = 8h, every = 1m, fail_in_a_row = 2 }\n} }";

#[test]
fn a_long_watch_is_searched_with_all_its_outcomes() {
    let explored = explored(LONG, 2);
    assert!(explored.is_thinned && explored.levels.iter().all(|it| it.is_whole), "{:?}", explored.levels);
    // Were each of the 480 samples disturbed, there would be more runs with one fault than that.
    assert!((40..200).contains(&explored.levels[1].tried), "{:?}", explored.levels);
    assert!(explored.endings["rolled_back"] > 0 && explored.endings["succeeded"] > 0, "{:?}", explored.endings);
    assert_eq!(kinds(&explored), [Bad::NeedsHands], "{:?}", explored.findings);
}

/// Explores a plan that no program comes to.
fn explored_broken(plan: &Plan) -> Vec<(Bad, String)> {
    let explored = explore(plan, &KeptValues::new(), START, 1, &mut |_| true);
    explored.findings.into_iter().map(|it| (it.bad, it.place)).collect()
}

/// Returns a node by the name that it has in the program.
fn node_named(plan: &Plan, name: &str) -> NodeId {
    let at = plan.nodes.iter().position(|it| it.name == name);
    NodeId(at.expect("it stands in the plan") as u32)
}

/// The engine keeps the order of stages, so no program shows this: only a plan that promises one order and has another.
#[test]
fn a_stage_that_begins_without_the_gate_before_it_is_found() {
    let text = "probe up() { run \"true\" }\nrollout r {\n  stage a { log \"a\" }\n  stage b { check up() }\n  \
                stage c { log \"c\" }\n}";
    let mut plan = plan_of(text);
    assert_eq!(explored_broken(&plan), []);
    let (a, b, c) = (node_named(&plan, "a"), node_named(&plan, "b"), node_named(&plan, "c"));
    plan.dependents[a.0 as usize] = vec![b, c];
    plan.dependents[b.0 as usize].clear();
    assert_eq!(explored_broken(&plan), [(Bad::Ungated, "c".to_owned())]);
}

/// The engine takes back whatever can be, so no program shows this: only a plan that says of a stage that it cannot.
#[test]
fn what_stays_although_it_has_a_way_back_is_found() {
    let text = "fleet sites { target a {}, target b {} }\n\
                rollout r { stage s { for site in sites { step put { run \"put ${site}\", undo { run \"back\" } } } } }";
    let mut plan = plan_of(text);
    let needs_hands = |found: &[(Bad, String)]| found.iter().all(|it| it.0 == Bad::NeedsHands);
    assert!(needs_hands(&explored_broken(&plan)));
    let stage = node_named(&plan, "s");
    plan.nodes[stage.0 as usize].undoable = false;
    let found = explored_broken(&plan);
    assert!(found.contains(&(Bad::NotUndone, "s.put.run[a]".to_owned())), "{found:?}");
}

/// Everything that can be found, each in the smallest program, and the tests that a search prints of it: one that stands
/// in the file comes to the same ending; one that breaks an invariant fails over it.
#[test]
fn a_printed_test_shows_what_was_found() {
    let stuck = "people bosses = [\"dana\"]\nrollout r { stage s { approve bosses { }, log \"on\" } }";
    let uncovered = "fleet sites { target a {}, target b {} }\n\
                     rollout r { stage s { for site in sites { run \"put ${site}\", allow = [W0012] } } }";
    let asked = "fleet sites { target a {}, target b {} }\nprobe up(site: target) { run \"true\" }\n\
                 rollout r { input version: string = \"1.0\"\n  stage s { for site in sites {\n    \
                 step put { run \"put ${site} ${version}\", undo { run \"back\", fail \"no\" } }\n    \
                 watch up(site) { lasts = 5m, every = 1m, fail_after = 2 }\n  } } }";
    let crashed = "fleet sites { target a {} }\nrollout r { stage s { for site in sites {\n  \
                   step put { run \"put ${site}\" { interrupted = fail }, undo { run \"back\", fail \"no\" } } } } }";
    let decided = "rollout r {\n  on_failure = pause\n  stage s { step a { run \"do\", undo { fail \"no\" } } }\n}";
    let cases = [(STEP, 2), (stuck, 1), (uncovered, 1), (asked, 1), (crashed, 1), (decided, 1), (ALWAYS, 2)];
    let mut kinds = BTreeSet::new();
    for (text, faults) in cases {
        let stage = Stage::with("small.rollout", text);
        let said = stage.say(&["explore", "small.rollout", "--faults", &faults.to_string(), "--format", "json"]);
        let document: serde_json::Value = serde_json::from_str(&said.out).expect("it is JSON");
        let findings = document["findings"].as_array().expect("there are findings");
        assert!(!findings.is_empty(), "{text}");
        for finding in findings {
            let test = finding["test"].as_str().unwrap_or_else(|| panic!("{text}\n{finding}"));
            let kind = finding["kind"].as_str().expect("it has a kind").to_owned();
            stage.write("small.rollout", &format!("{text}\n\n{test}"));
            let said = stage.say(&["test", "small.rollout"]);
            if kind == "broken" {
                assert!(said.code == 1 && said.out.contains("E0951") && said.out.contains("`always"), "{}", said.out);
            } else {
                assert_eq!(said.code, 0, "{}{}", said.out, said.err);
            }
            kinds.insert(kind);
        }
    }
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["broken", "needs_hands", "stuck", "uncovered"]);
}

#[test]
fn what_no_test_can_show_is_said() {
    let stage = Stage::with("small.rollout", HOLD);
    let said = stage.say(&["explore", "small.rollout", "--faults", "1"]);
    assert!(said.out.contains("No test shows it: it never ends, and a test has to."), "{}", said.out);
}

#[test]
fn the_same_search_finds_the_same() {
    let (first, second) = (explored(ALWAYS, 2), explored(ALWAYS, 2));
    assert_eq!(format!("{first:?}"), format!("{second:?}"));
}

#[test]
fn a_finding_is_told_and_counted_by_the_exit_code() {
    let stage = Stage::with("small.rollout", STEP);
    let said = stage.say(&["explore", "small.rollout", "--faults", "1"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.starts_with("No bad ending of `r` was found."), "{}", said.out);
    let said = stage.say(&["explore", "small.rollout", "--faults", "2", "--format", "json"]);
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    let document: serde_json::Value = serde_json::from_str(&said.out).expect("it is JSON");
    assert_eq!(document["findings"][0]["kind"], "needs_hands", "{document}");
    assert_eq!(document["findings"][0]["way"][1]["text"], "`s.a.undo.run` fails", "{document}");
    let said = stage.say(&["explore", "small.rollout", "--within", "soon"]);
    assert_eq!(said.code, 2, "{}", said.err);
}
