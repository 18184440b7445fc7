//! The grammar of `grammar/rollout.pest`, made into code. Nothing of pest is seen outside this room.

// What the derive makes has no doc comments and shapes of its own.
#![allow(missing_docs, clippy::all)]

#[derive(pest_derive::Parser)]
#[grammar = "grammar/rollout.pest"]
pub(super) struct Grammar;

#[cfg(test)]
mod tests {
    use crate::syntax::token::TokenKind;

    /// Returns what the grammar's file says a terminal is.
    fn terminal(name: &str) -> Option<u8> {
        let grammar = include_str!("../../grammar/rollout.pest");
        let mut lines = grammar.lines().filter_map(|it| it.split_once('='));
        let (_, rule) = lines.find(|(it, _)| it.trim() == name)?;
        let text = rule.trim().strip_prefix("_{ \"")?.strip_suffix("\" }")?;
        (text.len() == 1).then(|| text.as_bytes()[0])
    }

    #[test]
    fn every_terminal_is_the_byte_of_its_token() {
        for (kind, name) in TokenKind::ALL.iter().filter(|it| it.0 != TokenKind::Stray) {
            assert_eq!(terminal(name), Some(*kind as u8), "{name}");
        }
        assert_eq!(terminal("LONE"), Some(crate::syntax::token::LONE));
    }

    #[test]
    fn classes_of_tokens_are_what_the_grammar_takes_them_for() {
        let among = |kind: TokenKind, class: std::ops::RangeInclusive<u8>| class.contains(&(kind as u8));
        for (kind, name) in TokenKind::ALL {
            assert_eq!(among(*kind, b'a'..=b'p'), kind.is_binary(), "{name}");
            let closes = matches!(kind.words(), "`)`" | "`]`" | "`}`") || *kind == TokenKind::TypeClose;
            let stops = closes || matches!(name, &"TERMINATOR" | &"COMMA" | &"TEXT_MIDDLE" | &"TEXT_TAIL");
            assert_eq!(among(*kind, b'0'..=b'7'), stops, "{name}");
        }
    }
}
