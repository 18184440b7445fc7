//! Diagnostic · report: what is wrong with a text, where, why and how to mend it. Renders, never prints.
//!
//! - `code`: the table of codes with their explanations
//! - `diagnostic`: one finding
//! - `allowed`: warnings that are not told of
//! - `suggest`: "did you mean"
//! - `render`: findings for people
//! - `export`: findings for machines (JSON, GitHub, SARIF)

mod allowed;
mod code;
mod diagnostic;
mod export;
mod render;
mod suggest;

pub use allowed::Allowed;
pub use code::{CODES, Code, CodeRow, code_row};
pub use diagnostic::{Diagnostic, Edit, Fix, Label, Severity};
pub use export::{as_github, as_json, as_sarif};
pub use render::{Look, render};
pub use suggest::nearest;
