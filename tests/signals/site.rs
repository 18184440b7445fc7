//! A small site of a test's own: answers each path as it is told to, as slowly as it is told to, and remembers what it
//! was asked.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a path is answered with.
#[derive(Clone)]
pub struct Page {
    pub status: u16,
    pub body: String,
    pub after: Duration,
    /// Writes the body anew for each visit.
    live: Option<Live>,
}

/// What writes a page anew for each visit.
type Live = Arc<dyn Fn() -> String + Send + Sync>;

/// What somebody asked of the site.
#[derive(Debug, Clone)]
pub struct Visit {
    pub method: String,
    pub path: String,
    /// In lower case, with their values as they came.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

#[derive(Default)]
struct Known {
    pages: BTreeMap<String, Page>,
    visits: Vec<Visit>,
}

/// A site; it is there until the test program ends.
#[derive(Clone)]
pub struct Site {
    pub port: u16,
    known: Arc<Mutex<Known>>,
}

impl Site {
    pub fn open() -> Site {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let site = Site { port, known: Arc::default() };
        let own = site.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = own.clone();
                std::thread::spawn(move || own.serve(&stream));
            }
        });
        site
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Sets what a path is answered with from now on.
    pub fn put(&self, path: &str, status: u16, body: &str) {
        self.put_slow(path, status, body, Duration::ZERO);
    }

    pub fn put_slow(&self, path: &str, status: u16, body: &str, after: Duration) {
        let page = Page { status, body: body.to_owned(), after, live: None };
        self.known.lock().expect("no panic").pages.insert(path.to_owned(), page);
    }

    /// Sets what a path is answered with to what is so when somebody asks.
    pub fn put_live(&self, path: &str, live: impl Fn() -> String + Send + Sync + 'static) {
        let page = Page { status: 200, body: String::new(), after: Duration::ZERO, live: Some(Arc::new(live)) };
        self.known.lock().expect("no panic").pages.insert(path.to_owned(), page);
    }

    pub fn visits(&self) -> Vec<Visit> {
        self.known.lock().expect("no panic").visits.clone()
    }

    /// Whoever goes away before the answer is no concern of the site's.
    fn serve(&self, mut stream: &TcpStream) -> Option<()> {
        let visit = read(stream)?;
        let path = visit.path.split('?').next().unwrap_or_default().to_owned();
        let page = {
            let mut known = self.known.lock().expect("no panic");
            known.visits.push(visit);
            known.pages.get(&path).cloned()
        };
        let page =
            page.unwrap_or(Page { status: 404, body: "nothing here".to_owned(), after: Duration::ZERO, live: None });
        std::thread::sleep(page.after);
        let Page { status, body, live, .. } = page;
        let body = live.map_or(body, |it| it());
        let length = body.len();
        let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
        stream.write_all(answer.as_bytes()).ok()
    }
}

fn read(stream: &TcpStream) -> Option<Visit> {
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Visit { method, path, headers, body: String::from_utf8_lossy(&body).into_owned() })
}
