//! What a node is called where people and programs read of it. One table.

use crate::plan::{NodeKind, Role};

/// Returns the noun of a kind of node, as event types begin with it.
pub fn noun(kind: &NodeKind) -> &'static str {
    match kind {
        NodeKind::Rollout { .. } => "work",
        NodeKind::Child { .. } => "call",
        NodeKind::Stage(_) => "stage",
        NodeKind::Loop(_) => "loop",
        NodeKind::Parallel => "parallel",
        NodeKind::Step(_) | NodeKind::Act(_) => "step",
        NodeKind::Sequence(role) => match role {
            Role::Target => "target",
            Role::AfterWave => "after_wave",
            Role::Block => "block",
            Role::Save => "save",
            Role::Undo => "undo",
            Role::Hook(_) => "hook",
            Role::Finally => "finally",
            Role::Afterwards => "afterwards",
            Role::Every => "every",
        },
    }
}
