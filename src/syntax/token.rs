//! The kinds of tokens, each with the character that stands for it in the grammar. Knows nothing of texts.

use crate::source::{SourceId, Span};

macro_rules! token_kinds {
    ($($name:ident = $byte:literal, $terminal:literal, $words:literal;)*) => {
        /// What a token is where it stands.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum TokenKind { $(#[doc = $words] $name = $byte,)* }

        impl TokenKind {
            /// Every kind with the name that the grammar gives it.
            pub const ALL: &[(TokenKind, &str)] = &[$((TokenKind::$name, $terminal),)*];

            /// Returns the kind in a reader's words: "a name", "`=`".
            pub fn words(self) -> &'static str {
                match self { $(TokenKind::$name => $words,)* }
            }
        }
    };
}

token_kinds! {
    Name = b'A', "NAME", "a name";
    Int = b'B', "INT", "an integer";
    Number = b'C', "NUMBER", "a number";
    Percent = b'D', "PERCENT", "a percent";
    Duration = b'E', "DURATION", "a duration";
    Size = b'F', "SIZE", "a size";
    Time = b'G', "TIME", "a time";
    Date = b'H', "DATE", "a date";
    Instant = b'I', "INSTANT", "an instant";
    Text = b'J', "TEXT", "a text";
    Star = b'K', "STAR", "`*`";
    Skipped = b'L', "SKIPPED", "what was not read";
    TextHead = b'M', "TEXT_HEAD", "a text";
    TextMiddle = b'6', "TEXT_MIDDLE", "the text after `}`";
    TextTail = b'7', "TEXT_TAIL", "the text after `}`";
    Or = b'a', "OR", "`or`";
    And = b'b', "AND", "`and`";
    Equal = b'c', "EQUAL", "`==`";
    Unequal = b'd', "UNEQUAL", "`!=`";
    Less = b'e', "LESS", "`<`";
    AtMost = b'f', "AT_MOST", "`<=`";
    Greater = b'g', "GREATER", "`>`";
    AtLeast = b'h', "AT_LEAST", "`>=`";
    In = b'i', "IN", "`in`";
    Coalesce = b'j', "COALESCE", "`??`";
    Plus = b'k', "PLUS", "`+`";
    Minus = b'l', "MINUS", "`-`";
    Times = b'm', "TIMES", "`*`";
    Divide = b'n', "DIVIDE", "`/`";
    Of = b'o', "OF", "`of`";
    Range = b'p', "RANGE", "`..`";
    Not = b'R', "NOT", "`not`";
    Negate = b'S', "NEGATE", "`-`";
    If = b'Q', "IF", "`if`";
    Then = b'r', "THEN", "`then`";
    Else = b's', "ELSE", "`else`";
    For = b't', "FOR", "`for`";
    Where = b'q', "WHERE", "`where`";
    CallOpen = b'T', "CALL_OPEN", "`(`";
    IndexOpen = b'V', "INDEX_OPEN", "`[`";
    RecordOpen = b'O', "RECORD_OPEN", "`{`";
    ParenOpen = b'P', "PAREN_OPEN", "`(`";
    ParenClose = b'2', "PAREN_CLOSE", "`)`";
    ListOpen = b'N', "LIST_OPEN", "`[`";
    BracketClose = b'3', "BRACKET_CLOSE", "`]`";
    BodyOpen = b'{', "BODY_OPEN", "`{`";
    BraceClose = b'4', "BRACE_CLOSE", "`}`";
    TypeOpen = b'<', "TYPE_OPEN", "`<`";
    TypeClose = b'5', "TYPE_CLOSE", "`>`";
    Comma = b'1', "COMMA", "`,`";
    Terminator = b'0', "TERMINATOR", "the end of the line";
    Assign = b'=', "ASSIGN", "`=`";
    Alias = b'~', "ALIAS", "`=`";
    Colon = b':', "COLON", "`:`";
    Dot = b'U', "DOT", "`.`";
    Pipe = b'|', "PIPE", "`|`";
    Question = b'?', "QUESTION", "`?`";
    Stray = b'!', "", "a character that means nothing here";
}

/// The character of a leaf that is a whole value, whatever its kind: most are, and the grammar need not look on.
pub(super) const LONE: u8 = b'W';

impl TokenKind {
    /// Returns whether a value or a type may end with this token.
    pub(super) fn ends_operand(self) -> bool {
        use TokenKind as T;
        let closes = matches!(self, T::ParenClose | T::BracketClose | T::BraceClose | T::TypeClose);
        self.is_leaf() || closes || matches!(self, T::TextTail | T::Question)
    }

    /// Returns whether this token is a value by itself.
    pub(super) fn is_leaf(self) -> bool {
        (TokenKind::Name..=TokenKind::Skipped).contains(&self)
    }

    /// Returns whether a value may begin with this token, as the lexer reads it.
    pub(super) fn starts_operand(self) -> bool {
        use TokenKind as T;
        let leaf = self >= T::Name && self <= T::TextHead;
        leaf || matches!(self, T::ParenOpen | T::ListOpen | T::Not | T::Negate | T::If)
    }

    /// Returns whether this is an operator between two values.
    pub fn is_binary(self) -> bool {
        (TokenKind::Or..=TokenKind::Range).contains(&self)
    }

    /// Returns whether a line that ends with this token goes on.
    pub(super) fn wants_more(self) -> bool {
        use TokenKind as T;
        let word = matches!(self, T::Not | T::Negate | T::If | T::Then | T::Else | T::For | T::Where);
        self.is_binary() || word || matches!(self, T::Assign | T::Alias | T::Pipe)
    }
}

/// A token with its place; what lies between two tokens is blank or a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    pub span: Span,
}

/// What kind of comment a comment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommentKind {
    /// `# …`
    Plain,
    /// `## …`, about the next entry.
    Doc,
    /// The first line, when it starts with `#!`.
    Shebang,
}

/// A comment, up to its line's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment {
    pub kind: CommentKind,
    pub span: Span,
    /// Whether nothing but blanks stands before it on its line.
    pub alone: bool,
}

/// All tokens of a text, column by column.
#[derive(Debug, Clone, Default)]
pub(super) struct Tokens {
    pub kinds: Vec<TokenKind>,
    pub starts: Vec<u32>,
    pub ends: Vec<u32>,
    /// Whether it is the first token of its line.
    pub first: Vec<bool>,
}

impl Tokens {
    pub fn with_capacity(count: usize) -> Tokens {
        Tokens {
            kinds: Vec::with_capacity(count),
            starts: Vec::with_capacity(count),
            ends: Vec::with_capacity(count),
            first: Vec::with_capacity(count),
        }
    }

    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    pub fn push(&mut self, kind: TokenKind, start: usize, end: usize, first: bool) {
        self.kinds.push(kind);
        self.starts.push(start as u32);
        self.ends.push(end as u32);
        self.first.push(first);
    }

    pub fn get(&self, index: usize, source: SourceId) -> Token {
        Token { kind: self.kinds[index], span: Span::new(source, self.starts[index], self.ends[index]) }
    }

    pub fn slice<'t>(&self, index: usize, text: &'t str) -> &'t str {
        &text[self.starts[index] as usize..self.ends[index] as usize]
    }
}
