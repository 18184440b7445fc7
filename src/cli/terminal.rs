//! What is shown where: results to stdout, talk to stderr. A reader that has gone away is no error; nothing moves
//! where nobody watches.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;

use super::failure::Failure;
use super::palette::Paint;

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    Auto,
    Always,
    Never,
}

/// `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Human,
    Json,
    Github,
    Sarif,
    Junit,
}

/// Where no terminal says how wide it is.
const WIDTH: usize = 100;

/// The two streams and what may be done on them.
#[derive(Debug)]
pub struct Terminal {
    pub format: Format,
    pub quiet: bool,
    pub verbose: u8,
    color_out: bool,
    color_err: bool,
    /// Whether bars may move on stderr.
    pub moves: bool,
    reader_gone: AtomicBool,
}

impl Terminal {
    pub fn new(color: ColorChoice, format: Format, quiet: bool, verbose: u8) -> Terminal {
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        let set = |name: &str| std::env::var_os(name).is_some_and(|it| !it.is_empty());
        let may = |is_terminal: bool| match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal && !set("NO_COLOR") && std::env::var("TERM").as_deref() != Ok("dumb"),
        };
        let moves = out
            && err
            && format == Format::Human
            && !quiet
            && !set("CI")
            && std::env::var("TERM").as_deref() != Ok("dumb");
        let reader_gone = AtomicBool::new(false);
        Terminal { format, quiet, verbose, color_out: may(out), color_err: may(err), moves, reader_gone }
    }

    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether findings on stderr may be coloured.
    pub fn color_err(&self) -> bool {
        self.color_err
    }

    pub fn color_out(&self) -> bool {
        self.color_out
    }

    /// In columns.
    pub fn width(&self) -> usize {
        let size = rustix::termios::tcgetwinsize(io::stdout()).or_else(|_| rustix::termios::tcgetwinsize(io::stderr()));
        size.map_or(WIDTH, |it| if it.ws_col > 0 { usize::from(it.ws_col) } else { WIDTH })
    }

    /// Writes a line of the result.
    pub fn result(&self, text: &str) {
        if self.reader_gone.load(Ordering::Relaxed) {
            return;
        }
        let mut out = io::stdout().lock();
        if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
            self.reader_gone.store(true, Ordering::Relaxed);
        }
    }

    /// Whether whoever read the results has stopped to.
    pub fn is_reader_gone(&self) -> bool {
        self.reader_gone.load(Ordering::Relaxed)
    }

    pub fn painted(&self, paint: Paint, text: &str) -> String {
        paint.on(text, self.color_out)
    }

    /// Says something to the person, unless they want it quiet.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            self.write_err(text);
        }
    }

    /// Says why it did not work.
    pub fn fail(&self, failure: &Failure) {
        self.write_err(&format!("{} {}", Paint::Bad.on("error:", self.color_err), failure.message));
        if let Some(hint) = &failure.hint {
            self.write_err(&format!("{} {hint}", Paint::Strong.on("hint:", self.color_err)));
        }
    }

    /// Asks a yes-or-no question; only where somebody can answer.
    pub fn confirm(&self, question: &str) -> bool {
        let mut err = io::stderr().lock();
        let asked = write!(err, "{question} [y/N] ").and_then(|()| err.flush());
        drop(err);
        let mut answer = String::new();
        asked.and_then(|()| io::stdin().read_line(&mut answer)).is_ok()
            && matches!(answer.trim(), "y" | "Y" | "yes" | "Yes")
    }

    pub fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    fn write_err(&self, text: &str) {
        // Nobody is left to tell.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}
