//! How fast texts are read: generated files of 1 MB and 10 MB, in megabytes per second of processor time.
//! Run with `cargo bench --bench parse`.

#![allow(clippy::disallowed_methods, reason = "a measurement has a clock and a disk")]

use std::fmt::Write;

use fastrand::Rng;
use rollout::source::{Source, SourceId};
use rollout::syntax::parse;
use rustix::time::{ClockId, clock_gettime};

const ROUNDS: usize = 9;

fn main() {
    for megabytes in [1, 10] {
        measure(megabytes);
    }
}

/// Reads a text several times and prints the best and the middle of the rounds.
fn measure(megabytes: usize) {
    let text = generated(megabytes * 1_000_000);
    let length = text.len() as f64;
    let lines = text.lines().count();
    let source = Source::new(SourceId(0), "bench.rollout", text);
    let mut rounds: Vec<f64> = (0..ROUNDS).map(|_| seconds_to_read(&source)).collect();
    rounds.sort_by(f64::total_cmp);
    let speed = |seconds: f64| length / 1e6 / seconds;
    println!(
        "parse {megabytes:>2} MB, {lines} lines: best {:.1} MB/s, median {:.1} MB/s of CPU time",
        speed(rounds[0]),
        speed(rounds[ROUNDS / 2])
    );
}

fn seconds_to_read(source: &Source) -> f64 {
    let before = cpu_seconds();
    let tree = parse(source);
    let took = cpu_seconds() - before;
    assert!(tree.errors().is_empty(), "{:?}", tree.errors().first());
    took
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Makes a file of metrics, gates, actions and rollouts, about so many bytes long.
fn generated(bytes: usize) -> String {
    let mut rng = Rng::with_seed(1);
    let mut out = String::with_capacity(bytes + 4096);
    let mut number = 0;
    while out.len() < bytes {
        number += 1;
        declarations(&mut out, number, &mut rng);
        rollout(&mut out, number, &mut rng);
    }
    out
}

fn declarations(out: &mut String, number: u32, rng: &mut Rng) {
    let limit = rng.u32(1..100);
    let _ = write!(
        out,
        "## Requests that failed, as a share of all.
metric error_rate_{number}(site: target): percent {{
  from  = prometheus(\"http://127.0.0.1:9090\")
  query = \"sum(rate(failed_total{{site='${{site}}'}}[{limit}m])) / sum(rate(requests_total{{site='${{site}}'}}[5m]))\"
  unit  = ratio                            # 0.05 is 5%
}}

gate healthy_{number}(site: target) {{
  require error_rate_{number}(site) < {limit}%
  forbid  p95(site) > 110% of before(p95(site)) and not site.drained
  warn    error_rate_{number}(site) > 0.5% \"more errors than usual\"
}}

action deploy_{number}(site: target, version: string = \"1.{limit}.0\") {{
  run \"deploy.sh ${{site}} ${{version}}\" {{ timeout = 10m }}
  keep version = version
  undo {{ run \"deploy.sh ${{site}} ${{kept(site).version}}\" }}
}}

"
    );
}

fn rollout(out: &mut String, number: u32, rng: &mut Rng) {
    let _ = write!(
        out,
        "rollout model_{number} {{
  input version: string {{ matches = r\"^\\d+\\.\\d+\\.\\d+$\" }}
  input change: \"low\" | \"medium\" | \"high\" = \"medium\"
  on_failure = rollback
  retain     = 24h
"
    );
    for stage in 0..rng.u32(2..6) {
        let (share, hold) = (rng.u32(1..100), rng.u32(1..60));
        let _ = write!(
            out,
            "
  stage stage_{stage} {{
    risk = {share}
    for site in {share}% of factories {{
      waves = [20%, 50%, 100%], tolerate = [0, 2%, 2%], during = night(site)
      at_once = {hold}
      deploy_{number}(site, version)
      check healthy_{number}(site) {{ settle = 2m, within = {hold}m }}
    }}
    watch all(healthy_{number}(s) for s in touched where s.region == \"eu\") {{ lasts = {hold}h, every = 1m, fail_after = 3 }}
  }}
"
        );
    }
    out.push_str("}\n\n");
}
