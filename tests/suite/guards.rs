//! What looks on in the background beside what looks on in the foreground: when one of them has failed, the other lets
//! go at once, whether or not the engine died meanwhile.

use rollout::plan::KeptValues;
use rollout::sim::{Luck, Odds, crashed, play};

use super::exposure::plan_of;

/// A guard that asks often beside a watch and a check that ask seldom, so that it fails while they ask.
const BESIDE: &str = r#"
    probe up { tcp "site.example.com:80" }
    probe well { tcp "site.example.com:81" }
    rollout web {
      stage one {
        run "begin", allow = [W0012]
        guard up() { every = 10s }
        guard well() { every = 7m, fail_in_a_row = 3 }
        watch well() { lasts = 1h, every = 10m, fail_in_a_row = 2 }
        check well() { within = 30m, every = 9m }
      }
    }
"#;

const SHAKY: Odds =
    Odds { job_fails: 0, probe_violated: 250, probe_unknown: 0, person_rejects: 0, person_silent: 0, person_late: 0 };

#[test]
fn where_a_guard_has_failed_nobody_looks_again_before_or_after_a_crash() {
    let plan = plan_of(BESIDE);
    let kept = KeptValues::new();
    for seed in 0..40 {
        let luck = Luck { seed, odds: SHAKY };
        let events = play(&plan, &kept, luck, &mut |_| None).events.len();
        for event in 1..=events {
            crashed(&plan, &kept, luck, |at| at == event)
                .unwrap_or_else(|broken| panic!("seed {seed}, crash after event {event}: {broken}"));
        }
    }
}
