//! A Prometheus that answers nobody without a login: by its own basic authentication, and behind a real HAProxy that wants
//! a bearer token. What is shown to it stands nowhere on the disk.

use std::process::Command;

use super::server::{Server, free_port, get_as};
use super::site::Site;
use super::stage::{Said, Stage};
use super::watched::Watched;

/// The password `pass-3c61d07be2` as Prometheus wants it: hashed by bcrypt.
const WEB: &str = "basic_auth_users: { rollout: '$2b$04$abcdefghijklmnopqrstuunUKfn.tzIfwyCKnDqBo.QgtqfoJhfJi' }\n";

/// `rollout:pass-3c61d07be2` in base64.
const LOGIN: &str = "cm9sbG91dDpwYXNzLTNjNjFkMDdiZTI=";

/// Checks one number of a Prometheus with what a scheme and a secret say, and returns what the run said and why.
fn asked(port: u16, scheme: &str, login: &str) -> (Said, Said) {
    let text = format!(
        "secret login = env(\"LOGIN\")\n\
         metric seven: number {{\n  from = prometheus(\"http://127.0.0.1:{port}\"), query = \"vector(7)\"\n  \
         headers = {{ Authorization = \"{scheme} ${{login}}\" }}\n}}\n\
         rollout r {{ stage s {{ check seven == 7 }} }}\n"
    );
    let stage = Stage::with("r.rollout", &text);
    let run = stage.command(&["run", "r.rollout"]).env("LOGIN", login).output().expect("it starts");
    let said = Said { code: run.status.code().expect("it ends"), out: String::new(), err: String::new() };
    let found = Command::new("grep").args(["-r", login, "."]).current_dir(stage.path()).status();
    assert!(!found.expect("grep is there").success(), "the login is on the disk");
    (said, stage.say(&["why"]))
}

fn is_let_in_only_with(port: u16, scheme: &str, login: &str) {
    let (said, why) = asked(port, scheme, login);
    assert_eq!(said.code, 0, "{}", why.shown());
    let (said, why) = asked(port, scheme, "d3Jvbmctb25lLTkxNzM=");
    assert_eq!(said.code, 7, "{}", why.shown());
    assert!(why.out.contains("unknown") && why.out.contains("401"), "{}", why.shown());
}

#[test]
fn a_prometheus_with_users_answers_whoever_is_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let web = folder.path().join("web.yml");
    std::fs::write(&web, WEB).expect("it writes");
    let words = format!("--web.config.file={}", web.display());
    let login = "Basic cm9sbG91dDpwYXNzLTNjNjFkMDdiZTI=";
    let watched = Watched::of(folder.path(), Site::open(), "", &[&words], Some(login));
    is_let_in_only_with(watched.port, "Basic", LOGIN);
}

#[test]
fn a_prometheus_behind_a_proxy_answers_whoever_has_the_token() {
    let folder = tempfile::tempdir().expect("a folder");
    let watched = Watched::new(folder.path(), "");
    let port = free_port();
    let settings = format!(
        "defaults\n  mode http\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\n\
         frontend door\n  bind 127.0.0.1:{port}\n  \
         http-request deny deny_status 401 unless {{ req.hdr(authorization) -m str \"Bearer tok-b81f04c6aa\" }}\n  \
         default_backend prometheus\n\
         backend prometheus\n  server only 127.0.0.1:{}\n",
        watched.port
    );
    let config = folder.path().join("haproxy.cfg");
    std::fs::write(&config, settings).expect("it writes");
    let mut proxy = Server::start("haproxy", "haproxy", &["-db", "-q", "-f", config.to_str().expect("UTF-8")]);
    proxy.until("it lets through", || {
        get_as(port, "/-/ready", Some("Bearer tok-b81f04c6aa")).is_some_and(|it| it.0 == 200)
    });
    is_let_in_only_with(port, "Bearer", "tok-b81f04c6aa");
}
