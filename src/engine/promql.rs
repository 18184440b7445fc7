//! How a value is put into a PromQL query: as part of a quoted string, where it is escaped, or bare, where it must be
//! a plain name, number or duration. Never as syntax.

/// Where in a query a hole stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Context {
    Bare,
    /// In a string, by its quote; whether it is the pattern of `=~` or `!~`.
    Quoted {
        quote: char,
        pattern: bool,
    },
    Comment,
}

/// A query that is being written, piece by piece.
#[derive(Debug)]
pub(super) struct Query {
    text: String,
    context: Context,
    escaped: bool,
}

impl Query {
    pub fn new() -> Query {
        Query { text: String::new(), context: Context::Bare, escaped: false }
    }

    /// Adds what the program says.
    pub fn chunk(&mut self, chunk: &str) {
        for char in chunk.chars() {
            self.follow(char);
            self.text.push(char);
        }
    }

    fn follow(&mut self, char: char) {
        match self.context {
            Context::Bare if matches!(char, '"' | '\'' | '`') => {
                let before = self.text.trim_end();
                let pattern = before.ends_with("=~") || before.ends_with("!~");
                self.context = Context::Quoted { quote: char, pattern };
            }
            Context::Bare if char == '#' => self.context = Context::Comment,
            Context::Comment if char == '\n' => self.context = Context::Bare,
            Context::Quoted { quote, .. } => {
                if self.escaped {
                    self.escaped = false;
                } else if char == '\\' && quote != '`' {
                    self.escaped = true;
                } else if char == quote {
                    self.context = Context::Bare;
                }
            }
            Context::Bare | Context::Comment => {}
        }
    }

    /// Adds a value.
    ///
    /// # Errors
    /// A sentence without a period: a value that cannot stand where the hole is.
    pub fn hole(&mut self, value: &str) -> Result<(), String> {
        match self.context {
            Context::Comment => Ok(()),
            Context::Bare if !value.is_empty() && value.chars().all(is_plain) => {
                self.text.push_str(value);
                Ok(())
            }
            Context::Bare => {
                Err(format!("`{value}` cannot stand bare in a query; put the hole into quotes: `{{site=\"${{…}}\"}}`"))
            }
            Context::Quoted { quote: '`', .. } if value.contains('`') => {
                Err(format!("`{value}` holds a backtick and cannot stand in a raw string"))
            }
            Context::Quoted { quote, pattern } => {
                let value = if pattern { as_pattern(value) } else { value.to_owned() };
                self.text.push_str(&if quote == '`' { value } else { escaped(&value, quote) });
                Ok(())
            }
        }
    }

    pub fn text(self) -> String {
        self.text
    }
}

fn is_plain(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '_' | ':' | '.')
}

/// Writes a text so that a pattern (RE2) matches it and nothing else.
fn as_pattern(value: &str) -> String {
    let mut pattern = String::with_capacity(value.len());
    for char in value.chars() {
        if r"\.+*?()|[]{}^$".contains(char) {
            pattern.push('\\');
        }
        pattern.push(char);
    }
    pattern
}

fn escaped(value: &str, quote: char) -> String {
    let mut text = String::with_capacity(value.len());
    for char in value.chars() {
        match char {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            it if it == quote => {
                text.push('\\');
                text.push(it);
            }
            it if it.is_control() => text.push_str(&format!("\\u{:04x}", u32::from(it))),
            it => text.push(it),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(before: &str, value: &str, after: &str) -> Result<String, String> {
        let mut query = Query::new();
        query.chunk(before);
        query.hole(value)?;
        query.chunk(after);
        Ok(query.text())
    }

    #[test]
    fn a_value_in_quotes_stays_in_them() {
        assert_eq!(query("up{s='", "a'} or up{x='", "'}").as_deref(), Ok("up{s='a\\'} or up{x=\\''}"));
        assert_eq!(query("up{s=\"", "a\\", "\"}").as_deref(), Ok("up{s=\"a\\\\\"}"));
        assert_eq!(query("up{s=~\"", "a.b|c", "\"}").as_deref(), Ok("up{s=~\"a\\\\.b\\\\|c\"}"));
        assert!(query("up{s=`", "a`b", "`}").is_err());
    }

    #[test]
    fn a_bare_value_is_a_plain_word() {
        assert_eq!(query("rate(x[", "5m", "])").as_deref(), Ok("rate(x[5m])"));
        assert!(query("rate(x[", "5m]) or vector(1", "])").is_err());
        assert!(query("x ", "", "").is_err());
    }
}
