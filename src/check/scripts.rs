//! Scripts for a shell: each hole becomes a variable, quoted as its place needs.

use smol_str::SmolStr;

use super::checker::Checker;
use super::mismatch::shortened;
use crate::diag::{Code, Diagnostic};
use crate::model::{Builtin, Expr, ExprKind, RunText, Shell, ShellPart};
use crate::shell::{self, Dialect, Hole, Part, Problem, Segment};
use crate::source::Span;
use crate::syntax::{self, ExprKind as Tree, TextLiteral, TextPart};
use crate::value::{Type, Value};

/// A piece of a script before it is lowered.
enum Piece {
    Text(String),
    Hole(Expr),
    Raw(Expr),
}

impl<'t> Checker<'t> {
    /// Lowers the script of a `run`.
    pub fn script(&mut self, tree: syntax::Expr<'t>, shell: Shell) -> RunText {
        match tree.kind() {
            Tree::Text(text) => self.script_text(text, shell),
            Tree::Paren(inner) => self.script(inner, shell),
            _ => self.named_script(tree, shell),
        }
    }

    fn script_text(&mut self, text: TextLiteral<'t>, shell: Shell) -> RunText {
        let mut pieces = Vec::new();
        for part in text.parts() {
            pieces.push(match part {
                TextPart::Chunk(chunk, _) => Piece::Text(chunk.into_owned()),
                TextPart::Hole(tree, _) => self.script_hole(tree),
            });
        }
        self.lowered(pieces, shell, text.span())
    }

    /// A script that is not written where it runs: it must be known, because a value is no program.
    fn named_script(&mut self, tree: syntax::Expr<'t>, shell: Shell) -> RunText {
        let expr = self.typed(tree, &Type::Text);
        let raw = matches!(expr.kind, ExprKind::Builtin(Builtin::Raw, _));
        match expr.known() {
            Some(Value::Text(text)) => self.lowered(vec![Piece::Text(text.to_string())], shell, tree.span()),
            _ if raw => self.lowered(vec![Piece::Raw(expr)], shell, tree.span()),
            _ => {
                if !matches!(expr.kind, ExprKind::Bad) {
                    let problem = Diagnostic::new(Code::SHELL, tree.span(), "a value would be run as a script");
                    self.say(problem.help("write the script here and put values into it: `run \"tool ${…}\"`"));
                }
                RunText { parts: Vec::new(), holes: Vec::new() }
            }
        }
    }

    fn script_hole(&mut self, tree: syntax::Expr<'t>) -> Piece {
        let hole = self.hole(tree);
        if let Type::Secret(_) = hole.of {
            self.say_shown_secret(&hole.expr, &Type::Text);
            return Piece::Hole(Expr::new(ExprKind::Bad, tree.span()));
        }
        match hole.expr.kind {
            ExprKind::Builtin(Builtin::Raw, mut args) if args.len() == 1 => Piece::Raw(args.remove(0)),
            // A constant is put through `raw` already.
            ExprKind::Value(_) if is_raw(tree) => Piece::Raw(hole.expr),
            _ => Piece::Hole(hole.expr),
        }
    }

    fn lowered(&mut self, pieces: Vec<Piece>, shell: Shell, span: Span) -> RunText {
        let dialect = match shell {
            Shell::Sh => Dialect::Sh,
            Shell::Bash => Dialect::Bash,
        };
        let parts: Vec<Part> = pieces
            .iter()
            .enumerate()
            .map(|(index, piece)| match piece {
                Piece::Text(text) => Part::Text(text),
                Piece::Hole(expr) => Part::Hole(Hole { index, span: expr.span }),
                Piece::Raw(expr) => Part::Raw(Hole { index, span: expr.span }),
            })
            .collect();
        match shell::lower(&parts, dialect) {
            Ok(script) => RunText {
                parts: script.segments.into_iter().map(|it| shell_part(it, &pieces)).collect(),
                holes: script.variables.into_iter().map(|it| (SmolStr::new(it.name), held(&pieces, it.hole))).collect(),
            },
            Err(problems) => {
                problems.iter().for_each(|it| self.say_shell(it, span));
                RunText { parts: Vec::new(), holes: Vec::new() }
            }
        }
    }

    fn say_shell(&mut self, problem: &Problem, script: Span) {
        let span = problem.hole.map_or(script, |it| it.span);
        let found = Diagnostic::new(Code::SHELL, span, problem.message());
        self.say(found.because(problem.because()).help(problem.help()));
    }

    /// Warns of a text that the shell reads as script.
    pub fn warn_raw(&mut self, span: Span) {
        let problem = Diagnostic::new(Code::RAW, span, "`raw` puts a value into the script as it is");
        let because = "whatever it holds is run";
        self.say(problem.because(because).help("without `raw` it is exactly one word, whatever it holds"));
    }
}

fn shell_part(segment: Segment, pieces: &[Piece]) -> ShellPart {
    match segment {
        Segment::Text(text) => ShellPart::Text(text),
        Segment::Raw(index) => ShellPart::Raw(held(pieces, index)),
    }
}

fn held(pieces: &[Piece], index: usize) -> Expr {
    match &pieces[index] {
        Piece::Hole(expr) | Piece::Raw(expr) => expr.clone(),
        Piece::Text(_) => unreachable!("the lowering names holes only"),
    }
}

fn is_raw(tree: syntax::Expr<'_>) -> bool {
    matches!(tree.kind(), Tree::Call { callee, .. } if callee.as_name().is_some_and(|it| it.text() == "raw"))
}

/// Returns a condition as a person would write it, on one line.
pub(super) fn shown(tree: syntax::Expr<'_>) -> String {
    let words: Vec<&str> = tree.text().split_whitespace().collect();
    shortened_to(&words.join(" "))
}

fn shortened_to(line: &str) -> String {
    if line.chars().count() > 120 { shortened(line) } else { line.to_owned() }
}
