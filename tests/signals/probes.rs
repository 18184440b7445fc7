//! Three tiers of health, asked of a real site: it lives, it is ready with all that it needs, it does its work; and a
//! guard that takes a release back when readiness fails three times in a row.

use std::process::Child;

use super::examples::{program, staged, started};
use super::site::Site;
use super::stage::Stage;

/// The example of three tiers, with a shop on a port of this machine.
fn shop(site: &Site) -> Stage {
    let stage = staged("health");
    stage.write("shops.csv", &format!("name,host\nshop-1,127.0.0.1:{}\n", site.port));
    program(&stage, "deploy.sh", "echo \"$2\" > \"$1.version\"");
    stage
}

fn released(stage: &Stage) -> Child {
    started(stage, "health.rollout", &["version=2.0", "look=3s", "every=100ms"], &[])
}

fn healthy(site: &Site) {
    site.put("/health/live", 200, "ok");
    site.put("/health/ready", 200, "{\"database\":\"up\",\"queue\":\"up\"}");
    site.put("/health", 200, "{\"status\":\"healthy\"}");
}

#[test]
fn a_release_that_is_healthy_in_every_tier_stays() {
    let site = Site::open();
    healthy(&site);
    let stage = shop(&site);
    let said = stage.end(released(&stage));
    assert_eq!(said.code, 0, "{}", said.shown());
    let paths: std::collections::BTreeSet<String> = site.visits().into_iter().map(|it| it.path).collect();
    assert_eq!(paths.into_iter().collect::<Vec<_>>(), ["/health", "/health/live", "/health/ready"]);
}

/// Two failures in a row are forgiven, the third takes the release back.
#[test]
fn three_failures_of_readiness_in_a_row_take_the_release_back() {
    let site = Site::open();
    healthy(&site);
    let stage = shop(&site);
    let run = released(&stage);
    let asked = |path: &str| site.visits().iter().filter(|it| it.path == path).count();
    stage.until("the release is watched", || asked("/health") >= 2);
    site.put("/health/ready", 503, "{\"database\":\"down\"}");
    let said = stage.end(run);
    assert_eq!(said.code, 3, "{}", said.shown());
    assert_eq!(stage.read("shop-1.version"), "previous\n");
    let why = stage.say(&["why"]);
    assert!(why.out.contains("the last 3 of them in a row") && why.out.contains("503"), "{}", why.shown());
}

#[test]
fn a_failure_now_and_then_is_forgiven() {
    let site = Site::open();
    healthy(&site);
    let stage = shop(&site);
    let run = released(&stage);
    let ready = || site.visits().iter().filter(|it| it.path == "/health/ready").count();
    stage.until("the release is watched", || site.visits().iter().any(|it| it.path == "/health"));
    for _ in 0..2 {
        let before = ready();
        site.put("/health/ready", 503, "{}");
        stage.until("it was asked once", || ready() > before);
        healthy(&site);
        let before = ready();
        stage.until("it was asked when it was well", || ready() > before + 1);
    }
    let said = stage.end(run);
    assert_eq!(said.code, 0, "{}", said.shown());
}
