//! Everything that some files declare, each by its number.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Action, Channel, CombinedWindow, Flag, Fleet, Gate, Metric, Probe, Rollout, Router, Secret, Test, Threshold,
    WindowForm,
};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
            #[serde(transparent)]
            pub struct $name(pub u32);

            impl $name {
                pub fn index(self) -> usize {
                    self.0 as usize
                }
            }
        )*
    };
}

ids! {
    /// A rollout of the program.
    RolloutId;
    /// A fleet of the program.
    FleetId;
    /// An action of the program.
    ActionId;
    /// A probe of the program.
    ProbeId;
    /// A metric of the program.
    MetricId;
    /// A threshold of the program.
    ThresholdId;
    /// A gate of the program.
    GateId;
    /// A router of the program.
    RouterId;
    /// A flag of the program.
    FlagId;
    /// A channel of the program.
    ChannelId;
    /// A secret of the program.
    SecretId;
    /// A name that is bound while the run goes on: an input, a parameter, a loop's or a comprehension's name.
    /// Each binding of the program has a number of its own, so that scopes can never shadow each other.
    LocalId;
}

/// The meaning of some files.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Program {
    pub rollouts: Vec<Rollout>,
    pub fleets: Vec<Fleet>,
    pub actions: Vec<Action>,
    pub probes: Vec<Probe>,
    pub metrics: Vec<Metric>,
    pub thresholds: Vec<Threshold>,
    pub gates: Vec<Gate>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routers: Vec<Router>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel>,
    pub secrets: Vec<Secret>,
    pub windows: Vec<Arc<WindowForm>>,
    /// The constants of the file that are windows.
    pub combined: Vec<CombinedWindow>,
    /// Those of the program's own file.
    pub tests: Vec<Test>,
    /// The highest number of a local that is in use, plus one.
    pub locals: u32,
}

impl Program {
    pub fn rollout(&self, id: RolloutId) -> &Rollout {
        &self.rollouts[id.index()]
    }

    pub fn fleet(&self, id: FleetId) -> &Fleet {
        &self.fleets[id.index()]
    }

    pub fn action(&self, id: ActionId) -> &Action {
        &self.actions[id.index()]
    }

    pub fn probe(&self, id: ProbeId) -> &Probe {
        &self.probes[id.index()]
    }

    pub fn secret(&self, id: SecretId) -> &Secret {
        &self.secrets[id.index()]
    }
}
