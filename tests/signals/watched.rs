//! A real Prometheus that scrapes a site of the test's own, several times a second, and what more a test gives it: rules,
//! who is told of alerts, who may ask.

use std::path::Path;

use super::server::{Server, free_port, get_as};
use super::site::Site;

/// A Prometheus and what it scrapes.
pub struct Watched {
    prometheus: Server,
    pub port: u16,
    pub exporter: Site,
    /// What it wants to be shown by whoever asks.
    login: Option<&'static str>,
}

impl Watched {
    /// Starts one that scrapes a page.
    pub fn new(folder: &Path, page: &str) -> Watched {
        let exporter = Site::open();
        exporter.put("/metrics", 200, page);
        Watched::of(folder, exporter, "", &[], None)
    }

    /// Starts one that scrapes a site, with more of its settings and words.
    pub fn of(folder: &Path, exporter: Site, more: &str, words: &[&str], login: Option<&'static str>) -> Watched {
        let port = free_port();
        let config = folder.join("prometheus.yml");
        let settings = format!(
            "global: {{ scrape_interval: 250ms, evaluation_interval: 250ms }}\n{more}\
             scrape_configs: [{{ job_name: shop, static_configs: [{{ targets: ['127.0.0.1:{}'] }}] }}]\n",
            exporter.port
        );
        std::fs::write(&config, settings).expect("it writes");
        let own = [
            format!("--config.file={}", config.display()),
            format!("--storage.tsdb.path={}", folder.join("tsdb").display()),
            format!("--web.listen-address=127.0.0.1:{port}"),
        ];
        let words: Vec<&str> = own.iter().map(String::as_str).chain(words.iter().copied()).collect();
        let mut prometheus = Server::start("prometheus", "prometheus", &words);
        prometheus.until("it is ready", || get_as(port, "/-/ready", login).is_some_and(|it| it.0 == 200));
        Watched { prometheus, port, exporter, login }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Waits until a query has a certain answer.
    pub fn until(&mut self, query: &str, is_so: impl Fn(f64) -> bool) {
        let (port, login) = (self.port, self.login);
        let path = format!("/api/v1/query?query={}", rollout::engine::percent_encoded(query));
        self.prometheus.until(query, || {
            let answer: serde_json::Value = get_as(port, &path, login)
                .and_then(|it| serde_json::from_str(it.1.lines().find(|it| it.starts_with('{'))?).ok())
                .unwrap_or_default();
            let value = answer["data"]["result"][0]["value"][1].as_str().and_then(|it| it.parse().ok());
            value.is_some_and(&is_so)
        });
    }
}
