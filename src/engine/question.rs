//! From a question about the world to what is asked of it: every argument in its place, every query written out.

use super::ask::{Asking, PROBE_TIMEOUT_MS};
use super::here::Probing;
use super::known::Question;
use super::promql::Query;
use super::turn::Turn;
use super::{Cause, HttpJob, MetricAsk, MetricSource, ProbeAsk, ProbeJob, SecretText, StatusRange, percent_encoded};
use crate::eval::{Called, Scope};
use crate::model::{Expr, ExprKind, Metric, MetricMeans, Probe, ProbeMeans, Settings, TextPart};
use crate::plan::Place;
use crate::value::{At, Value, matchers};

impl Turn<'_> {
    /// Returns what a condition asks of the world, each once, in the order of asking.
    pub fn probes(&self, condition: &Expr, place: Place) -> Result<Vec<ProbeJob>, Cause> {
        let questions = self.questions(condition, place)?;
        questions.iter().map(|it| self.probe_job(it, place)).collect()
    }

    fn probe_job(&self, question: &Question, place: Place) -> Result<ProbeJob, Cause> {
        let here = self.here(place, Probing::Blind);
        let arguments = question.arguments();
        let (subject, ask) = match question {
            Question::Probe { probe, .. } => {
                let probe = &self.plan.probes[probe.index()];
                let scope = Called::new(&here, &probe.params, arguments);
                (probe.name.clone(), self.probe_ask(probe, &scope, place)?)
            }
            Question::Metric { metric, .. } => {
                let metric = &self.plan.metrics[metric.index()];
                let scope = Called::new(&here, &metric.params, arguments);
                (metric.name.clone(), self.metric_ask(metric, arguments, &scope, place, None)?)
            }
            Question::Series { metric, over_ms, .. } => {
                let metric = &self.plan.metrics[metric.index()];
                let scope = Called::new(&here, &metric.params, arguments);
                let over = (self.now.plus_ms(-over_ms), self.now);
                match self.metric_ask(metric, arguments, &scope, place, Some(over))? {
                    ProbeAsk::Metric(ask) => (metric.name.clone(), ProbeAsk::Metric(MetricAsk { series: true, ..ask })),
                    other => (metric.name.clone(), other),
                }
            }
            Question::Trend { metric, rise, .. } => {
                let metric = &self.plan.metrics[metric.index()];
                let scope = Called::new(&here, &metric.params, arguments);
                let over = (self.now.plus_ms(-rise.over_ms), self.now);
                match self.metric_ask(metric, arguments, &scope, place, Some(over))? {
                    ProbeAsk::Metric(ask) => {
                        let ask = MetricAsk { series: true, timed: true, ..ask };
                        (metric.name.clone(), ProbeAsk::Metric(ask))
                    }
                    other => (metric.name.clone(), other),
                }
            }
            Question::Before { metric, stretch, .. } => {
                let metric = &self.plan.metrics[metric.index()];
                let scope = Called::new(&here, &metric.params, arguments);
                let changed = super::measure::first_change(self.plan, self.run, arguments);
                let end = changed.unwrap_or(self.now).plus_ms(-stretch.ago_ms);
                let over = (end.plus_ms(-stretch.over_ms), end);
                (metric.name.clone(), self.metric_ask(metric, arguments, &scope, place, Some(over))?)
            }
        };
        Ok(ProbeJob { name: question.shown(self.plan), subject, arguments: arguments.to_vec(), ask })
    }

    fn probe_ask(&self, probe: &Probe, scope: &dyn Scope, place: Place) -> Result<ProbeAsk, Cause> {
        let asking = Asking { turn: self, scope, place };
        match &probe.means {
            ProbeMeans::Run(run) => asking.run(run, PROBE_TIMEOUT_MS).map(ProbeAsk::Command),
            ProbeMeans::Exec(exec) => asking.exec(exec, PROBE_TIMEOUT_MS).map(ProbeAsk::Command),
            ProbeMeans::Http(http) => asking.http(http, PROBE_TIMEOUT_MS).map(ProbeAsk::Http),
            ProbeMeans::Tcp { address, timeout } => asking.tcp(address, timeout.as_ref()),
        }
    }

    fn metric_ask(
        &self,
        metric: &Metric,
        arguments: &[Value],
        scope: &dyn Scope,
        place: Place,
        over: Option<(At, At)>,
    ) -> Result<ProbeAsk, Cause> {
        let asking = Asking { turn: self, scope, place };
        let over = match (&metric.means, over) {
            (MetricMeans::Recorded { over: Some(mean), .. }, None) => Some(self.past_stretch(&asking, mean)?),
            (_, over) => over,
        };
        let source = match &metric.means {
            MetricMeans::Prometheus { url, query, headers, timeout } => MetricSource::Prometheus {
                url: asking.url(url)?,
                query: promql(&asking, query)?,
                headers: asking.secret_texts(headers)?,
                timeout_ms: metric_timeout(&asking, timeout)?,
            },
            MetricMeans::Http { url, pointer, headers, timeout } => {
                let request = HttpJob {
                    method: "GET".into(),
                    url: asking.url(url)?,
                    headers: asking.secret_texts(headers)?,
                    body: None,
                    timeout_ms: metric_timeout(&asking, timeout)?,
                    accept: Vec::new(),
                };
                MetricSource::Http { request, pointer: asking.text(pointer)? }
            }
            MetricMeans::Command(exec) => MetricSource::Command(asking.exec(exec, PROBE_TIMEOUT_MS)?),
            MetricMeans::Alertmanager { url, matchers, headers, timeout } => MetricSource::Alertmanager {
                request: HttpJob {
                    method: "GET".into(),
                    url: alerts_url(&asking.url(url)?, &promql(&asking, matchers)?)?,
                    headers: asking.secret_texts(headers)?,
                    body: None,
                    timeout_ms: metric_timeout(&asking, timeout)?,
                    // It says in the body what was wrong with the matchers.
                    accept: vec![StatusRange { first: 200, last: 499 }],
                },
            },
            MetricMeans::Recorded { valid, .. } => {
                let valid_ms = match valid {
                    Some(valid) => asking.value(valid)?.as_duration_ms().unwrap_or(VALID_MS),
                    None => VALID_MS,
                };
                MetricSource::Recorded {
                    metric: metric.name.clone(),
                    target: arguments.iter().find_map(|it| it.as_target().map(|it| it.name.clone())),
                    since: self.now.plus_ms(-valid_ms),
                    until: None,
                }
            }
            MetricMeans::Formula(_) => {
                return Err(Cause::Value { message: "a formula is asked nowhere".to_owned() });
            }
        };
        Ok(ProbeAsk::Metric(MetricAsk {
            source,
            of: metric.of.clone(),
            factor: metric.factor,
            over,
            series: false,
            timed: false,
        }))
    }

    /// Returns the stretch of so long that ends now.
    fn past_stretch(&self, asking: &Asking<'_>, long: &Expr) -> Result<(At, At), Cause> {
        let ms = asking.value(long)?.as_duration_ms().unwrap_or(0).max(1);
        Ok((self.now.plus_ms(-ms), self.now))
    }
}

/// How long a value that was recorded counts, unless it is said.
const VALID_MS: i64 = 15 * 60_000;

/// Returns where Alertmanager lists the alerts that fire now and that nobody has silenced.
fn alerts_url(url: &str, text: &str) -> Result<String, Cause> {
    let matchers = matchers(text).map_err(|message| Cause::Value { message })?;
    let filters: String = matchers.iter().map(|it| format!("&filter={}", percent_encoded(it))).collect();
    let url = url.trim_end_matches('/');
    Ok(format!("{url}/api/v2/alerts?active=true&silenced=false&inhibited=false{filters}"))
}

fn metric_timeout(asking: &Asking<'_>, timeout: &Option<Expr>) -> Result<u64, Cause> {
    let settings = Settings { timeout: timeout.clone(), ..Settings::default() };
    asking.timeout_ms(&settings, PROBE_TIMEOUT_MS)
}

fn promql(asking: &Asking<'_>, query: &Expr) -> Result<String, Cause> {
    let ExprKind::Text(parts) = &query.kind else { return asking.text(query) };
    let mut text = Query::new();
    for part in parts {
        match part {
            TextPart::Chunk(chunk) => text.chunk(chunk),
            TextPart::Hole(hole) => {
                let value = asking.value(hole)?;
                text.hole(&value.to_string()).map_err(|message| Cause::Value { message })?;
            }
        }
    }
    Ok(text.text())
}

impl Asking<'_> {
    fn secret_texts(&self, texts: &[(smol_str::SmolStr, Expr)]) -> Result<Vec<(smol_str::SmolStr, SecretText)>, Cause> {
        texts.iter().map(|(name, it)| Ok((name.clone(), self.secret_text(it)?))).collect()
    }

    fn tcp(&self, address: &Expr, timeout: Option<&Expr>) -> Result<ProbeAsk, Cause> {
        let address = self.text(address)?;
        let settings = Settings { timeout: timeout.cloned(), ..Settings::default() };
        let timeout_ms = self.timeout_ms(&settings, PROBE_TIMEOUT_MS)?;
        let parts = address.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        match parts {
            Some((host, port)) if !host.is_empty() => {
                let host = host.trim_matches(['[', ']']).to_owned();
                Ok(ProbeAsk::Tcp { host, port, timeout_ms })
            }
            _ => Err(not_an_address(&address)),
        }
    }
}

fn not_an_address(address: &str) -> Cause {
    Cause::Value { message: format!("`{address}` is not an address like `host:80`") }
}
