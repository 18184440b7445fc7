//! A graph as a picture: a card for each stage, layers from first to last, curves between them; with its own colours by
//! day and by night, and a text for those who do not see it. Needs no script and no other file.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::card::{Card, WIDTH_MIN, card, icon, text, wanted_width};
use super::clean::{clean, xml};
use super::fold::{NODES_MAX, fold};
use super::icon::{SIGNED, meaning, sign};
use super::layers::{Layers, layers};
use super::measure::{pixels, wrap};
use super::place::place;
use super::route::{Flow, Places};
use super::{Drawing, EdgeKind, NodeKind, NodeNumber, palette};

const MARGIN: f64 = 28.0;
/// The room between cards that stand side by side.
const GAP: f64 = 28.0;
/// The room that an edge takes where it passes a layer.
const BEND: f64 = 6.0;
/// A picture wider than this is drawn from left to right if that makes it narrower.
const WIDTH_GOOD: f64 = 1100.0;

/// Room for the name and the legend, however narrow the graph is.
const WIDTH_LEAST: f64 = 460.0;

/// Returns the graph as an SVG document.
pub(super) fn svg(drawing: &Drawing) -> String {
    let drawing = fold(drawing, NODES_MAX);
    let (stages, asides): (Vec<NodeNumber>, Vec<NodeNumber>) =
        drawing.children(drawing.root()).iter().partition(|it| drawing.node(**it).kind == NodeKind::Stage);
    let all = stages.iter().chain(&asides);
    let width = all.map(|it| wanted_width(&drawing, *it)).fold(WIDTH_MIN, f64::max).ceil();
    let edges = edges(&drawing, &stages);
    let ends: Vec<(usize, usize)> = edges.iter().map(|it| (it.0, it.1)).collect();
    let layers = layers(stages.len(), &ends);
    let cards: Vec<Card> = stages.iter().map(|it| card(&drawing, *it, width)).collect();
    let scene = Scene { drawing: &drawing, cards, asides, edges, width };
    scene.picture(&layers)
}

/// The edges between stages by their places; an edge from or to something within a stage counts as the stage's.
fn edges(drawing: &Drawing, stages: &[NodeNumber]) -> Vec<(usize, usize, EdgeKind)> {
    let places: BTreeMap<NodeNumber, usize> = stages.iter().enumerate().map(|(at, it)| (*it, at)).collect();
    let stage_of = |number: NodeNumber| {
        std::iter::successors(Some(number), |it| drawing.parent(*it)).find_map(|it| places.get(&it).copied())
    };
    let mut edges: Vec<(usize, usize, EdgeKind)> = Vec::new();
    for edge in drawing.edges() {
        if let (Some(from), Some(to)) = (stage_of(edge.from), stage_of(edge.to))
            && from != to
        {
            edges.push((from, to, edge.kind));
        }
    }
    edges.sort();
    edges.dedup();
    edges
}

struct Scene<'d> {
    drawing: &'d Drawing,
    cards: Vec<Card>,
    /// What stands beside the stages: what is done on an event.
    asides: Vec<NodeNumber>,
    edges: Vec<(usize, usize, EdgeKind)>,
    /// The width of every card.
    width: f64,
}

impl Scene<'_> {
    fn picture(&self, layers: &Layers) -> String {
        let down = self.places(layers, Flow::Down);
        let right = self.places(layers, Flow::Right);
        let (down_size, right_size) = (extent(&down), extent(&right));
        let turned = down_size.0 > WIDTH_GOOD && right_size.0 < down_size.0;
        let (places, size) = if turned { (right, right_size) } else { (down, down_size) };

        let inner = size.0.max(WIDTH_LEAST);
        let (head, top) = self.head(inner);
        let mut body = String::new();
        let shift = MARGIN + ((inner - size.0) / 2.0).max(0.0);
        let _ = write!(body, r#"<g transform="translate({shift:.1} {top:.1})">"#);
        body.push_str(&self.curves(&places));
        body.push_str(&self.placed_cards(&places));
        body.push_str("</g>");
        let mut y = top + size.1;
        let (asides, below) = self.asides(inner, y);
        body.push_str(&asides);
        y = below;
        let (legend, bottom) = self.legend(inner, y);
        body.push_str(&legend);
        self.document(inner + 2.0 * MARGIN, bottom + MARGIN - 8.0, &(head + &body))
    }

    /// Works out where every card stands if the picture reads this way.
    fn places<'l>(&self, layers: &'l Layers, flow: Flow) -> Places<'l> {
        let size = |cell: usize| match layers.cells[cell].node {
            Some(node) if flow == Flow::Down => (self.width, self.cards[node].height),
            Some(node) => (self.cards[node].height, self.width),
            None => (BEND, 0.0),
        };
        let (breadth, length): (Vec<f64>, Vec<f64>) = (0..layers.cells.len()).map(size).unzip();
        let mut across = place(layers, &breadth, GAP);
        let least = across.iter().zip(&breadth).map(|(middle, it)| middle - it / 2.0).fold(f64::INFINITY, f64::min);
        across.iter_mut().for_each(|it| *it -= least);
        let mut layer_of = vec![0; layers.cells.len()];
        let mut bands = Vec::with_capacity(layers.layers.len());
        let mut along = 0.0;
        for (at, layer) in layers.layers.iter().enumerate() {
            layer.iter().for_each(|it| layer_of[*it] = at);
            let longest = layer.iter().map(|it| length[*it]).fold(0.0, f64::max);
            bands.push((along, longest));
            along += longest + gap_after(layers, layer);
        }
        Places { layers, flow, across, breadth, length, bands, layer_of }
    }

    fn curves(&self, places: &Places<'_>) -> String {
        let mut curves = String::new();
        for ((_, _, kind), route) in self.edges.iter().zip(&places.layers.routes) {
            if let Some(path) = places.path(route) {
                let class = match kind {
                    EdgeKind::Order => "edge",
                    EdgeKind::Event => "edge event",
                };
                let _ = write!(curves, r#"<path class="{class}" d="{path}" marker-end="url(#rg-tip)"/>"#);
            }
        }
        curves
    }

    fn placed_cards(&self, places: &Places<'_>) -> String {
        let mut cards = String::new();
        for (cell, (band, across)) in places.layer_of.iter().zip(&places.across).enumerate() {
            let Some(node) = places.layers.cells[cell].node else { continue };
            let (x, y) = places.point(across - places.breadth[cell] / 2.0, places.bands[*band].0);
            let _ = write!(cards, "\n<g transform=\"translate({x:.1} {y:.1})\">{}</g>", self.cards[node].picture);
        }
        cards
    }

    /// The name of the rollout and what there is to say of it, and where they end.
    fn head(&self, inner: f64) -> (String, f64) {
        let root = self.drawing.node(self.drawing.root());
        let mut y = MARGIN + 10.0;
        let mut head = text("small", MARGIN, y, &root.kind.word().to_uppercase());
        for line in wrap(&clean(&root.title), inner, |it| pixels(it, 21.0) * 1.07) {
            y += 27.0;
            head.push_str(&text("name head", MARGIN, y, &line));
        }
        y += 4.0;
        for line in &root.lines {
            for line in wrap(&clean(line), inner, |it| pixels(it, 11.5)) {
                y += 17.0;
                head.push_str(&text("line", MARGIN, y, &line));
            }
        }
        (head, y + 24.0)
    }

    /// The cards of what happens on an event, in rows below the stages, and where they end.
    fn asides(&self, inner: f64, top: f64) -> (String, f64) {
        if self.asides.is_empty() {
            return (String::new(), top);
        }
        let mut picture = String::new();
        let mut y = top + 26.0;
        let per_row = (((inner + GAP) / (self.width + GAP)).floor() as usize).max(1);
        for row in self.asides.chunks(per_row) {
            let cards: Vec<Card> = row.iter().map(|it| card(self.drawing, *it, self.width)).collect();
            let used = row.len() as f64 * (self.width + GAP) - GAP;
            for (at, card) in cards.iter().enumerate() {
                let x = MARGIN + (inner - used) / 2.0 + at as f64 * (self.width + GAP);
                let _ = write!(picture, "\n<g transform=\"translate({x:.1} {y:.1})\">{}</g>", card.picture);
            }
            y += cards.iter().map(|it| it.height).fold(0.0, f64::max) + GAP;
        }
        (picture, y - GAP)
    }

    /// The signs that occur with their meanings, and where they end.
    fn legend(&self, inner: f64, top: f64) -> (String, f64) {
        let occurs = |kind: NodeKind| self.drawing.numbers().any(|it| self.drawing.node(it).kind == kind);
        let (mut x, mut y) = (MARGIN, top + 30.0);
        let mut legend = String::new();
        for kind in SIGNED.iter().copied().filter(|it| occurs(*it)) {
            let width = 19.0 + pixels(meaning(kind), 11.5) + 14.0;
            if x + width > MARGIN + inner && x > MARGIN {
                x = MARGIN;
                y += 20.0;
            }
            legend.push_str(&icon(kind, x, y - 1.0));
            legend.push_str(&text("line", x + 18.0, y + 10.0, meaning(kind)));
            x += width;
        }
        if legend.is_empty() { (legend, top) } else { (legend, y + 14.0) }
    }

    fn document(&self, width: f64, height: f64, body: &str) -> String {
        let root = self.drawing.node(self.drawing.root());
        let (title, told) = (xml(&root.caption()), xml(&self.told()));
        let mut text = String::new();
        let _ = write!(
            text,
            concat!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0:.0} {1:.0}" width="{0:.0}" height="{1:.0}" "#,
                r#"class="{5}" role="img" aria-labelledby="rg-title rg-desc" style="max-width:100%;height:auto">"#,
                "\n<title id=\"rg-title\">{2}</title>\n<desc id=\"rg-desc\">{3}</desc>\n<style>{4}</style>\n<defs>"
            ),
            width.ceil(),
            height.ceil(),
            title,
            told,
            palette::style(),
            palette::SCOPE,
        );
        text.push_str(concat!(
            r#"<marker id="rg-tip" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="9" markerHeight="9" "#,
            r#"markerUnits="userSpaceOnUse" orient="auto"><path class="tip" d="M0 0.8L10 5L0 9.2L2.4 5z"/></marker>"#
        ));
        for kind in SIGNED {
            let (id, path) = (kind.word(), sign(*kind));
            let _ = write!(text, r#"<symbol id="rg-{id}" viewBox="0 0 16 16"><path d="{path}"/></symbol>"#);
        }
        let _ =
            write!(text, "</defs>\n<rect class=\"bg\" width=\"100%\" height=\"100%\" rx=\"12\"/>\n{body}\n</svg>\n");
        text
    }

    /// The graph in one sentence a stage, for those who have it read out.
    fn told(&self) -> String {
        let stages = self.drawing.children(self.drawing.root()).iter().map(|it| {
            let order = self.drawing.order_in_words(*it).map_or(String::new(), |order| format!(" ({order})"));
            format!("{}{order}.", self.drawing.node(*it).caption())
        });
        stages.collect::<Vec<_>>().join(" ")
    }
}

/// The room after a layer: the more edges turn there, the more.
fn gap_after(layers: &Layers, layer: &[usize]) -> f64 {
    let edges: usize = layer.iter().map(|it| layers.cells[*it].below.len()).sum();
    (44.0 + 5.0 * (edges.saturating_sub(1)) as f64).min(120.0)
}

/// How wide and how high all cards and bends are together.
fn extent(places: &Places<'_>) -> (f64, f64) {
    let across = places.across.iter().zip(&places.breadth).map(|(middle, it)| middle + it / 2.0).fold(0.0, f64::max);
    let along = places.bands.last().map_or(0.0, |(begin, length)| begin + length);
    places.point(across, along)
}
