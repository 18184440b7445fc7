//! The example of the vision model against a real Prometheus, the factories' own pages and a page that is Slack, with
//! people who answer as themselves and nights that are not waited for: to its end, and back by hand and by errors.

use std::process::Child;

use super::crew::Crew;
use super::examples::{program, staged, started_by};
use super::numbers::Numbers;
use super::site::Site;
use super::stage::Stage;
use super::watched::Watched;

/// A vision model for four factories: what they run is asked of Prometheus and of their own pages, what happens is told to
/// Slack, and two people have to let it begin.
struct Vision {
    stage: Stage,
    numbers: Numbers,
    _watched: Watched,
    /// The factories' own pages, and Slack.
    world: Site,
    _folder: tempfile::TempDir,
}

/// The numbers of the example, which stand in its text as they do on the page of the language, and those of a test that
/// is over in seconds.
const QUICKER: [(&str, &str); 4] = [
    ("sustained = 5m", "sustained = 1s"),
    ("settle = 2m", "settle = 500ms"),
    ("lasts = 12h, every = 1m", "lasts = 3s, every = 250ms"),
    ("lasts = 1h, every = 1m", "lasts = 250ms, every = 250ms"),
];

const LINES: [&str; 4] = ["factory-ny-1", "factory-berlin-1", "factory-tokyo-1", "factory-ny-2"];

/// What every factory has before: the rollout of the same name has brought it there.
const BEFORE: &str = "fleet factories = csv(\"factories.csv\")\n\
                      rollout vision_model { stage all { for site in factories {\n  step put { run \"deploy.sh ${site} 2.0.9\", \
                      keep version = \"2.0.9\", undo { } }\n} } }\n";

impl Vision {
    fn open() -> Vision {
        let (stage, numbers, world) = (staged("vision"), Numbers::default(), Site::open());
        let zones = ["us,America/New_York", "eu,Europe/Berlin", "asia,Asia/Tokyo", "us,America/New_York"];
        let rows = LINES.iter().zip(zones).map(|(name, zone)| format!("{name},{zone},127.0.0.1:{}\n", world.port));
        stage.write("factories.csv", &format!("name,region,zone,host\n{}", rows.collect::<String>()));
        stage.write("before.rollout", BEFORE);
        for site in LINES.map(|it| format!("site=\"{it}\"")) {
            numbers.rate(&format!("requests_total{{{site}}}"), 200.0);
            numbers.rate(&format!("failed_total{{{site}}}"), 0.4);
            numbers.buckets("latency_seconds", &site, &[("0.1", 50.0), ("0.25", 100.0), ("1", 100.0), ("+Inf", 100.0)]);
        }
        world.put("/health", 200, "ok");
        world.put("/slack", 200, "ok");
        program(&stage, "registry", "test \"$TOKEN\" = tok-5f1c9a7e42");
        program(&stage, "backup.sh", "echo \"settings of $1\"");
        program(&stage, "restore.sh", "shift; echo \"$*\" >> restored");
        program(&stage, "deploy.sh", "echo \"$2\" > \"$1.version\"");
        let folder = tempfile::tempdir().expect("a folder");
        numbers.write_past(folder.path(), 60);
        let mut watched = Watched::of(folder.path(), numbers.exporter(), "", &[], None);
        watched.until("sum(rate(requests_total[1s]))", |it| it > 0.0);
        let slow = stage.read("vision.rollout").replace("http://127.0.0.1:9090", &watched.url());
        let quick = QUICKER.iter().fold(slow, |text, (slow, quick)| {
            assert!(text.contains(slow), "the example says `{slow}`");
            text.replace(slow, quick)
        });
        stage.write("vision.rollout", &quick);
        Vision { stage, numbers, _watched: watched, world, _folder: folder }
    }

    /// Starts it, and lets those who have to let it begin.
    fn begun(&self, crew: &Crew<'_>) -> (Child, String) {
        let slack = self.world.url("/slack");
        let variables = [("SLACK_URL", slack.as_str()), ("REGISTRY_TOKEN", "tok-5f1c9a7e42")];
        let before = started_by(crew.command(&["run", "before.rollout", "--yes"]), &self.stage, &[], &[]);
        assert_eq!(self.stage.end(before).code, 0);
        let inputs = ["version=2.1.0"];
        let command = crew.command(&["run", "vision.rollout", "--yes"]);
        let child = started_by(command, &self.stage, &inputs, &variables);
        self.stage.until("the run is there", || self.stage.runs().len() == 2);
        let run = self.stage.runs().pop().expect("it is there");
        crew.ticks("lee", &run, "prepare.checklist", 2);
        crew.answers("dana", &["approve", &run]);
        crew.answers("kim", &["approve", &run]);
        (child, run)
    }

    /// Lets the work on a factory begin outside of its night, unless it is night there.
    fn let_begin(&self, run: &str, stage: &str, site: &str) {
        let path = format!("{stage}/{site}");
        let words = ["advance", run, &path, "--reason", "the line stands still anyway"];
        self.stage.until(&format!("{path} begins"), || {
            self.stage.say(&words).code == 0 || self.stage.read(&format!("{site}.version")) == "2.1.0\n"
        });
    }

    fn versions(&self) -> [String; 4] {
        LINES.map(|it| self.stage.read(&format!("{it}.version")).trim().to_owned())
    }

    fn told(&self) -> Vec<String> {
        self.world.visits().into_iter().filter(|it| it.path == "/slack").map(|it| it.body).collect()
    }
}

#[test]
fn four_factories_get_their_vision_outside_of_their_nights_and_slack_hears_of_it() {
    let vision = Vision::open();
    let Some(crew) = Crew::on(&vision.stage) else { return };
    let (child, run) = vision.begun(&crew);
    vision.let_begin(&run, "pilot", LINES[0]);
    LINES[1..].iter().for_each(|it| vision.let_begin(&run, "everyone", it));
    // All of them have it, and the day has begun in which nobody has to look.
    let events = || vision.stage.say(&["events"]).out;
    vision.stage.until("the day after has begun", || events().contains("gate_evaluated afterwards/watch~1"));
    assert!(events().contains("finishing outcome=succeeded"), "{}", events());
    assert_eq!(vision.versions(), ["2.1.0"; 4]);
    let told = |part: &str| vision.told().iter().any(|it| it.contains(part));
    assert!(told("rolling out 2.1.0: change medium") && !told("rolled back"), "{:?}", vision.told());

    // For a day it can be taken back by hand.
    let words = ["rollback", &run, "--yes", "--reason", "the plant manager wants the old one"];
    let back = vision.stage.say(&words);
    let said = vision.stage.end(child);
    assert_eq!(said.code, 3, "{}{}", back.shown(), said.shown());
    assert_eq!(vision.versions(), ["2.0.9"; 4]);
    assert!(told("rolled back: "), "{:?}", vision.told());
}

#[test]
fn errors_of_the_pilot_take_its_vision_back_and_slack_hears_of_it() {
    let vision = Vision::open();
    let Some(crew) = Crew::on(&vision.stage) else { return };
    let (child, run) = vision.begun(&crew);
    vision.let_begin(&run, "pilot", LINES[0]);
    let events = || vision.stage.say(&["events"]).out;
    vision.stage.until("the pilot is watched", || events().contains("gate_evaluated pilot/watch~1"));
    vision.numbers.rate("failed_total{site=\"factory-ny-1\"}", 5_000.0);
    let said = vision.stage.end(child);
    let why = vision.stage.say(&["why"]);
    assert_eq!(said.code, 3, "{}{}", said.shown(), why.shown());
    assert!(why.out.contains("error_rate(site) < 1%"), "{}", why.shown());
    assert_eq!(vision.versions(), ["2.0.9"; 4]);
    assert_eq!(vision.stage.read("restored"), "settings of factory-ny-1\n");
    let told = vision.told();
    assert!(told.iter().any(|it| it.contains("rolled back: ")), "{told:?}");
}
