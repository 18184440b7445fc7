//! Texts without what a reader or a format would stumble over: control characters, marks that turn the direction of
//! writing, and the characters that each format keeps for itself. Whatever a name holds, it stays a name.

/// Returns a text on one line, without characters that move a cursor or hide what is there.
pub(super) fn clean(text: &str) -> String {
    let shown = text.trim_end().chars().map(|it| if it.is_whitespace() { ' ' } else { it });
    shown.map(|it| if is_hidden(it) { '\u{FFFD}' } else { it }).collect()
}

fn is_hidden(it: char) -> bool {
    let turns = matches!(it, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let is_nothing = matches!(it, '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' | '\u{2028}' | '\u{2029}');
    it.is_control() || turns || is_nothing
}

/// Returns a text for the inside of an XML element or attribute.
pub(super) fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for it in clean(text).chars() {
        match it {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Returns a text for the inside of a quoted string of Graphviz, which reads escapes of its own there.
pub(super) fn dot(text: &str) -> String {
    clean(text).replace('\\', "\\\\").replace('"', "\\\"")
}

/// Returns a text for the inside of a quoted label of Mermaid, which reads Markdown, HTML and entities there.
pub(super) fn mermaid(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut last = '\n';
    for it in clean(text).chars() {
        // A label that begins like a list is shown as an error.
        let is_plain = it.is_alphanumeric() || " ,/()%=_".contains(it) || (last != '\n' && "-.".contains(it));
        if is_plain || !it.is_ascii() {
            escaped.push(it);
        } else {
            // Two dollars would begin a formula; nothing that is seen keeps them apart.
            let apart = if it == '$' && last == '$' { "#8203;" } else { "" };
            escaped.push_str(&format!("{apart}#{};", it as u32));
        }
        last = it;
    }
    // A label that says nothing is an error too.
    if escaped.trim().is_empty() {
        return "#160;".to_owned();
    }
    // So is one that begins like a numbered list.
    match escaped.split_once('.') {
        Some((digits, rest)) if !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit()) => {
            format!("{digits}#46;{rest}")
        }
        _ => escaped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_stays_a_name() {
        let hostile = "a\"b\\c\n<script>&'\u{1b}[2J\u{202e}#`";
        assert_eq!(clean(hostile), "a\"b\\c <script>&'\u{FFFD}[2J\u{FFFD}#`");
        assert_eq!(xml("<a b='1'>&\""), "&lt;a b=&#39;1&#39;&gt;&amp;&quot;");
        assert_eq!(dot("a\"b\\N\n"), "a\\\"b\\\\N");
        assert_eq!(mermaid("a\"]; b --> `c` #x"), "a#34;#93;#59; b --#62; #96;c#96; #35;x");
        assert_eq!(mermaid("1. first"), "1#46; first");
        assert_eq!(mermaid("- first"), "#45; first");
        assert_eq!(mermaid(" "), "#160;");
    }
}
