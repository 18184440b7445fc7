//! The demonstration, as a newcomer sees it: nothing is installed for it, and it ends well.

use super::stage::Stage;

#[test]
fn a_newcomer_sees_one_rollout_that_is_fine_and_one_that_is_taken_back() {
    let stage = Stage::new();
    let said = stage.say(&["demo"]);
    assert_eq!(said.code, 0, "{}", said.shown());
    for part in ["succeeded.", "rolled back: `canary/watch~1`", "1 test passed", "rollout-demo"] {
        assert!(said.out.contains(part), "{part}: {}", said.shown());
    }
    let versions: Vec<&str> = said.out.lines().filter(|it| it.contains("% errors, ")).collect();
    assert_eq!(versions.len(), 10, "{}", said.shown());
    assert!(versions.iter().all(|it| it.contains(" 2.0.0 ")), "{versions:?}");
    // A second one does not write over what the first one left.
    assert_eq!(stage.say(&["demo"]).code, 2);
    assert_eq!(stage.say(&["demo", "--into", "other"]).code, 0);
}
