//! Plan · plan: a program, its inputs and its fleets become an acyclic graph of places where work happens, with a digest.
//!
//! - `graph`: the plan: nodes, what holds them together, their paths
//! - `space`: how often a node happens: once, or once per element of the loops around it

mod graph;
mod space;

pub use graph::{LoopNode, Node, NodeId, NodeKind, Place, Plan, Role, StageNode, StepNode};
pub use space::{Elements, LoopNumbers, Slot, Space, SpaceId};
