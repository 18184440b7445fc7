//! Shares of traffic through a real HAProxy and a real nginx, counted in real requests: set, read back, taken back, and
//! refused where they cannot be.

use std::path::Path;

use super::server::{Server, free_port, get};
use super::site::Site;
use super::stage::Stage;

/// How many requests are counted.
const REQUESTS: u32 = 200;

/// Two versions of a site.
struct Shop {
    old: Site,
    new: Site,
}

impl Shop {
    fn open() -> Shop {
        let (old, new) = (Site::open(), Site::open());
        old.put("/", 200, "old");
        new.put("/", 200, "new");
        Shop { old, new }
    }

    /// Asks a router so many times, and returns how many percent came to the new version.
    fn percent_new(port: u16) -> f64 {
        let answers = (0..REQUESTS).map(|_| get(port, "/").expect("somebody answers").1);
        100.0 * answers.filter(|it| it.contains("new")).count() as f64 / f64::from(REQUESTS)
    }
}

fn haproxy(folder: &Path, shop: &Shop) -> (Server, u16) {
    let port = free_port();
    // Chosen at random, so that no turn of before is caught up on; the shares are then those of a draw.
    let settings = format!(
        "global\n  stats socket unix@{socket} mode 600 level admin\n\
         defaults\n  mode http\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s\n\
         frontend web\n  bind 127.0.0.1:{port}\n  default_backend app\n\
         backend app\n  balance random\n  server stable 127.0.0.1:{old} weight 100\n  \
         server canary 127.0.0.1:{new} weight 0\n",
        socket = folder.join("haproxy.sock").display(),
        old = shop.old.port,
        new = shop.new.port
    );
    let config = folder.join("haproxy.cfg");
    std::fs::write(&config, settings).expect("it writes");
    let mut server = Server::start("haproxy", "haproxy", &["-db", "-q", "-f", config.to_str().expect("UTF-8")]);
    server.until("it answers", || get(port, "/").is_some_and(|it| it.0 == 200));
    (server, port)
}

const EDGE: &str = "router edge {\n  haproxy { socket = \"haproxy.sock\", backend = \"app\", stable = [\"stable\"], \
                    canary = [\"canary\"] }\n}\n";

/// Between the lines of a draw of so many: five deviations on either side.
fn is_about(percent: f64, of: f64) -> bool {
    let deviation = (of * (100.0 - of) / f64::from(REQUESTS)).sqrt();
    (percent - of).abs() <= 5.0 * deviation
}

#[test]
fn haproxy_gets_its_shares_and_they_are_taken_back() {
    let shop = Shop::open();
    let text = format!(
        "{EDGE}rollout r {{ stage s {{\n  traffic 30% {{ via = edge }}\n  run \"touch half; while [ ! -e go ]; do sleep 0.05; \
         done\"\n  traffic 100% {{ via = edge }}\n  run \"test ! -e bad\"\n}} }}\n"
    );
    let stage = Stage::with("r.rollout", &text);
    let (_server, port) = haproxy(stage.path(), &shop);
    assert_eq!(Shop::percent_new(port), 0.0);

    let run = stage.start(&["run", "r.rollout"]);
    stage.until("a part has moved", || stage.path().join("half").exists());
    let percent = Shop::percent_new(port);
    assert!(is_about(percent, 30.0), "{percent}");
    stage.write("go", "");
    assert_eq!(stage.end(run).code, 0);
    assert_eq!(Shop::percent_new(port), 100.0);

    // The next run fails at its end, and brings back what it found.
    stage.write("bad", "");
    let said = stage.say(&["run", "r.rollout"]);
    assert_eq!(said.code, 3, "{}", said.shown());
    assert_eq!(Shop::percent_new(port), 100.0);
}

#[test]
fn haproxy_says_what_it_does_not_know() {
    let shop = Shop::open();
    let text = format!(
        "{}rollout r {{ stage s {{ traffic 30% {{ via = edge }} }} }}\n",
        EDGE.replace("\"canary\"", "\"nobody\"")
    );
    let stage = Stage::with("r.rollout", &text);
    let said = stage.say(&["run", "r.rollout"]);
    assert_ne!(said.code, 0);
    assert!(said.shown().contains("cannot be spoken to"), "{}", said.shown());
    let (_server, port) = haproxy(stage.path(), &shop);
    let said = stage.say(&["run", "r.rollout"]);
    assert_ne!(said.code, 0);
    assert!(said.shown().contains("HAProxy has no `app/nobody`"), "{}", said.shown());
    assert_eq!(Shop::percent_new(port), 0.0);
}

fn nginx(folder: &Path, shop: &Shop) -> (Server, u16) {
    let port = free_port();
    for name in ["tmp", "logs"] {
        std::fs::create_dir(folder.join(name)).expect("it is made");
    }
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|it| format!("{it}_temp_path tmp/{it};"));
    let settings = format!(
        "daemon off; pid nginx.pid; error_log logs/error.log; worker_processes 1;\nevents {{}}\nhttp {{\n  access_log off; {paths}\n  \
         include upstream.conf;\n  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://app; }} }}\n}}\n",
        paths = paths.join(" ")
    );
    std::fs::write(folder.join("nginx.conf"), settings).expect("it writes");
    let upstream =
        format!("upstream app {{ server 127.0.0.1:{}; server 127.0.0.1:{} down; }}\n", shop.old.port, shop.new.port);
    std::fs::write(folder.join("upstream.conf"), upstream.replace("; server", ";\n server")).expect("it writes");
    let words = ["-p", folder.to_str().expect("UTF-8"), "-c", "nginx.conf"];
    let mut server = Server::start("nginx", "nginx-light", &words);
    server.until("it answers", || get(port, "/").is_some_and(|it| it.0 == 200));
    (server, port)
}

fn front(shop: &Shop, test: &str) -> String {
    format!(
        "router front {{\n  nginx {{\n    file = \"upstream.conf\", upstream = \"app\"\n    stable = [\"127.0.0.1:{}\"], \
         canary = [\"127.0.0.1:{}\"]\n    test = \"{test}\"\n    reload = \"kill -HUP $(cat nginx.pid)\"\n  }}\n}}\n",
        shop.old.port, shop.new.port
    )
}

/// Who knows where it is finds it, also where only administrators look.
const TEST: &str = "PATH=$PATH:/usr/sbin nginx -t -q -p . -c nginx.conf";

#[test]
fn nginx_gets_its_shares_by_a_file_that_it_reads() {
    let shop = Shop::open();
    let text = format!(
        "{}rollout r {{ stage s {{\n  traffic 25% {{ via = front, settle = 1s }}\n  run \"touch part; while [ ! -e go ]; do sleep 0.05; \
         done; test ! -e bad\"\n  traffic 100% {{ via = front, settle = 1s }}\n}} }}\n",
        front(&shop, TEST)
    );
    let stage = Stage::with("r.rollout", &text);
    let (_server, port) = nginx(stage.path(), &shop);
    assert_eq!(Shop::percent_new(port), 0.0);
    let run = stage.start(&["run", "r.rollout"]);
    stage.until("a part has moved", || stage.path().join("part").exists());
    assert_eq!(Shop::percent_new(port), 25.0);
    stage.write("bad", "");
    stage.write("go", "");
    let said = stage.end(run);
    assert_eq!(said.code, 3, "{}", said.shown());
    stage.until("all is as it was", || Shop::percent_new(port) == 0.0);
}

#[test]
fn what_nginx_cannot_read_never_reaches_it() {
    let shop = Shop::open();
    let text = format!(
        "{}rollout r {{ stage s {{ traffic 25% {{ via = front }} }} }}\n",
        front(&shop, TEST).replace("\n    test", ", extra = \"no_such_word;\"\n    test")
    );
    let stage = Stage::with("r.rollout", &text);
    let (_server, port) = nginx(stage.path(), &shop);
    let before = stage.read("upstream.conf");
    let said = stage.say(&["run", "r.rollout"]);
    assert_ne!(said.code, 0);
    assert_eq!(stage.read("upstream.conf"), before);
    let logs = stage.say(&["logs"]);
    assert!(
        format!("{}{}", said.shown(), logs.shown()).contains("what was there before is back"),
        "{}{}",
        said.shown(),
        logs.shown()
    );
    assert_eq!(Shop::percent_new(port), 0.0);
}
