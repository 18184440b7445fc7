//! A share of all buckets. Raising it adds some and takes none away: who has seen the new keeps seeing it.

use serde::{Deserialize, Serialize};

use super::{BUCKETS, Bucket};

/// So many buckets, counted from the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Exposure(u32);

impl Exposure {
    pub const NONE: Exposure = Exposure(0);
    pub const ALL: Exposure = Exposure(BUCKETS);

    /// Returns the exposure of so many percent, rounded up: a share that is not nothing reaches somebody. None: it is no
    /// share of a whole.
    pub fn of_percent(points: f64) -> Option<Exposure> {
        let buckets = points * f64::from(BUCKETS) / 100.0;
        // A share such as 0.3 % is no power of two; what it is off by is no bucket.
        let buckets = (buckets - 1e-6).ceil().max(0.0);
        (0.0..=100.0).contains(&points).then_some(Exposure(buckets as u32))
    }

    pub fn percent(self) -> f64 {
        f64::from(self.0) * 100.0 / f64::from(BUCKETS)
    }

    /// Whether a bucket is exposed.
    pub fn holds(self, bucket: Bucket) -> bool {
        bucket.number() < self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_so_many_buckets() {
        let cases =
            [(0.0, 0), (0.3, 300), (10.0, 10_000), (33.333, 33_333), (100.0, 100_000), (0.000_1, 1), (1e-12, 0)];
        for (percent, buckets) in cases {
            assert_eq!(Exposure::of_percent(percent), Some(Exposure(buckets)), "{percent}");
        }
        for wrong in [-0.1, 100.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Exposure::of_percent(wrong), None, "{wrong}");
        }
    }
}
