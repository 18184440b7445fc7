//! Which labels something must have, as Alertmanager writes it: `severity=critical, job=~"web|api"`. Knows no alert.

/// Returns each condition on a label by itself, its value in quotes.
///
/// # Errors
/// A sentence without a period: what cannot be understood.
pub fn matchers(text: &str) -> Result<Vec<String>, String> {
    let text = text.trim();
    let text = text.strip_prefix('{').and_then(|it| it.strip_suffix('}')).unwrap_or(text);
    let parts = parted(text)?;
    let parts = parts.iter().map(|it| it.trim()).filter(|it| !it.is_empty());
    let found = parts.map(matcher).collect::<Result<Vec<String>, String>>()?;
    if found.is_empty() { Err("this names no label, and would count every alert".to_owned()) } else { Ok(found) }
}

/// Parts a text at the commas outside of quotes.
fn parted(text: &str) -> Result<Vec<&str>, String> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let (mut quoted, mut escaped) = (false, false);
    for (at, char) in text.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if quoted {
        return Err("a quote is opened and never closed".to_owned());
    }
    parts.push(&text[start..]);
    Ok(parts)
}

fn matcher(part: &str) -> Result<String, String> {
    let end = part.find(|char: char| !char.is_ascii_alphanumeric() && char != '_').unwrap_or(part.len());
    let (name, rest) = (&part[..end], part[end..].trim_start());
    if name.is_empty() || name.starts_with(|char: char| char.is_ascii_digit()) {
        return Err(format!("`{part}` does not begin with the name of a label"));
    }
    let sign = ["=~", "!~", "!=", "="].into_iter().find(|it| rest.starts_with(it));
    let Some(sign) = sign else { return Err(format!("`{part}` is no condition on a label, such as `{name}=\"…\"`")) };
    let value = rest[sign.len()..].trim();
    let inner = match value.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"').filter(|it| is_one_string(it)),
        None => Some(value).filter(|it| !it.contains(|char: char| "\"'`{},=!~ \\".contains(char))),
    };
    match inner {
        Some(inner) => Ok(format!("{name}{sign}\"{inner}\"")),
        None => Err(format!("`{value}` is no value of a label: put it into double quotes")),
    }
}

/// Whether no quote in a text ends it early.
fn is_one_string(text: &str) -> bool {
    let mut escaped = false;
    let ends = text.chars().any(|char| {
        let ends = char == '"' && !escaped;
        escaped = char == '\\' && !escaped;
        ends
    });
    !ends && !escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_told_apart_and_quoted() {
        let found = matchers("severity=critical, site=\"a,b\", job=~\"web|api\",x!=\"\"");
        let expected = ["severity=\"critical\"", "site=\"a,b\"", "job=~\"web|api\"", "x!=\"\""];
        assert_eq!(found, Ok(expected.map(str::to_owned).to_vec()));
        assert_eq!(matchers("{ a = \"it \\\" is\" }"), Ok(vec!["a=\"it \\\" is\"".to_owned()]));
    }

    #[test]
    fn what_cannot_be_understood_is_said() {
        for wrong in ["", "{}", "severity", "=critical", "a='b'", "a=\"b", "a=\"b\" c=\"d\"", "a=b c", "9a=b"] {
            assert!(matchers(wrong).is_err(), "{wrong}");
        }
    }
}
