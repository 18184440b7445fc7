//! Where a word may stand: the kinds of bodies there are, as a reader calls them.

/// A kind of body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    File,
    Fleet,
    Target,
    Labels,
    Input,
    Probe,
    Rollout,
    Profile,
    Strategy,
    Apply,
    /// A loop whose body is stages.
    Stages,
    Stage,
    Loop,
    Parallel,
    Step,
    Action,
    Slot,
    Undo,
    Save,
    Restore,
    AfterWave,
    Afterwards,
    Hook,
    Finally,
    Rollback,
    Outputs,
    Retry,
    Call,
    /// The body of a word that takes properties only.
    Settings,
    Window,
    Metric,
    Gate,
    Judge,
    Router,
    Flag,
    Checklist,
    Test,
    Given,
}

/// Where entries are executed one after another.
pub(super) const BODIES: &[Place] = &[
    Place::Stage,
    Place::Loop,
    Place::Parallel,
    Place::Step,
    Place::Action,
    Place::Slot,
    Place::Undo,
    Place::Save,
    Place::Restore,
    Place::AfterWave,
    Place::Afterwards,
    Place::Finally,
    Place::Rollback,
];

/// Where work goes forward: bodies that are not part of a way back or of an ending.
pub(super) const FORWARD: &[Place] = &[
    Place::Stage,
    Place::Loop,
    Place::Parallel,
    Place::Step,
    Place::Action,
    Place::Slot,
    Place::AfterWave,
    Place::Afterwards,
];

/// Where something may be guarded: there, and between the stages of a rollout.
pub(super) const GUARDED: &[Place] = &[
    Place::Stage,
    Place::Loop,
    Place::Parallel,
    Place::Step,
    Place::Action,
    Place::Slot,
    Place::AfterWave,
    Place::Afterwards,
    Place::Rollout,
];

/// Where commands and requests stand.
pub(super) const ACTS: &[Place] = &[
    Place::Stage,
    Place::Loop,
    Place::Parallel,
    Place::Step,
    Place::Action,
    Place::Slot,
    Place::Undo,
    Place::Save,
    Place::Restore,
    Place::AfterWave,
    Place::Afterwards,
    Place::Finally,
    Place::Rollback,
    Place::Hook,
    Place::Probe,
];

/// Where messages stand.
pub(super) const MESSAGES: &[Place] = &[
    Place::Stage,
    Place::Loop,
    Place::Parallel,
    Place::Step,
    Place::Action,
    Place::Slot,
    Place::Undo,
    Place::Save,
    Place::Restore,
    Place::AfterWave,
    Place::Afterwards,
    Place::Finally,
    Place::Rollback,
    Place::Hook,
];

impl Place {
    /// Names the body with its article: "a stage".
    pub fn words(self) -> &'static str {
        match self {
            Place::File => "the file",
            Place::Fleet => "a fleet",
            Place::Target => "a target",
            Place::Labels => "`labels`",
            Place::Input => "an input",
            Place::Probe => "a probe",
            Place::Rollout => "a rollout",
            Place::Profile => "a profile",
            Place::Strategy => "a strategy",
            Place::Apply => "`apply`",
            Place::Stages => "a loop of stages",
            Place::Stage => "a stage",
            Place::Loop => "a loop",
            Place::Parallel => "`parallel`",
            Place::Step => "a step",
            Place::Action => "an action",
            Place::Slot => "a block",
            Place::Undo => "`undo`",
            Place::Save => "`save`",
            Place::Restore => "`restore`",
            Place::AfterWave => "`after_wave`",
            Place::Afterwards => "`afterwards`",
            Place::Hook => "`on` or `every`",
            Place::Finally => "`finally`",
            Place::Rollback => "`rollback`",
            Place::Outputs => "`outputs`",
            Place::Retry => "`retry`",
            Place::Call => "`call`",
            Place::Settings => "a command",
            Place::Window => "a window",
            Place::Metric => "a metric",
            Place::Gate => "a gate",
            Place::Judge => "`judge`",
            Place::Router => "a router",
            Place::Flag => "a flag",
            Place::Checklist => "a checklist",
            Place::Test => "a test",
            Place::Given => "`given`",
        }
    }
}
