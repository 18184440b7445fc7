//! Colours, one row each. Nothing else in the program knows an escape sequence.

use crate::view::Tone;

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    Plain,
    Good,
    Careful,
    Bad,
    Strong,
    Quiet,
}

impl Paint {
    fn code(self) -> &'static str {
        match self {
            Paint::Plain => "",
            Paint::Good => "\x1b[32m",
            Paint::Careful => "\x1b[33m",
            Paint::Bad => "\x1b[31m",
            Paint::Strong => "\x1b[1m",
            Paint::Quiet => "\x1b[2m",
        }
    }

    /// Returns a text in this colour, or as it is.
    pub fn on(self, text: &str, color: bool) -> String {
        if !color || self == Paint::Plain { text.to_owned() } else { format!("{}{text}\x1b[0m", self.code()) }
    }
}

impl From<Tone> for Paint {
    fn from(tone: Tone) -> Paint {
        match tone {
            Tone::Plain => Paint::Plain,
            Tone::Good => Paint::Good,
            Tone::Careful => Paint::Careful,
            Tone::Bad => Paint::Bad,
        }
    }
}
