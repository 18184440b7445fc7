//! Plan · plan: a program, its inputs and its fleets become an acyclic graph of places where work happens, with a digest.
//!
//! - `graph`: the plan: nodes, what holds them together, their paths
//! - `space`: how often a node happens: once, or once per element of the loops around it
//! - `request`: what a plan is made from
//! - `input`: values for inputs, from defaults, profiles, files and words
//! - `values`: files with such values
//! - `number`: shares and counts, rounded as the language says
//! - `expand`: from the program's flow to nodes
//! - `child`: what called rollouts say of themselves as a whole
//! - `loops`: what loops run over, and their numbers
//! - `rounding`: shares and waves that come to none or to all
//! - `barriers`: waves that wait for many windows
//! - `known`: values and fleets while a plan is being made
//! - `finish`: a plan that is all there, made whole or refused
//! - `fleet`: fleets that a command lists
//! - `scope`: what names stand for while a plan is made
//! - `walk`: every expression of a node
//! - `declared`: what probes, metrics, gates, routers and channels read of the world around
//! - `reach`: how far back a plan asks
//! - `fold`: expressions whose value the plan already knows
//! - `whole`: paths within actions and called rollouts, as the run has them
//! - `people`: what a plan asks people
//! - `exposure`: a share that a plan sets, in words
//! - `order`: the graph of stages, its cycles and its order
//! - `summary`: the plan in numbers, for people and programs

mod barriers;
mod child;
mod declared;
mod expand;
mod exposure;
mod finish;
mod fleet;
mod fold;
mod graph;
mod input;
mod known;
mod loops;
mod number;
mod order;
mod people;
mod reach;
mod request;
mod rounding;
mod scope;
mod space;
mod summary;
mod values;
mod walk;
mod whole;

pub use expand::{Planned, plan, plan_and_warn};
pub use exposure::exposure_words;
pub use fleet::from_command as fleet_from_command;
pub use graph::{ChildNode, LoopNode, Node, NodeId, NodeKind, Place, Plan, Role, StageNode, StepNode};
pub use input::{GivenInputs, read_inputs};
pub use number::{Said, allowed, chosen, loop_numbers, wave_ends};
pub use order::stage_graph;
pub use request::{KeptValues, Only, PlanRequest};
pub use scope::Binding;
pub use space::{Elements, LoopNumbers, Slot, Space, SpaceId};
pub use summary::{Ends, NodeSummary, Outlook, PlanSummary, kind_name, loop_words, summary};
pub use values::{FileValue, ValuesFile};
