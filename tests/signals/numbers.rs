//! Numbers as a service has them: counters that grow at a rate, buckets of how long answers take, gauges. A test turns them
//! while they are scraped.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::site::Site;

/// All numbers of a service, by their series.
#[derive(Clone, Default)]
pub struct Numbers {
    series: Arc<Mutex<BTreeMap<String, Number>>>,
}

/// A number and how fast it grows.
#[derive(Clone, Copy)]
struct Number {
    value: f64,
    each_second: f64,
    since: Instant,
}

impl Number {
    fn now(&self) -> f64 {
        self.value + self.each_second * self.since.elapsed().as_secs_f64()
    }
}

impl Numbers {
    /// Opens a site that shows them at `/metrics`.
    pub fn exporter(&self) -> Site {
        let exporter = Site::open();
        let own = self.clone();
        exporter.put_live("/metrics", move || own.page());
        exporter
    }

    /// Lets a counter grow so fast from now on.
    pub fn rate(&self, series: &str, each_second: f64) {
        let mut all = self.series.lock().expect("no panic");
        let value = all.get(series).map_or(0.0, Number::now);
        all.insert(series.to_owned(), Number { value, each_second, since: Instant::now() });
    }

    /// Sets a gauge.
    pub fn gauge(&self, series: &str, value: f64) {
        let number = Number { value, each_second: 0.0, since: Instant::now() };
        self.series.lock().expect("no panic").insert(series.to_owned(), number);
    }

    /// Lets answers come at 100 a second, so many of a hundred in each bucket or in a lower one.
    pub fn buckets(&self, name: &str, labels: &str, buckets: &[(&str, f64)]) {
        for (most, of_hundred) in buckets {
            self.rate(&format!("{name}_bucket{{{labels},le=\"{most}\"}}"), *of_hundred);
        }
    }

    /// Writes so many minutes of the past, as if all of them had been like this, into the folder of a Prometheus to come.
    pub fn write_past(&self, folder: &Path, minutes: u64) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let mut text = String::new();
        for (series, number) in &*self.series.lock().expect("no panic") {
            for step in 0..minutes * 4 {
                let (at, value) =
                    (now - minutes * 60 + step * 15, number.each_second * (step * 15) as f64 + number.value);
                // As Prometheus has scraped it.
                let series = series.replacen('{', "{instance=\"before\",job=\"shop\",", 1);
                let _ = writeln!(text, "{series} {value} {at}");
            }
        }
        text.push_str("# EOF\n");
        std::fs::write(folder.join("past.txt"), text).expect("it writes");
        let words = ["tsdb", "create-blocks-from", "openmetrics", "past.txt", "tsdb"];
        let made = Command::new("promtool").args(words).current_dir(folder).output();
        let made = made.expect("`promtool` starts; on Debian: sudo apt-get install prometheus");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    fn page(&self) -> String {
        let mut page = String::new();
        for (series, number) in &*self.series.lock().expect("no panic") {
            let _ = writeln!(page, "{series} {}", number.now());
        }
        page
    }
}
