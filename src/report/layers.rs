//! Which nodes stand side by side, in an order with few crossings. Knows numbers and edges only: no widths, no titles.

/// Nodes in layers, with bends where an edge passes through a layer.
pub(super) struct Layers {
    pub cells: Vec<Cell>,
    /// The cells of each layer, in their order.
    pub layers: Vec<Vec<usize>>,
    /// The cells that each edge runs through, from its node to its node; empty for an edge that closes a circle.
    pub routes: Vec<Vec<usize>>,
}

/// A place in a layer.
#[derive(Debug, Default)]
pub(super) struct Cell {
    /// The node that stands here; none where an edge only passes.
    pub node: Option<usize>,
    pub above: Vec<usize>,
    pub below: Vec<usize>,
}

/// How often the order is improved, down and up again.
const SWEEPS: usize = 12;

/// How many bends all edges may have together; beyond it the longest edges run straight.
const BENDS_MAX: usize = 4000;

/// Puts nodes, known by their numbers in written order, into layers: each below all that it comes after.
pub(super) fn layers(count: usize, edges: &[(usize, usize)]) -> Layers {
    let depths = depths(count, edges);
    let mut layers = Layers { cells: Vec::new(), layers: Vec::new(), routes: Vec::new() };
    layers.layers.resize_with(depths.iter().max().map_or(0, |it| it + 1), Vec::new);
    for (node, depth) in depths.iter().enumerate() {
        let cell = layers.add(*depth);
        layers.cells[cell].node = Some(node);
    }
    let mut bends_left = BENDS_MAX;
    for (from, to) in edges {
        let route = layers.route(*from, *to, &depths, &mut bends_left);
        layers.routes.push(route);
    }
    layers.untangle();
    layers
}

/// The length of the longest way to each node. A node in a circle counts as if the circle began with it.
fn depths(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut waits_for = vec![0; count];
    for (from, to) in edges.iter().filter(|(from, to)| from != to) {
        below[*from].push(*to);
        waits_for[*to] += 1;
    }
    let mut depths = vec![0; count];
    let mut is_placed = vec![false; count];
    let mut ready: std::collections::BTreeSet<usize> = (0..count).filter(|it| waits_for[*it] == 0).collect();
    let mut unplaced: std::collections::BTreeSet<usize> = (0..count).collect();
    while let Some(first) = ready.first().or_else(|| unplaced.first()).copied() {
        ready.remove(&first);
        unplaced.remove(&first);
        is_placed[first] = true;
        for next in below[first].iter().copied().filter(|it| !is_placed[*it]) {
            depths[next] = depths[next].max(depths[first] + 1);
            waits_for[next] -= 1;
            if waits_for[next] == 0 {
                ready.insert(next);
            }
        }
    }
    depths
}

impl Layers {
    fn add(&mut self, layer: usize) -> usize {
        let cell = self.cells.len();
        self.cells.push(Cell::default());
        self.layers[layer].push(cell);
        cell
    }

    /// Lays an edge from layer to layer. The first cells are the nodes, each at its own number.
    fn route(&mut self, from: usize, to: usize, depths: &[usize], bends_left: &mut usize) -> Vec<usize> {
        let (first, last) = (depths[from], depths[to]);
        if first >= last {
            return Vec::new();
        }
        let mut route = vec![from];
        let bends = last - first - 1;
        if bends <= *bends_left {
            *bends_left -= bends;
            route.extend((first + 1..last).map(|layer| self.add(layer)));
        }
        route.push(to);
        if bends + 2 == route.len() {
            for pair in route.windows(2) {
                self.cells[pair[0]].below.push(pair[1]);
                self.cells[pair[1]].above.push(pair[0]);
            }
        }
        route
    }

    /// Orders each layer by where its neighbours stand, down and up, and keeps the order with the fewest crossings.
    fn untangle(&mut self) {
        let mut best = self.layers.clone();
        let mut fewest = self.crossings();
        for sweep in 0..SWEEPS {
            if fewest == 0 {
                break;
            }
            let down = sweep % 2 == 0;
            let count = self.layers.len();
            for step in 1..count {
                self.order_layer(if down { step } else { count - 1 - step }, down);
            }
            self.swap_neighbours();
            let crossings = self.crossings();
            if crossings < fewest {
                fewest = crossings;
                best.clone_from(&self.layers);
            }
        }
        self.layers = best;
    }

    fn order_layer(&mut self, layer: usize, down: bool) {
        let ranks = self.ranks();
        let middle = |cell: usize| {
            let neighbours = if down { &self.cells[cell].above } else { &self.cells[cell].below };
            let sum: usize = neighbours.iter().map(|it| ranks[*it]).sum();
            // One without neighbours stays where it is.
            if neighbours.is_empty() { ranks[cell] as f64 } else { sum as f64 / neighbours.len() as f64 }
        };
        let mut order = self.layers[layer].clone();
        order.sort_by(|l, r| middle(*l).total_cmp(&middle(*r)));
        self.layers[layer] = order;
    }

    /// Swaps cells that stand side by side wherever that leaves fewer crossings.
    fn swap_neighbours(&mut self) {
        let mut ranks = self.ranks();
        for layer in &mut self.layers {
            for at in 1..layer.len() {
                let (left, right) = (&self.cells[layer[at - 1]], &self.cells[layer[at]]);
                let crossings = |l: &Cell, r: &Cell| {
                    pairs_turned(&l.above, &r.above, &ranks) + pairs_turned(&l.below, &r.below, &ranks)
                };
                if crossings(right, left) < crossings(left, right) {
                    ranks.swap(layer[at - 1], layer[at]);
                    layer.swap(at - 1, at);
                }
            }
        }
    }

    /// The place of each cell within its layer.
    fn ranks(&self) -> Vec<usize> {
        let mut ranks = vec![0; self.cells.len()];
        for layer in &self.layers {
            for (rank, cell) in layer.iter().enumerate() {
                ranks[*cell] = rank;
            }
        }
        ranks
    }

    fn crossings(&self) -> usize {
        let ranks = self.ranks();
        self.layers.iter().map(|layer| self.crossings_below(layer, &ranks)).sum()
    }

    /// Counts the pairs of edges to the next layer whose ends stand in another order than their beginnings.
    fn crossings_below(&self, layer: &[usize], ranks: &[usize]) -> usize {
        let mut ends: Vec<usize> = Vec::new();
        let mut crossings = 0;
        for cell in layer {
            let mut below: Vec<usize> = self.cells[*cell].below.iter().map(|it| ranks[*it]).collect();
            below.sort_unstable();
            for end in &below {
                crossings += ends.len() - ends.partition_point(|it| it <= end);
            }
            for end in below {
                let place = ends.partition_point(|it| *it <= end);
                ends.insert(place, end);
            }
        }
        crossings
    }
}

/// Counts how often a neighbour of the left cell stands to the right of one of the right cell.
fn pairs_turned(left: &[usize], right: &[usize], ranks: &[usize]) -> usize {
    // Where so much is tied to two cells, no order of the two makes it clear.
    if left.len() * right.len() > 10_000 {
        return 0;
    }
    let turned = |l: &usize| right.iter().filter(|r| ranks[*l] > ranks[**r]).count();
    left.iter().map(turned).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_node_stands_below_all_it_comes_after() {
        let layers = layers(5, &[(0, 1), (1, 2), (0, 2), (2, 4), (3, 4)]);
        let nodes = |layer: usize| layers.layers[layer].iter().filter_map(|it| layers.cells[*it].node);
        assert_eq!(nodes(0).collect::<Vec<_>>(), [0, 3]);
        assert_eq!(nodes(3).collect::<Vec<_>>(), [4]);
        assert_eq!(layers.routes[2].len(), 3);
    }

    #[test]
    fn crossings_that_need_not_be_are_undone() {
        let layers = layers(6, &[(0, 5), (1, 4), (2, 3)]);
        assert_eq!(layers.crossings(), 0);
    }

    #[test]
    fn a_circle_is_no_trap() {
        let layers = layers(3, &[(0, 1), (1, 2), (2, 0), (1, 1)]);
        assert_eq!(layers.layers.len(), 3);
        assert_eq!(layers.routes[2], Vec::<usize>::new());
    }
}
