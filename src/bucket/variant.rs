//! One of several variants, by weight. Raising the exposure changes nobody's variant: it comes from another draw.

use super::Place;
use super::place::scaled;

/// Returns which of several variants a place has, by their weights in the order in which they are written. None: no weight
/// is more than zero, or they are too many to add up.
pub fn variant(place: Place, weights: &[u32]) -> Option<usize> {
    let total = weights.iter().try_fold(0u32, |total, weight| total.checked_add(*weight))?;
    let drawn = scaled(place.draw, total);
    let mut end = 0;
    weights.iter().position(|weight| {
        end += weight;
        drawn < end
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bucket::place;

    #[test]
    fn without_weight_there_is_no_variant() {
        let place = place("s", "f", "u");
        assert_eq!(variant(place, &[]), None);
        assert_eq!(variant(place, &[0, 0]), None);
        assert_eq!(variant(place, &[u32::MAX, 1]), None);
        assert_eq!(variant(place, &[0, 7, 0]), Some(1));
    }
}
