//! The files that a program is made of: the one that is checked and all that it uses. Knows of a file only its
//! `use` entries.

use std::collections::HashMap;

use super::path::{folder_of, joined};
use crate::diag::{Code, Diagnostic, nearest};
use crate::source::{Asked, LIBRARY, ReadFailure, SourceId, Sources, Span, World, library_text};
use crate::syntax::{Entry, Expr, ExprKind, Name, Tree, parse};

/// All files of a program, the one that is checked first.
pub(super) struct Files {
    pub sources: Sources,
    pub modules: Vec<Module>,
    pub reads: Vec<Asked>,
    pub problems: Vec<Diagnostic>,
}

/// One file.
pub(super) struct Module {
    /// A path, or `std.name`.
    pub path: String,
    pub tree: Tree,
    pub uses: Vec<Use>,
}

/// What one `use` brings in.
pub(super) struct Use {
    /// The place in the file that says it.
    pub span: Span,
    /// The number of the other file.
    pub module: usize,
    /// The one name of the other file that is meant; none: all of them.
    pub name: Option<(String, Span)>,
    /// The name to use for it here.
    pub alias: Option<(String, Span)>,
}

impl Module {
    /// The folder to which the file's paths are relative.
    pub fn folder(&self) -> &str {
        folder_of(&self.path)
    }

    /// Whether it came with the tool.
    pub fn is_library(&self) -> bool {
        self.path.starts_with("std.")
    }
}

/// Reads a file and all that it uses.
pub(super) fn load(world: &dyn World, path: &str) -> Files {
    let files = Files { sources: Sources::default(), modules: Vec::new(), reads: Vec::new(), problems: Vec::new() };
    let mut loader = Loader { world, files, ids: HashMap::new(), open: Vec::new() };
    let text = loader.read(path);
    let (text, failure) = match text {
        Ok(text) => (text, None),
        Err(failure) => (String::new(), Some(failure)),
    };
    let root = loader.add(path.to_owned(), &text);
    if let Some(failure) = failure {
        let start = Span::new(loader.files.modules[root].tree.source(), 0, 0);
        loader.unreadable(path, start, &failure);
    }
    loader.files
}

struct Loader<'w> {
    world: &'w dyn World,
    files: Files,
    ids: HashMap<String, usize>,
    /// The files that are being loaded, each with the place of the `use` that leads on.
    open: Vec<(usize, Span)>,
}

/// A `use` as it is written.
struct Written {
    path: String,
    name: Option<(String, Span)>,
    alias: Option<(String, Span)>,
    span: Span,
}

impl Loader<'_> {
    fn read(&mut self, path: &str) -> Result<String, ReadFailure> {
        self.files.reads.push(Asked::File(path.to_owned()));
        self.world.read(path)
    }

    /// Parses a file and loads what it uses; returns its number.
    fn add(&mut self, path: String, text: &str) -> usize {
        let source: SourceId = self.files.sources.add(path.as_str(), text);
        let tree = parse(self.files.sources.get(source));
        self.files.problems.extend(tree.errors().iter().cloned());
        let id = self.files.modules.len();
        let mut problems = Vec::new();
        let folder = folder_of(&path).to_owned();
        let is_use = |it: &Entry| it.head().as_name().is_some_and(|name| name.text() == "use") && !it.is_broken();
        let written: Vec<Written> =
            tree.entries().filter(is_use).filter_map(|it| read_use(it, &folder, &mut problems)).collect();
        self.files.problems.extend(problems);
        self.ids.insert(path.clone(), id);
        self.files.modules.push(Module { path, tree, uses: Vec::new() });
        for it in written {
            self.open.push((id, it.span));
            if let Some(module) = self.enter(&it) {
                let found = Use { span: it.span, module, name: it.name, alias: it.alias };
                self.files.modules[id].uses.push(found);
            }
            self.open.pop();
        }
        id
    }

    fn enter(&mut self, it: &Written) -> Option<usize> {
        if let Some(id) = self.ids.get(it.path.as_str()).copied() {
            return if self.is_open(id) { self.report_cycle(id, it) } else { Some(id) };
        }
        if let Some(module) = it.path.strip_prefix("std.") {
            let Some(text) = library_text(module) else {
                self.no_such_module(module, it.span);
                return None;
            };
            return Some(self.add(it.path.clone(), text));
        }
        match self.read(&it.path) {
            Ok(text) => Some(self.add(it.path.clone(), &text)),
            Err(failure) => {
                self.unreadable(&it.path, it.span, &failure);
                None
            }
        }
    }

    fn is_open(&self, id: usize) -> bool {
        self.open.iter().any(|(open, _)| *open == id)
    }

    fn report_cycle(&mut self, id: usize, it: &Written) -> Option<usize> {
        let path = &self.files.modules[id].path;
        let message = format!("`{path}` uses itself, by way of this file");
        let mut problem = Diagnostic::new(Code::USE_CYCLE, it.span, message).because("leads back");
        let from = self.open.iter().position(|(open, _)| *open == id).unwrap_or(0);
        for (_, span) in self.open[from..].iter().filter(|(_, span)| *span != it.span) {
            problem = problem.also(*span, "leads on");
        }
        self.files.problems.push(problem.help("move what both need into a file of its own"));
        None
    }

    fn no_such_module(&mut self, module: &str, span: Span) {
        let known = nearest(module, LIBRARY.iter().map(|(name, _)| *name));
        let problem = Diagnostic::new(Code::NO_MODULE, span, format!("the library has no module `std.{module}`"));
        self.files.problems.push(match known {
            Some(known) => problem.help(format!("did you mean `std.{known}`?")),
            None => problem,
        });
    }

    fn unreadable(&mut self, path: &str, span: Span, failure: &ReadFailure) {
        let neighbours = self.world.neighbours(path);
        self.files.problems.push(unreadable(path, span, failure, &neighbours));
    }
}

/// Says that a file cannot be read, with a path that may have been meant.
pub(super) fn unreadable(path: &str, span: Span, failure: &ReadFailure, neighbours: &[String]) -> Diagnostic {
    let problem = Diagnostic::new(Code::UNREADABLE, span, format!("`{path}` cannot be read: {failure}"));
    match (failure, nearest(path, neighbours.iter().map(String::as_str))) {
        (ReadFailure::Missing, Some(meant)) => problem.help(format!("did you mean `{meant}`?")),
        _ => problem,
    }
}

fn read_use(entry: Entry, folder: &str, problems: &mut Vec<Diagnostic>) -> Option<Written> {
    let items: Vec<Expr> = entry.items().collect();
    let alias = match &items[..] {
        [_, _] => None,
        [_, _, word, alias] if word.as_name().is_some_and(|it| it.text() == "as") => alias.as_name(),
        _ => return malformed(entry, problems),
    };
    if items.len() == 4 && alias.is_none() || entry.value().is_some() || entry.body().is_some() {
        return malformed(entry, problems);
    }
    let alias = alias.map(|it| (it.text().to_owned(), it.span()));
    let span = items[1].span();
    match items[1].kind() {
        ExprKind::Text(text) => {
            let Some(path) = text.plain() else { return malformed(entry, problems) };
            Some(Written { path: joined(folder, &path), name: None, alias, span })
        }
        _ => {
            let Some(names) = dotted(items[1]) else { return malformed(entry, problems) };
            library_use(&names, alias, span).or_else(|| malformed(entry, problems))
        }
    }
}

fn library_use(names: &[Name], alias: Option<(String, Span)>, span: Span) -> Option<Written> {
    let (root, module) = (names.first()?, names.get(1)?);
    if root.text() != "std" || names.len() > 3 {
        return None;
    }
    let name = names.get(2).map(|it| (it.text().to_owned(), it.span()));
    Some(Written { path: format!("std.{}", module.text()), name, alias, span })
}

fn dotted(expr: Expr<'_>) -> Option<Vec<Name<'_>>> {
    match expr.kind() {
        ExprKind::Name(name) => Some(vec![name]),
        ExprKind::Field { of, name } => {
            let mut names = dotted(of)?;
            names.push(name);
            Some(names)
        }
        _ => None,
    }
}

fn malformed<T>(entry: Entry, problems: &mut Vec<Diagnostic>) -> Option<T> {
    let problem = Diagnostic::new(Code::SHAPE, entry.span(), "`use` names a module of the library or a file");
    problems.push(problem.help("write `use std.rolling` or `use \"./other.rollout\"`, and `as NAME` to rename"));
    None
}
