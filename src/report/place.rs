//! Where along its layer each cell stands: as near to its neighbours as the order and the gaps allow. Knows numbers only.

use super::layers::Layers;

/// How often the layers are drawn towards their neighbours.
const ROUNDS: usize = 24;

/// How strongly all are drawn to the middle, in all rounds but the last: it keeps what is loosely tied from drifting off.
const PULL: f64 = 0.2;

/// The rounds in which cells look both ways, and are not drawn to the middle.
const LAST_ROUNDS: usize = 6;

/// How much more a bend insists on its place than a card, so that long edges run straight.
const BEND_WEIGHT: f64 = 4.0;

/// Returns the middle of each cell along its layer. `extents` says how much room each cell takes there.
pub(super) fn place(layers: &Layers, extents: &[f64], gap: f64) -> Vec<f64> {
    let mut middles = vec![0.0; layers.cells.len()];
    for layer in &layers.layers {
        let wanted: Vec<f64> = vec![0.0; layer.len()];
        settle(layer, &wanted, layers, extents, gap, &mut middles);
    }
    for round in 0..ROUNDS {
        let count = layers.layers.len();
        for step in 0..count {
            let layer = &layers.layers[if round % 2 == 0 { step } else { count - 1 - step }];
            let center = middles.iter().sum::<f64>() / middles.len() as f64;
            let wanted: Vec<f64> = layer.iter().map(|it| wanted(*it, layers, &middles, round, center)).collect();
            settle(layer, &wanted, layers, extents, gap, &mut middles);
        }
    }
    middles
}

/// The mean of where the neighbours stand: of those the round comes from, in the last rounds of all.
fn wanted(cell: usize, layers: &Layers, middles: &[f64], round: usize, center: f64) -> f64 {
    let is_last = round + LAST_ROUNDS >= ROUNDS;
    let down = round.is_multiple_of(2);
    let above = layers.cells[cell].above.iter().filter(|_| is_last || down);
    let below = layers.cells[cell].below.iter().filter(|_| is_last || !down);
    let (sum, count) = above.chain(below).fold((0.0, 0), |(sum, count), it| (sum + middles[*it], count + 1));
    let mean = if count == 0 { middles[cell] } else { sum / f64::from(count) };
    if is_last { mean } else { mean + (center - mean) * PULL }
}

/// Puts the cells of a layer as near as can be to where they want to be, in their order and with their gaps: cells that
/// would overlap form a block, which stands where its cells want to be on average.
fn settle(layer: &[usize], wanted: &[f64], layers: &Layers, extents: &[f64], gap: f64, middles: &mut [f64]) {
    let mut offsets = Vec::with_capacity(layer.len());
    let mut offset = 0.0;
    for (at, cell) in layer.iter().enumerate() {
        if at > 0 {
            offset += extents[layer[at - 1]] / 2.0 + gap + extents[*cell] / 2.0;
        }
        offsets.push(offset);
    }
    // Each block: where it stands, its weight, how many cells it has.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for (at, cell) in layer.iter().enumerate() {
        let weight = if layers.cells[*cell].node.is_some() { 1.0 } else { BEND_WEIGHT };
        let mut block = (wanted[at] - offsets[at], weight, 1);
        while let Some(last) = blocks.pop_if(|it| it.0 > block.0) {
            let weight = last.1 + block.1;
            block = ((last.0 * last.1 + block.0 * block.1) / weight, weight, last.2 + block.2);
        }
        blocks.push(block);
    }
    let stands = blocks.iter().flat_map(|(stand, _, count)| std::iter::repeat_n(*stand, *count));
    for ((cell, stand), offset) in layer.iter().zip(stands).zip(offsets) {
        middles[*cell] = stand + offset;
    }
}

#[cfg(test)]
mod tests {
    use super::super::layers::layers;
    use super::*;

    #[test]
    fn a_chain_is_straight_and_siblings_never_overlap() {
        let edges = [(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4), (4, 5)];
        let layers = layers(6, &edges);
        let extents = vec![100.0; layers.cells.len()];
        let middles = place(&layers, &extents, 20.0);
        assert!((middles[0] - middles[2]).abs() < 0.5, "{middles:?}");
        assert!((middles[4] - middles[5]).abs() < 0.5, "{middles:?}");
        for layer in &layers.layers {
            for pair in layer.windows(2) {
                assert!(middles[pair[1]] - middles[pair[0]] >= 120.0 - 1e-6, "{middles:?}");
            }
        }
    }
}
