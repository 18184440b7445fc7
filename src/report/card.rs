//! What is written on the card of a stage: its name, what it is about, and its entries, a line each. Knows how wide the
//! card is; never where it stands.

use std::fmt::Write;

use super::clean::{clean, xml};
use super::measure::{BOLD, cut, keep_lines, pixels, wrap};
use super::{Drawing, Node, NodeKind, NodeNumber};

/// A card as it is drawn, with its upper left corner at 0, 0.
pub(super) struct Card {
    pub height: f64,
    pub picture: String,
}

pub(super) const WIDTH_MIN: f64 = 210.0;
pub(super) const WIDTH_MAX: f64 = 360.0;

/// Room between the border and what is written.
const PAD: f64 = 14.0;
/// How far what stands within something is moved in.
const INDENT: f64 = 16.0;
const PANEL_PAD: f64 = 8.0;
const ICON: f64 = 13.0;
const ICON_ROOM: f64 = 19.0;
/// Room for the dot that says how far an entry is.
const DOT_ROOM: f64 = 14.0;

const NAME: f64 = 14.0;
const ROW: f64 = 12.0;
const LINE: f64 = 11.5;
const NAME_STEP: f64 = 19.0;
const ROW_STEP: f64 = 20.0;
const LINE_STEP: f64 = 15.5;

/// Entries on one card, and levels of them; the rest is counted.
const ROWS_MAX: usize = 18;
const LEVELS_MAX: usize = 4;
const TITLE_LINES_MAX: usize = 2;
const DETAIL_LINES_MAX: usize = 3;

/// Returns the width that all a node says would need, within what a card may have.
pub(super) fn wanted_width(drawing: &Drawing, number: NodeNumber) -> f64 {
    let node = drawing.node(number);
    let state = node.state.map_or(0.0, |it| pill_width(it.word()) + 10.0);
    let name = pixels(&clean(&node.title), NAME) * BOLD + state;
    let widest = drawing.children(number).iter().map(|it| row_width(drawing, *it, 1)).fold(name, f64::max);
    (widest + 2.0 * PAD).clamp(WIDTH_MIN, WIDTH_MAX)
}

fn row_width(drawing: &Drawing, number: NodeNumber, level: usize) -> f64 {
    let mine = ICON_ROOM + pixels(&clean(&drawing.node(number).caption()), ROW);
    if level >= LEVELS_MAX {
        return mine;
    }
    let inner = drawing.children(number).iter().map(|it| INDENT + row_width(drawing, *it, level + 1));
    inner.fold(mine, f64::max)
}

/// Draws the card of a node.
pub(super) fn card(drawing: &Drawing, number: NodeNumber, width: f64) -> Card {
    let mut pen = Pen { drawing, y: PAD, rows_left: ROWS_MAX };
    let content = pen.content(number, width);
    let height = pen.y + PAD - 4.0;
    let node = drawing.node(number);
    let is_aside = node.kind != NodeKind::Stage;
    let class = if is_aside { "card aside" } else { "card" };
    let mut picture = String::new();
    let _ = write!(picture, "<title>{}</title>", xml(&told(node)));
    let _ = write!(picture, r#"<rect class="shade" x="0" y="2" width="{width:.0}" height="{height:.1}" rx="10"/>"#);
    let _ = write!(picture, r#"<rect class="{class}" width="{width:.0}" height="{height:.1}" rx="10"/>"#);
    picture.push_str(&content);
    Card { height, picture }
}

/// All that is known of a node, for those who point at it or have it read out.
fn told(node: &Node) -> String {
    let state = node.state.map(|it| it.word().to_owned());
    std::iter::once(node.caption()).chain(state).chain(node.lines.iter().cloned()).collect::<Vec<_>>().join(", ")
}

/// Writes from top to bottom.
struct Pen<'d> {
    drawing: &'d Drawing,
    y: f64,
    rows_left: usize,
}

impl Pen<'_> {
    fn content(&mut self, number: NodeNumber, width: f64) -> String {
        let node = self.drawing.node(number);
        let mut picture = String::new();
        let mut room = width - 2.0 * PAD;
        if let Some(state) = node.state {
            let pill = pill_width(state.word());
            picture.push_str(&pill_picture(state.word(), width - PAD - pill, self.y));
            room -= pill + 8.0;
        }
        let title = if node.kind == NodeKind::Stage { node.title.clone() } else { node.caption() };
        let bold = |it: &str| pixels(it, NAME) * BOLD;
        for line in keep_lines(wrap(&clean(&title), room, bold), TITLE_LINES_MAX, room, bold) {
            picture.push_str(&text("name", PAD, self.y + 13.0, &line));
            self.y += NAME_STEP;
        }
        for line in &node.lines {
            picture.push_str(&self.detail(line, PAD, width - 2.0 * PAD));
        }
        let children = self.drawing.children(number);
        if !children.is_empty() {
            self.y += 3.0;
            let (y, right) = (self.y, width - PAD);
            let _ = write!(picture, r#"<path class="rule" d="M{PAD:.0} {y:.1}H{right:.0}"/>"#);
            self.y += 7.0;
            picture.push_str(&self.entries(children, PAD, width - 2.0 * PAD, 1));
        }
        picture
    }

    fn entries(&mut self, entries: &[NodeNumber], x: f64, width: f64, level: usize) -> String {
        let mut picture = String::new();
        for (at, entry) in entries.iter().enumerate() {
            let left = entries.len() - at;
            if self.rows_left == 0 || (self.rows_left == 1 && left > 1) {
                picture.push_str(&text("line", x, self.y + 12.0, &format!("… and {left} more")));
                self.y += LINE_STEP;
                self.rows_left = 0;
                break;
            }
            self.rows_left -= 1;
            let has_panel = self.has_panel(*entry, level);
            picture.push_str(&if has_panel {
                self.panel(*entry, x, width, level)
            } else {
                self.entry(*entry, x, width, level)
            });
        }
        picture
    }

    /// What is done for each, or side by side, stands in a field of its own.
    fn has_panel(&self, number: NodeNumber, level: usize) -> bool {
        let kind = self.drawing.node(number).kind;
        let encloses = matches!(kind, NodeKind::Loop | NodeKind::Parallel | NodeKind::AfterWave);
        encloses && level < LEVELS_MAX && !self.drawing.children(number).is_empty()
    }

    fn panel(&mut self, number: NodeNumber, x: f64, width: f64, level: usize) -> String {
        let top = self.y;
        self.y += PANEL_PAD - 2.0;
        let inner = self.entry(number, x + PANEL_PAD, width - 2.0 * PANEL_PAD, level);
        self.y += PANEL_PAD - 4.0;
        let height = self.y - top;
        self.y += 6.0;
        let field =
            format!(r#"<rect class="panel" x="{x:.1}" y="{top:.1}" width="{width:.1}" height="{height:.1}" rx="7"/>"#);
        field + &inner
    }

    fn entry(&mut self, number: NodeNumber, x: f64, width: f64, level: usize) -> String {
        let node = self.drawing.node(number);
        let caption = clean(&node.caption());
        let room = width - ICON_ROOM;
        let beside_dot = if node.state.is_some() { room - DOT_ROOM } else { room };
        let mut picture = icon(node.kind, x, self.y + 2.0);
        let shown = cut(&caption, beside_dot, |it| pixels(it, ROW));
        if shown == caption {
            picture.push_str(&text("row", x + ICON_ROOM, self.y + 12.5, &shown));
        } else {
            let row = text("row", x + ICON_ROOM, self.y + 12.5, &shown);
            let _ = write!(picture, "<g><title>{}</title>{row}</g>", xml(&caption));
        }
        if let Some(state) = node.state {
            let (cx, cy) = (x + width - 4.0, self.y + 8.5);
            let _ = write!(picture, r#"<circle class="{}" cx="{cx:.1}" cy="{cy:.1}" r="4"/>"#, state.word());
        }
        self.y += ROW_STEP;
        for line in &node.lines {
            picture.push_str(&self.detail(line, x + ICON_ROOM, room));
        }
        if !node.lines.is_empty() {
            self.y += 4.0;
        }
        picture.push_str(&self.within(number, x, width, level));
        picture
    }

    fn within(&mut self, number: NodeNumber, x: f64, width: f64, level: usize) -> String {
        let children = self.drawing.children(number);
        if children.is_empty() {
            return String::new();
        }
        if level < LEVELS_MAX {
            return self.entries(children, x + INDENT, width - INDENT, level + 1);
        }
        let counted = super::fold::counted(self.drawing, number).unwrap_or_default();
        self.detail(&counted, x + ICON_ROOM, width - ICON_ROOM)
    }

    fn detail(&mut self, line: &str, x: f64, room: f64) -> String {
        let small = |it: &str| pixels(it, LINE);
        let mut picture = String::new();
        // What a middle dot joins stays together.
        let line = clean(line).replace(" · ", "\u{a0}·\u{a0}");
        for line in keep_lines(wrap(&line, room, small), DETAIL_LINES_MAX, room, small) {
            picture.push_str(&text("line", x, self.y + 11.0, &line));
            self.y += LINE_STEP;
        }
        picture
    }
}

pub(super) fn text(class: &str, x: f64, y: f64, text: &str) -> String {
    format!(r#"<text class="{class}" x="{x:.1}" y="{y:.1}">{}</text>"#, xml(text))
}

/// The sign of a kind, in the colour of what it stands for.
pub(super) fn icon(kind: NodeKind, x: f64, y: f64) -> String {
    let color = match kind {
        NodeKind::Loop | NodeKind::Parallel | NodeKind::AfterWave | NodeKind::Child => "k-go",
        NodeKind::Check | NodeKind::Watch => "k-ok",
        NodeKind::Undo | NodeKind::Save | NodeKind::Keep => "k-back",
        NodeKind::Approve | NodeKind::Wait | NodeKind::Notice | NodeKind::Hook => "k-hand",
        NodeKind::Rollout | NodeKind::Stage | NodeKind::Step | NodeKind::Action => "k-do",
    };
    let id = kind.word();
    format!(r##"<use href="#rg-{id}" class="icon {color}" x="{x:.1}" y="{y:.1}" width="{ICON}" height="{ICON}"/>"##)
}

fn pill_width(word: &str) -> f64 {
    pixels(word, 10.5) + 22.0
}

/// A dot in the colour of a state, and its word.
fn pill_picture(word: &str, x: f64, y: f64) -> String {
    let (dot_x, dot_y) = (x + 6.0, y + 8.5);
    let dot = format!(r#"<circle class="{word}" cx="{dot_x:.1}" cy="{dot_y:.1}" r="4.5"/>"#);
    dot + &text("small", x + 15.0, y + 12.3, word)
}
