//! A thing that is rolled out to: a name in a fleet, with free labels.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Record, Value};

/// One target of a fleet. Two are the same if fleet and name are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Target {
    pub fleet: SmolStr,
    pub name: SmolStr,
    #[serde(default, skip_serializing_if = "Record::is_empty")]
    pub labels: Record,
}

impl Target {
    /// Returns a label; `name` is always there.
    pub fn label(&self, key: &str) -> Option<Value> {
        match self.labels.get(key) {
            Some(value) => Some(value.clone()),
            None if key == "name" => Some(Value::Text(self.name.clone())),
            None => None,
        }
    }
}

impl PartialEq for Target {
    fn eq(&self, other: &Target) -> bool {
        self.name == other.name && self.fleet == other.fleet
    }
}
