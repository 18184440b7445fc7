//! Texts of the operating system, which need not be Unicode, written down: as text where they are, as bytes where not.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Raw<Text, Bytes> {
    Text(Text),
    Bytes(Bytes),
}

fn borrowed(text: &OsStr) -> Raw<&str, &[u8]> {
    text.to_str().map_or_else(|| Raw::Bytes(text.as_bytes()), Raw::Text)
}

fn owned(raw: Raw<String, Vec<u8>>) -> OsString {
    match raw {
        Raw::Text(text) => text.into(),
        Raw::Bytes(bytes) => OsString::from_vec(bytes),
    }
}

/// One text.
pub(super) mod raw {
    use serde::{Deserializer, Serializer};

    use super::*;

    pub fn serialize<S: Serializer>(text: &OsStr, to: S) -> Result<S::Ok, S::Error> {
        borrowed(text).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<OsString, D::Error> {
        Raw::deserialize(from).map(owned)
    }
}

/// One path.
pub(super) mod raw_path {
    use std::path::{Path, PathBuf};

    use serde::{Deserializer, Serializer};

    use super::*;

    pub fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        raw::serialize(path.as_os_str(), to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
        raw::deserialize(from).map(PathBuf::from)
    }
}

/// Names with values.
pub(super) mod raw_pairs {
    use serde::{Deserializer, Serializer};

    use super::*;

    pub fn serialize<S: Serializer>(pairs: &[(OsString, OsString)], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(pairs.iter().map(|(name, value)| (borrowed(name), borrowed(value))))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(OsString, OsString)>, D::Error> {
        type Owned = Raw<String, Vec<u8>>;
        let pairs = Vec::<(Owned, Owned)>::deserialize(from)?;
        Ok(pairs.into_iter().map(|(name, value)| (owned(name), owned(value))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Held {
        #[serde(with = "raw")]
        one: OsString,
        #[serde(with = "raw_pairs")]
        pairs: Vec<(OsString, OsString)>,
    }

    #[test]
    fn what_is_no_unicode_survives() {
        let odd = OsString::from_vec(vec![b'a', 0xff, b'"']);
        let held = Held { one: odd.clone(), pairs: vec![("A".into(), odd), ("B".into(), "é\"".into())] };
        let text = serde_json::to_string(&held).expect("it is data");
        assert_eq!(serde_json::from_str::<Held>(&text).expect("it reads"), held);
        assert!(text.contains(r#"["B","é\""]"#), "{text}");
    }
}
