//! What people are asked and what they may answer: each case is a program, what is said by whom and when, and what
//! follows. Nothing runs here but the engine.

use rollout::check::check;
use rollout::engine::{Answer, Command, Done, Effect, Event, Heard, Outcome, Person, Run, RunStarted, step};
use rollout::plan::{KeptValues, Plan};
use rollout::sim::{Crash, Luck, Odds, crashed, play};
use rollout::source::MemoryWorld;
use rollout::value::At;

use super::examples::planned;

/// A run of one program, to be talked to. Commands of the program succeed at once.
struct Talk {
    plan: Plan,
    run: Run,
    now: At,
    events: Vec<Event>,
}

/// What a case has in common: who there is.
const PEOPLE: &str = "people leads = [\"dana\", \"lee\", \"kim\"]\n";

pub fn plan_of(rollout: &str) -> Plan {
    let text = format!("{PEOPLE}{rollout}");
    let checked = check(&MemoryWorld::default().with("main.rollout", &text), "main.rollout");
    assert!(checked.is_sound(), "{:?}\n{text}", checked.diagnostics);
    planned(&checked, "main.rollout", &KeptValues::new())
}

/// Starts a run that dana wants.
fn talk(rollout: &str) -> Talk {
    let plan = plan_of(rollout);
    let started = RunStarted {
        run: "20261123-aaaa".into(),
        rollout: plan.rollout.clone(),
        plan: "plan".into(),
        inputs: plan.inputs.clone(),
        by: Person("dana".into()),
        reason: None,
        kept: Vec::new(),
        forecast: None,
    };
    let mut talk = Talk { plan, run: Run::new(), now: At(1_795_392_000_000), events: Vec::new() };
    talk.hear(Heard::Start(Box::new(started))).expect("a start is never refused");
    talk
}

impl Talk {
    fn hear(&mut self, heard: Heard) -> Result<(), String> {
        let mut news = vec![heard];
        let mut refused = None;
        while let Some(heard) = news.pop() {
            let step = step(&self.plan, &mut self.run, self.now, heard);
            self.events.extend(step.events);
            refused = refused.or(step.refused);
            for effect in step.effects {
                if let Effect::Perform { place, attempt, .. } = effect {
                    news.push(Heard::Answer { place, attempt, answer: Answer::Done(Done::default()) });
                }
            }
        }
        refused.map_or(Ok(()), |it| Err(it.0))
    }

    fn says(&mut self, by: &str, command: Command) -> Result<(), String> {
        self.hear(Heard::Command { by: Person(by.into()), command })
    }

    fn approves(&mut self, by: &str) -> Result<(), String> {
        self.says(by, Command::Approve { path: None, reason: None })
    }

    fn rejects(&mut self, by: &str) -> Result<(), String> {
        self.says(by, Command::Reject { path: None, reason: Some("too early".to_owned()) })
    }

    fn ticks(&mut self, by: &str, item: &str) -> Result<(), String> {
        self.says(by, Command::Confirm { path: None, item: Some(item.to_owned()), reason: None })
    }

    fn resumes(&mut self) -> Result<(), String> {
        self.says("kim", Command::Resume { reason: Some("it is late".to_owned()) })
    }

    fn after(&mut self, minutes: i64) {
        self.now = self.now.plus_ms(minutes * 60_000);
        self.hear(Heard::Tick).expect("time is never refused");
    }

    fn outcome(&self) -> Option<Outcome> {
        self.run.finished()
    }

    fn reason(&self) -> String {
        match self.events.last() {
            Some(Event::RunFinished { reason: Some(reason), .. }) => reason.clone(),
            other => panic!("it has not ended with a reason: {other:?}"),
        }
    }

    /// How much was done after the question.
    fn went_on(&self) -> bool {
        self.events.iter().any(|it| matches!(it, Event::Logged { message, .. } if message == "went on"))
    }
}

fn approval(settings: &str) -> Talk {
    talk(&format!("rollout web {{ stage one {{ approve leads {{ {settings} }}\n log \"went on\" }} }}"))
}

#[test]
fn it_takes_as_many_different_people_as_it_needs_and_the_author_is_none_of_them() {
    let mut talk = approval("need = 2");
    let before = talk.events.len();
    assert_eq!(talk.approves("dana").unwrap_err(), "dana started the run: `one/approve~1` is up to lee or kim");
    assert_eq!(talk.approves("mallory").unwrap_err(), "mallory is not asked: `one/approve~1` is up to lee or kim");
    assert_eq!(talk.events.len(), before, "what is refused changes nothing");
    talk.approves("lee").expect("lee is asked");
    assert_eq!(talk.approves("lee").unwrap_err(), "lee has approved already: now it is up to kim");
    assert!(!talk.went_on());
    talk.approves("kim").expect("kim is asked");
    assert!(talk.went_on());
    assert_eq!(talk.outcome(), Some(Outcome::Succeeded));
    assert_eq!(talk.approves("kim").unwrap_err(), "the run has ended: succeeded");
}

#[test]
fn the_author_counts_where_the_program_says_so() {
    let mut talk = approval("need = 2, author_may = true");
    talk.approves("dana").expect("the author may");
    talk.approves("kim").expect("kim is asked");
    assert_eq!(talk.outcome(), Some(Outcome::Succeeded));
}

#[test]
fn an_approval_that_too_few_can_give_fails_at_once_and_says_why() {
    let talk = approval("need = 3");
    assert_eq!(talk.outcome(), Some(Outcome::Failed));
    assert_eq!(talk.reason(), "`one/approve~1`: 3 have to answer and only 2 may, because dana started the run");
    let out = plan_of("rollout web { stage one { approve leads { need = 3 } } }").approvals_out_of_reach("dana");
    assert_eq!(out, ["`one/approve~1` needs 3 people other than dana, who starts the run, and only 2 are left"]);
}

#[test]
fn a_no_fails_and_on_failure_acts() {
    let mut talk = approval("need = 2");
    talk.approves("kim").expect("kim is asked");
    talk.rejects("lee").expect("lee is asked");
    assert_eq!(talk.outcome(), Some(Outcome::Failed));
    assert_eq!(talk.reason(), "`one/approve~1`: lee rejected it: too early");
    assert!(!talk.went_on());
}

#[test]
fn a_no_may_take_the_whole_run_back() {
    let mut talk = talk(
        "rollout web {
           on_failure = stop
           stage one { step a { run \"true\", undo { run \"true\" } } }
           stage two { approve leads { on_reject = rollback } }
         }",
    );
    talk.rejects("lee").expect("lee is asked");
    assert_eq!(talk.outcome(), Some(Outcome::RolledBack));
    assert_eq!(talk.reason(), "`two/approve~1`: lee rejected it: too early");
}

#[test]
fn a_no_that_pauses_is_asked_again_when_somebody_resumes() {
    let mut talk = approval("on_reject = pause");
    talk.rejects("lee").expect("lee is asked");
    assert_eq!(talk.approves("kim").unwrap_err(), "lee has rejected `one/approve~1`: say `resume` to ask again");
    talk.resumes().expect("it is paused");
    talk.approves("lee").expect("lee is asked again");
    assert_eq!(talk.outcome(), Some(Outcome::Succeeded));
    let resumed = talk.events.iter().find_map(|it| match it {
        Event::Resumed { by, reason } => Some((by.0.clone(), reason.clone())),
        _ => None,
    });
    assert_eq!(resumed, Some(("kim".into(), Some("it is late".to_owned()))));
}

#[test]
fn an_answer_that_comes_late_ends_the_pause() {
    let mut talk = approval("within = 4h");
    talk.after(239);
    assert!(talk.run.paused().is_none());
    talk.after(1);
    assert!(talk.run.paused().is_some());
    talk.approves("kim").expect("it is never too late");
    assert!(talk.went_on());
    assert_eq!(talk.outcome(), Some(Outcome::Succeeded));
}

#[test]
fn a_pause_over_a_time_that_is_over_asks_anew_when_somebody_resumes() {
    let mut talk = approval("need = 2, within = 1h");
    talk.approves("lee").expect("lee is asked");
    talk.after(61);
    talk.resumes().expect("it is paused");
    assert!(talk.run.paused().is_none());
    talk.approves("kim").expect("kim is asked");
    assert!(!talk.went_on(), "it is asked from the start");
    talk.after(61);
    assert!(talk.run.paused().is_some(), "and has as much time as before");
}

#[test]
fn a_time_that_is_over_may_fail_hold_or_be_looked_away_from() {
    let mut fails = approval("within = 1h, on_timeout = fail");
    fails.after(60);
    assert_eq!(fails.outcome(), Some(Outcome::Failed));
    assert_eq!(fails.reason(), "`one/approve~1`: one answer did not come within 1h");
    let mut warns = approval("within = 1h, on_timeout = fail, otherwise = warn");
    warns.after(60);
    assert_eq!(warns.outcome(), Some(Outcome::Succeeded));
    assert!(warns.events.iter().any(|it| matches!(it, Event::Expired { .. })));
    let mut holds = approval("within = 1h, on_timeout = fail, otherwise = hold");
    holds.after(60);
    holds.after(6000);
    assert_eq!(holds.outcome(), None);
    holds.approves("kim").expect("kim is asked");
    assert_eq!(holds.outcome(), Some(Outcome::Succeeded));
    let mut back = approval("within = 1h, on_timeout = rollback");
    back.after(60);
    assert_eq!(back.outcome(), Some(Outcome::Failed), "nothing was done, so nothing was rolled back");
}

#[test]
fn nobody_skips_an_approval() {
    let mut talk = approval("on_reject = fail, otherwise = pause");
    talk.rejects("lee").expect("lee is asked");
    let skip = Command::Skip { path: None, reason: None };
    assert_eq!(
        talk.says("dana", skip).unwrap_err(),
        "nobody has said yes to `one/approve~1`, and that cannot be skipped: say `retry`"
    );
    let retry = Command::Retry { path: None, reason: None };
    talk.says("dana", retry).expect("it has failed");
    talk.approves("kim").expect("kim is asked again");
    assert_eq!(talk.outcome(), Some(Outcome::Succeeded));
}

#[test]
fn a_stage_behind_a_refused_approval_is_not_skipped_either() {
    let mut talk = talk(
        "rollout web { on_failure = rollback_stage
           stage one { approve leads }
           stage two { log \"went on\" } }",
    );
    talk.rejects("lee").expect("lee is asked");
    assert!(talk.run.paused().is_some());
    assert!(talk.says("dana", Command::Skip { path: None, reason: None }).is_err());
    assert!(!talk.went_on());
}

#[test]
fn an_approval_that_was_not_asked_for_yet_is_not_skipped_with_its_stage() {
    let mut talk = talk(
        "rollout web { on_failure = rollback_stage
           stage one { fail \"no\", approve leads, allow = [W0003] }
           stage two { log \"went on\" } }",
    );
    let skip = Command::Skip { path: None, reason: None };
    assert_eq!(
        talk.says("dana", skip).unwrap_err(),
        "nobody has said yes to `one/approve~1`, and that cannot be skipped: say `retry`"
    );
}

#[test]
fn a_question_on_the_way_back_that_is_refused_does_not_begin_it_again() {
    let mut talk = talk(
        "action look() { approve leads { on_reject = rollback } }
         rollout web {
           stage one { step a { run \"true\", undo { look(), run \"true\" } } }
           stage two { fail \"no\" }
         }",
    );
    talk.rejects("kim").expect("kim is asked");
    assert_eq!(talk.outcome(), Some(Outcome::NeedsHands));
}

#[test]
fn a_checklist_is_ticked_off_in_any_order_by_those_who_are_named() {
    let mut talk = talk(
        "rollout web { stage one {
           checklist \"Before the pilot\" by leads { \"Rollback plan read\", \"On-call told\" }
           log \"went on\" } }",
    );
    assert_eq!(
        talk.says("lee", Command::Confirm { path: None, item: None, reason: None }).unwrap_err(),
        "say which item of `one/checklist~1`: 1 `Rollback plan read`, 2 `On-call told`"
    );
    assert_eq!(talk.approves("lee").unwrap_err(), "`one/checklist~1` is a checklist: say `confirm`");
    assert!(talk.ticks("mallory", "1").is_err());
    talk.ticks("dana", "2").expect("the author may tick items off");
    assert_eq!(talk.ticks("lee", "On-call told").unwrap_err(), "dana has ticked `On-call told` off already");
    assert_eq!(
        talk.ticks("lee", "coffee").unwrap_err(),
        "`one/checklist~1` has no item `coffee`; open are 1 `Rollback plan read`"
    );
    assert!(!talk.went_on());
    talk.ticks("lee", "rollback").expect("the beginning of an item is enough");
    assert_eq!(talk.outcome(), Some(Outcome::Succeeded));
}

#[test]
fn a_declared_checklist_is_gone_through_wherever_it_is_named() {
    let mut talk = talk(
        "checklist before by leads { \"a\", \"b\", within = 1h, on_timeout = fail }
         rollout web {
           stage one { checklist before }
           stage two { checklist before by [\"kim\"] { within = 2h } } }",
    );
    talk.ticks("lee", "a").expect("lee is asked");
    talk.ticks("lee", "b").expect("lee is asked");
    assert!(talk.ticks("lee", "a").is_err(), "the second time only kim is");
    talk.after(90);
    assert_eq!(talk.outcome(), None);
    talk.after(30);
    assert_eq!(talk.reason(), "`two/checklist~1`: 2 answers did not come within 2h");
}

#[test]
fn a_confirmation_needs_one_yes() {
    let mut talk =
        talk("rollout web { stage one { confirm \"Is the traffic drained?\" by [\"lee\"], log \"went on\" } }");
    assert!(talk.says("kim", Command::Confirm { path: None, item: None, reason: None }).is_err());
    talk.says("lee", Command::Confirm { path: Some("one.confirm".to_owned()), item: None, reason: None })
        .expect("lee is asked");
    assert_eq!(talk.outcome(), Some(Outcome::Succeeded));
}

#[test]
fn where_several_things_are_open_the_path_says_which() {
    let mut talk = talk(
        "fleet sites { target ny {}, target la {} }
         rollout web { stage one { for site in sites { at_once = 2, approve leads { prompt = \"go to ${site}?\" } } } }",
    );
    assert_eq!(
        talk.approves("lee").unwrap_err(),
        "several things wait for people, say which: `one/ny/approve~1`, `one/la/approve~1`"
    );
    let approve = |path: &str| Command::Approve { path: Some(path.to_owned()), reason: None };
    assert_eq!(
        talk.says("lee", approve("two")).unwrap_err(),
        "nothing at `two` waits for people, but `one/ny/approve~1`, `one/la/approve~1` does"
    );
    talk.says("lee", approve("one/la")).expect("a target is enough");
    talk.says("lee", approve("one.ny.approve")).expect("so is the word");
    assert_eq!(talk.outcome(), Some(Outcome::Succeeded));
    let ask = plan_of("rollout web { stage one { approve leads, approve leads } }");
    assert_eq!(ask.called("one.approve").len(), 2);
    assert_eq!(ask.called("one.approve~2").len(), 1);
}

#[test]
fn a_claim_is_written_down_and_counts_for_nothing() {
    let mut talk = approval("");
    let as_lee = |wish: Command| Command::As { claim: "lee".into(), wish: Box::new(wish) };
    let approve = || Command::Approve { path: None, reason: None };
    assert!(talk.says("dana", as_lee(approve())).is_err());
    assert!(!talk.events.iter().any(|it| matches!(it, Event::Claimed { .. })), "what is refused leaves nothing");
    talk.says("kim", as_lee(approve())).expect("kim is asked");
    let at =
        talk.events.iter().position(|it| matches!(it, Event::Claimed { by, claim } if by.0 == "kim" && claim == "lee"));
    let at = at.expect("the claim is there");
    assert!(matches!(&talk.events[at + 1], Event::Approved { by, .. } if by.0 == "kim"));
}

#[test]
fn an_approval_may_come_while_the_run_is_paused_and_nothing_begins() {
    let mut talk = approval("");
    talk.says("dana", Command::Pause { reason: None }).expect("it runs");
    talk.approves("kim").expect("kim is asked");
    assert!(!talk.went_on());
    talk.resumes().expect("it is paused");
    assert!(talk.went_on());
}

#[test]
fn a_cancelled_run_no_longer_asks() {
    let mut talk = approval("");
    talk.says("dana", Command::Cancel { reason: None }).expect("it runs");
    assert!(talk.outcome().is_some());
    assert!(talk.approves("kim").is_err());
}

#[test]
fn roles_are_read_when_the_plan_is_made() {
    let mut world = MemoryWorld::default().with(
        "main.rollout",
        "people leads = role(\"approver\")\nrollout web { stage one { approve leads { need = 2 } } }",
    );
    let mut plan = |members: &[&str]| {
        world.roles.insert("approver".to_owned(), members.iter().map(|it| (*it).to_owned()).collect());
        let checked = check(&world, "main.rollout");
        assert!(checked.diagnostics.is_empty(), "{:?}", checked.diagnostics);
        let request = rollout::plan::PlanRequest {
            program: &checked.program,
            sources: &checked.sources,
            rollout: rollout::model::RolloutId(0),
            file: "main.rollout",
            folder: "",
            inputs: rollout::value::Record::new(),
            profile: None,
            now: At(0),
            world: &world,
            kept: &KeptValues::new(),
            only: None,
        };
        rollout::plan::plan(&request).map_err(|it| it[0].message.clone())
    };
    let planned = plan(&["dana", "lee"]).expect("there are two");
    let (_, ask) = planned.asks().next().expect("it asks");
    assert_eq!(ask.names(), Some(vec!["dana".into(), "lee".into()]));
    assert_eq!(plan(&["dana"]).unwrap_err(), "2 have to approve, and only 1 may");
    assert_eq!(plan(&[]).unwrap_err(), "nobody has the role `approver`");
}

/// How many histories are tried; more with `ROLLOUT_PEOPLE_SEEDS=1000`.
fn seeds() -> u64 {
    std::env::var("ROLLOUT_PEOPLE_SEEDS").ok().and_then(|it| it.parse().ok()).unwrap_or(40)
}

/// Everything that people are asked, in one rollout.
pub const REVIEWED: &str = "fleet sites { target a {}, target b {}, target c {} }
rollout web {
  on_failure = pause
  stage one {
    checklist \"Before\" by leads { \"a\", \"b\", \"c\", within = 8h }
    approve leads { need = 2, within = 4h, on_reject = pause }
  }
  stage two {
    for site in sites {
      at_once = 2, tolerate = 1
      step put { run \"put\", undo { run \"back\" } }
      confirm \"${site} well?\" by [\"kim\", \"lee\"] { within = 2h, on_timeout = fail, otherwise = hold }
      approve leads { within = 1h, on_timeout = fail, on_reject = fail, otherwise = warn }
    }
  }
  stage three { approve leads { within = 3h, on_timeout = rollback, on_reject = rollback } }
}";

#[test]
fn whatever_people_say_and_wherever_the_engine_dies_it_ends_and_only_those_asked_have_decided() {
    let plan = plan_of(REVIEWED);
    let odds = Odds { job_fails: 60, person_rejects: 120, person_silent: 250, person_late: 500, ..Odds::NONE };
    let mut approved = 0;
    for seed in 0..seeds() {
        let luck = Luck { seed, odds };
        let calm = play(&plan, &KeptValues::new(), luck, &mut |_| None);
        calm.outcome.clone().unwrap_or_else(|it| panic!("seed {seed}: {it:?}"));
        for (_, event) in &calm.events {
            let by = match event {
                Event::Approved { by, .. } | Event::Rejected { by, .. } | Event::Confirmed { by, .. } => by,
                Event::Ticked { by, .. } => by,
                _ => continue,
            };
            approved += 1;
            assert!(["dana", "lee", "kim"].contains(&by.0.as_str()), "seed {seed}: {by:?} was not asked");
        }
        let lost = play(&plan, &KeptValues::new(), luck, &mut |event| (event % 9 == 4).then_some(Crash::StepsLost));
        lost.outcome.unwrap_or_else(|it| panic!("seed {seed}, steps lost: {it:?}"));
        for event in 1..=calm.events.len() {
            crashed(&plan, &KeptValues::new(), luck, |at| at == event)
                .unwrap_or_else(|broken| panic!("seed {seed}, crash after event {event}: {broken}"));
        }
    }
    assert!(approved > 200, "only {approved} answers");
}
