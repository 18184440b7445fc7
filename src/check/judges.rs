//! `judge { … }` in a gate: two groups of targets, and the metrics that are compared between them.

use smol_str::SmolStr;

use super::checker::Checker;
use super::declare::Declaration;
use super::word::Parts;
use crate::diag::{Code, Diagnostic};
use crate::model::{Direction, Expr, Judge, JudgedMetric};
use crate::schema::{Place, word};
use crate::syntax::{Entry, ExprKind as Tree};
use crate::value::{Type, Value};

impl<'t> Checker<'t> {
    /// Lowers a judge.
    pub fn judge(&mut self, entry: Entry<'t>) -> Option<Judge> {
        let row = word(Place::Gate, "judge").expect("the table has judges");
        let parts = self.parts(row, entry);
        let group = |it: &mut Checker<'t>, name: &str| -> Option<Expr> {
            let Some(tree) = parts.value(name) else {
                let problem = Diagnostic::new(Code::MISSING, entry.head().span(), format!("`judge` needs `{name}`"));
                it.say(problem.help("write `judge { canary = …, baseline = …, over = 1h, metric NAME {} }`"));
                return None;
            };
            Some(it.typed(tree, &Type::list(Type::Target)))
        };
        let (canary, baseline) = (group(self, "canary"), group(self, "baseline"));
        let over = self.duration(&parts, "over");
        if over.is_none() {
            let problem = Diagnostic::new(Code::MISSING, entry.head().span(), "`judge` needs `over`");
            self.say(problem.because("how much time is compared?").help("write `over = 1h`"));
        }
        let (pass, marginal) = (self.known_number(&parts, "pass"), self.known_number(&parts, "marginal"));
        let compatible = self.choice(&parts, "mode").as_deref() == Some("compatible");
        let entries: Vec<Entry<'t>> = parts.entries.iter().copied().filter(|it| !it.is_broken()).collect();
        let metrics: Vec<JudgedMetric> = entries.iter().filter_map(|it| self.judged_metric(*it)).collect();
        if entries.is_empty() && !entry.is_broken() {
            let problem = Diagnostic::new(Code::MISSING, entry.head().span(), "`judge` compares no metric");
            self.say(problem.help("add `metric NAME { direction = increase }`"));
        }
        Some(Judge { canary: canary?, baseline: baseline?, over: over?, compatible, pass, marginal, metrics })
    }

    fn judged_metric(&mut self, entry: Entry<'t>) -> Option<JudgedMetric> {
        let row = self.word_of(entry, Place::Judge)?;
        let parts = self.parts(row, entry);
        self.refuse_entries(&parts);
        if !self.expect_plain(row, entry, 2) {
            return None;
        }
        let tree = entry.items().nth(1)?;
        let id = self.declared_named(tree);
        let declared = id.map(|it| (it, self.declared[it].kind));
        let Some((id, Declaration::Metric(metric))) = declared else {
            let message = format!("no metric is named `{}`", tree.text());
            self.say(Diagnostic::new(Code::UNKNOWN_NAME, tree.span(), message));
            return None;
        };
        let params: Vec<Type> = self.signature(id).params.iter().map(|it| it.of.clone()).collect();
        if params != [Type::Target] {
            let message = format!("`{}` is not asked about one target, so no two groups can be compared", tree.text());
            self.say(
                Diagnostic::new(Code::MISMATCH, tree.span(), message).help("give it one parameter: `(site: target)`"),
            );
            return None;
        }
        let direction = match self.choice(&parts, "direction").as_deref() {
            Some("increase") => Direction::Increase,
            Some("decrease") => Direction::Decrease,
            _ => Direction::Either,
        };
        let outliers = self.choice(&parts, "outliers").as_deref() == Some("remove");
        let fence = self.known_number(&parts, "fence");
        Some(JudgedMetric {
            metric,
            name: SmolStr::new(self.declared[id].name),
            group: self.choice_text(&parts, "group"),
            weight: self.known_number(&parts, "weight"),
            muted: self.known_bool(&parts, "muted").unwrap_or(false),
            direction,
            nan_is_zero: self.choice(&parts, "nan").as_deref() == Some("replace"),
            fence: fence.or(outliers.then_some(3.0)),
            tolerance: self.known_number(&parts, "tolerance"),
            confidence: self.known_confidence(&parts),
            cles: self.choice(&parts, "effect").as_deref() == Some("cles"),
            allowed: self.known_bounds(&parts, "allowed"),
            critical: self.known_bool(&parts, "critical").unwrap_or(false),
            critical_beyond: self.known_bounds(&parts, "critical_beyond"),
            must_have_data: self.known_bool(&parts, "must_have_data").unwrap_or(false),
            min_samples: self.known_number(&parts, "min_samples").map(|it| it as u32),
        })
    }

    fn choice_text(&mut self, parts: &Parts<'t>, name: &str) -> Option<SmolStr> {
        self.constant(parts.value(name)?, &Type::Text)?.as_text().cloned()
    }

    /// A number that the judge can work with, known when the file is checked.
    fn known_number(&mut self, parts: &Parts<'t>, name: &str) -> Option<f64> {
        let tree = parts.value(name)?;
        let number = number(&self.constant(tree, &Type::Number)?)?;
        if !(number.is_finite() && number >= 0.0) {
            self.say_out_of_range(tree.span(), format!("`{name}` is zero or more"));
            return None;
        }
        Some(number)
    }

    fn known_confidence(&mut self, parts: &Parts<'t>) -> Option<f64> {
        let tree = parts.value("confidence")?;
        let number = number(&self.constant(tree, &Type::Number)?)?;
        if !(number > 0.0 && number < 1.0) {
            self.say_out_of_range(tree.span(), "`confidence` lies between 0 and 1");
            return None;
        }
        Some(number)
    }

    /// Two ends as a list: `[0.8, 1.2]`.
    fn known_bounds(&mut self, parts: &Parts<'t>, name: &str) -> Option<(f64, f64)> {
        let tree = parts.value(name)?;
        let value = self.constant(tree, &Type::list(Type::Number))?;
        let ends: Vec<f64> = value.as_list().unwrap_or_default().iter().filter_map(number).collect();
        match ends[..] {
            [low, high] if 0.0 <= low && low <= high && matches!(tree.kind(), Tree::List(_)) => Some((low, high)),
            _ => {
                self.say_out_of_range(tree.span(), format!("`{name}` is a low and a high end: `[0.8, 1.2]`"));
                None
            }
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(int) => Some(*int as f64),
        Value::Number(number) => Some(*number),
        _ => None,
    }
}
