//! A bad ending as a test that was tried: only one that comes to the same is shown. Knows no terminal.

use super::disk::Disk;
use super::suppose::Supposed;
use super::tail::with_tail;
use crate::sim::{Bad, Finding, TrialRequest, Verdict, as_test, try_out};
use crate::value::At;

/// Returns a test that shows a finding when it stands in the file.
///
/// # Errors
/// Why there is none, as the end of a sentence.
pub fn proof(disk: &Disk, folder: &str, supposed: &Supposed, finding: &Finding, start: At) -> Result<String, String> {
    let Supposed { plan, kept, .. } = supposed;
    // Most endings come whenever the run starts; others need the time of day.
    for start in [None, Some(start)] {
        let test = as_test(plan, kept, finding, start)?;
        if shows(disk, folder, &plan.file, &test, finding.bad) {
            return Ok(test);
        }
    }
    Err("what happens in it cannot be said in a test".to_owned())
}

fn shows(disk: &Disk, folder: &str, file: &str, test: &str, bad: Bad) -> bool {
    let tail = format!("\n{test}");
    let checked = with_tail(disk, file, &tail);
    let Some(test) = checked.program.tests.last().filter(|_| checked.is_sound()) else { return false };
    let (program, sources) = (&checked.program, &checked.sources);
    let trial = try_out(TrialRequest { program, sources, file, folder, world: disk }, test);
    match (&trial.verdict, bad) {
        // A test keeps what must always hold, and so this one fails.
        (Verdict::Failed(unmet), Bad::Broken) => unmet.iter().any(|it| it.message.starts_with("`always")),
        (Verdict::Passed, _) => bad != Bad::Broken,
        (Verdict::Failed(_) | Verdict::Broken(_), _) => false,
    }
}
