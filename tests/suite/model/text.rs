//! A saga as a person would write it.

use std::fmt::Write as _;

use super::saga::{Ask, Check, Condition, Entry, Loop, Missing, Saga, Source, Stage, Step, Term, Watch};

impl Saga {
    pub fn text(&self) -> String {
        let mut text = Text { head: "people bosses = [\"ann\", \"kim\", \"lee\"]\n".to_owned(), body: String::new() };
        text.line(0, "rollout saga {");
        text.line(1, &format!("on_failure = {}", self.on_failure));
        if let Some(most) = self.tolerate {
            text.line(1, &format!("tolerate = {most}"));
        }
        for (at, stage) in self.stages.iter().enumerate() {
            text.stage(at, stage);
        }
        if self.finally {
            text.line(1, "finally { step last { run \"last\" } }");
        }
        text.line(0, "}");
        text.head + &text.body
    }
}

struct Text {
    /// What is declared before the rollout.
    head: String,
    body: String,
}

impl Text {
    fn line(&mut self, depth: usize, line: &str) {
        let _ = writeln!(self.body, "{}{line}", "  ".repeat(depth));
    }

    fn stage(&mut self, at: usize, stage: &Stage) {
        self.line(1, &format!("stage s{at} {{"));
        if let Some(after) = &stage.after {
            let names: Vec<String> = after.iter().map(|it| format!("s{it}")).collect();
            self.line(2, &format!("after = [{}]", names.join(", ")));
        }
        if stage.skipped {
            self.line(2, "when = 1 > 2");
        }
        if stage.delay_min > 0 {
            self.line(2, &format!("delay = {}m", stage.delay_min));
        }
        if let Some(word) = stage.on_failure {
            self.line(2, &format!("on_failure = {word}"));
        }
        if stage.stays {
            self.line(2, "undo_with_run = false");
        }
        stage.entries.iter().for_each(|it| self.entry(2, it));
        self.line(1, "}");
    }

    fn entry(&mut self, depth: usize, entry: &Entry) {
        match entry {
            Entry::Step(step) => self.step(depth, step),
            Entry::Parallel(parts) => {
                self.line(depth, "parallel {");
                parts.iter().for_each(|it| self.entry(depth + 1, it));
                self.line(depth, "}");
            }
            Entry::Loop(it) => self.a_loop(depth, it),
            Entry::Check(it) => self.check(depth, it),
            Entry::Watch(it) => self.watch(depth, it),
            Entry::Ask(it) => self.ask(depth, it),
            Entry::Require(it) => {
                let condition = self.condition(it);
                self.line(depth, &format!("require {condition} \"so it must be\""));
            }
        }
    }

    fn step(&mut self, depth: usize, step: &Step) {
        let mut line = format!("step a{} {{", step.number);
        if step.skipped {
            line += " when = 1 > 2,";
        }
        if step.attempts > 1 {
            let _ = write!(line, " retry {{ attempts = {}, backoff = 10s }},", step.attempts);
        }
        let commands: Vec<String> = (0..step.commands).map(|it| format!(" run \"{it}\"")).collect();
        line += &commands.join(",");
        if let Some(undo) = &step.undo {
            line += ", undo {";
            let commands: Vec<String> = (0..undo.commands).map(|it| format!(" run \"{it}\"")).collect();
            line += &commands.join(",");
            if let Some(attempts) = undo.attempts {
                let _ = write!(line, ", retry {{ attempts = {attempts}, backoff = 20s }}");
            }
            line += " }";
        }
        self.line(depth, &(line + " }"));
    }

    fn a_loop(&mut self, depth: usize, it: &Loop) {
        let fleet = format!("f{}", it.number);
        let targets: Vec<String> = (0..it.targets).map(|at| format!("target {fleet}-t{at} {{}}")).collect();
        let _ = writeln!(self.head, "fleet {fleet} {{ {} }}", targets.join(", "));
        self.line(depth, &format!("for x{} in {fleet} {{", it.number));
        if let Some(at_once) = it.at_once {
            self.line(depth + 1, &format!("at_once = {at_once}"));
        }
        if let Some(waves) = &it.waves {
            let ends: Vec<String> = waves.iter().map(usize::to_string).collect();
            self.line(depth + 1, &format!("waves = [{}]", ends.join(", ")));
        }
        self.line(depth + 1, &format!("tolerate = {}", it.tolerate));
        it.body.iter().for_each(|it| self.entry(depth + 1, it));
        if !it.after_wave.is_empty() {
            self.line(depth + 1, "after_wave {");
            it.after_wave.iter().for_each(|it| self.entry(depth + 2, it));
            self.line(depth + 1, "}");
        }
        self.line(depth, "}");
    }

    fn check(&mut self, depth: usize, check: &Check) {
        let condition = self.condition(&check.condition);
        let mut line = format!("check {condition} {{ every = {}m", check.every_min);
        if check.settle_min > 0 {
            let _ = write!(line, ", settle = {}m", check.settle_min);
        }
        if let Some(within) = check.within_min {
            let _ = write!(line, ", within = {within}m");
        }
        if let Some(word) = check.otherwise {
            let _ = write!(line, ", otherwise = {word}");
        }
        line += if check.skipped { ", when = 1 > 2 }" } else { " }" };
        self.line(depth, &line);
    }

    fn watch(&mut self, depth: usize, watch: &Watch) {
        let condition = self.condition(&watch.condition);
        let mut line = format!("watch {condition} {{ lasts = {}m", watch.lasts_min);
        if watch.settle_min > 0 {
            let _ = write!(line, ", settle = {}m", watch.settle_min);
        }
        let counts = [
            ("fail_after", watch.fail_after),
            ("fail_in_a_row", watch.fail_in_a_row),
            ("pass_in_a_row", watch.pass_in_a_row),
        ];
        for (name, count) in counts {
            if let Some(count) = count {
                let _ = write!(line, ", {name} = {count}");
            }
        }
        let _ = write!(line, ", unknown = {}m, on_unknown = {}", watch.unknown_min, watch.on_unknown);
        if let Some(word) = watch.otherwise {
            let _ = write!(line, ", otherwise = {word}");
        }
        self.line(depth, &(line + " }"));
    }

    fn ask(&mut self, depth: usize, ask: &Ask) {
        let mut line = format!("approve bosses {{ prompt = \"q{}\", need = {}", ask.number, ask.need);
        if let Some(within) = ask.within_min {
            let _ = write!(line, ", within = {within}m7s, on_timeout = {}", ask.on_timeout);
        }
        let _ = write!(line, ", on_reject = {}", ask.on_reject);
        if let Some(word) = ask.otherwise {
            let _ = write!(line, ", otherwise = {word}");
        }
        self.line(depth, &(line + " }"));
    }

    /// Declares what a condition needs, and returns it as it is asked for.
    fn condition(&mut self, it: &Condition) -> String {
        let number = it.number;
        for (at, source) in it.sources.iter().enumerate() {
            let _ = match source {
                Source::Probe => writeln!(self.head, "probe c{number}_{at}() {{ run \"probe\" }}"),
                Source::Metric { missing } => {
                    let missing = match missing {
                        Missing::Unknown => String::new(),
                        Missing::Fail => ", missing = fail".to_owned(),
                        Missing::Value(value) => format!(", missing = {value}"),
                    };
                    let from = "from = http(\"http://m\"), pointer = \"/v\"";
                    writeln!(self.head, "metric c{number}_{at}: number {{ {from}{missing} }}")
                }
            };
        }
        if let Some((term, minutes)) = &it.threshold {
            let _ = writeln!(self.head, "threshold h{number} = {} {{ sustained = {minutes}m }}", term.text(number));
        }
        if !it.is_gate {
            return it.rules[0].term.text(number);
        }
        let mut rules: Vec<String> =
            it.rules.iter().map(|rule| format!("{} {}", rule.demand, rule.term.text(number))).collect();
        if it.dry_run {
            rules.insert(0, "dry_run = true".to_owned());
        }
        let _ = writeln!(self.head, "gate g{number} {{ {} }}", rules.join(", "));
        format!("g{number}")
    }
}

impl Term {
    fn text(&self, number: u32) -> String {
        match self {
            Term::Up(at) => format!("c{number}_{at}()"),
            Term::Below(at, bound) => format!("c{number}_{at} < {bound}"),
            Term::Above(at, bound) => format!("c{number}_{at} > {bound}"),
            Term::Lasting => format!("h{number}"),
            Term::Not(term) => format!("not ({})", term.text(number)),
            Term::And(left, right) => format!("({}) and ({})", left.text(number), right.text(number)),
            Term::Or(left, right) => format!("({}) or ({})", left.text(number), right.text(number)),
        }
    }
}
