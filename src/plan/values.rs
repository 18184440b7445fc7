//! A file with values for inputs: JSON or YAML, by its name. Knows where each value stands, and no types.

use indexmap::IndexMap;
use serde_json::value::RawValue;
use serde_saphyr::Spanned;

/// What a file gives inputs, not yet read as their types.
#[derive(Debug, Clone)]
pub struct ValuesFile {
    pub name: String,
    pub values: IndexMap<String, FileValue>,
}

/// A value with the line on which it stands, from 1.
#[derive(Debug, Clone, PartialEq)]
pub struct FileValue {
    pub value: serde_json::Value,
    pub line: u32,
}

impl ValuesFile {
    /// Reads a record of inputs: YAML if the name ends so, otherwise JSON.
    ///
    /// # Errors
    /// A sentence without a period that says where the text goes wrong.
    pub fn read(name: &str, text: &str) -> Result<ValuesFile, String> {
        let is_yaml = [".yaml", ".yml"].into_iter().any(|it| name.ends_with(it));
        let values = if is_yaml { read_yaml(name, text) } else { read_json(name, text) };
        Ok(ValuesFile { name: name.to_owned(), values: values? })
    }
}

fn read_json(name: &str, text: &str) -> Result<IndexMap<String, FileValue>, String> {
    let broken = |error: serde_json::Error| format!("`{name}` is not JSON: {error}");
    expect_record(name, &serde_json::from_str(text).map_err(broken)?)?;
    let fields: IndexMap<String, &RawValue> = serde_json::from_str(text).map_err(broken)?;
    let read = fields.into_iter().map(|(key, raw)| {
        let value = serde_json::from_str(raw.get()).map_err(broken)?;
        Ok((key, FileValue { value, line: line_of(text, raw.get()) }))
    });
    read.collect()
}

/// Returns the line of a text on which a part of the same text begins.
fn line_of(text: &str, part: &str) -> u32 {
    let before = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    1 + text.as_bytes()[..before.min(text.len())].iter().filter(|it| **it == b'\n').count() as u32
}

fn read_yaml(name: &str, text: &str) -> Result<IndexMap<String, FileValue>, String> {
    let broken = |error: serde_saphyr::Error| {
        let message = error.to_string();
        format!("`{name}` is not YAML: {}", message.lines().next().unwrap_or_default())
    };
    // `y` and `no` are texts like any other, not truths.
    let options = || serde_saphyr::options! { strict_booleans: true };
    let whole: serde_json::Value = serde_saphyr::from_str_with_options(text, options()).map_err(broken)?;
    if whole.is_null() {
        return Ok(IndexMap::new());
    }
    expect_record(name, &whole)?;
    let fields: IndexMap<String, Spanned<serde_json::Value>> =
        serde_saphyr::from_str_with_options(text, options()).map_err(broken)?;
    let read = fields.into_iter().map(|(key, it)| {
        let line = u32::try_from(it.referenced.line()).unwrap_or(u32::MAX);
        (key, FileValue { value: it.value, line })
    });
    Ok(read.collect())
}

fn expect_record(name: &str, value: &serde_json::Value) -> Result<(), String> {
    let found = match value {
        serde_json::Value::Object(_) => return Ok(()),
        serde_json::Value::Array(_) => "a list",
        serde_json::Value::String(_) => "a text",
        serde_json::Value::Number(_) => "a number",
        serde_json::Value::Bool(_) | serde_json::Value::Null => "a single value",
    };
    Err(format!("`{name}` holds {found}, and a record of inputs is needed: `name: value`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_say_the_same_and_where() {
        let json = ValuesFile::read("a.json", "{\n  \"version\": \"1.10\",\n  \"sites\": [\"a\"]\n}\n");
        let yaml = ValuesFile::read("a.yml", "# a comment\nversion: '1.10'\nsites: [a]\n");
        let (json, yaml) = (json.expect("it is JSON").values, yaml.expect("it is YAML").values);
        assert_eq!(json, yaml);
        assert_eq!((json["sites"].line, yaml["version"].line), (3, 2));
    }

    #[test]
    fn what_is_no_record_is_named() {
        let said = |name: &str, text: &str| ValuesFile::read(name, text).expect_err("it is no record");
        assert_eq!(said("a.json", "[1]"), "`a.json` holds a list, and a record of inputs is needed: `name: value`");
        assert!(said("a.yaml", "just words").contains("holds a text"));
        assert!(said("a.json", "{ a: 1 }").contains("is not JSON: key must be a string at line 1"));
        assert!(said("a.yaml", "a: [1\nb: 2").contains("is not YAML"));
        assert!(ValuesFile::read("a.yaml", "\n").is_ok_and(|it| it.values.is_empty()));
    }
}
