//! The clean set of variables that a command sees: little of the starter's environment, and what its job gives.
//! Knows no secret: values arrive resolved.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// What every command gets of them.
const ALWAYS: [&str; 4] = ["PATH", "HOME", "LANG", "TZ"];
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The variables of whoever starts a run, of which few are passed on.
#[derive(Clone)]
pub struct Environment {
    own: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// Returns the engine's own variables, as they are now.
    pub fn of_engine() -> Environment {
        Environment { own: std::env::vars_os().collect() }
    }

    /// Returns the value of a variable, if it is set.
    pub(super) fn get(&self, name: &str) -> Option<&OsStr> {
        self.own.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// Returns what a command sees that lets these names through.
    pub(super) fn clean(&self, pass: &[impl AsRef<str>]) -> BTreeMap<OsString, OsString> {
        let mut clean = BTreeMap::new();
        clean.insert("PATH".into(), PATH.into());
        let named = ALWAYS.iter().filter_map(|name| self.own.get_key_value(OsStr::new(name)));
        clean.extend(named.map(|(name, value)| (name.clone(), value.clone())));
        if !pass.is_empty() {
            let passes =
                |name: &OsStr| name.to_str().is_some_and(|name| pass.iter().any(|it| variable_fits(it.as_ref(), name)));
            let passed = self.own.iter().filter(|(name, _)| passes(name));
            clean.extend(passed.map(|(name, value)| (name.clone(), value.clone())));
        }
        clean
    }
}

impl<Name: AsRef<str>> FromIterator<(Name, String)> for Environment {
    fn from_iter<Variables: IntoIterator<Item = (Name, String)>>(variables: Variables) -> Environment {
        let own = variables.into_iter().map(|(name, value)| (OsString::from(name.as_ref()), OsString::from(value)));
        Environment { own: own.collect() }
    }
}

/// Tells whether a name fits a pattern in which `*` stands for any text.
pub fn variable_fits(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(head) else { return false };
    let (middle, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*').filter(|part| !part.is_empty()) {
        let Some(at) = name.find(part) else { return false };
        name = &name[at + part.len()..];
    }
    name.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for pattern in ["AWS_*", "*_ID", "A*K*D", "AWS_KEY_ID", "*", "AWS*_*ID", "A**D"] {
            assert!(variable_fits(pattern, "AWS_KEY_ID"), "`{pattern}`");
        }
        for pattern in ["AWS_", "aws_*", "*_KEY", "A*K*K*D", "", "AWS_KEY_ID_*", "AWS_KEY_ID*ID"] {
            assert!(!variable_fits(pattern, "AWS_KEY_ID"), "`{pattern}`");
        }
    }

    #[test]
    fn only_what_is_named_passes() {
        let own = [("HOME", "/home/a"), ("AWS_KEY", "1"), ("SECRET", "2"), ("LD_PRELOAD", "3")];
        let own: Environment = own.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        let clean = own.clean(&["AWS_*"]);
        let names: Vec<_> = clean.keys().map(|name| name.to_str().expect("the names are text")).collect();
        assert_eq!(names, ["AWS_KEY", "HOME", "PATH"]);
    }
}
