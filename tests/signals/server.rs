//! A real server for the length of a test: started on a free port of loopback, awaited, ended when it is dropped. Knows
//! no protocol.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that runs.
pub struct Server {
    name: &'static str,
    child: Child,
}

impl Server {
    /// Starts a program that is part of a Debian package.
    pub fn start(program: &'static str, package: &str, words: &[&str]) -> Server {
        let mut command = Command::new(program);
        // What is installed for administrators is not in everybody's path.
        let path = std::env::var("PATH").expect("a PATH");
        command.args(words).env("PATH", format!("{path}:/usr/sbin:/sbin"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match command.spawn() {
            Ok(child) => Server { name: program, child },
            Err(error) => panic!("`{program}` does not start: {error}; on Debian: sudo apt-get install {package}"),
        }
    }

    /// Waits until something is so.
    pub fn until(&mut self, what: &str, mut is_so: impl FnMut() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !is_so() {
            let ended = self.child.try_wait().expect("it is ours");
            assert!(ended.is_none(), "`{}` ended: {ended:?}", self.name);
            assert!(Instant::now() < deadline, "`{}`: it never came to be that {what}", self.name);
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Returns a port of loopback that nobody listens on.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// Asks for a page; none where nobody answers.
pub fn get(port: u16, path: &str) -> Option<(u16, String)> {
    ask(port, "GET", path, "")
}

/// Asks for a page with what stands in the header `Authorization`.
pub fn get_as(port: u16, path: &str, login: Option<&str>) -> Option<(u16, String)> {
    request(port, "GET", path, "", login)
}

/// Sends a request and reads its answer to the end.
pub fn ask(port: u16, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
    request(port, method, path, body, None)
}

fn request(port: u16, method: &str, path: &str, body: &str, login: Option<&str>) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let length = body.len();
    let login = login.map(|it| format!("authorization: {it}\r\n")).unwrap_or_default();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
         {login}content-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    let body = answer.split_once("\r\n\r\n").map(|it| it.1.to_owned()).unwrap_or_default();
    Some((status, body))
}
