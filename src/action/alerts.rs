//! Alertmanager's answer: how many alerts fire, and which. Knows no gate.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::metric::Found;

/// How many names of alerts are told.
const NAMED_MAX: usize = 5;

/// Counts the alerts that are neither silenced nor inhibited. A list with nothing in it is an answer: none fires.
pub(super) fn firing(body: &str) -> Result<Found, String> {
    let answer: Json = serde_json::from_str(body).map_err(|_| STRANGE.to_owned())?;
    let alerts = match &answer {
        Json::Array(alerts) => alerts,
        // What was wrong with the question comes as one sentence.
        Json::String(why) => return Err(format!("Alertmanager refused the question: {why}")),
        _ => return Err(STRANGE.to_owned()),
    };
    if alerts.iter().any(|it| !it["labels"].is_object() || !it["status"]["state"].is_string()) {
        return Err(STRANGE.to_owned());
    }
    let firing: Vec<&Json> = alerts.iter().filter(|it| it["status"]["state"] != "suppressed").collect();
    let names: BTreeSet<&str> = firing.iter().filter_map(|it| it["labels"]["alertname"].as_str()).collect();
    let more = if names.len() > NAMED_MAX { ", …" } else { "" };
    let shown: Vec<&str> = names.iter().take(NAMED_MAX).copied().collect();
    let note = (!shown.is_empty()).then(|| format!("firing: {}{more}", shown.join(", ")));
    Ok(Found { number: Some(firing.len() as f64), note })
}

const STRANGE: &str = "the answer is not that of Alertmanager";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_that_nobody_suppressed_are_counted_and_named() {
        let alert = |name: &str, state: &str| {
            format!("{{\"labels\":{{\"alertname\":\"{name}\"}},\"status\":{{\"state\":\"{state}\"}}}}")
        };
        let list = [alert("Slow", "active"), alert("Down", "active"), alert("Full", "suppressed")].join(",");
        let note = Some("firing: Down, Slow".to_owned());
        assert_eq!(firing(&format!("[{list}]")), Ok(Found { number: Some(2.0), note }));
        assert_eq!(firing("[]"), Ok(Found { number: Some(0.0), note: None }));
    }

    #[test]
    fn whatever_else_it_says_is_no_count() {
        assert!(firing("\"bad matcher format\"").is_err_and(|it| it.contains("bad matcher")));
        for strange in ["<html>", "{}", "[1]", "[{\"labels\":{}}]", ""] {
            assert_eq!(firing(strange), Err(STRANGE.to_owned()), "{strange}");
        }
    }
}
