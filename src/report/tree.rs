//! A graph as an indented text for a terminal: written order from top to bottom, and what differs from it in words.
//! Knows how many columns there are; never colours.

use super::clean::clean;
use super::measure::{columns, wrap};
use super::{Drawing, NodeKind, NodeNumber};

/// Returns the tree, no wider than so many columns unless it is nested too deeply for that.
pub(super) fn tree(drawing: &Drawing, width: usize) -> String {
    let mut tree = Tree { drawing, width, text: String::new() };
    tree.node(drawing.root(), "", "");
    tree.text
}

struct Tree<'d> {
    drawing: &'d Drawing,
    width: usize,
    text: String,
}

/// However deep it stands, a text has at least so many columns.
const COLUMNS_MIN: usize = 24;

/// Where more stands within a line, and where nothing does.
const MORE: &str = "│  ";
const END: &str = "   ";

impl Tree<'_> {
    /// Writes a node and all within it; `first` stands before its first line, `rest` before all others.
    fn node(&mut self, number: NodeNumber, first: &str, rest: &str) {
        let children = self.drawing.children(number);
        let below = if children.is_empty() { END } else { MORE };
        let (caption, details) = self.words(number);
        let mut lines = self.wrapped(&caption, first).into_iter();
        self.line(first, &lines.next().unwrap_or_default());
        for line in lines {
            self.line(&format!("{rest}{below}"), &line);
        }
        for detail in details {
            let before = format!("{rest}{below}");
            for line in self.wrapped(&detail, &before) {
                self.line(&before, &line);
            }
        }
        for (at, child) in children.iter().enumerate() {
            let is_last = at + 1 == children.len();
            let (branch, onward) = if is_last { ("└─ ", END) } else { ("├─ ", MORE) };
            self.node(*child, &format!("{rest}{branch}"), &format!("{rest}{onward}"));
        }
    }

    /// What stands on a node's first line, and what on those below.
    fn words(&self, number: NodeNumber) -> (String, Vec<String>) {
        let node = self.drawing.node(number);
        let mut caption = clean(&node.caption());
        if let Some(state) = node.state {
            caption = format!("{caption} · {}", state.word());
        }
        let mut details: Vec<String> = node.lines.iter().map(|it| clean(it)).collect();
        if node.kind == NodeKind::Stage
            && let Some(order) = self.drawing.order_in_words(number)
        {
            let order = clean(&order);
            // A short one reads best beside the name.
            if columns(&caption) + columns(&order) < self.inline() {
                caption = format!("{caption} · {order}");
            } else {
                details.insert(0, order);
            }
        }
        self.beside(number, caption, details)
    }

    /// A single detail stands beside its caption, if nothing stands below and there is room.
    fn beside(&self, number: NodeNumber, caption: String, details: Vec<String>) -> (String, Vec<String>) {
        let is_leaf = self.drawing.children(number).is_empty();
        match details.as_slice() {
            [only] if is_leaf && columns(&caption) + columns(only) < self.inline() => {
                (format!("{caption} · {only}"), Vec::new())
            }
            _ => (caption, details),
        }
    }

    /// How many columns may stand on one line, however far it is moved in.
    fn inline(&self) -> usize {
        self.width * 2 / 3
    }

    fn wrapped(&self, text: &str, before: &str) -> Vec<String> {
        let room = self.width.saturating_sub(columns(before)).max(COLUMNS_MIN);
        wrap(text, room as f64, |it| columns(it) as f64)
    }

    fn line(&mut self, before: &str, text: &str) {
        self.text.push_str(format!("{before}{text}").trim_end());
        self.text.push('\n');
    }
}
