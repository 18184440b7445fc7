//! HAProxy while it runs: weights set and read back over its stats socket. Knows the few words of that protocol, not
//! what a share is for. The words are those of the management guide of HAProxy, "Unix Socket commands".

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};

use super::fault::{duration_text, fault};
use crate::engine::{Done, Fault, FaultKind, HaproxyCall};

/// An answer is some lines; the statistics of ten thousand servers are less than this.
const ANSWER_BYTES_MAX: u64 = 8 << 20;

/// Sets the weights of all servers, or reads the share that the canary's have.
pub(super) async fn perform(call: &HaproxyCall) -> Result<Done, Fault> {
    let spoken = async {
        match call.weights {
            Some(weights) => set(call, weights).await.map(|()| String::new()),
            None => read(call).await,
        }
    };
    let answered = tokio::time::timeout(Duration::from_millis(call.timeout_ms), spoken).await;
    let stdout = answered.unwrap_or_else(|_| {
        let message = format!("HAProxy did not answer within {}", duration_text(call.timeout_ms));
        Err(fault(FaultKind::TimedOut, message))
    })?;
    Ok(Done { stdout, ..Done::default() })
}

/// What is to get more comes first, so that there is never nobody to serve.
async fn set(call: &HaproxyCall, (stable, canary): (u32, u32)) -> Result<(), Fault> {
    let mut sides = [(&call.stable, stable), (&call.canary, canary)];
    sides.sort_by_key(|it| std::cmp::Reverse(it.1));
    for (servers, weight) in sides {
        for server in servers {
            let word = format!("set server {}/{server} weight {weight}", call.backend);
            let answer = say(call, &word).await?;
            // Success is silence; there is no status.
            if !answer.trim().is_empty() {
                let message = format!("HAProxy refused `{word}`: {}", answer.trim());
                return Err(fault(FaultKind::Refused, message));
            }
        }
    }
    Ok(())
}

async fn read(call: &HaproxyCall) -> Result<String, Fault> {
    let table = say(call, "show stat").await?;
    share(&table, call).map_err(|message| fault(FaultKind::Refused, message))
}

async fn say(call: &HaproxyCall, word: &str) -> Result<String, Fault> {
    let spoken = if call.socket.contains('/') {
        match UnixStream::connect(&call.socket).await {
            Ok(stream) => converse(stream, word).await,
            Err(error) => Err(error),
        }
    } else {
        match TcpStream::connect(&call.socket).await {
            Ok(stream) => converse(stream, word).await,
            Err(error) => Err(error),
        }
    };
    spoken.map_err(|error| {
        let message = format!("HAProxy cannot be spoken to at `{}`: {error}", call.socket);
        fault(FaultKind::Unreachable, message)
    })
}

/// One line in, and everything until the end out.
async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, word: &str) -> std::io::Result<String> {
    stream.write_all(format!("{word}\n").as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Reads the share of the canary's servers off the table of all. A side that is to serve and has nobody up serves
/// nothing, whatever its weights say.
fn share(table: &str, call: &HaproxyCall) -> Result<String, String> {
    let names: Vec<&str> = table.lines().next().unwrap_or_default().trim_start_matches("# ").split(',').collect();
    let column = |name: &str| names.iter().position(|it| *it == name);
    let (Some(proxy), Some(server), Some(weight), Some(status)) =
        (column("pxname"), column("svname"), column("weight"), column("status"))
    else {
        let first = table.lines().next().unwrap_or("nothing");
        return Err(format!("HAProxy answered `{first}` where its statistics were asked for"));
    };
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|it| it.split(',').collect()).collect();
    let side = |servers: &[String]| -> Result<(u64, bool), String> {
        let mut all = 0;
        let mut is_up = false;
        for name in servers {
            let is_it = |row: &&Vec<&str>| {
                row.get(proxy) == Some(&call.backend.as_str()) && row.get(server) == Some(&name.as_str())
            };
            let row = rows.iter().find(is_it).ok_or_else(|| format!("HAProxy has no `{}/{name}`", call.backend))?;
            let status = row.get(status).copied().unwrap_or_default();
            // Who was taken out by hand takes no part, whatever it weighs.
            if status.starts_with("MAINT") || status.starts_with("DRAIN") {
                continue;
            }
            is_up |= status.starts_with("UP") || status == "no check";
            all += row.get(weight).and_then(|it| it.parse::<u64>().ok()).unwrap_or(0);
        }
        Ok((all, is_up))
    };
    let (stable, canary) = (side(&call.stable)?, side(&call.canary)?);
    for ((weight, is_up), name) in [(stable, "stable"), (canary, "canary")] {
        if weight > 0 && !is_up {
            return Err(format!("no server of the {name} side of `{}` is up", call.backend));
        }
    }
    let all = stable.0 + canary.0;
    Ok(if all == 0 { "0".to_owned() } else { format!("{}", 100.0 * canary.0 as f64 / all as f64) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> HaproxyCall {
        HaproxyCall {
            socket: "/run/x".to_owned(),
            backend: "app".to_owned(),
            stable: vec!["old".to_owned()],
            canary: vec!["new".to_owned()],
            weights: None,
            timeout_ms: 1000,
        }
    }

    fn table(old: &str, new: &str) -> String {
        format!("# pxname,svname,status,weight,\nweb,old,UP,9,\napp,old,{old},\napp,new,{new},\napp,BACKEND,UP,100,\n")
    }

    #[test]
    fn the_share_is_that_of_the_weights() {
        assert_eq!(share(&table("UP,75", "UP,25"), &call()), Ok("25".to_owned()));
        assert_eq!(share(&table("no check,0", "no check,7"), &call()), Ok("100".to_owned()));
        assert_eq!(share(&table("UP,75", "DRAIN,25"), &call()), Ok("0".to_owned()));
        assert_eq!(share(&table("UP,0", "UP,0"), &call()), Ok("0".to_owned()));
    }

    #[test]
    fn who_is_down_serves_nothing() {
        assert!(share(&table("UP,75", "DOWN,25"), &call()).is_err_and(|it| it.contains("canary side")));
        assert_eq!(share(&table("UP,75", "DOWN,0"), &call()), Ok("0".to_owned()));
        assert!(share("No such thing.\n", &call()).is_err());
        let mut other = call();
        other.canary = vec!["nobody".to_owned()];
        assert!(share(&table("UP,1", "UP,1"), &other).is_err_and(|it| it.contains("app/nobody")));
    }
}
