//! What came of tests as JUnit XML, as build servers read it. Knows no tests: names, times and what went wrong.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// What came of one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JunitCase {
    /// The suite it belongs to: a file.
    pub group: String,
    pub name: String,
    pub took_ms: u64,
    pub end: JunitEnd,
}

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JunitEnd {
    Passed,
    Skipped,
    /// What went wrong, shortest first.
    Failed(String),
}

/// Returns a document with all cases, suite by suite in the order in which they come.
pub fn junit(name: &str, cases: &[JunitCase]) -> String {
    let mut report = Report::new(name);
    let mut at = 0;
    while at < cases.len() {
        let group = &cases[at].group;
        let until = cases[at..].iter().position(|it| it.group != *group).map_or(cases.len(), |it| at + it);
        let mut suite = TestSuite::new(group.as_str());
        suite.add_test_cases(cases[at..until].iter().map(case));
        report.add_test_suite(suite);
        at = until;
    }
    report.to_string().expect("the names hold no characters that the format cannot hold")
}

fn case(case: &JunitCase) -> TestCase {
    let status = match &case.end {
        JunitEnd::Passed => TestCaseStatus::success(),
        JunitEnd::Skipped => TestCaseStatus::skipped(),
        JunitEnd::Failed(failure) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(failure.lines().next().unwrap_or_default()).set_description(failure.as_str());
            status
        }
    };
    let mut made = TestCase::new(case.name.as_str(), status);
    made.set_classname(case.group.as_str()).set_time(Duration::from_millis(case.took_ms));
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_went_wrong_and_characters_of_the_format_are_escaped() {
        let case = |name: &str, failure: Option<&str>| JunitCase {
            group: "a.rollout".to_owned(),
            name: name.to_owned(),
            took_ms: 1500,
            end: failure.map_or(JunitEnd::Passed, |it| JunitEnd::Failed(it.to_owned())),
        };
        let text = junit("test", &[case("one", None), case("two < three", Some("it was \"not\" so"))]);
        assert!(text.contains("tests=\"2\"") && text.contains("failures=\"1\""), "{text}");
        assert!(text.contains("name=\"two &lt; three\""), "{text}");
        assert!(text.contains("it was &quot;not&quot; so") || text.contains("it was \"not\" so"), "{text}");
    }
}
