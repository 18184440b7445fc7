//! A small site of the demonstration: it serves, more or less well by its version, and says how well. Knows no rollout.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The version with a mistake in it.
pub const BROKEN: &str = "3.0.0";

/// What is said of the last so many seconds.
pub const WINDOW: Duration = Duration::from_secs(3);

/// A longer request is none of ours.
const REQUEST_BYTES_MAX: usize = 16 << 10;

/// A site that listens on loopback until it is dropped everywhere.
#[derive(Clone)]
pub struct Site {
    pub name: &'static str,
    pub port: u16,
    state: Arc<Mutex<State>>,
}

struct State {
    version: String,
    /// When each request was answered, how long it took in milliseconds, and whether it went wrong.
    answered: VecDeque<(Instant, u64, bool)>,
    served: u64,
}

impl Site {
    /// Opens a site on a free port.
    ///
    /// # Errors
    /// No port of loopback can be listened on.
    pub async fn open(name: &'static str) -> std::io::Result<Site> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let state = State { version: "1.0.0".to_owned(), answered: VecDeque::new(), served: 0 };
        let site = Site { name, port: listener.local_addr()?.port(), state: Arc::new(Mutex::new(state)) };
        let own = site.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let own = own.clone();
                tokio::spawn(async move { own.serve(stream).await });
            }
        });
        Ok(site)
    }

    pub fn version(&self) -> String {
        self.state().version.clone()
    }

    /// Returns the share of requests that went wrong lately, and how long the slowest twentieth of them took at least.
    pub fn health(&self) -> (f64, u64) {
        let mut state = self.state();
        let now = Instant::now();
        while state.answered.front().is_some_and(|it| now.duration_since(it.0) > WINDOW) {
            state.answered.pop_front();
        }
        let all = state.answered.len();
        let wrong = state.answered.iter().filter(|it| it.2).count();
        let mut times: Vec<u64> = state.answered.iter().map(|it| it.1).collect();
        times.sort_unstable();
        let p95 = times.get(all * 95 / 100).or(times.last()).copied().unwrap_or(0);
        (if all == 0 { 0.0 } else { wrong as f64 / all as f64 }, p95)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding a site")
    }

    /// Answers one request; whoever goes away before the end is no concern of the site's.
    async fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let mut request = Vec::new();
        let (head, length) = loop {
            let mut chunk = [0; 2048];
            let count = stream.read(&mut chunk).await.ok()?;
            request.extend_from_slice(&chunk[..count]);
            if let Some(parts) = parted(&request) {
                break parts;
            }
            if count == 0 || request.len() > REQUEST_BYTES_MAX {
                return None;
            }
        };
        while request.len() < head.len() + 4 + length.min(REQUEST_BYTES_MAX) {
            let mut chunk = [0; 2048];
            match stream.read(&mut chunk).await.ok()? {
                0 => return None,
                count => request.extend_from_slice(&chunk[..count]),
            }
        }
        let body = String::from_utf8_lossy(&request[head.len() + 4..]).trim().to_owned();
        let (status, text) = match head.lines().next().unwrap_or_default() {
            line if line.starts_with("PUT /version ") => {
                self.state().version = body;
                ("200 OK", String::new())
            }
            line if line.starts_with("GET /stats ") => {
                let (ratio, p95_ms) = self.health();
                ("200 OK", serde_json::json!({ "error_ratio": ratio, "p95_ms": p95_ms }).to_string())
            }
            line if line.starts_with("GET / ") => self.visit().await,
            _ => ("404 Not Found", String::new()),
        };
        let length = text.len();
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{text}");
        stream.write_all(answer.as_bytes()).await.ok()
    }

    /// Serves a visitor; the broken version fails one in eleven, and takes its time for others.
    async fn visit(&self) -> (&'static str, String) {
        let (number, version) = {
            let mut state = self.state();
            state.served += 1;
            (state.served, state.version.clone())
        };
        let is_wrong = version == BROKEN && number.is_multiple_of(11);
        let took_ms = 5 + number % 20;
        tokio::time::sleep(Duration::from_millis(took_ms)).await;
        self.state().answered.push_back((Instant::now(), took_ms, is_wrong));
        match is_wrong {
            true => ("500 Internal Server Error", "no such item\n".to_owned()),
            false => ("200 OK", format!("shop {version}\n")),
        }
    }
}

/// Parts the head of a request from what follows, and says how long that is.
fn parted(request: &[u8]) -> Option<(String, usize)> {
    let end = request.windows(4).position(|it| it == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&request[..end]).into_owned();
    let length = head.lines().filter_map(|it| it.split_once(':'));
    let length =
        length.filter(|it| it.0.eq_ignore_ascii_case("content-length")).find_map(|it| it.1.trim().parse().ok());
    Some((head, length.unwrap_or(0)))
}

/// Visits a site again and again.
pub async fn keep_visiting(site: Site) {
    loop {
        let visited = site.clone();
        tokio::spawn(async move {
            let mut stream = TcpStream::connect(("127.0.0.1", visited.port)).await.ok()?;
            stream.write_all(b"GET / HTTP/1.1\r\nhost: shop\r\n\r\n").await.ok()?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.ok()
        });
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}
