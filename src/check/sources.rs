//! Where a metric is read: what each source is called with, which properties it has, and what it can be asked for.
//! Leaves the number's unit and its absence to whoever reads the metric.

use smol_str::SmolStr;

use super::checker::Checker;
use super::ranges::text_of;
use super::word::Parts;
use crate::diag::{Code, Diagnostic, nearest};
use crate::model::{Exec, ExprKind, MetricMeans, Param, Settings};
use crate::source::Span;
use crate::syntax::{self, ExprKind as Tree};
use crate::value::{Type, Value, matchers};

/// The sources, and which properties mean something to each beside `missing`.
const SOURCES: &[(&str, &[&str])] = &[
    ("prometheus", &["query", "headers", "timeout", "unit"]),
    ("http", &["pointer", "headers", "timeout", "unit"]),
    ("command", &["timeout", "unit"]),
    ("alertmanager", &["query", "headers", "timeout"]),
    ("recorded", &["valid", "over"]),
];

impl<'t> Checker<'t> {
    pub(super) fn metric_source(
        &mut self,
        parts: &Parts<'t>,
        name: &str,
        span: Span,
        (of, params): (&Type, &[Param]),
    ) -> Option<MetricMeans> {
        let Some(tree) = parts.value("from") else {
            if !parts.entry.is_broken() {
                let problem = Diagnostic::new(Code::MISSING, span, format!("the metric `{name}` is read nowhere"));
                self.say(problem.help("say `from = prometheus(\"http://…\")`, or write it as a formula: `= a + b`"));
            }
            return None;
        };
        let (source, args) = match tree.kind() {
            Tree::Call { callee, args } if callee.as_name().is_some() => (callee.as_name(), Some(args)),
            _ => (tree.as_name(), None),
        };
        let known = source.and_then(|it| SOURCES.iter().find(|(name, _)| *name == it.text()));
        let (source, args) = match (source, args, known) {
            (Some(source), None, Some(("recorded", _))) => {
                self.refuse_settings(parts, source.text());
                return self.recorded(parts, (of, span), params);
            }
            (Some(_), Some(_), Some(("recorded", _))) => {
                let problem = Diagnostic::new(Code::SHAPE, tree.span(), "what is recorded has no address");
                self.say(problem.help("write `from = recorded`").fix("write the bare name", tree.span(), "recorded"));
                return None;
            }
            (Some(source), Some(args), Some(_)) => (source, args),
            (Some(source), Some(_), None) => {
                let near = nearest(source.text(), SOURCES.iter().map(|it| it.0));
                let message = format!("no source of metrics is named `{}`", source.text());
                self.say(Diagnostic::new(Code::UNKNOWN_NAME, source.span(), message).suggest(source.span(), near));
                return None;
            }
            (_, None, _) | (None, _, _) => {
                let message = "a source is called: `prometheus(\"http://…\")`";
                let problem = Diagnostic::new(Code::SHAPE, tree.span(), message);
                self.say(problem.help("or `http(\"http://…\")`, `alertmanager(\"http://…\")`, `command(\"program\", \"argument\")`, or `recorded`"));
                return None;
            }
        };
        self.refuse_settings(parts, source.text());
        let values: Vec<syntax::Expr<'t>> = args.iter().filter_map(|it| it.value).collect();
        match (source.text(), &values[..]) {
            ("prometheus", [url]) => self.prometheus(parts, *url, span),
            ("http", [url]) => self.http_metric(parts, *url, span),
            ("alertmanager", [url]) => self.alertmanager(parts, *url, span, of),
            ("command", [_, ..]) => Some(self.command_metric(parts, &values)),
            (source, _) => {
                self.say(Diagnostic::new(Code::ARGUMENTS, tree.span(), format!("`{source}` takes one address")));
                None
            }
        }
    }

    fn prometheus(&mut self, parts: &Parts<'t>, url: syntax::Expr<'t>, span: Span) -> Option<MetricMeans> {
        let Some(query) = parts.value("query") else {
            let problem = Diagnostic::new(Code::MISSING, span, "this asks nothing of Prometheus");
            self.say(problem.help("add `query = \"…\"` in PromQL"));
            return None;
        };
        Some(MetricMeans::Prometheus {
            url: self.url(url),
            query: self.url(query),
            headers: self.secret_texts(parts, "headers"),
            timeout: self.duration(parts, "timeout"),
        })
    }

    fn http_metric(&mut self, parts: &Parts<'t>, url: syntax::Expr<'t>, span: Span) -> Option<MetricMeans> {
        let Some(pointer) = parts.value("pointer") else {
            let problem = Diagnostic::new(Code::MISSING, span, "this does not say where in the answer the number is");
            self.say(problem.help("add `pointer = \"/path/to/value\"` (RFC 6901)"));
            return None;
        };
        Some(MetricMeans::Http {
            url: self.url(url),
            pointer: self.typed(pointer, &Type::Text),
            headers: self.secret_texts(parts, "headers"),
            timeout: self.duration(parts, "timeout"),
        })
    }

    fn command_metric(&mut self, parts: &Parts<'t>, values: &[syntax::Expr<'t>]) -> MetricMeans {
        let argv = values.iter().map(|it| self.argument(*it)).collect();
        let settings = Settings {
            folder: SmolStr::new(self.files.modules[self.module()].folder()),
            timeout: self.duration(parts, "timeout"),
            ..Settings::default()
        };
        MetricMeans::Command(Exec { argv, settings })
    }

    fn alertmanager(&mut self, parts: &Parts<'t>, url: syntax::Expr<'t>, span: Span, of: &Type) -> Option<MetricMeans> {
        if !matches!(of, Type::Int | Type::Number | Type::Any) {
            let message = format!("alerts are counted, and this metric is {}", of.described());
            self.say(Diagnostic::new(Code::MISMATCH, span, message).help("write `: int`"));
        }
        let Some(query) = parts.value("query") else {
            let problem = Diagnostic::new(Code::MISSING, span, "this does not say which alerts are counted");
            self.say(problem.help("add `query = \"severity=critical\"`: labels and what they must be"));
            return None;
        };
        let (url, matched) = (self.url(url), self.url(query));
        if matches!(matched.kind, ExprKind::Value(Value::Text(_)))
            && let Err(why) = matchers(&text_of(&matched))
        {
            let problem = Diagnostic::new(Code::SHAPE, query.span(), why);
            self.say(problem.help("write `\"severity=critical, site=\\\"ny\\\", job=~\\\"web|api\\\"\"`"));
        }
        Some(MetricMeans::Alertmanager {
            url,
            matchers: matched,
            headers: self.secret_texts(parts, "headers"),
            timeout: self.duration(parts, "timeout"),
        })
    }

    /// A pushed value is about one target, or about none.
    fn recorded(&mut self, parts: &Parts<'t>, (of, span): (&Type, Span), params: &[Param]) -> Option<MetricMeans> {
        let stray = params.iter().enumerate().find(|(at, it)| *at > 0 || !matches!(it.of, Type::Target | Type::Any));
        if let Some((_, param)) = stray {
            let message = "what is recorded is about one target, or about none";
            let problem = Diagnostic::new(Code::MISMATCH, param.span, message);
            self.say(problem.help("write `metric adoption(site: target): percent`, or leave the parameters out"));
        }
        let (valid, over) = (self.duration(parts, "valid"), self.duration(parts, "over"));
        if over.is_some() && *of == Type::Int {
            let message = "a mean is seldom a whole number, and this metric is an int";
            self.say(Diagnostic::new(Code::MISMATCH, span, message).help("write `: number`"));
        }
        if let (Some(_), Some((_, entry))) = (&over, parts.property("valid")) {
            let message = "`valid` has no effect beside `over`, which says how long values count";
            self.say(Diagnostic::new(Code::NO_EFFECT, entry.head().span(), message).help("leave `valid` out"));
        }
        Some(MetricMeans::Recorded { valid, over })
    }

    /// Reports properties that mean nothing to a source.
    fn refuse_settings(&mut self, parts: &Parts<'t>, source: &str) {
        let meant = SOURCES.iter().find(|(name, _)| *name == source).map_or(&[][..], |it| it.1);
        for (row, entry) in &parts.properties {
            if !["from", "missing"].contains(&row.name) && !meant.contains(&row.name) {
                let message = format!("`{}` means nothing to `{source}`", row.name);
                let problem = Diagnostic::new(Code::NO_EFFECT, entry.head().span(), message);
                self.say(match (source, row.name) {
                    ("recorded", "unit") => {
                        problem.help("values are recorded with their unit: `rollout record adoption 42%`")
                    }
                    _ => problem,
                });
            }
        }
    }
}
