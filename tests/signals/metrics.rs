//! Metrics from a real Prometheus that scrapes a real exporter: fine, violated, absent, wrong, many, from before the
//! change; and sources that are down, slow, or say something else.

use std::time::Duration;

use super::server::{Server, free_port};
use super::site::Site;
use super::stage::{Said, Stage};
use super::watched::Watched;

const PAGE: &str = "# TYPE error_ratio gauge\n\
    error_ratio{site=\"eu-1\",way=\"web\"} 0.002\n\
    error_ratio{site=\"us-1\",way=\"web\"} 0.05\n\
    error_ratio{site=\"us-2\",way=\"web\"} 0.001\n\
    error_ratio{site=\"us-2\",way=\"app\"} 0.001\n\
    latency_seconds{site=\"eu-1\"} 0.2\n\
    odd{site=\"it's a \\\"quoted\\\" \\\\ place\"} 7\n";

/// Plays one condition against a metric, and returns what the run said and why.
fn asked(port: u16, metric: &str, condition: &str) -> (Said, Said) {
    let metric = metric.replace("PROMETHEUS", &format!("prometheus(\"http://127.0.0.1:{port}\")"));
    let text = format!("{metric}\nrollout r {{ stage s {{ check {condition} }} }}\n");
    let stage = Stage::with("r.rollout", &text);
    let said = stage.say(&["run", "r.rollout"]);
    (said, stage.say(&["why"]))
}

#[test]
fn what_prometheus_answers_decides() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut watched = Watched::new(folder.path(), PAGE);
    watched.until("error_ratio{site='us-1'}", |it| it == 0.05);
    let port = watched.port;
    let errors = |series: &str| {
        format!("metric errors: percent {{ from = PROMETHEUS, query = \"error_ratio{{{series}}}\", unit = ratio }}")
    };

    let (said, why) = asked(port, &errors("site='eu-1'"), "errors < 1%");
    assert_eq!(said.code, 0, "{}", said.shown());
    assert!(why.out.contains("0.2%"), "{}", why.shown());

    let (said, why) = asked(port, &errors("site='us-1'"), "errors < 1%");
    assert_eq!(said.code, 7, "{}", said.shown());
    assert!(why.out.contains("5%") && why.out.contains("4%"), "{}", why.shown());

    // A selector that finds nothing is no data, and that passes nothing.
    let (said, why) = asked(port, &errors("site='nowhere'"), "errors < 1%");
    assert_eq!(said.code, 7, "{}", said.shown());
    assert!(why.out.contains("unknown") && why.out.contains("no data"), "{}", why.shown());
    let missing = errors("site='nowhere'").replace("unit", "missing = 0%, unit");
    assert_eq!(asked(port, &missing, "errors < 1%").0.code, 0);

    let (said, why) = asked(port, &errors("site='us-2'"), "errors < 1%");
    assert_eq!(said.code, 7, "{}", said.shown());
    assert!(why.out.contains("2 series"), "{}", why.shown());

    let (said, why) = asked(port, &errors("site='us-2'").replace("error_ratio", "sum(error_ratio"), "errors < 1%");
    assert_eq!(said.code, 7, "{}", said.shown());
    assert!(why.out.contains("refused the query") && why.out.contains("parse error"), "{}", why.shown());

    for nothing in ["0 / (latency_seconds - latency_seconds)", "latency_seconds / 0 - latency_seconds / 0"] {
        let metric = format!("metric m: number {{ from = PROMETHEUS, query = \"{nothing}\" }}");
        let (said, why) = asked(port, &metric, "m < 1 or m >= 1");
        assert_eq!(said.code, 7, "{nothing}: {}", said.shown());
        assert!(why.out.contains("unknown"), "{}", why.shown());
    }
}

#[test]
fn a_trend_is_taken_over_a_range_of_the_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let watched = Watched::new(folder.path(), PAGE);
    // The clock of the server rises by sixty in a minute, also over a minute in which nobody asked it.
    let metric = |query: &str| format!("metric m: number {{ from = PROMETHEUS, query = \"{query}\" }}");
    let (said, why) = asked(watched.port, &metric("vector(time())"), "trend(m, over = 1m) > 50");
    assert_eq!(said.code, 0, "{}{}", said.shown(), why.shown());
    assert!(why.out.contains("60"), "{}", why.shown());
    let (said, why) = asked(watched.port, &metric("vector(time())"), "trend(m, over = 1m, per = 1s) > 2");
    assert_eq!(said.code, 7, "{}{}", said.shown(), why.shown());
    let (said, why) = asked(watched.port, &metric("vector(7)"), "trend(m, over = 1m) == 0");
    assert_eq!(said.code, 0, "{}{}", said.shown(), why.shown());
    // A server that knew nothing a minute ago has no trend, and that passes nothing.
    let (said, why) = asked(watched.port, &metric("sum(up{job='nobody'})"), "trend(m, over = 1m) < 1000");
    assert_eq!(said.code, 7, "{}{}", said.shown(), why.shown());
    assert!(why.out.contains("unknown"), "{}", why.shown());
}

#[test]
fn a_hole_in_a_query_is_one_label_value_whatever_it_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut watched = Watched::new(folder.path(), PAGE);
    watched.until("odd", |it| it == 7.0);
    let metric = "let place = \"it's a \\\"quoted\\\" \\\\ place\"\n\
                  metric m: number { from = PROMETHEUS, query = \"odd{site='${place}'}\" }";
    let (said, why) = asked(watched.port, metric, "m == 7");
    assert_eq!(said.code, 0, "{}{}", said.shown(), why.shown());
    let hostile = "let place = \"x'} or vector(7) or odd{site='\"\n\
                   metric m: number { from = PROMETHEUS, query = \"odd{site='${place}'}\" }";
    let (said, why) = asked(watched.port, hostile, "m == 7");
    assert_eq!(said.code, 7, "{}{}", said.shown(), why.shown());
    assert!(why.out.contains("no data"), "{}", why.shown());
}

/// The hour before the change is asked of the source itself, and stays the measure while the change makes it worse.
#[test]
fn what_was_before_the_change_is_the_mean_of_real_samples() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut watched = Watched::new(folder.path(), PAGE);
    watched.until("count_over_time(latency_seconds{site='eu-1'}[1m])", |it| it >= 20.0);
    let text = format!(
        "metric latency: duration {{\n  from = prometheus(\"http://127.0.0.1:{}\"), unit = s\n  \
         query = \"latency_seconds{{site='eu-1'}}\"\n}}\n\
         rollout r {{ stage s {{\n  step change {{ run \"touch changed; while [ ! -e go ]; do sleep 0.1; done\" }}\n  \
         check latency <= 110% of before(latency, over = 4s)\n}} }}\n",
        watched.port
    );
    let stage = Stage::with("r.rollout", &text);
    let run = stage.start(&["run", "r.rollout"]);
    stage.until("the change has begun", || stage.path().join("changed").exists());
    watched.exporter.put("/metrics", 200, &PAGE.replace("} 0.2\n", "} 0.3\n"));
    watched.until("latency_seconds{site='eu-1'}", |it| it == 0.3);
    stage.write("go", "");
    let said = stage.end(run);
    let why = stage.say(&["why"]);
    assert_eq!(said.code, 7, "{}", said.shown());
    assert!(why.out.contains("300ms") && why.out.contains("220ms"), "{}", why.shown());
}

#[test]
fn a_source_that_is_down_slow_or_something_else_is_unknown() {
    let metric = "metric m: number { from = PROMETHEUS, query = \"up\", timeout = 500ms }";
    let (said, why) = asked(free_port(), metric, "m < 1");
    assert_eq!(said.code, 7, "{}", said.shown());
    assert!(why.out.contains("unknown") && why.out.contains("refused"), "{}", why.shown());

    let site = Site::open();
    site.put_slow("/api/v1/query", 200, "{}", Duration::from_secs(5));
    let (said, why) = asked(site.port, metric, "m < 1");
    assert_eq!(said.code, 7, "{}", said.shown());
    assert!(why.out.contains("unknown") && why.out.contains("500ms"), "{}", why.shown());

    for (status, body) in [(200, "<html>"), (502, "bad gateway"), (200, "{\"status\":\"success\",\"data\":{}}")] {
        site.put("/api/v1/query", status, body);
        let (said, why) = asked(site.port, metric, "m < 1");
        assert_eq!(said.code, 7, "{body}: {}", said.shown());
        assert!(why.out.contains("unknown"), "{body}: {}", why.shown());
    }
}

/// A long query goes into the body; a token goes into a header and nowhere else.
#[test]
fn a_question_carries_its_secret_and_leaves_no_trace_of_it() {
    let site = Site::open();
    let answer = "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"value\":[1,\"0.5\"]}]}}";
    site.put("/api/v1/query", 200, answer);
    let long = "a_series + ".repeat(2_000);
    let text = format!(
        "secret token = env(\"TOKEN\")\n\
         metric m: number {{\n  from = prometheus(\"{}\"), query = \"{long} 0\"\n  \
         headers = {{ Authorization = \"Bearer ${{token}}\" }}\n}}\n\
         rollout r {{ stage s {{ check m < 1 }} }}\n",
        site.url("")
    );
    let stage = Stage::with("r.rollout", &text);
    let run = stage.command(&["run", "r.rollout"]).env("TOKEN", "tok-5f1c9a7e42").output().expect("it starts");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let visit = site.visits().pop().expect("somebody came");
    assert_eq!(visit.method, "POST");
    assert_eq!(visit.headers["authorization"], "Bearer tok-5f1c9a7e42");
    assert!(visit.body.len() > 20_000 && visit.body.starts_with("query=a_series"), "{}", visit.body.len());
    let words = ["-r", "tok-5f1c9a7e42", "."];
    let found = std::process::Command::new("grep").args(words).current_dir(stage.path()).status();
    assert!(!found.expect("grep is there").success(), "the token is on the disk");
}

const HALF: &str = "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"value\":[1,\"0.5\"]}]}}";

/// Several gates that want the same answer at once ask once; what differs in anything is asked by itself.
#[test]
fn one_question_of_several_gates_is_asked_once() {
    let site = Site::open();
    site.put_slow("/api/v1/query", 200, HALF, Duration::from_millis(300));
    let from = format!("from = prometheus(\"{}\")", site.url(""));
    let text = format!(
        "metric a: number {{ {from}, query = \"x\" }}\nmetric b: number {{ {from}, query = \"x\", timeout = 5s }}\n\
         metric c: number {{ {from}, query = \"y\" }}\n\
         gate one {{ require a < 1 }}\ngate second {{ require b < 1 and c < 1 }}\n\
         rollout r {{ stage s {{ parallel {{ check one, check second, check a < 2, check c < 2 }} }} }}\n"
    );
    let stage = Stage::with("r.rollout", &text);
    let said = stage.say(&["run", "r.rollout"]);
    assert_eq!(said.code, 0, "{}", said.shown());
    let mut asked: Vec<String> = site.visits().into_iter().map(|it| it.body).collect();
    asked.sort();
    assert_eq!(asked, ["query=x", "query=y"]);
}

/// Who stops waiting does not make the source answer twice: the next in line waits for the same answer.
#[test]
fn a_slow_source_is_not_asked_again_while_it_is_being_asked() {
    let site = Site::open();
    site.put_slow("/api/v1/query", 200, HALF, Duration::from_millis(1500));
    let from = format!("from = prometheus(\"{}\"), query = \"x\"", site.url(""));
    let text = format!(
        "metric m: number {{ {from} }}\n\
         rollout r {{ stage s {{ parallel {{ \
         check m < 1, check m < 2 {{ settle = 500ms }}, check m < 3 {{ settle = 1s }} }} }} }}\n"
    );
    let stage = Stage::with("r.rollout", &text);
    let said = stage.say(&["run", "r.rollout"]);
    assert_eq!(said.code, 0, "{}", said.shown());
    assert_eq!(site.visits().len(), 1);
}

/// What Prometheus warns of stands beside the number.
#[test]
fn a_warning_of_the_source_is_part_of_the_evidence() {
    let site = Site::open();
    let answer = HALF.replace("\"success\",", "\"success\",\"warnings\":[\"a store did not answer\"],");
    site.put("/api/v1/query", 200, &answer);
    let metric = "metric m: number { from = PROMETHEUS, query = \"x\" }";
    let text = metric.replace("PROMETHEUS", &format!("prometheus(\"{}\")", site.url("")));
    let stage = Stage::with("r.rollout", &format!("{text}\nrollout r {{ stage s {{ check m < 1 }} }}\n"));
    let said = stage.say(&["run", "r.rollout"]);
    assert_eq!(said.code, 0, "{}", said.shown());
    let events = stage.say(&["events", "--format", "json"]).out;
    assert!(events.contains("0.5; Prometheus warns: a store did not answer"), "{events}");
}

/// A server whose certificate an authority of one's own has signed is believed once that authority is named.
#[test]
fn an_authority_of_ones_own_is_believed_once_it_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let openssl = |words: &[&str]| {
        let made = std::process::Command::new("openssl").args(words).current_dir(folder.path()).output();
        let made = made.expect("`openssl` starts; on Debian: sudo apt-get install openssl");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    };
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    let request = |more: &[&str]| openssl(&[&["req"], &key[..], more].concat());
    request(&["-x509", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=our own", "-days", "2"]);
    request(&["-keyout", "it.key", "-out", "it.csr", "-subj", "/CN=127.0.0.1"]);
    std::fs::write(folder.path().join("names"), "subjectAltName=IP:127.0.0.1\n").expect("it writes");
    let sign = ["x509", "-req", "-in", "it.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
    openssl(&[&sign[..], &["-out", "it.pem", "-days", "2", "-extfile", "names"]].concat());
    std::fs::write(folder.path().join("web.yml"), "tls_server_config: { cert_file: it.pem, key_file: it.key }\n")
        .expect("it writes");
    std::fs::write(folder.path().join("prometheus.yml"), "scrape_configs: []\n").expect("it writes");
    let port = free_port();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let words = [
        format!("--config.file={}", at("prometheus.yml")),
        format!("--storage.tsdb.path={}", at("tsdb")),
        format!("--web.config.file={}", at("web.yml")),
        format!("--web.listen-address=127.0.0.1:{port}"),
    ];
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut server = Server::start("prometheus", "prometheus", &words);
    server.until("it listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());

    let metric =
        format!("metric m: number {{ from = prometheus(\"https://127.0.0.1:{port}\"), query = \"vector(7)\" }}");
    let text = format!("{metric}\nrollout r {{ stage s {{ check m == 7 {{ within = 20s, every = 200ms }} }} }}\n");
    let stage = Stage::with("r.rollout", &text);
    let run = stage.command(&["run", "r.rollout"]).env("SSL_CERT_FILE", at("ca.pem")).output().expect("it starts");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let (said, why) = asked(port, &metric, "m == 7");
    assert_eq!(said.code, 7, "{}", said.shown());
    assert!(why.out.contains("unknown") && why.out.contains("certificate"), "{}", why.shown());
}

/// Watches that begin together stay together, however long they last: each sample is one question for all of them.
#[test]
fn watches_with_one_rhythm_share_their_samples() {
    let site = Site::open();
    site.put("/api/v1/query", 200, HALF);
    let from = format!("from = prometheus(\"{}\"), query = \"x\"", site.url(""));
    let watch = |most: u32| format!("watch m < {most} {{ lasts = 2s, every = 500ms }}");
    let (a, b, c) = (watch(1), watch(2), watch(3));
    let text = format!("metric m: number {{ {from} }}\nrollout r {{ stage s {{ parallel {{ {a}, {b}, {c} }} }} }}\n");
    let stage = Stage::with("r.rollout", &text);
    let said = stage.say(&["run", "r.rollout"]);
    assert_eq!(said.code, 0, "{}", said.shown());
    let samples = stage.say(&["events", "--format", "json"]).out.matches("\"gate_evaluated\"").count();
    assert!(samples >= 15, "{samples} samples");
    assert_eq!(site.visits().len(), samples / 3);
}
