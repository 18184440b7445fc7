//! Addresses that no file may have the engine ask, unless whoever starts it opens them.

use super::stage::Stage;

fn asked(url: &str, opened: &str) -> String {
    let text = format!("rollout r {{ stage s {{ http GET \"{url}\" {{ timeout = 300ms }} }} }}\n");
    let stage = Stage::with("r.rollout", &text);
    let run = stage.command(&["run", "r.rollout"]).env("ROLLOUT_ALLOW_ADDRESSES", opened).output().expect("it starts");
    assert!(!run.status.success());
    String::from_utf8(run.stdout).expect("UTF-8")
}

#[test]
fn where_clouds_tell_credentials_nothing_is_asked() {
    for url in
        ["http://169.254.169.254/latest", "http://[::ffff:169.254.169.254]/", "http://[fe80::1]/", "http://0xa9fea9fe/"]
    {
        let said = asked(url, "");
        assert!(said.contains("ROLLOUT_ALLOW_ADDRESSES"), "{url}: {said}");
    }
    let said = asked("http://169.254.169.254/latest", "169.254.0.0/16");
    assert!(!said.contains("ROLLOUT_ALLOW_ADDRESSES"), "{said}");
}
