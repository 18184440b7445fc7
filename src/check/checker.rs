//! What is known while checking, and the phases in their order. The rules are in the files of their nouns.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use smol_str::SmolStr;

use super::cycles::CallFound;
use super::declare::{Declared, Signature, Tally};
use super::files::Files;
use super::fold::FleetValues;
use super::frame::{Frame, LocalFacts};
use super::kept::Kept;
use super::lets::LetState;
use super::report::Report;
use super::rows::Labels;
use super::scenarios::Tried;
use super::spot::Spot;
use super::units::StageUnits;
use crate::diag::{Code, Diagnostic};
use crate::model::{LocalId, Program, WindowForm};
use crate::source::{Asked, SourceId, Span, World};
use crate::value::Type;

/// How deep declarations, bodies and expressions may lead through each other, each by its weight.
const DEPTH_MAX: usize = 512;

/// How often strategies may be applied and stages stamped out, by way of others included.
const EXPANDED_MAX: usize = 20_000;

/// What takes room on the stack, by how much.
#[derive(Debug, Clone, Copy)]
pub(super) enum Weight {
    Expr = 1,
    Declaration = 4,
    Body = 8,
}

/// Everything known so far.
pub(super) struct Checker<'t> {
    pub files: &'t Files,
    pub world: &'t dyn World,
    pub reads: Vec<Asked>,
    pub report: Report,
    pub program: Program,
    pub declared: Vec<Declared<'t>>,
    pub tally: Tally,
    /// The names of each file, with the place that brought each in.
    pub tables: Vec<HashMap<&'t str, (super::frame::Sense<'t>, Span)>>,
    /// Names that a file gives to two things: which of them a use means is not known.
    pub clashed: HashSet<(usize, &'t str)>,
    pub signatures: HashMap<usize, Rc<Signature>>,
    pub lets: HashMap<usize, LetState>,
    pub types: HashMap<usize, Option<Type>>,
    /// The windows that were asked for; none while one is being read.
    pub windows: HashMap<usize, Option<Arc<WindowForm>>>,
    pub frames: Vec<Frame<'t>>,
    /// The frame in which names are looked up now.
    pub at: usize,
    pub locals: Vec<LocalFacts>,
    pub labels: Labels,
    pub fleet_values: FleetValues,
    pub kept: Kept,
    pub spot: Spot,
    /// The path of the body that is read, without targets.
    pub path: String,
    pub units: StageUnits,
    /// What a test tries, while it is read.
    pub tried: Option<Tried>,
    /// What was said of loops that says whether they take their targets.
    pub loops_said: HashMap<LocalId, bool>,
    pub calls: Vec<CallFound>,
    /// The strategies that are being applied, outermost first.
    pub applying: Vec<usize>,
    /// The paths of stages that are known to be, and where each is written.
    pub stage_names: HashMap<SmolStr, Span>,
    /// The paths of stages that were read.
    pub stages_seen: HashMap<SmolStr, Span>,
    /// The outputs that actions declare.
    pub outputs: HashMap<usize, Vec<(SmolStr, Type)>>,
    /// Where the units begin that say what undoes them; an empty `undo` says that nothing has to be.
    pub undo_said: HashSet<(SourceId, u32)>,
    /// How many declarations and bodies are being read within each other.
    pub depth: usize,
    /// How often a strategy was applied, or stages were stamped out.
    pub expanded: usize,
    /// Patterns that can be read.
    pub patterns: HashSet<String>,
    /// What each declared metric measures.
    pub measured: HashMap<usize, Type>,
    /// The same for whole texts, once a default was held against them.
    pub whole_patterns: HashMap<SmolStr, Option<regex::Regex>>,
}

impl<'t> Checker<'t> {
    pub fn new(files: &'t Files, world: &'t dyn World) -> Checker<'t> {
        let mut checker = Checker {
            files,
            world,
            reads: Vec::new(),
            report: Report::default(),
            program: Program::default(),
            declared: Vec::new(),
            tally: Tally::default(),
            tables: Vec::new(),
            clashed: HashSet::new(),
            signatures: HashMap::new(),
            lets: HashMap::new(),
            types: HashMap::new(),
            windows: HashMap::new(),
            frames: (0..files.modules.len()).map(Frame::new).collect(),
            at: 0,
            locals: Vec::new(),
            labels: Labels::default(),
            fleet_values: FleetValues::default(),
            kept: Kept::default(),
            spot: Spot::default(),
            path: String::new(),
            units: StageUnits::default(),
            tried: None,
            loops_said: HashMap::new(),
            calls: Vec::new(),
            applying: Vec::new(),
            stage_names: HashMap::new(),
            stages_seen: HashMap::new(),
            outputs: HashMap::new(),
            undo_said: HashSet::new(),
            depth: 0,
            expanded: 0,
            patterns: HashSet::new(),
            measured: HashMap::new(),
            whole_patterns: HashMap::new(),
        };
        files.problems.iter().for_each(|it| checker.report.add(it.clone()));
        checker
    }

    /// Goes through the phases: what is declared, what each declaration takes, what each means, and then what only
    /// the whole shows.
    pub fn run(mut self) -> (Program, Report, Vec<Asked>) {
        self.declare();
        self.check_types();
        self.check_secrets();
        self.check_fleets();
        self.learn_metrics();
        self.check_signatures();
        self.learn_kept();
        self.check_lets();
        self.check_people();
        self.check_windows();
        self.check_probes();
        self.check_metrics();
        self.check_thresholds();
        self.check_gates();
        self.refuse_measure_cycles();
        self.check_routers();
        self.check_flags();
        self.check_channels();
        self.check_actions();
        self.check_strategies();
        self.check_rollouts();
        self.check_cycles();
        self.settle_takes();
        self.check_tests();
        if !self.report.has_errors() {
            self.lint();
        }
        self.check_unused();
        self.program.locals = self.locals.len() as u32;
        (self.program, self.report, self.reads)
    }

    /// Reports a finding, unless it was reported when the strategy around it was read.
    pub fn say(&mut self, diagnostic: Diagnostic) {
        if !self.frames[self.at].muted && !self.follows_from_clash(&diagnostic) {
            self.report.add(diagnostic);
        }
    }

    /// Whether a name was taken for the wrong thing because it stands for two.
    fn follows_from_clash(&self, diagnostic: &Diagnostic) -> bool {
        diagnostic.code == Code::WRONG_THING
            && !self.clashed.is_empty()
            && self.clashed.contains(&(self.module(), self.files.sources.slice(diagnostic.span())))
    }

    pub fn frame(&mut self) -> &mut Frame<'t> {
        &mut self.frames[self.at]
    }

    pub fn module(&self) -> usize {
        self.frames[self.at].module
    }

    /// Does something where the names of another file are in sight.
    pub fn within<T>(&mut self, module: usize, work: impl FnOnce(&mut Checker<'t>) -> T) -> T {
        let before = std::mem::replace(&mut self.at, module);
        let answer = work(self);
        self.at = before;
        answer
    }

    /// Does something one level deeper, if it is not too deep: a program must not exhaust the stack.
    pub fn deeper<T>(&mut self, weight: Weight, at: Span, work: impl FnOnce(&mut Checker<'t>) -> T) -> Option<T> {
        if self.depth >= DEPTH_MAX {
            self.report.add(Diagnostic::new(Code::TOO_MUCH, at, "this leads through too many levels"));
            return None;
        }
        self.depth += weight as usize;
        let answer = work(self);
        self.depth -= weight as usize;
        Some(answer)
    }

    /// Counts one more reading of a text that was read before; refuses to go on without end.
    pub fn may_expand(&mut self, at: Span) -> bool {
        self.expanded += 1;
        if self.expanded == EXPANDED_MAX + 1 {
            let message = format!("strategies and loops of stages are read more than {EXPANDED_MAX} times");
            self.report.add(Diagnostic::new(Code::TOO_MUCH, at, message));
        }
        self.expanded <= EXPANDED_MAX
    }

    /// Makes a binding with a number of its own.
    pub fn new_local(&mut self, of: Type) -> LocalId {
        let id = LocalId(self.locals.len() as u32);
        self.locals.push(LocalFacts { of, fleets: Vec::new() });
        id
    }
}
