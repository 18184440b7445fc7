//! Alerts from a real Alertmanager, sent by a real Prometheus with a rule: none fires, one fires, it is silenced; and an
//! Alertmanager that is down, slow, or something else.

use std::path::Path;
use std::time::Duration;

use super::server::{Server, ask, free_port, get};
use super::site::Site;
use super::stage::{Said, Stage};
use super::watched::Watched;

/// A Prometheus with a rule, the Alertmanager that it tells, and what is scraped.
struct Alerting {
    alertmanager: Server,
    port: u16,
    watched: Watched,
}

const RULE: &str =
    "groups: [{ name: g, rules: [{ alert: Slow, expr: 'latency > 1', labels: { severity: critical } }] }]";

/// Starts an Alertmanager that tells nobody.
pub fn alertmanager(folder: &Path) -> (Server, u16) {
    let port = free_port();
    let settings = "route: { receiver: nobody, group_wait: 0s, group_interval: 1s }\nreceivers: [{ name: nobody }]\n";
    std::fs::write(folder.join("am.yml"), settings).expect("it writes");
    let words = [
        format!("--config.file={}", folder.join("am.yml").display()),
        format!("--storage.path={}", folder.join("am").display()),
        format!("--web.listen-address=127.0.0.1:{port}"),
        "--cluster.listen-address=".to_owned(),
    ];
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut server = Server::start("prometheus-alertmanager", "prometheus-alertmanager", &words);
    server.until("it is ready", || get(port, "/-/ready").is_some_and(|it| it.0 == 200));
    (server, port)
}

/// Returns what a Prometheus needs to tell an Alertmanager of alerts by a rule, which is written beside it.
pub fn telling(folder: &Path, rule: &str, alertmanager: u16) -> String {
    std::fs::write(folder.join("rules.yml"), rule).expect("it writes");
    format!(
        "rule_files: [rules.yml]\nalerting: {{ alertmanagers: [{{ static_configs: [{{ targets: ['127.0.0.1:{alertmanager}'] }}] }}] }}\n"
    )
}

impl Alerting {
    fn new(folder: &Path) -> Alerting {
        let exporter = Site::open();
        exporter.put("/metrics", 200, "latency{site=\"ny\"} 0.1\n");
        let (alertmanager, port) = alertmanager(folder);
        let watched = Watched::of(folder, exporter, &telling(folder, RULE, port), &[], None);
        Alerting { alertmanager, port, watched }
    }

    /// Waits until so many alerts are listed as Alertmanager lists them.
    fn until(&mut self, filter: &str, many: usize) {
        let port = self.port;
        let path = format!("/api/v2/alerts?{filter}");
        self.alertmanager.until(&format!("{many} alerts are there"), || {
            let body = get(port, &path).map(|it| it.1).unwrap_or_default();
            let list = body.lines().find_map(|it| serde_json::from_str::<serde_json::Value>(it).ok());
            list.and_then(|it| it.as_array().map(Vec::len)) == Some(many)
        });
    }
}

fn metric(port: u16, query: &str) -> String {
    format!(
        "metric firing: int {{ from = alertmanager(\"http://127.0.0.1:{port}\"), query = {query}, timeout = 500ms }}"
    )
}

/// Plays a check that no alert fires, and returns what the run said and why.
fn asked(metric: &str) -> (Said, Said) {
    let gate = "gate quiet { require firing == 0 }";
    let text = format!("let place = \"ny\"\n{metric}\n{gate}\nrollout r {{ stage s {{ check quiet }} }}\n");
    let stage = Stage::with("r.rollout", &text);
    let said = stage.say(&["run", "r.rollout"]);
    (said, stage.say(&["why"]))
}

const CRITICAL: &str = r#""severity=critical, site=\"${place}\"""#;

#[test]
fn an_alert_that_fires_fails_the_gate_until_it_is_silenced() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut alerting = Alerting::new(folder.path());
    let port = alerting.port;
    let (said, why) = asked(&metric(port, CRITICAL));
    assert_eq!(said.code, 0, "{}{}", said.shown(), why.shown());

    alerting.watched.exporter.put("/metrics", 200, "latency{site=\"ny\"} 3\n");
    alerting.until("active=true", 1);
    let (said, why) = asked(&metric(port, CRITICAL));
    assert_eq!(said.code, 7, "{}", said.shown());
    assert!(why.out.contains("firing") && why.out.contains("1 too much"), "{}", why.shown());
    let events = asked_events(&metric(port, CRITICAL));
    assert!(events.contains("firing: Slow"), "{events}");
    // Of another site, and with a pattern that finds it.
    assert_eq!(asked(&metric(port, r#""severity=critical, site=paris""#)).0.code, 0);
    assert_eq!(asked(&metric(port, r#""site=~\"n.|paris\"""#)).0.code, 7);
    assert_eq!(asked(&metric(port, r#""site=~\"${place}\"""#)).0.code, 7);

    let (now, later) = ("2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z");
    let silence = format!(
        "{{\"matchers\":[{{\"name\":\"alertname\",\"value\":\"Slow\",\"isRegex\":false}}],\"startsAt\":\"{now}\",\
         \"endsAt\":\"{later}\",\"createdBy\":\"dana\",\"comment\":\"known\"}}"
    );
    assert_eq!(ask(port, "POST", "/api/v2/silences", &silence).map(|it| it.0), Some(200));
    alerting.until("silenced=false", 0);
    let (said, why) = asked(&metric(port, CRITICAL));
    assert_eq!(said.code, 0, "{}{}", said.shown(), why.shown());
}

/// Returns all events of a run of the same check.
fn asked_events(metric: &str) -> String {
    let text = format!("let place = \"ny\"\n{metric}\nrollout r {{ stage s {{ check firing == 0 }} }}\n");
    let stage = Stage::with("r.rollout", &text);
    stage.say(&["run", "r.rollout"]);
    stage.say(&["events", "--format", "json"]).out
}

#[test]
fn an_alertmanager_that_is_down_slow_or_something_else_is_unknown() {
    let (said, why) = asked(&metric(free_port(), CRITICAL));
    assert!(said.code == 7 && why.out.contains("unknown") && why.out.contains("refused"), "{}", why.shown());

    let site = Site::open();
    site.put_slow("/api/v2/alerts", 200, "[]", Duration::from_secs(5));
    let (said, why) = asked(&metric(site.port, CRITICAL));
    assert!(said.code == 7 && why.out.contains("500ms"), "{}", why.shown());

    for (status, body) in [(200, "<html>"), (200, "{}"), (502, "[]"), (400, "\"bad matcher format\""), (200, "[7]")] {
        site.put("/api/v2/alerts", status, body);
        let (said, why) = asked(&metric(site.port, CRITICAL));
        assert!(said.code == 7 && why.out.contains("unknown"), "{status} {body}: {}", why.shown());
    }

    site.put("/api/v2/alerts", 200, "[]");
    let (said, why) = asked(&metric(site.port, CRITICAL));
    assert_eq!(said.code, 0, "{}", why.shown());
    let visit = site.visits().pop().expect("somebody came");
    let filters: Vec<&str> = visit.path.split('&').filter_map(|it| it.strip_prefix("filter=")).collect();
    assert_eq!(filters, ["severity%3D%22critical%22", "site%3D%22ny%22"]);
    assert!(visit.path.contains("silenced=false") && visit.path.contains("inhibited=false"), "{}", visit.path);
}
