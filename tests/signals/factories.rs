//! The example of the factories against a real Prometheus, the factories' own pages, and pages that are Slack and the
//! public status: checks, people, staging, a pilot, a standard factory, an important one by its cameras, screens and the
//! sign-off; to its end, and back by errors of the pilot. The programs that it names are small ones of the test's own.

use std::process::Child;

use super::crew::Crew;
use super::examples::{program, staged, started_by};
use super::numbers::Numbers;
use super::site::Site;
use super::stage::Stage;
use super::watched::Watched;

/// Where the model runs, staging last.
const LINES: [&str; 4] = ["factory-boston", "factory-ny", "factory-la", "line-0"];

struct Factories {
    stage: Stage,
    numbers: Numbers,
    watched: Watched,
    /// The factories' pages, Slack and the status page.
    world: Site,
    _folder: tempfile::TempDir,
}

impl Factories {
    fn open() -> Factories {
        let (stage, numbers, world) = (staged("factories"), Numbers::default(), Site::open());
        let table = stage.read("factories.csv");
        let rows = table.lines().map(|line| match &line.split(',').collect::<Vec<_>>()[..] {
            [name, region, zone, tier, host, active] if *host != "host" => {
                format!("{name},{region},{zone},{tier},127.0.0.1:{},{active}\n", world.port)
            }
            _ => format!("{line}\n"),
        });
        stage.write("factories.csv", &rows.collect::<String>());
        for site in LINES.map(|it| format!("site=\"{it}\"")) {
            let grows = [("workflows", 200.0), ("failed", 0.4), ("parts", 50.0), ("parts_scrapped", 1.0)];
            grows.iter().for_each(|(name, rate)| numbers.rate(&format!("{name}_total{{{site}}}"), *rate));
            numbers.gauge(&format!("cpu_utilisation{{{site}}}"), 0.4);
            numbers.buckets(
                "response_seconds",
                &site,
                &[("0.1", 50.0), ("0.25", 100.0), ("2", 100.0), ("+Inf", 100.0)],
            );
        }
        ["/health/ready", "/slack", "/status"].iter().for_each(|it| world.put(it, 200, "ok"));
        programs(&stage);
        let folder = tempfile::tempdir().expect("a folder");
        numbers.write_past(folder.path(), 60);
        let mut watched = Watched::of(folder.path(), numbers.exporter(), "", &[], None);
        watched.until("sum(rate(workflows_total[1s]))", |it| it > 0.0);
        Factories { stage, numbers, watched, world, _folder: folder }
    }

    /// Starts it, and lets those who have to let it begin.
    fn begun(&self, crew: &Crew<'_>) -> (Child, String) {
        let (monitoring, slack, status) = (self.watched.url(), self.world.url("/slack"), self.world.url("/status"));
        let variables = [
            ("MONITORING_URL", monitoring.as_str()),
            ("SLACK_URL", &slack),
            ("STATUS_URL", &status),
            ("STATUS_KEY", "key-77d0c21b9e"),
            ("REGISTRY_TOKEN", "tok-5f1c9a7e42"),
        ];
        let inputs = ["version=2.1.0", "pace=0.0005", "soak=1s", "look=2s", "slow_for=500ms"];
        let only = format!("target.name in {LINES:?}");
        let command = crew.command(&["run", "vision.rollout", "--yes", "--only", &only]);
        let child = started_by(command, &self.stage, &inputs, &variables);
        self.stage.until("the run is there", || !self.stage.runs().is_empty());
        let run = self.stage.runs().pop().expect("it is there");
        crew.ticks("kim", &run, "prepare.checklist", 5);
        crew.answers("dana", &["approve", &run]);
        crew.answers("lee", &["approve", &run]);
        (child, run)
    }

    /// Lets whatever waits for its hours begin, until something is so.
    fn let_begin_until(&self, run: &str, what: &str, is_so: impl Fn(&str) -> bool) {
        self.stage.until(what, || {
            let events = self.stage.say(&["events"]).out;
            let words = |line: &str| line.split_whitespace().skip(3).take(2).map(str::to_owned).collect::<Vec<_>>();
            let all: Vec<Vec<String>> = events.lines().map(words).collect();
            for (at, line) in all.iter().enumerate() {
                let [word, path] = &line[..] else { continue };
                let goes_on = all[at..].iter().any(|it| it.len() == 2 && it[0] == "advanced" && it[1] == *path);
                if word == "held" && !goes_on {
                    self.stage.say(&["advance", run, path, "--reason", "the line stands still anyway"]);
                }
            }
            is_so(&events)
        });
    }

    /// What each factory's line and machines have.
    fn models(&self) -> [String; 4] {
        LINES.map(|it| self.stage.read(&format!("{it}.model")).trim().to_owned())
    }

    fn told(&self, path: &str, part: &str) -> bool {
        self.world.visits().iter().any(|it| it.path == path && it.body.contains(part))
    }
}

/// What stands for the tools of the company.
fn programs(stage: &Stage) {
    program(stage, "make", "echo \"made $1\"");
    program(
        stage,
        "registry",
        "case $1 in changes) test \"$TOKEN\" = tok-5f1c9a7e42; echo 14 ;; esac; echo \"$*\" >> registry.log",
    );
    program(
        stage,
        "config",
        "case $1 in export) echo \"settings of $2\" ;; import) shift 2; echo \"$*\" >> imported ;; esac",
    );
    program(stage, "model", "echo \"$3\" > \"$2.model\"");
    program(stage, "line", "echo \"$4\" > \"$2.line\"");
    program(stage, "workflow", "test -s \"$2.model\"");
    program(
        stage,
        "cameras",
        "if [ $# = 3 ]; then echo \"$3\" > \"$1.cameras\"; else cat \"$1.cameras\" 2>/dev/null || echo 0; fi",
    );
}

#[test]
fn the_factories_get_their_model_one_kind_after_the_other() {
    let factories = Factories::open();
    let Some(crew) = Crew::on(&factories.stage) else { return };
    let (child, run) = factories.begun(&crew);
    factories.let_begin_until(&run, "staging is looked at", |it| it.contains("approval_requested on_staging"));
    crew.answers("robin", &["confirm", &run, "on_staging.confirm"]);
    factories.let_begin_until(&run, "the pilot is over", |it| it.contains("stage_finished pilot"));
    factories
        .let_begin_until(&run, "the standard ones are over", |it| it.contains("stage_finished standard_factories"));
    factories.let_begin_until(&run, "the important one is over", |it| it.contains("stage_finished critical_factories"));
    factories.let_begin_until(&run, "somebody is to sign", |it| it.contains("approval_requested sign_off"));
    assert_eq!(factories.stage.read("factory-la.cameras"), "100\n");
    crew.answers("dana", &["confirm", &run, "sign_off.confirm"]);
    factories.let_begin_until(&run, "it has succeeded", |it| it.contains("finishing outcome=succeeded"));
    assert_eq!(factories.models(), ["2.1.0"; 4]);
    assert!(factories.stage.read("registry.log").contains("deprecate --all-before 2.1.0"));
    assert!(
        factories.told("/slack", "rolling out 2.1.0 to 3 factories") && factories.told("/status", "is being renewed")
    );

    let said = factories.stage.say(&["rollback", &run, "--yes", "--reason", "the old one sees more"]);
    let ended = factories.stage.end(child);
    assert_eq!(ended.code, 3, "{}{}", said.shown(), ended.shown());
    // Staging keeps it, whatever comes of the factories.
    assert_eq!(factories.models(), ["none", "none", "none", "2.1.0"]);
    assert_eq!(factories.stage.read("factory-la.cameras"), "0\n");
    assert!(factories.told("/status", "the old vision model is back"));
}

#[test]
fn errors_of_the_pilot_factory_take_its_model_and_its_settings_back() {
    let factories = Factories::open();
    let Some(crew) = Crew::on(&factories.stage) else { return };
    let (child, run) = factories.begun(&crew);
    factories.let_begin_until(&run, "staging is looked at", |it| it.contains("approval_requested on_staging"));
    crew.answers("robin", &["confirm", &run, "on_staging.confirm"]);
    factories.let_begin_until(&run, "the pilot has it", |_| factories.models()[0] == "2.1.0");
    factories.numbers.rate("failed_total{site=\"factory-boston\"}", 20_000.0);
    let said = factories.stage.end(child);
    let why = factories.stage.say(&["why"]);
    assert_eq!(said.code, 3, "{}{}", said.shown(), why.shown());
    assert!(why.out.contains("errors(site)"), "{}", why.shown());
    assert_eq!(factories.models(), ["none", "", "", "2.1.0"]);
    assert_eq!(factories.stage.read("imported"), "settings of factory-boston\n");
    assert!(factories.told("/slack", "was taken back"));
}
