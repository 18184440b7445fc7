//! Whether the brackets of a text match, and whether its indentation agrees with them. Changes nothing.

use crate::syntax::token::{TokenKind, Tokens};

/// Returns whether every bracket and every text with holes has its partner.
pub(crate) fn balance(tokens: &Tokens) -> bool {
    let mut open = Vec::new();
    for kind in &tokens.kinds {
        let close = match kind {
            TokenKind::ParenOpen => TokenKind::ParenClose,
            TokenKind::ListOpen => TokenKind::BracketClose,
            TokenKind::BodyOpen => TokenKind::BraceClose,
            TokenKind::TextHead => TokenKind::TextTail,
            TokenKind::TextMiddle if open.last() != Some(&TokenKind::TextTail) => return false,
            TokenKind::ParenClose | TokenKind::BracketClose | TokenKind::BraceClose | TokenKind::TextTail => {
                if open.pop() != Some(*kind) {
                    return false;
                }
                continue;
            }
            _ => continue,
        };
        open.push(close);
    }
    open.is_empty()
}

/// Counts the `}` that begin a line and are not indented like the line that opened them. Asked only of texts
/// whose brackets match.
pub(crate) fn misplaced_closers(tokens: &Tokens, text: &str) -> usize {
    let mut open = Vec::new();
    let mut line = 0;
    let mut misplaced = 0;
    for index in 0..tokens.len() {
        if tokens.first[index] {
            line = indentation(tokens, index, text);
        }
        match tokens.kinds[index] {
            TokenKind::BodyOpen | TokenKind::RecordOpen => open.push(line),
            TokenKind::BraceClose => {
                let opened = open.pop();
                misplaced += usize::from(tokens.first[index] && opened != Some(line));
            }
            _ => {}
        }
    }
    misplaced
}

fn indentation(tokens: &Tokens, index: usize, text: &str) -> usize {
    let before = text.as_bytes()[..tokens.starts[index] as usize].iter().rev();
    before.take(256).take_while(|it| matches!(it, b' ' | b'\t')).count()
}
