//! Mails to a real SMTP server: plain, over TLS with an authority of the test's own, refused, and to nobody.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::server::{Server, free_port};
use super::stage::Stage;

/// A server that keeps what it gets in a folder.
struct Post {
    _server: Server,
    port: u16,
    folder: PathBuf,
}

impl Post {
    fn open(folder: &Path, more: &[&str]) -> Post {
        let port = free_port();
        let (address, kept) = (format!("127.0.0.1:{port}"), folder.join("mails"));
        let mut words = vec!["-n", "-l", &address, "-c", "aiosmtpd.handlers.Mailbox"];
        words.extend(more);
        words.push(kept.to_str().expect("UTF-8"));
        let mut server = Server::start("aiosmtpd", "python3-aiosmtpd", &words);
        server.until("it listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        Post { _server: server, port, folder: kept }
    }

    fn mails(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.folder.join("new")) else { return Vec::new() };
        entries.flatten().filter_map(|it| std::fs::read_to_string(it.path()).ok()).collect()
    }
}

fn program(server: &str, message: &str) -> String {
    format!(
        "secret post = env(\"POST\")\n\
         channel team = email({server}, from = \"Rollout <rollout@example.org>\", to = [\"dana@example.org\", \"lee@example.org\"])\n\
         rollout shop {{ stage s {{ notify team \"{message}\", log \"on\" }} }}\n"
    )
}

#[test]
fn a_notice_comes_as_a_mail() {
    let stage = Stage::new();
    let post = Post::open(stage.path(), &[]);
    stage.write("r.rollout", &program("post", "größer, at last\\nBcc: eve@example.org\\n\\nand more"));
    let url = format!("smtp://127.0.0.1:{}", post.port);
    let run = stage.command(&["run", "r.rollout"]).env("POST", &url).output().expect("it starts");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let [mail] = &post.mails()[..] else { panic!("{:?}", post.mails()) };
    let (head, body) = mail.split_once("\n\n").expect("a mail has a head");
    assert!(head.contains("From: Rollout <rollout@example.org>"), "{head}");
    assert!(head.contains("dana@example.org") && head.contains("lee@example.org"), "{head}");
    assert!(head.contains("Message-ID: <s.notify") && head.contains("@rollout>"), "{head}");
    assert!(head.contains("Subject: [shop] =?utf-8?") || head.contains("Subject: =?utf-8?"), "{head}");
    // What stands in a message never becomes a line of the head.
    assert!(!head.lines().any(|it| it.starts_with("Bcc")), "{head}");
    assert!(!body.is_empty());
}

/// Makes an authority and a server's certificate with the names of loopback.
fn certificates(folder: &Path) {
    let openssl = |words: &[&str]| {
        let made = Command::new("openssl").args(words).current_dir(folder).output();
        let made = made.expect("openssl is there; on Debian: sudo apt-get install openssl");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    };
    std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n").expect("it writes");
    openssl(&[
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj",
        "/CN=test",
    ]);
    openssl(&[
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "key.pem",
        "-out",
        "asked.pem",
        "-subj",
        "/CN=localhost",
    ]);
    openssl(&[
        "x509",
        "-req",
        "-in",
        "asked.pem",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "2",
        "-out",
        "cert.pem",
        "-extfile",
        "names",
    ]);
}

#[test]
fn a_mail_goes_over_tls_and_only_to_whom_an_authority_knows() {
    let stage = Stage::new();
    certificates(stage.path());
    let path = |name: &str| stage.path().join(name).display().to_string();
    let post = Post::open(stage.path(), &["--tlscert", &path("cert.pem"), "--tlskey", &path("key.pem")]);
    stage.write("r.rollout", &program("post", "hello"));
    let url = format!("smtp://localhost:{}?tls=required", post.port);
    let run = stage.command(&["run", "r.rollout"]).env("POST", &url).env("SSL_CERT_FILE", path("ca.pem")).output();
    assert!(run.expect("it starts").status.success());
    assert_eq!(post.mails().len(), 1);
    // Without that authority it is not sent, and the run goes on: a notice fails nothing.
    let run = stage.command(&["run", "r.rollout"]).env("POST", &url).output().expect("it starts");
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(run.status.success() && said.contains("the mail was not taken"), "{said}");
    assert_eq!(post.mails().len(), 1);
}

#[test]
fn a_mail_that_nobody_takes_fails_nothing_and_tells_no_password() {
    let stage = Stage::with("r.rollout", &program("post", "hello"));
    let url = format!("smtp://rollout:pass-81f6c2aa90@127.0.0.1:{}", free_port());
    let run = stage.command(&["run", "r.rollout"]).env("POST", &url).output().expect("it starts");
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(run.status.success() && said.contains("the mail was not taken"), "{said}");
    let words = ["-r", "pass-81f6c2aa90", "."];
    let found = Command::new("grep").args(words).current_dir(stage.path()).status();
    assert!(!found.expect("grep is there").success() && !said.contains("pass-81f6c2aa90"));
}
