//! How the edges run between cards: smooth curves that leave and arrive straight. Knows places and sizes, no titles.

use std::fmt::Write;

use super::layers::Layers;

/// Which way a picture reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Down,
    Right,
}

/// Where everything stands. Across: along a layer; along: from layer to layer, as the picture reads.
pub(super) struct Places<'l> {
    pub layers: &'l Layers,
    pub flow: Flow,
    /// The middle of each cell across.
    pub across: Vec<f64>,
    /// How much room each cell takes across.
    pub breadth: Vec<f64>,
    /// How much room each cell takes along.
    pub length: Vec<f64>,
    /// Where each layer begins, and how long it is.
    pub bands: Vec<(f64, f64)>,
    /// The layer of each cell.
    pub layer_of: Vec<usize>,
}

/// The room between neighbouring ends of edges at one card.
const PORT_STEP: f64 = 16.0;

/// Where there is less room than this, all edges share one place.
const PORT_STEP_MIN: f64 = 7.0;

/// The room for the tip before a card.
const TIP: f64 = 3.0;

impl Places<'_> {
    /// Turns across and along into x and y.
    pub fn point(&self, across: f64, along: f64) -> (f64, f64) {
        match self.flow {
            Flow::Down => (across, along),
            Flow::Right => (along, across),
        }
    }

    /// Returns the path of an edge that runs through these cells; none for an edge that is not drawn.
    pub fn path(&self, route: &[usize]) -> Option<String> {
        let (first, last) = (*route.first()?, *route.last()?);
        let (bends, second, last_but_one) = (&route[1..route.len() - 1], route[1], route[route.len() - 2]);
        let mut band = self.bands[self.layer_of[first]];
        let mut from = (self.port(first, second, false), band.0 + self.length[first]);
        let mut path = String::new();
        let (x, y) = self.point(from.0, from.1);
        let _ = write!(path, "M{x:.1} {y:.1}");
        for bend in bends {
            let next = self.bands[self.layer_of[*bend]];
            self.curve(&mut path, from, band.0 + band.1, (self.across[*bend], next.0));
            band = next;
            from = (self.across[*bend], band.0 + band.1);
            let (x, y) = self.point(from.0, from.1);
            let _ = write!(path, "L{x:.1} {y:.1}");
        }
        let end = self.bands[self.layer_of[last]].0 - TIP;
        self.curve(&mut path, from, band.0 + band.1, (self.port(last, last_but_one, true), end));
        Some(path)
    }

    /// Turns in the gap between two layers: an edge from a short card first runs straight to the end of its layer.
    fn curve(&self, path: &mut String, from: (f64, f64), gap_begin: f64, to: (f64, f64)) {
        if gap_begin > from.1 {
            let (x, y) = self.point(from.0, gap_begin);
            let _ = write!(path, "L{x:.1} {y:.1}");
        }
        let half = (to.1 - gap_begin) / 2.0;
        let (ax, ay) = self.point(from.0, gap_begin + half);
        let (bx, by) = self.point(to.0, to.1 - half);
        let (x, y) = self.point(to.0, to.1);
        let _ = write!(path, "C{ax:.1} {ay:.1} {bx:.1} {by:.1} {x:.1} {y:.1}");
    }

    /// Where on a card's side the edge to a neighbour is tied: side by side, in the order of the neighbours.
    fn port(&self, cell: usize, neighbour: usize, arrives: bool) -> f64 {
        let cells = &self.layers.cells[cell];
        let mut neighbours = if arrives { cells.above.clone() } else { cells.below.clone() };
        neighbours.sort_by(|l, r| self.across[*l].total_cmp(&self.across[*r]));
        let Some(place) = neighbours.iter().position(|it| *it == neighbour) else { return self.across[cell] };
        let room = self.breadth[cell] - 2.0 * PORT_STEP;
        let step = PORT_STEP.min(room / neighbours.len() as f64);
        if step < PORT_STEP_MIN {
            return self.across[cell];
        }
        self.across[cell] + (place as f64 - (neighbours.len() - 1) as f64 / 2.0) * step
    }
}
