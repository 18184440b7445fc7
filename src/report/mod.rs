//! Document · render: what a person reads outside the terminal's moving parts. Takes plain data and gives texts;
//! never learns where they go.
//!
//! - `drawing`: a graph as it is to be drawn: nodes within nodes, edges between them
//! - `plan`: from a plan to its drawing
//! - `format`: the ways in which a graph is drawn
//! - `fold`: a graph of any size brought down to one that can be looked at
//! - `clean`: texts without what a reader or a format would stumble over
//! - `measure`: how wide texts are, wrapped and cut to fit
//! - `tree`: a graph as an indented text
//! - `dot`: a graph for Graphviz
//! - `mermaid`: a graph for Mermaid
//! - `json`: a graph for other programs
//! - `layers`: which nodes stand side by side, in an order with few crossings
//! - `place`: where along its layer each node stands
//! - `card`: what is written on the card of a stage
//! - `route`: how the edges run between cards
//! - `icon`: a sign for each kind of node
//! - `palette`: the colours, by day and by night
//! - `svg`: a graph as a picture
//! - `junit`: what came of tests and runs, for other programs
//! - `page`: a document before it has a format
//! - `markdown`, `html`: the formats of a document
//! - `words`, `spark`: instants, outcomes and rows of numbers as a reader has them
//! - `axis`, `plot`, `scenes`: pictures of a run over time
//! - `told`, `told_people`, `post_mortem`: from an account to a document
//! - `cases`: a run as cases of a build server
//! - `run`: all that is written about one run
//! - `backtest`, `chart`: a gate over a while that is past, and its picture

mod axis;
mod backtest;
mod card;
mod cases;
mod chart;
mod clean;
mod dot;
mod drawing;
mod fold;
mod format;
mod html;
mod icon;
mod json;
mod junit;
mod layers;
mod markdown;
mod measure;
mod mermaid;
mod page;
mod palette;
mod place;
mod plan;
mod plot;
mod post_mortem;
mod route;
mod run;
mod scenes;
mod spark;
mod svg;
mod told;
mod told_people;
mod tree;
mod words;

#[cfg(test)]
mod drawn;

pub use backtest::{Backtest, Judged, Point, Spell, Trace};
pub use chart::{chart, chart_of_many};
pub use drawing::{Drawing, Edge, EdgeKind, Node, NodeKind, NodeNumber, NodeState};
pub use format::{GraphFormat, draw};
pub use junit::{JunitCase, JunitEnd, junit};
pub use plan::graph_of;
pub use run::{ReportFormat, checklist, log, post_mortem, report, rollback_plan, samples_csv, samples_json};
