//! The ways in which a graph is drawn, by the names that the command line knows.

use super::{Drawing, dot, json, mermaid, svg, tree};

/// A way to draw a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphFormat {
    /// An indented tree for a terminal.
    Text,
    /// Graphviz.
    Dot,
    /// Mermaid, as wikis and forges show it.
    Mermaid,
    /// Nodes and edges as they are, all of them.
    Json,
    /// A picture on its own.
    Svg,
}

impl GraphFormat {
    pub const ALL: [GraphFormat; 5] =
        [GraphFormat::Text, GraphFormat::Dot, GraphFormat::Mermaid, GraphFormat::Json, GraphFormat::Svg];

    pub fn name(self) -> &'static str {
        match self {
            GraphFormat::Text => "text",
            GraphFormat::Dot => "dot",
            GraphFormat::Mermaid => "mermaid",
            GraphFormat::Json => "json",
            GraphFormat::Svg => "svg",
        }
    }

    pub fn from_name(name: &str) -> Option<GraphFormat> {
        GraphFormat::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// Columns of a text where nobody says how wide the terminal is.
const COLUMNS: usize = 80;

/// Draws a graph; the same graph always gives the same text, which ends with a line end.
pub fn draw(drawing: &Drawing, format: GraphFormat) -> String {
    match format {
        GraphFormat::Text => tree::tree(drawing, COLUMNS),
        GraphFormat::Dot => dot::dot(drawing),
        GraphFormat::Mermaid => mermaid::mermaid(drawing),
        GraphFormat::Json => json::json(drawing),
        GraphFormat::Svg => svg::svg(drawing),
    }
}
