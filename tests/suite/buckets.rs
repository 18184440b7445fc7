//! Sticky shares: the same in every language, only growing, fair, and of one flag nothing to do with another.

use proptest::prelude::*;
use rollout::bucket::{BUCKETS, Exposure, place, variant};

/// Worked out by another program, in another language.
const VECTORS: &str = include_str!("../bucket/vectors.csv");
const WEIGHTS: [u32; 3] = [50, 30, 20];
const NAMES: [&str; 3] = ["control", "blue", "green"];

fn percent(points: f64) -> Exposure {
    Exposure::of_percent(points).expect("it is a share")
}

#[test]
fn places_are_those_that_are_published() {
    let rows: Vec<Vec<&str>> = VECTORS.lines().skip(1).map(|it| it.split(',').collect()).collect();
    assert!(rows.len() > 10);
    for row in rows {
        let [salt, flag, unit, bucket, name] = row[..] else { panic!("{row:?}") };
        let place = place(salt, flag, unit);
        assert_eq!(place.bucket.number().to_string(), bucket, "{row:?}");
        assert_eq!(variant(place, &WEIGHTS).map(|it| NAMES[it]), Some(name), "{row:?}");
    }
}

#[test]
fn the_page_shows_the_published_vectors() {
    let page = include_str!("../../docs/reference/buckets.md");
    let shown = page.lines().filter(|line| line.starts_with("| `")).count();
    assert!(shown >= 8, "only {shown}");
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(|it| it.trim().trim_matches('`')).collect();
        assert!(VECTORS.lines().any(|it| it == cells.join(",")), "{line}");
    }
}

#[test]
fn no_bucket_is_likelier_than_others() {
    // A hundred bins of a hundred thousand buckets, a thousand keys in each if all is fair.
    let mut bins = [0u32; 100];
    for key in 0..100_000 {
        bins[(place("salt", "flag", &key.to_string()).bucket.number() * 100 / BUCKETS) as usize] += 1;
    }
    let unfair: f64 = bins.iter().map(|it| (f64::from(*it) - 1_000.0).powi(2) / 1_000.0).sum();
    // Chi-squared with 99 degrees of freedom: beyond 160 comes about once in ten thousand times.
    assert!(unfair < 160.0, "{unfair}");
}

#[test]
fn one_flag_says_nothing_of_another_nor_exposure_of_the_variant() {
    let half = percent(50.0);
    let keys: Vec<String> = (0..20_000).map(|it| it.to_string()).collect();
    let count = |is_so: &dyn Fn(&str) -> bool| keys.iter().filter(|it| is_so(it)).count();
    let both = count(&|key| half.holds(place("s", "a", key).bucket) && half.holds(place("s", "b", key).bucket));
    assert!(both.abs_diff(5_000) < 300, "{both}");
    let salted = count(&|key| half.holds(place("s", "a", key).bucket) && half.holds(place("t", "a", key).bucket));
    assert!(salted.abs_diff(5_000) < 300, "{salted}");
    let control =
        count(&|key| half.holds(place("s", "a", key).bucket) && variant(place("s", "a", key), &[1, 1]) == Some(0));
    assert!(control.abs_diff(5_000) < 300, "{control}");
    let green = count(&|key| variant(place("s", "a", key), &WEIGHTS) == Some(2));
    assert!(green.abs_diff(4_000) < 300, "{green}");
}

proptest! {
    #[test]
    fn who_is_exposed_stays_exposed(salt in ".*", flag in ".*", unit in ".*", less in 0.0..100.0f64, more in 0.0..100.0f64) {
        let (less, more) = (percent(less.min(more)), percent(less.max(more)));
        let bucket = place(&salt, &flag, &unit).bucket;
        prop_assert!(bucket.number() < BUCKETS);
        prop_assert!(!less.holds(bucket) || more.holds(bucket));
        prop_assert!(Exposure::ALL.holds(bucket) && !Exposure::NONE.holds(bucket));
    }
}
