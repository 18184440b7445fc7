//! Programs that say themselves what is wrong with them: a comment line of carets under a place names the code that is
//! reported there, and perhaps some words of its message. Programs without carets have nothing to report.
//!
//! `#   ^^^ E0203 near words` is about the columns above its carets, `#< E0203` about the line above. Those in `planned` are
//! planned as well, and looked ahead of, on a Monday morning.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rollout::check::{Checked, check};
use rollout::diag::Diagnostic;
use rollout::model::RolloutId;
use rollout::plan::{GivenInputs, KeptValues, PlanRequest, plan, plan_and_warn, read_inputs};
use rollout::sim::{Past, forecast};
use rollout::source::MemoryWorld;
use rollout::value::{At, Record};

/// What a comment expects of the line above it.
#[derive(Debug)]
struct Expected {
    line: u32,
    /// First column and how many, from 1; none: anywhere on the line.
    columns: Option<(u32, u32)>,
    code: String,
    words: String,
}

#[test]
fn programs_have_the_problems_that_they_say() {
    let mut failures = Vec::new();
    let programs = programs(Path::new("tests/lang"));
    assert!(programs.len() > 1, "the programs are where they should be");
    for program in &programs {
        if let Err(failure) = check_program(program) {
            failures.push(format!("{}\n{failure}", program.display()));
        }
    }
    assert!(failures.is_empty(), "{} of {} programs\n{}", failures.len(), programs.len(), failures.join("\n"));
}

/// Returns the programs that say what they expect: each in a folder, with the files it needs beside it.
fn programs(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let folders = fs::read_dir(root).expect("the folder is there").map(|it| it.expect("it can be read").path());
    for folder in folders.filter(|it| it.is_dir()) {
        let files = fs::read_dir(&folder).expect("the folder is there").map(|it| it.expect("it can be read").path());
        found.extend(files.filter(|it| it.extension().is_some_and(|it| it == "rollout")));
    }
    found.sort();
    found
}

fn check_program(path: &Path) -> Result<(), String> {
    let name = path.file_name().expect("it has a name").to_string_lossy().into_owned();
    let world = world_of(path.parent().expect("it is in a folder"));
    let text = &world.files[&name];
    let mut expected = expectations(text);
    let checked = check(&world, &name);
    let mut failure = String::new();
    let planned =
        if path.parent().is_some_and(|it| it.ends_with("planned")) { strange(&checked, &world) } else { vec![] };
    for diagnostic in checked.diagnostics.iter().chain(&planned).filter(|it| it.span().source.0 == 0) {
        match expected.iter().position(|it| fits(it, diagnostic, &checked)) {
            Some(at) => {
                expected.remove(at);
            }
            None => failure.push_str(&format!("  not expected: {}\n", shown(diagnostic, &checked))),
        }
    }
    expected.iter().for_each(|it| failure.push_str(&format!("  missing: {it:?}\n")));
    if failure.is_empty() { Ok(()) } else { Err(failure) }
}

/// Returns what is strange about the plans of a program, and about how they would go.
fn strange(checked: &Checked, world: &MemoryWorld) -> Vec<Diagnostic> {
    let now = At(1_795_392_000_000);
    let mut found = Vec::new();
    for rollout in (0..checked.program.rollouts.len() as u32).map(RolloutId) {
        let inputs = read_inputs(checked.program.rollout(rollout), &GivenInputs::default(), world);
        let (planned, warnings) = plan_and_warn(&PlanRequest {
            program: &checked.program,
            sources: &checked.sources,
            rollout,
            file: "main.rollout",
            folder: "/",
            inputs: inputs.expect("every input has a default"),
            profile: None,
            now,
            world,
            kept: &KeptValues::new(),
            only: None,
        });
        let plan = planned.expect("it can be planned");
        let ahead = forecast(&plan, &KeptValues::new(), now, &Past::default());
        found.extend(warnings);
        found.extend(ahead.troubles.iter().map(|it| it.told(&plan, "UTC")));
    }
    found.retain(|it| !checked.allowed.silences(it));
    found
}

fn world_of(folder: &Path) -> MemoryWorld {
    let mut world = MemoryWorld::default();
    for file in fs::read_dir(folder).expect("the folder is there").map(|it| it.expect("it can be read").path()) {
        let name = file.file_name().expect("it has a name").to_string_lossy().into_owned();
        if let Ok(text) = fs::read_to_string(&file) {
            world = world.with(&name, &text);
        }
    }
    world
}

fn expectations(text: &str) -> Vec<Expected> {
    let mut expected = Vec::new();
    let mut line = 0;
    for (number, content) in (1u32..).zip(text.lines()) {
        match expectation(line, content) {
            Some(found) => expected.push(found),
            None => line = number,
        }
    }
    expected
}

fn expectation(line: u32, content: &str) -> Option<Expected> {
    let comment = content.trim_start().strip_prefix('#')?;
    let (columns, rest) = if let Some(rest) = comment.strip_prefix('<') {
        (None, rest)
    } else {
        let rest = comment.trim_start();
        let carets = rest.bytes().take_while(|it| *it == b'^').count();
        if carets == 0 {
            return None;
        }
        let before = content.chars().count() - rest.chars().count();
        (Some((before as u32 + 1, carets as u32)), &rest[carets..])
    };
    let (code, words) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
    Some(Expected { line, columns, code: code.to_owned(), words: words.trim().to_owned() })
}

fn fits(expected: &Expected, diagnostic: &Diagnostic, checked: &Checked) -> bool {
    let source = checked.sources.get(diagnostic.span().source);
    let (start, end) = (source.line_column(diagnostic.span().start), source.line_column(diagnostic.span().end));
    let columns = expected.columns.is_none_or(|(first, count)| {
        let ends = if end.line == start.line { (end.column - start.column).max(1) == count } else { true };
        start.column == first && ends
    });
    let said = diagnostic.message.contains(&expected.words)
        || diagnostic.help.as_ref().is_some_and(|it| it.contains(&expected.words));
    start.line == expected.line && columns && diagnostic.code.0 == expected.code && said
}

fn shown(diagnostic: &Diagnostic, checked: &Checked) -> String {
    let source = checked.sources.get(diagnostic.span().source);
    let (start, end) = (source.line_column(diagnostic.span().start), source.line_column(diagnostic.span().end));
    let mut text = format!("{}:{}-{} {} {}", start.line, start.column, end.column, diagnostic.code, diagnostic.message);
    if !diagnostic.primary.text.is_empty() {
        text.push_str(&format!(" | {}", diagnostic.primary.text));
    }
    for label in &diagnostic.labels {
        let source = checked.sources.get(label.span.source);
        text.push_str(&format!(" | {}: {}", source.line_column(label.span.start).line, label.text));
    }
    if let Some(help) = &diagnostic.help {
        text.push_str(&format!(" | help: {help}"));
    }
    text
}

/// A block of a page: what it is, and its text.
struct Block {
    info: String,
    text: String,
}

#[test]
fn every_page_shows_its_code_and_how_to_mend_it() {
    let mut failures = Vec::new();
    for row in rollout::diag::CODES.iter().filter(|it| is_checked(it.code.0)) {
        if let Err(failure) = check_page(row.code.0, row.title, row.page) {
            failures.push(format!("{}: {failure}", row.code));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Whether checking alone reports the code: the others are the parser's, the plan's or those of tests that are played.
fn is_checked(code: &str) -> bool {
    !code.starts_with("E01")
        && !code.starts_with("E08")
        && !code.starts_with("W004")
        && !matches!(code, "E0950" | "E0951")
}

fn check_page(code: &str, title: &str, page: &str) -> Result<(), String> {
    if !page.starts_with(&format!("# {code}: {title}\n")) {
        return Err(format!("the page does not begin with `# {code}: {title}`"));
    }
    let blocks = blocks(page);
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let (mut fails, mut passes) = (0, 0);
    for block in &blocks {
        let file = block.info.split_once("file=").map(|(_, name)| name.to_owned());
        if let Some(name) = file {
            files.insert(name, block.text.clone());
            continue;
        }
        let world = files.iter().fold(MemoryWorld::default(), |world, (name, text)| world.with(name, text));
        let checked = check(&world.with("main.rollout", &block.text), "main.rollout");
        let found: Vec<String> = checked.diagnostics.iter().map(|it| shown(it, &checked)).collect();
        if block.info.contains("fails") {
            fails += 1;
            let codes: Vec<&str> = checked.diagnostics.iter().map(|it| it.code.0).collect();
            if codes.is_empty() || codes.iter().any(|it| *it != code) {
                return Err(format!("the failing block gives\n    {}", found.join("\n    ")));
            }
        } else {
            passes += 1;
            if !found.is_empty() {
                return Err(format!("the mended block gives\n    {}", found.join("\n    ")));
            }
        }
    }
    if fails == 1 && passes >= 1 { Ok(()) } else { Err(format!("{fails} failing and {passes} mended blocks")) }
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some(Block { info: info.to_owned(), text: String::new() }),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

/// Whatever a text holds, checking it ends with an answer: programs are cut, doubled and mixed at random places.
#[test]
fn broken_programs_have_an_answer_too() {
    let mut random = fastrand::Rng::with_seed(7);
    let texts: Vec<(MemoryWorld, String)> = programs(Path::new("tests/lang"))
        .iter()
        .map(|it| (world_of(it.parent().expect("it is in a folder")), fs::read_to_string(it).expect("it can be read")))
        .collect();
    for _ in 0..1500 {
        let (world, text) = &texts[random.usize(..texts.len())];
        let other = &texts[random.usize(..texts.len())].1;
        let broken = break_text(text, other, &mut random);
        let checked = check(&world.clone().with("broken.rollout", &broken), "broken.rollout");
        for diagnostic in &checked.diagnostics {
            let source = checked.sources.get(diagnostic.span().source);
            assert!(source.text().get(diagnostic.span().range()).is_some(), "{broken}");
        }
    }
}

fn break_text(text: &str, other: &str, random: &mut fastrand::Rng) -> String {
    let words = |text: &str| text.split_inclusive([' ', '\n', '(', ')', '{', '}', '"']).map(str::to_owned).collect();
    let mut words: Vec<String> = words(text);
    let others: Vec<String> = other.split_inclusive([' ', '\n', '(', ')', '{', '}', '"']).map(str::to_owned).collect();
    for _ in 0..random.usize(1..6) {
        let at = random.usize(..words.len());
        match random.u8(..4) {
            0 => {
                words.remove(at);
            }
            1 => words.insert(at, others[random.usize(..others.len())].clone()),
            2 => words[at] = others[random.usize(..others.len())].clone(),
            _ => {
                let to = random.usize(..words.len());
                words.swap(at, to);
            }
        }
        if words.is_empty() {
            words.push(String::new());
        }
    }
    words.concat()
}

/// A program knows what a step of an action leaves from the action on; the plan has to know where it is called.
#[test]
fn outputs_within_actions_and_called_rollouts_are_found_in_the_plan() {
    let text = "
        fleet hosts { target a { } }
        action deploy(site: target) { step build { run \"make\", undo { } }, log build.stdout, undo { } }
        rollout web { stage one { for site in hosts { deploy(site), log deploy.stdout } } }
        rollout both { stage all { call web } }
    ";
    let world = MemoryWorld::default().with("main.rollout", text);
    let checked = check(&world, "main.rollout");
    assert!(checked.is_sound(), "{:?}", checked.diagnostics);
    for (rollout, prefix) in [(0, ""), (1, "all.web.")] {
        let request = PlanRequest {
            program: &checked.program,
            sources: &checked.sources,
            rollout: RolloutId(rollout),
            file: "main.rollout",
            folder: "/",
            inputs: Record::new(),
            profile: None,
            now: At(0),
            world: &world,
            kept: &KeptValues::new(),
            only: None,
        };
        let plan = plan(&request).expect("it can be planned");
        let written = serde_json::to_string(&plan).expect("a plan can be written");
        for path in ["one.deploy.build", "one.deploy"] {
            let whole = format!("{prefix}{path}");
            assert!(written.contains(&format!("\"path\":\"{whole}\"")), "{whole} in {written}");
            assert!(plan.unit_at(&whole).is_some(), "{whole}");
        }
    }
}
