//! `rollout judge` as people and programs use it: what it says, in which form, and of which files it cannot say anything.

use insta::assert_snapshot;

use super::stage::Stage;

const HIGH: [(&str, &str); 2] = [("canary.csv", "20\n22\n21\n25\n30\n"), ("baseline.csv", "1\n2.2\n1.1\n2.5\n3\n")];

fn stage(files: &[(&str, &str)]) -> Stage {
    let stage = Stage::new();
    for (name, text) in files {
        stage.write(name, text);
    }
    stage
}

fn words<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["judge", "--canary", "canary.csv", "--baseline", "baseline.csv"], more].concat()
}

fn json(stage: &Stage, more: &[&str]) -> serde_json::Value {
    let said = stage.say(&[&words(more)[..], &["--format", "json"]].concat());
    assert_eq!(said.code, 0, "{}", said.err);
    serde_json::from_str(&said.out).expect("it is JSON")
}

#[test]
fn a_verdict_is_told_with_its_reason_and_its_margin() {
    let stage = stage(&HIGH);
    let rule = ["--mode", "compatible", "--tolerance", "0.1", "--confidence", "0.95", "--allowed", "0.8,1.2"];
    assert_snapshot!(stage.say(&words(&rule)).shown(), @r"
    high: the canary is 17.8 to 27.8 higher (95% sure), beyond the 2 that is tolerated, and its mean is 12.04 times the baseline's, where 0.8 to 1.2 is allowed.
    shift 20, effect 12.04, judged as `compatible`
    not high with a tolerance above 0.89
                samples       mean     median        min        max
    canary            5       23.6         22         20         30
    baseline          5       1.96        2.2          1          3
    --- exit 0
    ");
    assert_snapshot!(stage.say(&words(&[])).shown(), @r"
    high: the canary is 17.5 to 28.9 higher (98% sure), beyond the 5 that is tolerated, and its mean is 12.04 times the baseline's.
    shift 20, effect 12.04, judged as `sound`
    not high with a tolerance above 0.875
                samples       mean     median        min        max
    canary            5       23.6         22         20         30
    baseline          5       1.96        2.2          1          3
    --- exit 0
    ");
    let stage = self::stage(&[("canary.csv", "1\n2\n3\n"), ("baseline.csv", "3\n2\n2\n")]);
    assert_snapshot!(stage.say(&words(&["--mode", "compatible"])).shown(), @r"
    pass: the shift is from -2 to 1 (98% sure), so it may not have moved.
    shift -0.4079, effect 0.8571, judged as `compatible`
    short of high: 2.102 of the shift, 0.1429 of the effect
    short of low: 1.102 of the shift
                samples       mean     median        min        max
    canary            3          2          2          1          3
    baseline          3      2.333          2          2          3
    --- exit 0
    ");
    assert_snapshot!(stage.say(&words(&[])).shown(), @r"
    no data: 3 samples beside 3 of the baseline are too few to be 98% sure of anything.
    shift 0, effect 0.8571, judged as `sound`
                samples       mean     median        min        max
    canary            3          2          2          1          3
    baseline          3      2.333          2          2          3
    --- exit 0
    ");
}

#[test]
fn a_verdict_is_told_to_programs() {
    let stage = stage(&HIGH);
    let rule = ["--mode", "compatible", "--tolerance", "0.1", "--confidence", "0.95", "--critical", "0.8,1.2"];
    let found = json(&stage, &rule);
    assert_eq!(
        (&found["label"], &found["critical"], &found["mode"]),
        (&"high".into(), &true.into(), &"compatible".into())
    );
    assert_eq!(found["interval"].as_array().map(Vec::len), Some(2));
    assert_eq!(found["estimate"], 20.0);
    assert!((found["effect"].as_f64().expect("a number") - 12.041).abs() < 1e-3);
    stage.write("baseline.csv", "0\n0\n0\n0\n0\n");
    let found = json(&stage, &[]);
    assert_eq!((&found["label"], &found["effect"]), (&"high".into(), &serde_json::Value::Null));
    stage.write("canary.csv", "");
    let found = json(&stage, &["--critical"]);
    assert_eq!((&found["label"], &found["critical"]), (&"no_data".into(), &true.into()));
    assert_eq!(found["interval"], serde_json::Value::Null);
}

#[test]
fn the_exit_code_says_it_where_it_is_asked_to() {
    let stage = stage(&HIGH);
    assert_eq!(stage.say(&words(&[])).code, 0);
    assert_eq!(stage.say(&words(&["--exit-code"])).code, 1);
    assert_eq!(stage.say(&words(&["--exit-code", "--direction", "decrease", "--min-samples", "5"])).code, 0);
}

#[test]
fn a_column_is_named_or_counted() {
    let stage = stage(&[("all.csv", "at,old,new\n1,5,50\n2,,51\n3,7,NaN\n# a remark\n4,8,53\n")]);
    let found = |canary: &str, baseline: &str| {
        let said = stage.say(&["judge", "--canary", canary, "--baseline", baseline, "--format", "json"]);
        let found: serde_json::Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}", said.err));
        (found["canary"]["mean"].clone(), found["baseline"]["mean"].clone(), found["baseline"]["missing"].clone())
    };
    let wanted = ((50.0 + 51.0 + 53.0) / 3.0).into();
    assert_eq!(found("all.csv:new", "all.csv:old"), (wanted, (20.0 / 3.0).into(), 1.into()));
    assert_eq!(found("all.csv:3", "all.csv:2"), found("all.csv:new", "all.csv:old"));
    // A file may be called like one with a column.
    stage.write("all.csv:new", "1\n2\n");
    assert_eq!(found("all.csv:new", "all.csv:at").0, 1.5);
}

#[test]
fn what_cannot_be_read_is_told_with_its_line() {
    let cases = [
        ("20\nfast\n", "`canary.csv`, line 2: `fast` is no number"),
        ("# ms\n20\n\n# slow\r\n30\nfast\n", "`canary.csv`, line 6: `fast` is no number"),
        ("ms\n20\n\n1,5\n", "`canary.csv`, line 4 has 2 columns, and the first line has 1"),
        ("a,b\n1,2\n", "`canary.csv` has 2 columns"),
    ];
    for (text, problem) in cases {
        let stage = stage(&[("canary.csv", text), ("baseline.csv", "1\n")]);
        let said = stage.say(&words(&[]));
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{text}");
        assert!(said.err.contains(problem), "{}", said.err);
    }
    let stage = stage(&HIGH);
    let missing = stage.say(&["judge", "--canary", "none.csv", "--baseline", "baseline.csv"]);
    assert_eq!(missing.code, 2);
    assert!(missing.err.contains("could not read `none.csv`"), "{}", missing.err);
    let unnamed = stage.say(&["judge", "--canary", "canary.csv:ms", "--baseline", "baseline.csv"]);
    assert!(unnamed.err.contains("`canary.csv` has no column `ms`"), "{}", unnamed.err);
    assert!(unnamed.err.contains("Its first line is `20`."), "{}", unnamed.err);
}

#[test]
fn a_rule_that_makes_no_sense_is_refused() {
    let stage = stage(&HIGH);
    for (rule, problem) in [
        (["--confidence", "98"], "it must be more than 0 and less than 1"),
        (["--tolerance", "-1"], "it must be zero or more"),
        (["--allowed", "0.8"], "it is two numbers, as in `0.8,1.2`"),
        (["--direction", "up"], "either, increase, decrease"),
    ] {
        let said = stage.say(&words(&rule));
        assert_eq!(said.code, 2, "{rule:?}");
        assert!(said.err.contains(problem), "{}", said.err);
    }
}
