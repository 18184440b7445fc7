//! What was found by trying the program, each as the smallest rollout that shows it, really run.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

use super::stage::{Said, Stage};

const FLEET: &str = "fleet sites { target a {}, target b {}, target c {}, target d {} }\n";

/// Runs a rollout over four sites.
fn run(rollout: &str) -> Said {
    let stage = Stage::with("main.rollout", &format!("{FLEET}{rollout}"));
    stage.say(&["run", "main.rollout", "--yes"])
}

#[test]
fn a_save_is_restored_on_purpose_and_the_run_goes_on() {
    let said = run("rollout web {
      stage one { save before { run \"echo v1\", restore { run \"true\" } }, step c { run \"true\", undo { } } }
      stage two { restore one.before, log \"restored\" }
    }");
    assert_eq!(said.code, 0, "{}", said.shown());
    assert!(said.out.contains("restored"), "{}", said.out);
}

#[test]
fn a_wave_is_checked_where_it_was_not_given_up() {
    let said = run("probe has(site: target) { run \"test -e ${site}\" }
    action put(site: target) { run \"test ${site} != b && touch ${site}\", undo { run \"rm -f ${site}\" } }
    rollout web {
      stage one {
        for site in sites {
          waves = [100%], tolerate = [1]
          put(site)
          after_wave { check all(has(done) for done in wave.targets), log \"has: ${join(wave.targets, \" \")}\" }
        }
      }
    }");
    assert_eq!(said.code, 0, "{}", said.shown());
    assert!(said.out.contains("has: a c d"), "{}", said.out);
}

#[test]
fn a_loop_that_fails_says_which_number_was_passed() {
    let loops = |numbers: &str, rollout: &str| {
        run(&format!(
            "action put(site: target) {{ run \"case ${{site}} in a|b) exit 9;; esac\", undo {{ run \"true\" }} }}
            rollout web {{ {rollout}\n stage one {{ for site in sites {{ {numbers}\n put(site) }} }} }}"
        ))
    };
    let first_wave = loops("waves = [1, 100%], tolerate = [0, 2]", "");
    assert!(first_wave.out.contains("nothing new starts: `one/a/put/run~1` failed."), "{}", first_wave.out);
    // Why it failed is said where it failed and at the end, and not by everything that follows from it.
    assert_eq!(first_wave.out.matches("exit code 9").count(), 2, "{}", first_wave.out);
    let too_many = loops("at_once = 1, tolerate = 1", "");
    assert!(too_many.out.contains("nothing new starts: 2 failed and at most 1 may."), "{}", too_many.out);
    let whole_run = loops("at_once = 1, tolerate = 2", "tolerate = 1");
    assert!(whole_run.out.contains("nothing new starts: `one/b/put/run~1` failed."), "{}", whole_run.out);
}

#[test]
fn a_loop_over_what_only_the_run_knows_refuses_what_it_would_ignore() {
    for setting in ["order = site.name", "after_wave { log \"x\" }"] {
        let said = run(&format!(
            "rollout web {{
              stage one {{ for site in sites {{ step put {{ run \"true\", undo {{ }} }} }} }}
              stage two {{ for site in one.touched {{ {setting}\n log \"${{site}}\" }} }}
            }}"
        ));
        assert_eq!(said.code, 2, "{setting}: {}", said.shown());
        assert!(said.err.contains("E0803"), "{setting}: {}", said.err);
    }
}

#[test]
fn a_loop_over_what_only_the_run_knows_has_its_numbers_all_the_same() {
    let said = run("rollout web {
      stage one { for site in sites { step put { run \"true\", undo { } } } }
      stage two {
        for site in one.touched {
          waves = [1, 50%, 100%], tolerate = 25%, stagger = 100ms
          step look { run \"test ${site} != c\", undo { } }
        }
      }
    }");
    assert_eq!(said.code, 0, "{}", said.shown());
    assert!(said.out.contains("two: wave 3."), "{}", said.out);
    assert!(said.out.contains("failed and is tolerated"), "{}", said.out);
}

#[test]
fn a_fleet_that_cannot_be_listed_is_told_once() {
    let stage = Stage::with(
        "main.rollout",
        "fleet sites = command(\"sh\", \"-c\", \"echo no JSON\")\n\
         rollout web { stage one { for site in sites { log \"${site}\" } } }\n",
    );
    let said = stage.say(&["plan", "main.rollout"]);
    assert!(said.err.contains("E0805") && !said.err.contains("E0803"), "{}", said.err);
}

#[test]
fn files_are_read_and_commands_run_beside_the_file_that_names_them() {
    let stage = Stage::new();
    std::fs::create_dir_all(stage.path().join("far/lib")).expect("it is made");
    stage.write("far/note.txt", "beside the rollout");
    stage.write("far/lib/data.txt", "beside the action");
    stage.write("far/lib/acts.rollout", "action show() { run \"cp data.txt shown.txt\", undo { } }\n");
    stage.write(
        "far/main.rollout",
        "use \"lib/acts.rollout\"\nrollout web {\n  let note = file(\"note.txt\")\n  stage one { show(), log note }\n}\n",
    );
    let said = stage.say(&["run", "far/main.rollout", "--yes"]);
    assert_eq!(said.code, 0, "{}", said.shown());
    assert!(said.out.contains("beside the rollout"), "{}", said.out);
    assert_eq!(stage.read("far/lib/shown.txt"), "beside the action");
}

#[test]
fn an_applied_strategy_waits_for_what_it_says_and_may_be_left_out() {
    let said =
        run("strategy two(text: string) { stage first { log \"${text} 1\" }, stage second { log \"${text} 2\" } }
    rollout web {
      input left_out: bool = true
      stage slow { wait 1s, log \"slow\" }
      apply two as early { after = [], text = \"early\" }
      apply two as late { after = [slow, early], text = \"late\" }
      apply two as never { when = not left_out, text = \"never\" }
    }");
    assert_eq!(said.code, 0, "{}", said.shown());
    let at = |text: &str| said.out.find(text).unwrap_or_else(|| panic!("no `{text}`: {}", said.out));
    assert!(at("early 2") < at("slow\n") && at("slow\n") < at("late 1"), "{}", said.out);
    assert!(!said.out.contains("never 1") && said.out.contains("stage never.first: skipped"), "{}", said.out);
}

#[test]
fn a_secret_is_asked_for_beside_the_file_that_declares_it() {
    let stage = Stage::new();
    std::fs::create_dir_all(stage.path().join("far/lib")).expect("it is made");
    stage.write("far/near.txt", "beside the rollout");
    stage.write("far/lib/key.txt", "beside the action");
    stage.write("far/lib/acts.rollout", "secret key = command(\"cat\", \"key.txt\")\n");
    let text = r#"
        use "lib/acts.rollout"
        secret token = command("cat", "near.txt")
        rollout web {
          stage one { run "test \"$A $B\" = 'beside the rollout beside the action'" { env = { A = token, B = key } } }
        }"#;
    stage.write("far/main.rollout", text);
    let said = stage.say(&["run", "far/main.rollout", "--yes"]);
    assert_eq!(said.code, 0, "{}", said.shown());
}

#[test]
fn an_input_has_by_default_what_a_file_a_variable_or_an_input_before_it_says() {
    let stage = Stage::new();
    std::fs::create_dir_all(stage.path().join("far")).expect("it is made");
    stage.write("far/n.txt", "1.2.3");
    let text = "rollout web {
      input version: string = file(\"n.txt\") { matches = r\"[0-9.]+\" }
      input where: string = env(\"WHERE\", default = \"here\")
      input name: string = \"${where}-${version}\"
      stage one { log \"${name}\" }
    }";
    stage.write("far/main.rollout", text);
    let plain = stage.say(&["run", "far/main.rollout", "--yes"]);
    assert!(plain.out.contains("here-1.2.3"), "{}", plain.shown());
    let recorded = stage.say(&["events", "--format", "json"]);
    assert!(recorded.out.contains(r#""name":"here-1.2.3""#), "{}", recorded.out);
    let given = stage.command(&["plan", "far/main.rollout", "-i", "version=9"]).env("WHERE", "there").output();
    let given = String::from_utf8(given.expect("it starts").stdout).expect("UTF-8");
    assert!(given.contains("input name = there-9"), "{given}");
    stage.write("far/n.txt", "no version");
    let wrong = stage.say(&["plan", "far/main.rollout"]);
    assert!(wrong.err.contains("E0801") && wrong.err.contains("`no version`"), "{}", wrong.shown());
}

#[test]
fn only_narrows_a_fleet_before_anything_is_chosen_from_it() {
    let text = "rollout web {
      stage pilot { for site in 1 of sites { log \"pilot ${site}\" } }
      stage half  { for site in 50% of sites { log \"half ${site} of ${len(sites)}\" } }
      stage rest  { for site in rest of sites { takes = true, log \"rest ${site}\" } }
    }";
    let stage = Stage::with("main.rollout", &format!("{FLEET}{text}"));
    let only = |condition: &str| stage.say(&["run", "main.rollout", "--yes", "--only", condition]);
    let said = only("target.name in [\"c\", \"d\"]");
    assert_eq!(said.code, 0, "{}", said.shown());
    assert!(said.out.contains("pilot c") && said.out.contains("half c of 2"), "{}", said.out);
    assert!(said.out.contains("rest c") && said.out.contains("rest d") && !said.out.contains("rest a"), "{}", said.out);
    let none = only("target.name == \"x\"");
    assert!(none.err.contains("E0803") && none.err.contains("`--only`"), "{}", none.shown());
}

#[test]
fn inputs_come_from_yaml_as_well_and_what_is_wrong_has_its_line() {
    let text = "rollout web {
      input version: string
      input soak: duration = 0s
      input sites: list<string> = []
      input on: bool = true
      stage one { log \"${version} ${join(sites, \"+\")} ${on}\", wait soak }
    }";
    let stage = Stage::with("main.rollout", text);
    let with = |file: &str, text: &str| {
        stage.write(file, text);
        stage.say(&["run", "main.rollout", "--yes", "--inputs", file])
    };
    let fine = with("v.yaml", "# what goes out\nversion: '1.10'\nsoak: 10ms\nsites:\n  - a\n  - b\non: false\n");
    assert!(fine.code == 0 && fine.out.contains("1.10 a+b false"), "{}", fine.shown());
    let wrong = with("w.yml", "version: 1.10\nsoak: 10\n\non: no\n");
    for said in [
        "`1.1` is not a string; write it in quotes (`w.yml`, line 1)",
        "`10` is not a duration (`w.yml`, line 2)",
        "`no` is not a bool (`w.yml`, line 4)",
    ] {
        let unwrapped = wrong.err.replace("\n  │ ", " ");
        assert!(wrong.code == 2 && unwrapped.contains(said), "{said}: {}", wrong.shown());
    }
    let json = with("w.json", "{\n  \"version\": \"1\",\n  \"sites\": \"a\"\n}\n");
    assert!(json.err.contains("line 3"), "{}", json.shown());
    let list = with("l.yaml", "- a\n");
    assert!(list.err.contains("`l.yaml` holds a list, and a record of inputs is needed"), "{}", list.shown());
}

#[test]
fn a_called_rollout_lets_its_own_variables_through() {
    let text = "rollout inner {
      pass_env = [\"INNER_*\"]
      stage one { run \"test \\\"$INNER_A\\\" = a && test -z \\\"$${OUTER:-}\\\"\" }
    }
    rollout outer {
      pass_env = [\"OUTER\"]
      stage one { run \"test \\\"$OUTER\\\" = o && test -z \\\"$${INNER_A:-}\\\"\", call inner {} }
    }";
    let stage = Stage::with("main.rollout", text);
    let mut run = stage.command(&["run", "main.rollout#outer", "--yes"]);
    let output = run.env("INNER_A", "a").env("OUTER", "o").output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn a_called_rollout_bears_as_many_failures_as_it_says() {
    let failing = |tolerate: &str| {
        let text = format!(
            "{FLEET}action put(site: target) {{ run \"case ${{site}} in a|b) exit 9;; esac\", undo {{ run \"true\" }} }}
            rollout inner {{
              tolerate = {tolerate}
              stage one {{ for site in sites {{ at_once = 1, tolerate = 3\n put(site) }} }}
            }}
            rollout web {{ stage all {{ call inner {{}} }} }}"
        );
        Stage::with("main.rollout", &text).say(&["run", "main.rollout#web", "--yes"])
    };
    // Half of four sites, rounded down, and the third share is of fewer than two.
    for (tolerate, code) in [("2", 0), ("50%", 0), ("1", 3), ("49%", 3)] {
        let said = failing(tolerate);
        assert_eq!(said.code, code, "{tolerate}: {}", said.shown());
    }
}

#[test]
fn a_run_holds_what_the_rollouts_that_it_calls_need_for_themselves() {
    let text = "rollout inner {
      input what: string
      exclusive = \"the ${what}\"
      stage one { run \"echo here > here.txt; sleep 2\" }
    }
    rollout outer { exclusive = \"outer\", stage one { call inner { what = \"database\" } } }
    rollout other { exclusive = \"the database\", stage one { log \"x\" } }
    rollout free { exclusive = \"the cache\", stage one { log \"x\" } }";
    let stage = Stage::with("main.rollout", text);
    let first = stage.start(&["run", "main.rollout#outer", "--yes"]);
    stage.until("the inner one has begun", || stage.read("here.txt") == "here\n");
    let refused = stage.say(&["run", "main.rollout#other", "--yes"]);
    assert!(refused.code == 2 && refused.err.contains("may be `the database`"), "{}", refused.shown());
    assert_eq!(stage.say(&["run", "main.rollout#free", "--yes"]).code, 0);
    assert_eq!(stage.end(first).code, 0);
    assert_eq!(stage.say(&["run", "main.rollout#other", "--yes"]).code, 0);
}

#[test]
fn a_wait_whose_time_has_come_is_over_at_once() {
    let said = run("probe no() { run \"exit 1\" }
    rollout web {
      stage one { wait until 2020-01-01T00:00Z, wait 0s }
      stage two { delay = 0s, check not no() { settle = 0s } }
      stage three {
        step tries { run \"test $ROLLOUT_ATTEMPT = 3\" { retry { attempts = 3, backoff = 0s } }, undo { } }
      }
    }");
    assert_eq!(said.code, 0, "{}", said.shown());
}

/// Answers one request, and returns it.
fn served_once(listener: &TcpListener) -> String {
    let (mut stream, _) = listener.accept().expect("somebody connects");
    let mut lines = BufReader::new(stream.try_clone().expect("it has two ends"));
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") && lines.read_line(&mut request).expect("it reads") > 0 {}
    let length = request.lines().find_map(|it| it.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    lines.read_exact(&mut body).expect("it reads");
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").expect("it writes");
    request + &String::from_utf8_lossy(&body)
}

#[test]
fn what_an_input_puts_into_a_url_stays_one_component_and_records_are_sent_as_json() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("it has an address").port();
    let stage = Stage::with(
        "main.rollout",
        &format!(
            "rollout web {{
              input name: string
              let fixed = \"x/y\"
              stage one {{
                http POST \"http://127.0.0.1:{port}/at/${{name}}/${{fixed}}?q=${{name}}\" {{ body = {{ name = name }}, allow = [W0012] }}
              }}
            }}"
        ),
    );
    let run = stage.start(&["run", "main.rollout", "--yes", "--input", "name=../a&b=c d"]);
    let request = served_once(&listener);
    let said = stage.end(run);
    assert_eq!(said.code, 0, "{}", said.shown());
    assert!(request.starts_with("POST /at/..%2Fa%26b%3Dc%20d/x%2Fy?q=..%2Fa%26b%3Dc%20d HTTP/1.1\r\n"), "{request}");
    assert!(request.to_lowercase().contains("content-type: application/json\r\n"), "{request}");
    assert!(request.ends_with(r#"{"name":"../a&b=c d"}"#), "{request}");
}

#[test]
fn what_succeeded_can_be_taken_back_until_a_newer_run_came() {
    let rollout = format!(
        "{FLEET}rollout web {{
          retain = 1h, exclusive = \"web\"
          stage one {{ for s in sites {{ step put {{ run \"touch ${{s}}\", undo {{ run \"rm ${{s}}\" }} }} }} }}
          afterwards {{ watch len(sites) == 4 {{ lasts = 2s, every = 1s }} }}
          on rolled_back {{ log \"back: ${{run.outcome}}\" }}
        }}"
    );
    let stage = Stage::with("main.rollout", &rollout);
    let first = stage.say(&["run", "main.rollout"]);
    assert_eq!(first.code, 0, "{}", first.shown());
    assert!(first.out.contains("it can be taken back until"), "{}", first.shown());
    let back = stage.say(&["rollback", "--yes"]);
    assert_eq!(back.code, 3, "{}", back.shown());
    assert!(back.out.contains("back: rolled_back"), "{}", back.shown());
    assert!(!stage.path().join("a").exists(), "it was taken back");
    assert_eq!(stage.say(&["run", "main.rollout"]).code, 0);
    let third = stage.say(&["run", "main.rollout"]);
    assert_eq!(third.code, 0, "the lock is free: {}", third.shown());
    let runs = stage.runs();
    let refused = stage.say(&["rollback", &runs[1], "--yes"]);
    assert_eq!(refused.code, 2, "{}", refused.shown());
    assert!(refused.err.contains("came after it"), "{}", refused.shown());
    let back = stage.say(&["rollback", &runs[2], "--yes"]);
    assert_eq!(back.code, 3, "{}", back.shown());
}

#[test]
fn a_failure_afterwards_takes_back_what_is_retained_and_rounds_go_on_until_then() {
    let said = run("rollout web {
      retain = 1h
      stage one { for s in sites { step put { run \"true\", undo { run \"true\" } } }, wait 2s }
      every 1s { log \"round\" }
      afterwards { watch len(sites) == 5 { lasts = 1h, every = 1s, fail_after = 2 } }
    }");
    assert_eq!(said.code, 3, "{}", said.shown());
    assert!(said.out.contains("`afterwards/watch~1`: len(sites) == 5 (2 times) does not hold"), "{}", said.out);
    assert!(said.out.contains("round"), "{}", said.out);
    assert!(said.out.contains("one/a: undone"), "{}", said.out);
}

#[test]
fn a_called_rollout_hears_its_own_events_and_comes_to_its_own_end() {
    let inner = "rollout inner {
      input fails: bool = false
      stage a { step put { run \"true\", undo { run \"true\" } }, fail \"broken\" { when = fails } }
      on started { log \"inner started\" }
      on stage_done { log \"inner stage done\" }
      on succeeded { log \"inner succeeded\" }
      on failed { log \"inner failed\" }
      on rolled_back { log \"inner is back\" }
      finally { log \"inner at its end\" }
    }\n";
    let run = |outer: &str| Stage::with("main.rollout", &format!("{inner}{outer}")).say(&["run", "main.rollout#web"]);
    let told = |said: &Said| -> Vec<String> {
        let lines = said
            .out
            .lines()
            .filter_map(|it| it.find("inner ").filter(|_| !it.contains('`')).map(|at| it[at..].to_owned()));
        lines.filter(|it| !it.contains(':')).collect()
    };
    let well = run("rollout web { stage one { call inner { } }, stage two { log \"inner next\" } }");
    assert_eq!(well.code, 0, "{}", well.shown());
    let all = ["inner started", "inner stage done", "inner succeeded", "inner at its end", "inner next"];
    assert_eq!(told(&well), all, "{}", well.shown());
    let badly = run("rollout web { stage one { call inner { fails = true } } }");
    assert_eq!(badly.code, 3, "{}", badly.shown());
    let all = ["inner started", "inner failed", "inner is back", "inner at its end"];
    assert_eq!(told(&badly), all, "{}", badly.shown());
    let stopped = run("rollout web { on_failure = stop, stage one { call inner { fails = true } } }");
    assert_eq!(told(&stopped), ["inner started", "inner failed", "inner at its end"], "{}", stopped.shown());
}
