//! Gates over a while that is past: a real Prometheus with an hour of samples that were written into it, and numbers that
//! were recorded. What is said is what a run would have said at each of the instants.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use rollout::value::At;
use serde_json::Value as Json;

use super::server::{Server, free_port, get};
use super::stage::Stage;

const MINUTE: i64 = 60_000;

/// A Prometheus that knows an hour of the past.
struct Archive {
    _server: Server,
    port: u16,
    /// When the hour began.
    began: At,
}

/// A sample each 15 seconds, from one minute to another before the next.
fn samples(text: &mut String, began: At, series: &str, minutes: (i64, i64), value: &str) {
    for step in minutes.0 * 4..minutes.1 * 4 {
        let _ = writeln!(text, "{series} {value} {}", (began.0 + step * 15_000) / 1000);
    }
}

impl Archive {
    fn new(folder: &Path) -> Archive {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_millis();
        let began = At((now as i64 / MINUTE - 180) * MINUTE);
        let mut text = String::from("# TYPE error_ratio gauge\n");
        for (minutes, value) in [((0, 20), "0.002"), ((20, 30), "0.05"), ((40, 45), "NaN"), ((45, 61), "0.004")] {
            samples(&mut text, began, "error_ratio{site=\"ny\"}", minutes, value);
        }
        samples(&mut text, began, "error_ratio{site=\"twice\",way=\"a\"}", (0, 30), "0.001");
        samples(&mut text, began, "error_ratio{site=\"twice\",way=\"b\"}", (10, 30), "0.001");
        text.push_str("# TYPE latency_seconds gauge\n");
        let slow = [(-20, 10), (10, 17), (17, 30), (30, 40), (40, 61)];
        for (minutes, value) in slow.into_iter().zip(["0.1", "0.2", "0.1", "0.2", "0.1"]) {
            samples(&mut text, began, "latency_seconds{site=\"ny\"}", minutes, value);
        }
        text.push_str("# EOF\n");
        std::fs::write(folder.join("samples.txt"), text).expect("it writes");
        let words = ["tsdb", "create-blocks-from", "openmetrics", "samples.txt", "tsdb"];
        let made = Command::new("promtool").args(words).current_dir(folder).output();
        let made = made.expect("`promtool` starts; on Debian: sudo apt-get install prometheus");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = free_port();
        std::fs::write(folder.join("prometheus.yml"), "scrape_configs: []\n").expect("it writes");
        let words = [
            format!("--config.file={}", folder.join("prometheus.yml").display()),
            format!("--storage.tsdb.path={}", folder.join("tsdb").display()),
            format!("--web.listen-address=127.0.0.1:{port}"),
        ];
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut server = Server::start("prometheus", "prometheus", &words);
        server.until("it is ready", || get(port, "/-/ready").is_some_and(|it| it.0 == 200));
        Archive { _server: server, port, began }
    }

    fn program(&self) -> String {
        let from = format!("from = prometheus(\"http://127.0.0.1:{}\")", self.port);
        format!(
            "fleet sites {{ target ny {{}}, target twice {{}}, target nowhere {{}} }}\n\
             metric errors(site: target): percent {{\n  {from}, unit = ratio\n  query = \"error_ratio{{site='${{site}}'}}\"\n}}\n\
             metric p95(site: target): duration {{\n  {from}, unit = s\n  query = \"latency_seconds{{site='${{site}}'}}\"\n}}\n\
             metric here: number {{ from = command(\"echo\", \"1\") }}\n\
             threshold slow(site: target) = p95(site) > 110% of before(p95(site), over = 10m) {{ sustained = 5m }}\n\
             gate few_errors(site: target, most: percent = 1%) {{ require errors(site) < most }}\n\
             gate fast(site: target) {{ forbid slow(site) }}\n\
             gate now_only {{ require here < 2 }}\n"
        )
    }

    fn instant(&self, minute: i64) -> String {
        self.began.plus_ms(minute * MINUTE).to_string()
    }

    /// Returns the stretches of a gate over the hour: what it came to, and from which minute to which.
    fn looked_back(&self, stage: &Stage, gate: &[&str]) -> (Vec<(String, i64, i64)>, Json) {
        let (from, to) = (self.instant(0), self.instant(60));
        let mut words = vec!["backtest", "gates.rollout", "--from", &from, "--to", &to, "--format", "json"];
        words.extend(gate);
        let output = stage.command(&words).output().expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let document: Json = serde_json::from_slice(&output.stdout).expect("JSON");
        let minute = |it: &Json| {
            let at = rollout::value::parse_literal(rollout::value::LiteralShape::Instant, it.as_str().expect("a text"));
            let Ok(rollout::value::Value::Instant(at)) = at else { panic!("{it} is an instant") };
            at.since_ms(self.began) / MINUTE
        };
        let stretches = document["stretches"].as_array().expect("a list").iter();
        let told = stretches.map(|it| {
            let truth = it["truth"].as_str().expect("a word").to_owned();
            (truth, minute(&it["from"]), minute(&it["to"]))
        });
        (told.collect(), document)
    }
}

fn told(stretches: &[(&str, i64, i64)]) -> Vec<(String, i64, i64)> {
    stretches.iter().map(|(truth, from, to)| ((*truth).to_owned(), *from, *to)).collect()
}

#[test]
fn a_gate_says_of_the_past_what_it_would_have_said_then() {
    let folder = tempfile::tempdir().expect("a folder");
    let archive = Archive::new(folder.path());
    let stage = Stage::with("gates.rollout", &archive.program());

    // Five minutes after its last sample a series is gone; what is not a number is no data either.
    let (stretches, document) = archive.looked_back(&stage, &["--gate", "few_errors(ny)"]);
    let expected = [("holds", 0, 19), ("violated", 20, 34), ("unknown", 35, 44), ("holds", 45, 60)];
    assert_eq!(stretches, told(&expected));
    assert_eq!(document["samples"], 61);
    let because = &document["stretches"][1]["evidence"][0];
    assert_eq!(because["what"], "few_errors(ny, 1%): require errors(site) < most");
    assert_eq!(document["lines"][0]["points"][20]["value"], "5%");
    let (stretches, _) = archive.looked_back(&stage, &["--gate", "few_errors(ny, 10%)"]);
    assert_eq!(stretches, told(&[("holds", 0, 34), ("unknown", 35, 44), ("holds", 45, 60)]));
    let (stretches, _) = archive.looked_back(&stage, &["--gate", "few_errors", "--target", "twice"]);
    assert_eq!(stretches, told(&[("holds", 0, 9), ("unknown", 10, 60)]));
    let (stretches, _) = archive.looked_back(&stage, &["--gate", "few_errors(nowhere)"]);
    assert_eq!(stretches, told(&[("unknown", 0, 60)]));

    // Compared with before the hour, and sustained: not before five minutes of samples, and not for two.
    let (stretches, document) = archive.looked_back(&stage, &["--gate", "fast(ny)"]);
    let expected = [
        ("unknown", 0, 4),
        ("holds", 5, 14),
        ("violated", 15, 16),
        ("holds", 17, 34),
        ("violated", 35, 39),
        ("holds", 40, 60),
    ];
    assert_eq!(stretches, told(&expected), "{document}");
    assert_eq!(document["lines"][0]["points"][20]["bound"], "110ms");

    // Finer samples see the same, asked in pieces.
    let (stretches, document) = archive.looked_back(&stage, &["--gate", "few_errors(ny)", "--every", "500ms"]);
    assert_eq!(document["samples"], 7201);
    assert_eq!(stretches[1], ("violated".to_owned(), 20, 34));

    let (stretches, document) = archive.looked_back(&stage, &["--gate", "now_only"]);
    assert_eq!(stretches, told(&[("unknown", 0, 60)]));
    assert!(document.to_string().contains("knows only what is now"), "{document}");
}

#[test]
fn a_backtest_is_a_table_and_a_picture() {
    let folder = tempfile::tempdir().expect("a folder");
    let archive = Archive::new(folder.path());
    let stage = Stage::with("gates.rollout", &archive.program());
    let (from, to) = (archive.instant(0), archive.instant(60));
    let words = ["backtest", "gates.rollout", "--gate", "few_errors(ny)", "--from", &from, "--to", &to, "-o", "g.svg"];
    let said = stage.say(&words);
    assert_eq!(said.code, 0, "{}", said.shown());
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines[0], "`few_errors(ny)` from INSTANT to INSTANT, every 1m.");
    assert_eq!(lines[1], "It would have fired once, at INSTANT.");
    assert_eq!(lines[2], "Of 61 samples it held at 36, was violated at 15, unknown at 10.");
    assert!(
        lines[6].ends_with("violated       15  few_errors(ny, 1%): require errors(site) < most: 5% against 1%"),
        "{}",
        lines[6]
    );
    let picture = stage.read("g.svg");
    for part in [
        "<polyline class=\"value\"",
        "<polyline class=\"bound\"",
        "violated wash",
        "class=\"unknown\"",
        "errors(site) &lt; most",
    ] {
        assert!(picture.contains(part), "{part} is missing in {picture}");
    }
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));

    let mistakes: [(&[&str], &str); 5] = [
        (&["--gate", "few_errorz(ny)"], "Did you mean `few_errors`?"),
        (&["--gate", "few_errors"], "'few_errors(ny)'"),
        (&["--gate", "few_errors(nyc)"], "Did you mean `ny`?"),
        (&["--gate", "few_errors(ny)", "--every", "10"], "is no duration"),
        (&["--gate", "few_errors(ny)", "--every", "1ms"], "20000"),
    ];
    for (more, expected) in mistakes {
        let mut words = vec!["backtest", "gates.rollout", "--from", &from, "--to", &to];
        words.extend(more);
        let said = stage.say(&words);
        assert!(said.code == 2 && said.err.contains(expected), "{expected}: {}", said.shown());
    }
}

#[test]
fn a_backtest_of_several_targets_has_a_row_and_a_band_for_each() {
    let folder = tempfile::tempdir().expect("a folder");
    let archive = Archive::new(folder.path());
    let stage = Stage::with("gates.rollout", &archive.program());
    let (from, to) = (archive.instant(0), archive.instant(60));
    let asked = |more: &[&str]| {
        let words = ["backtest", "gates.rollout", "--gate", "few_errors", "--from", &from, "--to", &to];
        stage.say(&[&words[..], more].concat())
    };
    let said = asked(&["--target", "sites", "-o", "g.svg"]);
    assert_eq!(said.code, 0, "{}", said.shown());
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines[0], "`few_errors` for 3 targets from INSTANT to INSTANT, every 1m.");
    assert_eq!(lines[1], "It would have fired for 1 of them.");
    let words: Vec<Vec<&str>> = lines[4..].iter().map(|it| it.split_whitespace().take(6).collect()).collect();
    let rows = [
        ["ny", "36", "15", "10", "1", "INSTANT"],
        ["twice", "10", "0", "51", "0", "INSTANT"],
        ["nowhere", "0", "0", "61", "0", "INSTANT"],
    ];
    assert_eq!(words, rows, "{}", said.out);
    assert!(lines[4].ends_with("few_errors(ny, 1%): require errors(site) < most: 5% against 1%"), "{}", said.out);
    assert!(lines[5].contains("2 series"), "{}", said.out);
    let picture = stage.read("g.svg");
    for part in ["ny: held at 36 samples", "twice: held at 10", "nowhere: held at 0", "class=\"violated\""] {
        assert!(picture.contains(part), "{part} is missing in {picture}");
    }
    assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));

    // By their names, each once; with arguments beside the target; and all there are.
    let said = asked(&["--target", "twice", "--target", "ny", "--target", "twice", "--format", "json"]);
    let document: Json = serde_json::from_str(&said.out).expect("JSON");
    let targets = document["targets"].as_array().expect("a list").iter();
    let targets: Vec<(&Json, &Json)> = targets.map(|it| (&it["target"], &it["violated"])).collect();
    assert_eq!(targets, [(&Json::from("twice"), &Json::from(0)), (&Json::from("ny"), &Json::from(15))]);
    assert!(asked(&["--target", "*"]).out.contains("for 3 targets"));
    for (wrong, expected) in [("nyc", "Did you mean `ny`?"), ("fleet", "There are `ny`, `twice`, `nowhere`.")] {
        let said = asked(&["--target", wrong]);
        assert!(said.code == 2 && said.err.contains(expected), "{}", said.shown());
    }
}

#[test]
fn what_has_no_past_is_named_with_its_reason() {
    let program = "metric page: number { from = http(\"http://127.0.0.1:1/n\"), pointer = \"/n\" }\n\
                   metric firing: int { from = alertmanager(\"http://127.0.0.1:1\"), query = \"severity=critical\" }\n\
                   metric printed: number { from = command(\"echo\", \"1\") }\n\
                   metric users: int { from = recorded }\nprobe up() { run \"true\" }\n\
                   gate fine { require page < 1, require firing == 0, require printed < 2, require users > 1, require up() }\n";
    let stage = Stage::with("gates.rollout", program);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_millis();
    let (from, to) = (At(now as i64 - 20 * MINUTE).to_string(), At(now as i64 - 10 * MINUTE).to_string());
    let words = ["backtest", "gates.rollout", "--gate", "fine", "--from", &from, "--to", &to];
    let said = stage.say(&words);
    assert_eq!(said.code, 0, "{}", said.shown());
    for line in [
        "`firing` was not known at any sample: Alertmanager knows only what is now; Prometheus keeps in its series `ALERTS` \
         which alerts fired.",
        "`page` was not known at any sample: a page knows only what is now.",
        "`printed` was not known at any sample: a command knows only what is now.",
        "`up` was not known at any sample: a probe knows only what is now.",
    ] {
        assert!(said.out.lines().any(|it| it == line), "{line}: {}", said.out);
    }
    assert!(!said.out.contains("`users` was not"), "{}", said.out);
    let said = stage.say(&[&words[..], &["--format", "json"]].concat());
    let document: Json = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(document["without_past"].as_array().map(Vec::len), Some(4), "{document}");
    assert_eq!(document["without_past"][0]["name"], "firing");
}

#[test]
fn what_was_recorded_can_be_looked_back_at() {
    let program = "metric users: int { from = recorded, valid = 10m }\ngate liked { require users >= 5 }\n";
    let stage = Stage::with("gates.rollout", program);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_millis();
    let began = At((now as i64 / MINUTE - 90) * MINUTE);
    for (minute, users) in [(0, 7), (5, 4), (10, 6)] {
        let at = began.plus_ms(minute * MINUTE).to_string();
        assert_eq!(stage.say(&["record", "users", &users.to_string(), "--at", &at]).code, 0);
    }
    let (from, to) = (began.to_string(), began.plus_ms(30 * MINUTE).to_string());
    let said = stage.say(&["backtest", "gates.rollout", "--gate", "liked", "--from", &from, "--to", &to]);
    assert_eq!(said.code, 0, "{}", said.shown());
    let rows: Vec<Vec<&str>> =
        said.out.lines().skip(5).map(|it| it.split_whitespace().skip(2).take(2).collect()).collect();
    assert_eq!(rows, [["holds", "5"], ["violated", "5"], ["holds", "11"], ["unknown", "10"]], "{}", said.out);
}
