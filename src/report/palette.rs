//! The colours of pictures, by day and by night, and the faces of their texts. Every colour of a picture is a row here.

use std::fmt::Write;

/// What has a colour: its selector, what is coloured, by day and by night.
const COLORS: &[(&str, &str, &str, &str)] = &[
    (".bg", "fill", "#ffffff", "#0d1117"),
    (".card", "fill", "#ffffff", "#161b22"),
    (".card", "stroke", "#d0d7de", "#3d444d"),
    (".shade", "fill", "#1f2328", "#010409"),
    (".panel", "fill", "#f3f7fb", "#1b2430"),
    (".panel", "stroke", "#d5e3f0", "#2b3b4f"),
    (".rule", "stroke", "#e4e9ee", "#30363d"),
    (".name,.row", "fill", "#1f2328", "#e6edf3"),
    (".line,.small", "fill", "#59636e", "#9198a1"),
    (".edge", "stroke", "#8c959f", "#6e7681"),
    (".tip", "fill", "#8c959f", "#6e7681"),
    (".icon", "stroke", "#59636e", "#9198a1"),
    (".k-go", "stroke", "#0969da", "#4493f8"),
    (".k-ok", "stroke", "#1a7f37", "#3fb950"),
    (".k-back", "stroke", "#8250df", "#ab7df8"),
    (".k-hand", "stroke", "#9a6700", "#d29922"),
    (".bar", "fill", "#0969da", "#4493f8"),
    (".waiting", "fill", "#afb8c1", "#6e7681"),
    (".running", "fill", "#0969da", "#4493f8"),
    (".paused", "fill", "#bf8700", "#d29922"),
    (".done", "fill", "#1a7f37", "#3fb950"),
    (".skipped", "fill", "#afb8c1", "#6e7681"),
    (".failed", "fill", "#cf222e", "#f85149"),
    (".undone", "fill", "#8250df", "#ab7df8"),
];

/// What never changes with the time of day.
const FACES: &[(&str, &str)] = &[
    ("text", "font-family:-apple-system,'Segoe UI','Noto Sans','Liberation Sans',Helvetica,Arial,sans-serif"),
    (".head", "font-size:21px;font-weight:650"),
    (".name", "font-size:14px;font-weight:600"),
    (".name.head", "font-size:21px"),
    (".row", "font-size:12px"),
    (".line", "font-size:11.5px"),
    (".small", "font-size:10.5px;letter-spacing:.4px"),
    (".card,.panel", "stroke-width:1"),
    (".shade", "opacity:.05"),
    (".aside", "stroke-dasharray:5 4"),
    (".edge", "fill:none;stroke-width:1.5"),
    (".event", "stroke-dasharray:4 4"),
    (".icon", "fill:none;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round"),
];

/// The class of the whole picture: a page that holds one keeps its own style.
pub(super) const SCOPE: &str = "rollout-graph";

/// Returns the style of a picture.
pub(super) fn style() -> String {
    let mut style = String::new();
    for (what, how) in FACES {
        let _ = write!(style, "{}{{{how}}}", scoped(what));
    }
    for (what, how, day, _) in COLORS {
        let _ = write!(style, "{}{{{how}:{day}}}", scoped(what));
    }
    style.push_str("@media (prefers-color-scheme:dark){");
    for (what, how, _, night) in COLORS {
        let _ = write!(style, "{}{{{how}:{night}}}", scoped(what));
    }
    style.push('}');
    style
}

fn scoped(selectors: &str) -> String {
    let each = selectors.split(',').map(|it| format!(".{SCOPE} {it}"));
    each.collect::<Vec<_>>().join(",")
}
