//! Seeded errors: valid files are made, broken in known places, and read. Counts how many of the errors are
//! told on their line, and how many other lines are blamed. What only the schema can know, such as whether a
//! word is a property's name, is not asked here.

use std::collections::BTreeSet;

use fastrand::Rng;

use super::{findings, tree};

const FILES: u64 = 150;
const ERRORS_PER_FILE: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    MissingEquals,
    MissingValue,
    MissingQuote,
    MissingRound,
    MissingOpenBrace,
    MissingCloseBrace,
    Junk,
    DoubledComma,
    WrongMark,
    WrongUnit,
}

const KINDS: [Kind; 10] = [
    Kind::MissingEquals,
    Kind::MissingValue,
    Kind::MissingQuote,
    Kind::MissingRound,
    Kind::MissingOpenBrace,
    Kind::MissingCloseBrace,
    Kind::Junk,
    Kind::DoubledComma,
    Kind::WrongMark,
    Kind::WrongUnit,
];

#[test]
fn seeded_errors_are_told_on_their_line() {
    let mut told = [(0_u32, 0_u32); KINDS.len()];
    let mut blamed = 0;
    for seed in 0..FILES {
        let mut rng = Rng::with_seed(seed);
        let whole = file(&mut rng);
        assert_eq!(findings(&whole), Vec::<String>::new(), "a file that is made is valid:\n{whole}");
        let (broken, errors) = break_lines(&whole, &mut rng);
        let lines = lines_told(&broken);
        for (line, kind) in &errors {
            let count = &mut told[*kind as usize];
            count.0 += u32::from(lines.contains(line));
            count.1 += 1;
        }
        let wrong: BTreeSet<u32> = errors.iter().map(|(line, _)| *line).collect();
        blamed += lines.difference(&wrong).count();
    }
    let hit: u32 = told.iter().map(|it| it.0).sum();
    let all: u32 = told.iter().map(|it| it.1).sum();
    for (kind, (hit, all)) in KINDS.iter().zip(told) {
        println!("{kind:?}: {hit} of {all}");
    }
    let (recall, noise) = (f64::from(hit) / f64::from(all), blamed as f64 / f64::from(all));
    println!("{hit} of {all} on the line ({:.1} %), {noise:.3} other lines per error", recall * 100.0);
    assert!(all > FILES as u32 * 6, "enough errors are made");
    assert!(recall >= 0.97, "{recall}");
    assert!(noise <= 0.1, "{noise}");
}

fn lines_told(text: &str) -> BTreeSet<u32> {
    let tree = tree(text);
    tree.errors().iter().map(|it| tree.text().line_column(it.span().start).line).collect()
}

/// Breaks lines that lie apart; returns the text and which lines are wrong.
fn break_lines(whole: &str, rng: &mut Rng) -> (String, Vec<(u32, Kind)>) {
    let mut lines: Vec<String> = whole.lines().map(str::to_owned).collect();
    let mut errors: Vec<(u32, Kind)> = Vec::new();
    for _ in 0..ERRORS_PER_FILE {
        let kind = KINDS[rng.usize(..KINDS.len())];
        for _ in 0..100 {
            let index = rng.usize(..lines.len());
            let number = index as u32 + 1;
            if errors.iter().any(|(line, _)| line.abs_diff(number) < 3) {
                continue;
            }
            if let Some(broken) = break_line(&lines[index], kind, rng) {
                lines[index] = broken;
                errors.push((number, kind));
                break;
            }
        }
    }
    (lines.join("\n") + "\n", errors)
}

/// Breaks a line in the given way, if it has what that takes.
fn break_line(line: &str, kind: Kind, rng: &mut Rng) -> Option<String> {
    if line.trim_start().starts_with('#') {
        return None;
    }
    match kind {
        Kind::MissingEquals => {
            let (key, value) = line.split_once(" = ")?;
            let plain = key.trim().chars().all(|it| it.is_alphanumeric() || it == '_');
            let known = value.bytes().next()?.is_ascii_digit()
                && !value.contains(['%', '{', '"', ','])
                && !value.ends_with(['s', 'm', 'h', 'd', 'w']);
            (plain && known || key.contains("input")).then(|| format!("{key} {value}"))
        }
        Kind::MissingValue => {
            let (key, value) = line.split_once(" = ")?;
            let simple = !value.contains(['{', '}', ',', '#']) && !key.contains(['(', '{']);
            simple.then(|| format!("{key} ="))
        }
        Kind::MissingQuote => without_one(line, &['"'], rng),
        Kind::MissingRound => without_one(line, &['(', ')', '[', ']'], rng).filter(|_| !line.contains("r\"")),
        Kind::MissingOpenBrace => without_one(line, &['{'], rng).filter(|_| !line.contains("${")),
        Kind::MissingCloseBrace => without_one(line, &['}'], rng).filter(|_| !line.contains("${")),
        Kind::Junk => {
            let gaps: Vec<usize> = line.match_indices(' ').map(|(at, _)| at).filter(|at| !in_text(line, *at)).collect();
            let inner: Vec<usize> = gaps.into_iter().filter(|at| !line[..*at].trim().is_empty()).collect();
            let at = *inner.get(rng.usize(..inner.len().max(1)))?;
            let junk = ["@", "^", "~", "\\", "`", "$"][rng.usize(..6)];
            Some(format!("{} {junk}{}", &line[..at], &line[at..]))
        }
        Kind::DoubledComma => {
            let at = line.match_indices(',').map(|(at, _)| at).find(|at| !in_text(line, *at))?;
            Some(format!("{},{}", &line[..at], &line[at..]))
        }
        Kind::WrongMark => {
            let (key, value) = line.split_once(" = ")?;
            let literal = value.starts_with(|it: char| it.is_ascii_digit() || it == '[');
            let plain = key.trim().chars().all(|it| it.is_alphanumeric() || it == '_');
            let mark = [": ", " = = ", " => "][rng.usize(..3)];
            (plain && literal).then(|| format!("{key}{mark}{value}"))
        }
        Kind::WrongUnit => {
            let units = [("m", "min"), ("s", "sec"), ("h", "hours"), ("d", "days")];
            let (unit, wrong) = units[rng.usize(..units.len())];
            let digits = line.match_indices(unit).map(|(at, _)| at).find(|at| {
                let before = line[..*at].ends_with(|it: char| it.is_ascii_digit());
                before && !line[at + 1..].starts_with(char::is_alphanumeric) && !in_text(line, *at)
            })?;
            Some(format!("{}{wrong}{}", &line[..digits], &line[digits + 1..]))
        }
    }
}

/// Removes one of some characters.
fn without_one(line: &str, of: &[char], rng: &mut Rng) -> Option<String> {
    let quote = of == ['"'];
    let places = line.match_indices(of).map(|(at, _)| at).filter(|at| quote || !in_text(line, *at));
    let places: Vec<usize> = places.collect();
    let at = *places.get(rng.usize(..places.len().max(1)))?;
    Some(format!("{}{}", &line[..at], &line[at + 1..]))
}

fn in_text(line: &str, at: usize) -> bool {
    line[..at].matches('"').count() % 2 == 1
}

/// Makes a file of declarations and a rollout with stages in it.
fn file(rng: &mut Rng) -> String {
    let mut out = String::from("## A file that is made.\n");
    let declarations: [fn(&mut Rng) -> String; 5] = [window, metric, gate, action, declared];
    for _ in 0..rng.usize(3..6) {
        let make = declarations[rng.usize(..declarations.len())];
        out += &make(rng);
        out += "\n";
    }
    out += &format!("rollout {} {{\n", name(rng));
    out += &format!("  input version: string = \"{}\"\n", name(rng));
    out += &format!("  on_failure = rollback\n  retain = {}\n", duration(rng));
    for _ in 0..rng.usize(2..5) {
        out += &indented(&stage(rng));
    }
    out + "}\n"
}

fn indented(text: &str) -> String {
    text.lines().map(|it| format!("  {it}\n")).collect()
}

fn name(rng: &mut Rng) -> &'static str {
    ["pilot", "factories", "night", "web", "error_rate", "healthy", "deploy", "backup", "eu-west"][rng.usize(..9)]
}

fn duration(rng: &mut Rng) -> String {
    let unit = ["s", "m", "h", "d"][rng.usize(..4)];
    format!("{}{unit}", rng.u32(1..60))
}

fn declared(rng: &mut Rng) -> String {
    format!(
        "fleet {} = csv(\"{}.csv\")\npeople {} = [\"dana\", \"lee\"]\nsecret token = env(\"TOKEN\")\n",
        name(rng),
        name(rng),
        name(rng)
    )
}

fn window(rng: &mut Rng) -> String {
    format!(
        "window {}(site: target) {{\n  days = mon..fri\n  hours = 22:00..06:00\n  zone = site.zone\n  \
         except = [2026-12-24..2027-01-02, 2027-05-01]\n}}\n",
        name(rng)
    )
}

fn metric(rng: &mut Rng) -> String {
    format!(
        "metric {}(site: target): percent {{\n  from = prometheus(\"http://127.0.0.1:9090\")\n  \
         query = \"rate(failed_total{{site='${{site}}'}}[{}])\"\n  unit = ratio\n}}\n",
        name(rng),
        duration(rng)
    )
}

fn gate(rng: &mut Rng) -> String {
    format!(
        "gate {}(site: target) {{\n  require error_rate(site) < {}% \"too many errors\"\n  \
         forbid p95(site) > 110% of before(p95(site))\n  warn score(a, good = 0.1%, bad = 5%) < 80\n}}\n",
        name(rng),
        rng.u32(1..9)
    )
}

fn action(rng: &mut Rng) -> String {
    format!(
        "action {}(site: target, version: string) {{\n  run \"up.sh ${{site}} ${{version}}\" {{ timeout = {} }}\n  \
         keep version = version\n  undo {{\n    run \"down.sh ${{site}}\"\n  }}\n}}\n",
        name(rng),
        duration(rng)
    )
}

fn stage(rng: &mut Rng) -> String {
    let mut body = format!("risk = {}\ntimeout = {}\n", rng.u32(1..100), duration(rng));
    for _ in 0..rng.usize(1..4) {
        body += &step(rng);
    }
    format!("stage {} {{\n{}}}\n", name(rng), indented(&body))
}

fn step(rng: &mut Rng) -> String {
    match rng.usize(..6) {
        0 => format!(
            "for site in {}% of factories {{\n  at_once = {}\n  waves = [20%, 50%, 100%], tolerate = [0, 2%, 2%]\n  \
             deploy(site, version)\n  check healthy(site) {{ settle = {}, within = {} }}\n}}\n",
            rng.u32(1..100),
            rng.u32(1..9),
            duration(rng),
            duration(rng)
        ),
        1 => format!("watch all(healthy(s) for s in touched) {{ lasts = {}, fail_after = 3 }}\n", duration(rng)),
        2 => format!("approve managers {{\n  need = {}\n  within = {}\n}}\n", rng.u32(1..5), duration(rng)),
        3 => format!("run \"make {}\" {{ env = {{ TOKEN = token }}, timeout = {} }}\n", name(rng), duration(rng)),
        4 => format!("wait {}\n", duration(rng)),
        _ => format!("http GET \"http://${{site.host}}/health\" {{ accept = 200, timeout = {} }}\n", duration(rng)),
    }
}
