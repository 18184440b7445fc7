//! The host in earnest, with a world that is scripted: what is durable before what, how much is under way at once,
//! and what becomes of a job that has no place yet.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rollout::check::check;
use rollout::engine::{Answer, Command, Done, Event, Outcome, Person};
use rollout::journal::{Journal, Memory};
use rollout::plan::{KeptValues, Place, Plan};
use rollout::runtime::{Asked, Audience, Host, HostHandle, Perform, StartRequest, Update};
use rollout::source::MemoryWorld;
use smol_str::SmolStr;

use crate::examples::planned;

/// A world in which every job takes a moment and succeeds, unless it is told to end or to panic.
struct Script {
    journal: Arc<Memory>,
    takes: Duration,
    panics: bool,
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    begun: Mutex<Vec<Place>>,
}

impl Script {
    fn new(journal: &Arc<Memory>, takes: Duration, panics: bool) -> Arc<Script> {
        let (now, most) = (Arc::default(), Arc::default());
        Arc::new(Script { journal: Arc::clone(journal), takes, panics, now, most, begun: Mutex::default() })
    }

    fn begun(&self) -> usize {
        self.begun.lock().expect("nobody panics with it").len()
    }
}

impl Perform for Script {
    fn perform(&self, asked: Asked) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
        let records = self.journal.records(Some(&asked.run), 0, usize::MAX).expect("they read");
        let is_remembered = records.iter().any(|record| {
            matches!(&*record.event, Event::Asked { place, attempt, .. } if (*place, *attempt) == (asked.place, asked.attempt))
        });
        assert!(is_remembered, "it was begun before it was remembered");
        self.begun.lock().expect("nobody panics with it").push(asked.place);
        let (now, most) = (Arc::clone(&self.now), Arc::clone(&self.most));
        let (takes, panics) = (self.takes, self.panics);
        let mut ended = asked.ended;
        Box::pin(async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::select! {
                () = tokio::time::sleep(takes) => {}
                () = ended.wait() => {}
            }
            assert!(!panics, "as the script has it");
            now.fetch_sub(1, Ordering::SeqCst);
            Answer::Done(Done::default())
        })
    }

    fn prepare(&self, _run: &SmolStr, _plan: &Arc<Plan>, _variables: Option<BTreeMap<SmolStr, String>>) {}

    fn forget(&self, _run: &SmolStr) {}
}

fn fleet(stage: &str) -> Plan {
    let targets: String = (0..10).map(|it| format!("  target t{it} {{}}\n")).collect();
    let text = format!("fleet all {{\n{targets}}}\nrollout many {{\n  stage one {{\n{stage}\n  }}\n}}\n");
    let checked = check(&MemoryWorld::default().with("many.rollout", &text), "many.rollout");
    planned(&checked, "many.rollout", &KeptValues::new())
}

async fn start(host: &HostHandle, plan: Plan) -> SmolStr {
    let request = StartRequest { plan, by: dana(), reason: None, variables: BTreeMap::new() };
    host.start(request).await.expect("it begins")
}

fn dana() -> Person {
    Person("dana".into())
}

/// Waits until a run rests.
async fn rest(host: &HostHandle, run: &str) {
    let mut seat = host.watch(Some(run));
    while host.is_at_rest(run).await == Ok(Some(false)) {
        while let Some(update) = seat.recv().await {
            if matches!(update, Update::Rested { .. }) {
                break;
            }
        }
    }
}

fn outcome(journal: &Memory, run: &str) -> Option<Outcome> {
    journal.run(run).expect("it is there").outcome
}

fn host(journal: &Arc<Memory>, script: &Arc<Script>, jobs: usize) -> (Host, HostHandle) {
    let (journal, performer) = (Arc::clone(journal), Arc::clone(script));
    Host::new(journal, performer, jobs, Audience::default())
}

#[tokio::test]
async fn so_many_jobs_are_under_way_at_once_and_no_more() {
    let journal = Arc::new(Memory::new());
    let script = Script::new(&journal, Duration::from_millis(20), false);
    let (host, handle) = host(&journal, &script, 3);
    let drive = tokio::spawn(host.drive());
    let run = start(&handle, fleet("    for t in all { at_once = 8, run \"true\" }")).await;
    rest(&handle, &run).await;
    assert_eq!(outcome(&journal, &run), Some(Outcome::Succeeded));
    assert_eq!((script.begun(), script.most.load(Ordering::SeqCst)), (10, 3));
    handle.leave();
    drive.await.expect("no panic").expect("no error");
}

#[tokio::test]
async fn a_job_that_is_ended_before_it_has_a_place_never_begins() {
    let journal = Arc::new(Memory::new());
    let script = Script::new(&journal, Duration::from_secs(60), false);
    let (host, handle) = host(&journal, &script, 1);
    let drive = tokio::spawn(host.drive());
    let run = start(&handle, fleet("    for t in all { at_once = 8, run \"true\" }")).await;
    handle.command(&run, dana(), Command::Cancel { reason: None }).await.expect("it is heeded");
    rest(&handle, &run).await;
    assert_eq!(outcome(&journal, &run), Some(Outcome::Cancelled));
    assert_eq!(script.begun(), 1);
    handle.leave();
    drive.await.expect("no panic").expect("no error");
}

#[tokio::test]
async fn a_performer_that_panics_leaves_the_decision_to_a_person() {
    let journal = Arc::new(Memory::new());
    let script = Script::new(&journal, Duration::ZERO, true);
    let (host, handle) = host(&journal, &script, 4);
    let drive = tokio::spawn(host.drive());
    let run = start(&handle, fleet("    run \"true\"")).await;
    rest(&handle, &run).await;
    assert_eq!(outcome(&journal, &run), None);
    let records = journal.records(Some(&run), 0, usize::MAX).expect("they read");
    assert!(records.iter().any(|it| matches!(&*it.event, Event::Paused { .. })), "it is paused");
    // It rests, so the host may leave; the journal knows where it stands.
    handle.leave();
    drive.await.expect("no panic").expect("no error");
}

#[tokio::test]
async fn runs_side_by_side_have_names_of_their_own_and_share_the_journal() {
    let journal = Arc::new(Memory::new());
    let script = Script::new(&journal, Duration::from_millis(1), false);
    let (host, handle) = host(&journal, &script, 4);
    let drive = tokio::spawn(host.drive());
    let mut runs = Vec::new();
    for _ in 0..20 {
        runs.push(start(&handle, fleet("    for t in all { at_once = 2, run \"true\" }")).await);
    }
    for run in &runs {
        rest(&handle, run).await;
        assert_eq!(outcome(&journal, run), Some(Outcome::Succeeded));
    }
    assert!(runs.is_sorted(), "names grow: {runs:?}");
    runs.dedup();
    assert_eq!((runs.len(), script.begun()), (20, 200));
    handle.leave();
    drive.await.expect("no panic").expect("no error");
    assert_eq!(start_after(&handle).await, Some(()), "an engine that has left begins nothing");
}

async fn start_after(handle: &HostHandle) -> Option<()> {
    let request =
        StartRequest { plan: fleet("    run \"true\""), by: dana(), reason: None, variables: BTreeMap::new() };
    handle.start(request).await.err().map(|_| ())
}

#[tokio::test]
async fn what_is_due_while_a_run_is_paused_comes_after() {
    let journal = Arc::new(Memory::new());
    let script = Script::new(&journal, Duration::from_millis(1), false);
    let (host, handle) = host(&journal, &script, 4);
    let drive = tokio::spawn(host.drive());
    let run = start(&handle, fleet("    wait 100ms\n    run \"true\"")).await;
    handle.command(&run, dana(), Command::Pause { reason: None }).await.expect("it is heeded");
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert_eq!(script.begun(), 0, "nothing new begins while it is paused");
    handle.command(&run, dana(), Command::Resume { reason: None }).await.expect("it is heeded");
    rest(&handle, &run).await;
    assert_eq!(outcome(&journal, &run), Some(Outcome::Succeeded));
    handle.leave();
    drive.await.expect("no panic").expect("no error");
}

#[tokio::test]
async fn jobs_without_a_place_do_not_begin_in_a_paused_run() {
    let journal = Arc::new(Memory::new());
    let script = Script::new(&journal, Duration::from_millis(50), false);
    let (host, handle) = host(&journal, &script, 2);
    let drive = tokio::spawn(host.drive());
    let run = start(&handle, fleet("    for t in all { at_once = 8, run \"true\" { retry = 2 } }")).await;
    handle.command(&run, dana(), Command::Pause { reason: None }).await.expect("it is heeded");
    rest(&handle, &run).await;
    assert_eq!(script.begun(), 2, "what was under way ends, and nothing else begins");
    handle.command(&run, dana(), Command::Resume { reason: None }).await.expect("it is heeded");
    rest(&handle, &run).await;
    assert_eq!(outcome(&journal, &run), Some(Outcome::Succeeded));
    assert_eq!(script.begun(), 10, "each is done once in the end");
    handle.leave();
    drive.await.expect("no panic").expect("no error");
}

#[tokio::test]
async fn a_question_without_a_place_is_asked_again_when_somebody_resumes() {
    let journal = Arc::new(Memory::new());
    let script = Script::new(&journal, Duration::from_millis(50), false);
    let (host, handle) = host(&journal, &script, 1);
    let drive = tokio::spawn(host.drive());
    let run = start(&handle, fleet("    parallel { run \"true\", run \"true\", run \"true\" }")).await;
    handle.command(&run, dana(), Command::Pause { reason: None }).await.expect("it is heeded");
    rest(&handle, &run).await;
    // The engine may go, and come back: what never began is no riddle to it.
    handle.leave();
    drive.await.expect("no panic").expect("no error");
    let (host, handle) = host_again(&journal, &script);
    let drive = tokio::spawn(host.drive());
    handle.command(&run, dana(), Command::Resume { reason: None }).await.expect("it is heeded");
    rest(&handle, &run).await;
    assert_eq!(outcome(&journal, &run), Some(Outcome::Succeeded));
    assert_eq!(script.begun(), 3);
    handle.leave();
    drive.await.expect("no panic").expect("no error");
}

fn host_again(journal: &Arc<Memory>, script: &Arc<Script>) -> (Host, HostHandle) {
    host(journal, script, 1)
}

#[tokio::test]
async fn a_host_stays_while_people_are_asked() {
    let journal = Arc::new(Memory::new());
    let script = Script::new(&journal, Duration::from_millis(1), false);
    let (host, handle) = host(&journal, &script, 1);
    let drive = tokio::spawn(host.drive());
    let run = start(&handle, fleet("    approve [\"dana\", \"lee\"]\n    run \"true\"")).await;
    assert_eq!(handle.is_at_rest(&run).await, Ok(Some(false)), "it waits for lee");
    handle.leave();
    let approve = || Command::Approve { path: None, reason: None };
    assert!(handle.command(&run, dana(), approve()).await.is_err(), "the author may not");
    handle.command(&run, Person("lee".into()), approve()).await.expect("lee is asked");
    drive.await.expect("no panic").expect("no error");
    assert_eq!(outcome(&journal, &run), Some(Outcome::Succeeded));
}

#[tokio::test]
async fn a_run_whose_approval_its_author_alone_could_give_does_not_begin() {
    let journal = Arc::new(Memory::new());
    let script = Script::new(&journal, Duration::from_millis(1), false);
    let (host, handle) = host(&journal, &script, 1);
    let drive = tokio::spawn(host.drive());
    let plan = fleet("    approve [\"dana\"]");
    let request = StartRequest { plan, by: dana(), reason: None, variables: BTreeMap::new() };
    let refused = handle.start(request).await.expect_err("nobody could ever approve it").to_string();
    assert_eq!(refused, "`one/approve~1` needs somebody other than dana, who starts the run, and nobody is left");
    handle.leave();
    drive.await.expect("no panic").expect("no error");
}
