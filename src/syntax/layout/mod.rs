//! Decides what each token is where it stands, ends entries at line ends, and balances the brackets, so that
//! the grammar reads a stream in which every bracket has its partner. Knows places; builds no tree.
//!
//! - `balance`: whether the brackets of a text match
//! - `frame`: a bracket that is open
//! - `words`: names that are operators where they stand
//! - `lines`: what a line's end means
//! - `repair`: where missing brackets belong, by indentation
//! - `depth`: the limit on nesting
//! - `stream`: the tokens as the grammar reads them

mod balance;
mod depth;
mod frame;
mod lines;
mod repair;
mod stream;
mod words;

pub(super) use balance::{balance, misplaced_closers};
pub use depth::NESTING_MAX;
pub(super) use stream::Stream;

use self::frame::{Frame, FrameKind};
use super::mistake::{MistakeKind, Mistakes};
use super::token::{TokenKind, Tokens};

struct Layout<'t> {
    text: &'t str,
    tokens: &'t mut Tokens,
    mistakes: &'t mut Mistakes,
    stream: Stream,
    frames: Vec<Frame>,
    last: TokenKind,
    /// The last character of the stream, if it is a leaf's.
    leaf: Option<usize>,
    /// The last token that the stream holds.
    last_token: usize,
    /// How many levels the open brackets and the operators in them nest.
    nesting: u32,
    /// Holes among the frames.
    holes: u32,
    /// The indentation of the line that is being laid out.
    column: u32,
    /// Missing brackets are looked for by indentation.
    repairing: bool,
    /// The rest of the text nests too deeply to say which brackets lack partners.
    gave_up: bool,
}

/// Lays the tokens out. With `repairing`, missing brackets are looked for by indentation.
pub(super) fn lay_out(text: &str, tokens: &mut Tokens, mistakes: &mut Mistakes, repairing: bool) -> Stream {
    let mut layout = Layout {
        text,
        tokens,
        mistakes,
        stream: Stream::default(),
        frames: vec![Frame::new(FrameKind::File, 0, 0)],
        last: TokenKind::Terminator,
        leaf: None,
        last_token: 0,
        nesting: 0,
        holes: 0,
        column: 0,
        repairing,
        gave_up: false,
    };
    let count = layout.tokens.len();
    layout.stream.kinds.reserve(count + count / 4);
    layout.stream.tokens.reserve(count + count / 4);
    let mut index = 0;
    while index < count {
        index = layout.place(index);
    }
    layout.finish();
    layout.stream
}

impl Layout<'_> {
    /// Places one token, or the stretch of a text that nests too deeply; returns the next.
    fn place(&mut self, index: usize) -> usize {
        let raw = self.tokens.kinds[index];
        if self.tokens.first[index] {
            self.line_begins(index);
        }
        if raw == TokenKind::Stray {
            return index + 1;
        }
        if self.nesting >= NESTING_MAX && self.deepens(index) {
            return self.skip_deep(index);
        }
        self.place_raw(raw, index);
        index + 1
    }

    fn place_raw(&mut self, raw: TokenKind, index: usize) {
        use TokenKind as T;
        match raw {
            T::Name => self.word(index),
            T::ParenOpen | T::ListOpen => self.open_round(raw, index),
            T::BodyOpen => self.open_brace(index),
            T::ParenClose | T::BracketClose => self.close_round(raw, index),
            T::BraceClose => self.close_brace(index),
            T::TextHead => {
                self.begin_operand();
                self.push(T::TextHead, index);
                self.open_frame(FrameKind::Hole, index);
            }
            T::TextMiddle | T::TextTail => self.text_goes_on(raw, index),
            T::Comma => self.comma(index),
            T::Assign => self.assign(index),
            T::Colon => {
                self.push(T::Colon, index);
                self.top().in_type = true;
            }
            T::Less | T::Greater if self.top().in_type => self.angle(raw, index),
            T::Question => {
                self.deepen();
                self.push(T::Question, index);
            }
            T::Dot => {
                self.deepen();
                self.push(T::Dot, index);
            }
            T::Pipe => self.push(T::Pipe, index),
            T::Minus | T::Times if !self.last.ends_operand() => {
                let kind = if raw == T::Minus { T::Negate } else { T::Star };
                self.deepen();
                self.push(kind, index);
            }
            T::Minus if self.begins_item(index) => {
                self.begin_operand();
                self.deepen();
                self.push(T::Negate, index);
            }
            T::Not => {
                self.begin_operand();
                self.deepen();
                self.push(T::Not, index);
            }
            _ if raw.is_binary() => self.operator(raw, index),
            _ => {
                self.begin_operand();
                self.push(raw, index);
            }
        }
    }

    fn top(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("the file's own frame is never closed")
    }

    /// An operand that follows another one begins a new item, and a new count of levels with it.
    fn begin_operand(&mut self) {
        if self.last.ends_operand() {
            self.reset_chain();
        }
    }

    fn operator(&mut self, kind: TokenKind, index: usize) {
        let symbol = !matches!(kind, TokenKind::Or | TokenKind::And | TokenKind::In | TokenKind::Of);
        if symbol && self.is_lopsided(index) {
            let (start, end) = (self.tokens.starts[index], self.tokens.ends[index]);
            self.mistakes.add(MistakeKind::LopsidedOperator, start as usize, end as usize);
        }
        self.deepen();
        self.push(kind, index);
    }

    fn comma(&mut self, index: usize) {
        self.reset_chain();
        self.push(TokenKind::Comma, index);
        let frame = self.top();
        match frame.kind {
            FrameKind::File | FrameKind::Brace => frame.end_entry(),
            FrameKind::Round => {
                frame.in_type = false;
                frame.branches_due = 0;
            }
            FrameKind::Types | FrameKind::Angle | FrameKind::Hole => {}
        }
        self.cut();
    }

    fn assign(&mut self, index: usize) {
        self.close_angles();
        let alias = std::mem::take(&mut self.top().alias_next);
        self.push(if alias { TokenKind::Alias } else { TokenKind::Assign }, index);
        let frame = self.top();
        frame.in_type = alias;
        frame.assigned = true;
    }

    fn angle(&mut self, raw: TokenKind, index: usize) {
        if raw == TokenKind::Less {
            self.push(TokenKind::TypeOpen, index);
            self.open_frame(FrameKind::Angle, index);
        } else if self.top().kind == FrameKind::Angle {
            self.close_frame();
            self.push(TokenKind::TypeClose, index);
        } else {
            self.operator(raw, index);
        }
    }

    fn finish(&mut self) {
        while self.frames.len() > 1 {
            self.force_close();
        }
        self.settle_leaf(TokenKind::Terminator);
    }

    fn start_of(&self, index: usize) -> usize {
        self.tokens.starts[index] as usize
    }

    fn end_of(&self, index: usize) -> usize {
        self.tokens.ends[index] as usize
    }

    fn follows_directly(&self, index: usize) -> bool {
        index > 0 && self.tokens.ends[index - 1] == self.tokens.starts[index]
    }

    /// Returns whether space stands on exactly one side of an operator within its line.
    fn is_lopsided(&self, index: usize) -> bool {
        let next = index + 1;
        if index == 0 || self.tokens.first[index] || next >= self.tokens.len() || self.tokens.first[next] {
            return false;
        }
        self.follows_directly(index) != self.follows_directly(next)
    }

    /// Returns whether a `-` after an operand begins an item of its own: `limit -1`.
    fn begins_item(&mut self, index: usize) -> bool {
        let next = index + 1;
        let prefix = !self.follows_directly(index) && next < self.tokens.len() && self.follows_directly(next);
        let frame = self.top();
        let items = matches!(frame.kind, FrameKind::File | FrameKind::Brace) && !frame.assigned && !frame.in_type;
        prefix && items
    }
}
