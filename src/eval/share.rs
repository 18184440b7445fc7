//! How many a share or a count chooses. Shares that choose round up, shares that allow failures round down.
//! Decides numbers only; which targets these are is the order of the list.

/// Returns how many a share in points chooses from so many: a part of one counts as one, so `10%` of 31 are 4.
pub fn share_up(points: f64, of: usize) -> usize {
    whole(points, of, f64::ceil)
}

/// Returns how many a share in points allows of so many: a part of one counts as none, so `10%` of 39 are 3.
pub fn share_down(points: f64, of: usize) -> usize {
    whole(points, of, f64::floor)
}

/// What lies this near to a whole number, in proportion, is that number: `0.1%` of 3000 comes out a hair above 3.
const NEAR: f64 = 1e-12;

fn whole(points: f64, of: usize, round: fn(f64) -> f64) -> usize {
    let share = points * of as f64 / 100.0;
    let nearest = share.round();
    let is_near = (share - nearest).abs() <= NEAR * nearest.abs().max(1.0);
    let count = if is_near { nearest } else { round(share) };
    // A cast of a float saturates, so that a share below none is none.
    (count as usize).min(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_whole_on_paper_is_whole_here() {
        let cases = [
            (10.0, 30, 3, 3),
            (10.0, 31, 4, 3),
            (0.1, 3000, 3, 3),
            (33.3, 1000, 333, 333),
            (0.1 + 0.2, 1000, 3, 3),
            (2.5, 40, 1, 1),
            (2.0, 20, 1, 0),
            (100.0, 7, 7, 7),
            (0.0, 7, 0, 0),
            (10.0, 0, 0, 0),
            (29.0, 100, 29, 29),
            (57.0, 100_000, 57_000, 57_000),
        ];
        for (points, of, up, down) in cases {
            assert_eq!((share_up(points, of), share_down(points, of)), (up, down), "{points}% of {of}");
        }
    }
}
