//! A sign for each kind of node, drawn with lines on a field of 16 by 16. Knows no colours.

use super::NodeKind;

/// The kinds that have a sign, in the order of the legend.
pub(super) const SIGNED: &[NodeKind] = &[
    NodeKind::Loop,
    NodeKind::Parallel,
    NodeKind::Step,
    NodeKind::Action,
    NodeKind::Check,
    NodeKind::Watch,
    NodeKind::Wait,
    NodeKind::Approve,
    NodeKind::Notice,
    NodeKind::Save,
    NodeKind::Keep,
    NodeKind::Child,
    NodeKind::Undo,
    NodeKind::AfterWave,
    NodeKind::Hook,
];

/// What a sign means, for the legend.
pub(super) fn meaning(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Rollout => "rollout",
        NodeKind::Stage => "stage",
        NodeKind::Loop => "for each",
        NodeKind::Parallel => "side by side",
        NodeKind::Step => "step",
        NodeKind::Action => "action",
        NodeKind::Check => "check",
        NodeKind::Watch => "watch",
        NodeKind::Wait => "wait",
        NodeKind::Approve => "approval",
        NodeKind::Notice => "notice",
        NodeKind::Save => "recovery point",
        NodeKind::Keep => "keep",
        NodeKind::Child => "another rollout",
        NodeKind::Undo => "way back",
        NodeKind::AfterWave => "after each wave",
        NodeKind::Hook => "on an event",
    }
}

/// The drawing of a sign, as the `d` of a path.
pub(super) fn sign(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Rollout | NodeKind::Stage => "M3 3h10v10h-10z",
        // Two arrows that go round.
        NodeKind::Loop => "M13 7a5 5 0 0 0 -9.3 -1.7M3 9a5 5 0 0 0 9.3 1.7M3.4 2.6v2.9h2.9M12.6 13.4v-2.9h-2.9",
        NodeKind::Parallel => "M5.5 3v10M10.5 3v10",
        NodeKind::Step => "M3.5 3.5h9v9h-9zM6.5 8h3",
        // A prompt.
        NodeKind::Action => "M3 4.5l3.5 3.5l-3.5 3.5M8.5 12h4.5",
        NodeKind::Check => "M3 8.5l3.2 3.5l6.8 -8",
        // An eye.
        NodeKind::Watch => "M1.5 8q6.5 -8 13 0q-6.5 8 -13 0zM8 6.2a1.8 1.8 0 1 0 .01 0z",
        // A clock.
        NodeKind::Wait => "M8 2.5a5.5 5.5 0 1 0 .01 0zM8 5v3.2l2.2 1.6",
        // A person.
        NodeKind::Approve => "M8 2.5a2.6 2.6 0 1 0 .01 0zM2.8 13.5q.6 -4.2 5.2 -4.2t5.2 4.2",
        // A bell.
        NodeKind::Notice => "M3 11.5q1.6 -1.4 1.6 -4.5a3.4 3.4 0 0 1 6.8 0q0 3.1 1.6 4.5zM6.8 13.6h2.4",
        // A bookmark.
        NodeKind::Save => "M4.5 2.5h7v11l-3.5 -3l-3.5 3z",
        // A pin.
        NodeKind::Keep => "M5 2.8h6M6 2.8v4l-1.8 2.4h7.6l-1.8 -2.4v-4M8 9.2v4.3",
        NodeKind::Child => "M2.5 2.5h11v11h-11zM6 6h4v4h-4z",
        // An arrow back.
        NodeKind::Undo => "M3 6.5h6.5a3.3 3.3 0 0 1 0 6.6h-3M6 3.3l-3 3.2l3 3.2",
        // A wave.
        NodeKind::AfterWave => "M1.8 9.5q2 -4.5 4.1 0t4.1 0t4.1 0",
        // A flash.
        NodeKind::Hook => "M9 2l-5 7h3.8l-.8 5l5 -7h-3.8z",
    }
}
