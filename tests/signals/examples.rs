//! The examples that name a server, run for real against it: each to its end, and back. The files are those of the
//! project; what differs is said as a person would say it: addresses in the environment or in the fleet's table, times as
//! inputs, and programs by a folder of their own in the path.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::alerts::{alertmanager, telling};
use super::crew::Crew;
use super::numbers::Numbers;
use super::server::Server;
use super::site::Site;
use super::stage::{Said, Stage};
use super::watched::Watched;

/// Copies an example with all that lies beside it.
pub fn staged(example: &str) -> Stage {
    let stage = Stage::new();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example), stage.path());
    stage
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("it is made");
    for entry in std::fs::read_dir(from).expect("the example is there").flatten() {
        let there = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &there);
        } else {
            std::fs::copy(entry.path(), there).expect("it is copied");
        }
    }
}

/// Puts a program into a folder that stands first in the path.
pub fn program(stage: &Stage, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    let folder = stage.path().join("bin");
    std::fs::create_dir_all(&folder).expect("it is made");
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\nset -eu\ncd \"$(dirname \"$0\")/..\"\n{script}\n")).expect("it writes");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
}

/// Starts a run with some inputs and variables.
pub fn started(stage: &Stage, file: &str, inputs: &[&str], variables: &[(&str, &str)]) -> Child {
    started_by(stage.command(&["run", file, "--yes"]), stage, inputs, variables)
}

fn started_by(mut command: Command, stage: &Stage, inputs: &[&str], variables: &[(&str, &str)]) -> Child {
    let path = std::env::var("PATH").expect("a PATH");
    inputs.iter().for_each(|it| {
        command.args(["--input", it]);
    });
    command.env("PATH", format!("{}:{path}", stage.path().join("bin").display()));
    command.envs(variables.iter().copied());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
}

const FACTORIES: [&str; 10] =
    ["ny", "boston", "chicago", "la", "denver", "houston", "miami", "seattle", "phoenix", "atlanta"];

/// What ten factories do: half a per cent of errors, and a response of less than a quarter of a second.
fn factories() -> Numbers {
    let numbers = Numbers::default();
    for name in FACTORIES {
        let site = format!("site=\"factory-{name}\"");
        numbers.rate(&format!("workflows_total{{{site}}}"), 200.0);
        numbers.rate(&format!("failed_total{{{site}}}"), 1.0);
        numbers.rate(&format!("workflows_given_up_total{{{site}}}"), 1.0);
        numbers.buckets("response_seconds", &site, &[("0.1", 50.0), ("0.25", 100.0), ("1", 100.0), ("+Inf", 100.0)]);
    }
    numbers
}

/// Ten factories, their hour before, and the example that goes to them.
struct TenFactories {
    stage: Stage,
    numbers: Numbers,
    watched: Watched,
    _folder: tempfile::TempDir,
}

impl TenFactories {
    /// They have worked for an hour, and have got their first model without trouble.
    fn at_work() -> TenFactories {
        let (stage, numbers, folder) = (staged("canary"), factories(), tempfile::tempdir().expect("a folder"));
        numbers.write_past(folder.path(), 60);
        let mut watched = Watched::of(folder.path(), numbers.exporter(), "", &[], None);
        watched.until("sum(rate(workflows_total[1s]))", |it| it > 0.0);
        let all = TenFactories { stage, numbers, watched, _folder: folder };
        let said = all.stage.end(all.run("vision-3"));
        assert_eq!(said.code, 0, "{}{}", said.shown(), all.stage.say(&["why"]).out);
        assert!(FACTORIES.iter().all(|it| all.model(it) == "vision-3"));
        all
    }

    fn run(&self, model: &str) -> Child {
        let inputs = [&format!("model={model}"), "look=3s", "every=250ms"];
        started(&self.stage, "model.rollout", &inputs, &[("MONITORING_URL", &self.watched.url())])
    }

    fn model(&self, site: &str) -> String {
        self.stage.read(&format!("factories/factory-{site}/model"))
    }

    /// Lets the next model go out, makes trouble once the first factory has it, and returns what was decisive.
    fn why_taken_back(&self, trouble: impl Fn(&Numbers)) -> String {
        let run = self.run("vision-4");
        self.stage.until("the first factory has it", || self.model("ny") == "vision-4");
        trouble(&self.numbers);
        let said = self.stage.end(run);
        let why = self.stage.say(&["why"]);
        assert_eq!(said.code, 3, "{}{}", said.shown(), why.shown());
        // It has what it had before, and nobody else ever got the new one.
        assert!(FACTORIES.iter().all(|it| self.model(it) == "vision-3"));
        assert!(!said.out.contains("factory-boston"), "{}", said.shown());
        why.out
    }
}

#[test]
fn a_factory_with_too_many_errors_gets_its_model_back() {
    let why = TenFactories::at_work().why_taken_back(|it| it.rate("failed_total{site=\"factory-ny\"}", 5_000.0));
    assert!(why.contains("errors(site) <= 2%"), "{why}");
}

/// What it was before is the mean of an hour, as Prometheus has it.
#[test]
fn a_factory_that_is_a_tenth_slower_than_before_gets_its_model_back() {
    let why = TenFactories::at_work().why_taken_back(|it| {
        it.buckets("response_seconds", "site=\"factory-ny\"", &[("1", 5_000.0), ("+Inf", 5_000.0)]);
    });
    assert!(why.contains("110% of before(response(site))"), "{why}");
}

/// The finance service, what it is made of, and who decides about it.
struct Finance {
    stage: Stage,
    numbers: Numbers,
    service: Site,
    watched: Watched,
    alerting: String,
    _alertmanager: Server,
    _folder: tempfile::TempDir,
}

/// What nobody waits for: an alert of the kind that wakes people.
const OUTAGE: &str = "groups: [{ name: g, rules: [{ alert: NobodyCanPay, expr: 'payments_possible{app=\"finance\"} == 0', \
                      labels: { severity: critical } }] }]";

impl Finance {
    /// A service with so many errors in a thousand, on five replicas of its old version.
    fn open(errors: f64) -> Finance {
        let (stage, numbers, service) = (staged("weekly"), Numbers::default(), Site::open());
        service.put("/health/ready", 200, "{}");
        numbers.rate("http_requests_total{app=\"finance\",status=\"200\"}", 1000.0 - errors);
        numbers.rate("http_requests_total{app=\"finance\",status=\"503\"}", errors);
        for name in ["http_request_duration_seconds", "db_query_seconds", "external_call_seconds"] {
            numbers.buckets(name, "app=\"finance\"", &[("0.05", 98.0), ("0.3", 100.0), ("+Inf", 100.0)]);
        }
        for (series, value) in [("cpu_utilisation", 0.5), ("memory_utilisation", 0.6), ("payments_possible", 1.0)] {
            numbers.gauge(&format!("{series}{{app=\"finance\"}}"), value);
        }
        let folder = tempfile::tempdir().expect("a folder");
        let (server, port) = alertmanager(folder.path());
        let more = telling(folder.path(), OUTAGE, port);
        let mut watched = Watched::of(folder.path(), numbers.exporter(), &more, &[], None);
        watched.until("sum(rate(db_query_seconds_bucket[5m]))", |it| it > 0.0);
        let alerting = format!("http://127.0.0.1:{port}");
        Finance { stage, numbers, service, watched, alerting, _alertmanager: server, _folder: folder }
    }

    /// Starts the four weeks, and lets those who have to let the first one begin.
    fn begun(&self, crew: &Crew<'_>) -> (Child, String) {
        let variables = [
            ("MONITORING_URL", self.watched.url()),
            ("ALERTING_URL", self.alerting.clone()),
            ("FINANCE_URL", self.service.url("")),
        ];
        let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
        let command = crew.command(&["run", "finance.rollout", "--yes"]);
        let child = started_by(command, &self.stage, &["lasts=2s", "every=250ms"], &variables);
        self.stage.until("the run is there", || !self.stage.runs().is_empty());
        let run = self.stage.runs().pop().expect("it is there");
        crew.ticks("dana", &run, "finance.prepare.checklist", 10);
        crew.answers("dana", &["approve", &run]);
        crew.answers("kim", &["approve", &run]);
        (child, run)
    }

    fn ended(&self, child: Child) -> (Said, Said) {
        (self.stage.end(child), self.stage.say(&["why"]))
    }

    fn replicas(&self) -> String {
        self.stage.read("replicas.version")
    }
}

#[test]
fn four_weeks_of_finance_go_by_and_people_let_each_begin() {
    let finance = Finance::open(2.0);
    let Some(crew) = Crew::on(&finance.stage) else { return };
    let (child, run) = finance.begun(&crew);
    for (week, items, replicas) in
        [(1, 7, "new 1, old 4"), (2, 10, "new 3, old 2"), (3, 10, "new 4, old 1"), (4, 10, "new 5, old 0")]
    {
        finance.stage.until("its replicas are there", || finance.replicas().trim() == replicas);
        crew.ticks("lee", &run, &format!("finance.week_{week}.checklist"), items);
        crew.answers("robin", &["confirm", &run, &format!("finance.week_{week}.confirm")]);
    }
    let (said, why) = finance.ended(child);
    assert_eq!(said.code, 0, "{}{}", said.shown(), why.shown());
    assert!(said.out.contains("finance 2.0.0 has everybody"), "{}", said.shown());
}

/// One and a half per cent of errors are too many for the first week, which bears one; the weeks after it bear two.
#[test]
fn the_first_week_of_finance_goes_back_by_its_own_numbers() {
    let finance = Finance::open(15.0);
    let Some(crew) = Crew::on(&finance.stage) else { return };
    let (child, _) = finance.begun(&crew);
    let (said, why) = finance.ended(child);
    assert_eq!(said.code, 3, "{}{}", said.shown(), why.shown());
    assert!(why.out.contains("errors <= week.errors") && why.out.contains(": 1.5"), "{}", why.shown());
    assert_eq!(finance.replicas(), "new 0, old 5\n");
}

#[test]
fn an_alert_takes_the_weeks_of_finance_back_at_once() {
    let finance = Finance::open(2.0);
    let Some(crew) = Crew::on(&finance.stage) else { return };
    let (child, run) = finance.begun(&crew);
    crew.ticks("lee", &run, "finance.week_1.checklist", 7);
    finance.numbers.gauge("payments_possible{app=\"finance\"}", 0.0);
    let (said, why) = finance.ended(child);
    assert_eq!(said.code, 3, "{}{}", said.shown(), why.shown());
    assert!(why.out.contains("outages == 0"), "{}", why.shown());
    assert_eq!(finance.replicas(), "new 0, old 5\n");
}

#[test]
fn who_is_on_call_says_no_and_what_finance_has_got_is_taken_back() {
    let finance = Finance::open(2.0);
    let Some(crew) = Crew::on(&finance.stage) else { return };
    let (child, run) = finance.begun(&crew);
    // Who owns it is not who says this.
    finance.stage.until("the week is over", || finance.stage.say(&["status"]).out.contains("week_1/checklist"));
    crew.ticks("kim", &run, "finance.week_1.checklist", 7);
    finance.stage.until("somebody is asked", || finance.stage.say(&["status"]).out.contains("week_1/confirm"));
    assert_ne!(crew.says("dana", &["confirm", &run, "finance.week_1.confirm"]).code, 0);
    crew.answers("robin", &["reject", &run, "finance.week_1.confirm", "--reason", "the books do not balance"]);
    let (said, why) = finance.ended(child);
    assert_eq!(said.code, 3, "{}{}", said.shown(), why.shown());
    assert_eq!(finance.replicas(), "new 0, old 5\n");
}
