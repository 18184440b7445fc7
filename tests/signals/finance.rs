//! The example of four weeks against a real Prometheus, a real Alertmanager and the service's own page, with people who
//! answer as themselves: to its end, and back by a week's own numbers, by an alert and by a no.

use std::process::Child;

use super::alerts::{alertmanager, telling};
use super::crew::Crew;
use super::examples::{staged, started_by};
use super::numbers::Numbers;
use super::server::Server;
use super::site::Site;
use super::stage::{Said, Stage};
use super::watched::Watched;

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
