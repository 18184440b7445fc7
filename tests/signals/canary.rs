//! The example of ten factories against a real Prometheus that knows their last hour: to its end, and back because of
//! errors and because of what was before.

use std::process::Child;

use super::examples::{staged, started};
use super::numbers::Numbers;
use super::stage::Stage;
use super::watched::Watched;

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
