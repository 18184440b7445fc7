//! The standard library, built into the binary: `use std.rolling.rolling` reads `stdlib/rolling.rollout`.

/// Each module of the library with its text, in alphabetical order.
pub const LIBRARY: &[(&str, &str)] = &[
    ("blue_green", include_str!("../../stdlib/blue_green.rollout")),
    ("canary", include_str!("../../stdlib/canary.rollout")),
    ("feature_flag", include_str!("../../stdlib/feature_flag.rollout")),
    ("immediate", include_str!("../../stdlib/immediate.rollout")),
    ("multi_region", include_str!("../../stdlib/multi_region.rollout")),
    ("phased", include_str!("../../stdlib/phased.rollout")),
    ("rolling", include_str!("../../stdlib/rolling.rollout")),
    ("scheduled", include_str!("../../stdlib/scheduled.rollout")),
    ("staged", include_str!("../../stdlib/staged.rollout")),
    ("staging", include_str!("../../stdlib/staging.rollout")),
    ("traffic", include_str!("../../stdlib/traffic.rollout")),
];

/// Returns the text of a module of the standard library.
pub fn library_text(module: &str) -> Option<&'static str> {
    LIBRARY.iter().find(|(name, _)| *name == module).map(|(_, text)| *text)
}
