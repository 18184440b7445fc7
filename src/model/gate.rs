//! What is measured and what is demanded of it: metrics, thresholds, gates. Declared once, asked from many places.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::{Exec, Expr, Param};
use crate::source::Span;
use crate::value::{Type, Value};

/// A number over time, with its unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    pub name: SmolStr,
    pub params: Vec<Param>,
    /// What its values are: a number, a percent, a duration, a size.
    pub of: Type,
    pub means: MetricMeans,
    /// What one of the source is in the base of the type: points, milliseconds, bytes; 1 where it has no unit.
    pub factor: f64,
    pub missing: Missing,
    pub doc: Option<String>,
    pub span: Span,
}

/// Where a metric is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "a program has few metrics")]
pub enum MetricMeans {
    /// A query in PromQL. A hole in a quoted string is escaped; any other must be a plain name or number.
    Prometheus { url: Expr, query: Expr, headers: Vec<(SmolStr, Expr)>, timeout: Option<Expr> },
    /// A JSON document and the place in it (RFC 6901).
    Http { url: Expr, pointer: Expr, headers: Vec<(SmolStr, Expr)>, timeout: Option<Expr> },
    /// Alerts that fire, counted: those whose labels match.
    Alertmanager { url: Expr, matchers: Expr, headers: Vec<(SmolStr, Expr)>, timeout: Option<Expr> },
    /// A program that prints the number.
    Command(Exec),
    /// Pushed by somebody; a value counts for so long, or the mean of those of so long.
    Recorded {
        valid: Option<Expr>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        over: Option<Expr>,
    },
    /// Worked out from other metrics.
    Formula(Expr),
}

/// What absent data counts as. A source that does not answer is unknown in any case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    Unknown,
    /// What is demanded of it is violated.
    Fail,
    Value(Value),
}

/// A named condition on metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    pub name: SmolStr,
    pub params: Vec<Param>,
    pub condition: Expr,
    /// As a person would write it.
    pub shown: String,
    /// How long the condition must have held without a break.
    pub sustained: Option<Expr>,
    pub span: Span,
}

/// Conditions that are asked together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    pub name: SmolStr,
    pub params: Vec<Param>,
    pub rules: Vec<Rule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<super::Judge>,
    /// Recorded, and never deciding.
    pub dry_run: bool,
    pub span: Span,
}

/// One line of a gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    pub demand: Demand,
    pub condition: Expr,
    /// As a person would write it.
    pub shown: String,
}

/// What a line of a gate demands of its condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Demand {
    Require,
    Forbid,
    /// Says so where the condition holds, and decides nothing.
    Warn,
}

impl Demand {
    pub fn name(self) -> &'static str {
        match self {
            Demand::Require => "require",
            Demand::Forbid => "forbid",
            Demand::Warn => "warn",
        }
    }
}
