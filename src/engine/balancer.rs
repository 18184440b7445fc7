//! Load balancers that are spoken to without a script of the user's: shares become weights, and weights what HAProxy or
//! nginx is told. Opens no socket and writes no file.

use super::ask::{Asking, joined};
use super::exposure::Share;
use super::{Cause, CommandAccept, CommandJob, HaproxyCall, Invocation, SecretText, Shell};
use crate::model::{Expr, Haproxy, Nginx};
use crate::value::Value;

/// No server of HAProxy weighs more.
const WEIGHT_MAX: u64 = 256;

impl Asking<'_> {
    /// Returns what HAProxy is asked, or told.
    pub fn haproxy(&self, haproxy: &Haproxy, set: Option<Share>, timeout_ms: u64) -> Result<HaproxyCall, Cause> {
        let (stable, canary) = (self.servers(&haproxy.stable)?, self.servers(&haproxy.canary)?);
        let socket = self.text(&haproxy.socket)?;
        let is_path = socket.contains('/') || !socket.contains(':');
        let backend = self.text(&haproxy.backend)?;
        let is_odd = |it: &&String| it.chars().any(|it| it.is_whitespace() || ";/,".contains(it));
        if let Some(odd) = stable.iter().chain(&canary).chain([&backend]).find(is_odd) {
            return Err(Cause::Value { message: format!("`{odd}` is no name that HAProxy could have") });
        }
        Ok(HaproxyCall {
            weights: set.map(|it| weights(it, stable.len(), canary.len())),
            socket: if is_path { joined(self.folder(&haproxy.folder), socket) } else { socket },
            backend,
            stable,
            canary,
            timeout_ms,
        })
    }

    /// Returns the command that reads what is in nginx's file, or writes it, tests it and has nginx read it.
    pub fn nginx(&self, nginx: &Nginx, set: Option<Share>, timeout_ms: u64) -> Result<CommandJob, Cause> {
        let (stable, canary) = (self.servers(&nginx.stable)?, self.servers(&nginx.canary)?);
        let upstream = self.text(&nginx.upstream)?;
        let is_odd =
            |it: &&String| it.chars().any(|it| it.is_whitespace() || it.is_control() || "{};\"'\\#$".contains(it));
        if let Some(odd) = stable.iter().chain(&canary).chain([&upstream]).find(is_odd) {
            return Err(Cause::Value { message: format!("`{odd}` cannot stand in a configuration of nginx") });
        }
        let mut env = vec![("FILE".into(), SecretText::plain(self.text(&nginx.file)?))];
        let text = match set {
            None => {
                env.push(("CANARY".into(), SecretText::plain(format!(" {} ", canary.join(" ")))));
                NGINX_READ
            }
            Some(share) => {
                let block = upstream_block(&upstream, share, &stable, &canary, &nginx.extra);
                env.push(("BLOCK".into(), SecretText::plain(block)));
                env.push(("TEST".into(), SecretText::plain(nginx.test.as_str())));
                env.push(("RELOAD".into(), SecretText::plain(nginx.reload.as_str())));
                NGINX_SET
            }
        };
        Ok(CommandJob {
            what: Invocation::Script { shell: Shell::Sh, text: text.to_owned() },
            env,
            pass_env: self.turn.plan.pass_env_at(self.place).to_vec(),
            cwd: self.folder(&nginx.folder),
            stdin: None,
            timeout_ms,
            accept: CommandAccept { codes: vec![0], output: None },
        })
    }

    fn folder(&self, of: &str) -> String {
        joined(self.turn.plan.folder.clone(), of.to_owned())
    }

    fn servers(&self, expr: &Expr) -> Result<Vec<String>, Cause> {
        let value = self.value(expr)?;
        let servers: Vec<String> = value.as_list().unwrap_or_default().iter().map(Value::to_string).collect();
        match servers.is_empty() {
            true => Err(Cause::Value { message: "there is at least one server on each side".to_owned() }),
            false => Ok(servers),
        }
    }
}

/// Reads the share off the weights of the servers; what is `down` weighs nothing, and no weight is 1.
const NGINX_READ: &str = r#"if [ ! -e "$FILE" ]; then
  echo "there is no $FILE: nginx includes it, so write its upstream once, with all servers of the stable side" >&2
  exit 1
fi
awk '
  $1 == "server" {
    sub(/;.*/, ""); address = $2; weight = 1
    for (i = 3; i <= NF; i++) {
      if ($i ~ /^weight=/) weight = substr($i, 8) + 0
    }
    for (i = 3; i <= NF; i++) if ($i == "down") weight = 0
    all += weight
    if (index(ENVIRON["CANARY"], " " address " ")) canary += weight
  }
  END { if (all > 0) printf "%.6g\n", 100 * canary / all; else print 0 }
' "$FILE"
"#;

/// What nginx could not read is taken back before nginx hears of it: a reload of a bad file fails without a word.
const NGINX_SET: &str = r#"cp -p -- "$FILE" "$FILE.before"
printf '%s' "$BLOCK" >"$FILE.next"
mv -f -- "$FILE.next" "$FILE"
if ! sh -eu -c "$TEST" >&2; then
  mv -f -- "$FILE.before" "$FILE"
  echo "nginx could not read what was written to $FILE; what was there before is back" >&2
  exit 1
fi
rm -f -- "$FILE.before"
sh -eu -c "$RELOAD" >&2
"#;

/// Returns what each server weighs, so that the canary's together get the share: of the stable side, and of the canary.
fn weights(share: Share, stable: usize, canary: usize) -> (u32, u32) {
    // Tenths of a percent are as fine as anybody sets them.
    let points = (share.percent() * 10.0).round() as u64;
    let (stable, canary) = ((1000 - points) * canary as u64, points * stable as u64);
    let by = common(stable, canary).max(1);
    let (stable, canary) = (stable / by, canary / by);
    let largest = stable.max(canary);
    if largest <= WEIGHT_MAX {
        return (stable as u32, canary as u32);
    }
    // Whoever is to get anything at all keeps a weight.
    let scaled = |it: u64| if it == 0 { 0 } else { ((it * WEIGHT_MAX + largest / 2) / largest).max(1) };
    (scaled(stable) as u32, scaled(canary) as u32)
}

fn common(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common(b, a % b) }
}

fn upstream_block(name: &str, share: Share, stable: &[String], canary: &[String], extra: &str) -> String {
    let (to_stable, to_canary) = weights(share, stable.len(), canary.len());
    let mut text = format!("# Written by rollout: {share} go to what is new.\nupstream {name} {{\n");
    for (servers, weight) in [(stable, to_stable), (canary, to_canary)] {
        for server in servers {
            match weight {
                0 => text.push_str(&format!("    server {server} down;\n")),
                _ => text.push_str(&format!("    server {server} weight={weight};\n")),
            }
        }
    }
    extra.lines().map(str::trim).filter(|it| !it.is_empty()).for_each(|it| text.push_str(&format!("    {it}\n")));
    text.push_str("}\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(percent: f64) -> Share {
        Share::of_percent(percent).expect("a share")
    }

    #[test]
    fn weights_give_each_side_its_share() {
        let cases = [
            (5.0, 1, 1, (19, 1)),
            (50.0, 1, 1, (1, 1)),
            (25.0, 3, 1, (1, 1)),
            (0.0, 2, 1, (1, 0)),
            (100.0, 2, 1, (0, 1)),
            (10.0, 2, 3, (27, 2)),
        ];
        for (percent, stable, canary, wanted) in cases {
            assert_eq!(weights(share(percent), stable, canary), wanted, "{percent} over {stable} and {canary}");
        }
    }

    #[test]
    fn what_cannot_be_weighed_out_is_close() {
        for tenths in 1..1000 {
            for (stable, canary) in [(1, 1), (3, 1), (1, 3), (7, 2)] {
                let (a, b) = weights(share(f64::from(tenths) / 10.0), stable, canary);
                assert!((1..=256).contains(&a) && (1..=256).contains(&b), "{tenths}: {a} {b}");
                let (a, b) = (f64::from(a) * stable as f64, f64::from(b) * canary as f64);
                let off = (100.0 * b / (a + b) - f64::from(tenths) / 10.0).abs();
                assert!(off < 2.6, "{tenths} over {stable} and {canary}: {off}");
            }
        }
    }

    #[test]
    fn a_server_without_a_share_is_down() {
        let block = upstream_block("app", share(0.0), &["a:1".to_owned()], &["b:2".to_owned()], "keepalive 8;");
        let wanted = "upstream app {\n    server a:1 weight=1;\n    server b:2 down;\n    keepalive 8;\n}\n";
        assert!(block.ends_with(wanted), "{block}");
    }
}
