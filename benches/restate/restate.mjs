// A Restate server of its own, on loopback and in a folder of its own, and what is asked of it. Knows no `rollout`.

import { spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import net from "node:net";
import path from "node:path";

/** Starts the server with its usual settings, and waits until it answers. */
export async function restate(folder) {
  const [ingress, admin, node] = await freePorts(3);
  const log = fs.openSync(path.join(folder, "restate.log"), "a");
  const settings = {
    RESTATE_DISABLE_TELEMETRY: "true",
    RESTATE_LISTEN_MODE: "tcp",
    RESTATE_BIND_IP: "127.0.0.1",
    RESTATE_ADVERTISED_HOST: "127.0.0.1",
    RESTATE_BIND_PORT: `${node}`,
    RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
    RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
    // Where its log says that each batch is synced, so must it be here.
    RESTATE_LOG_SERVER__ROCKSDB_DISABLE_WAL_FSYNC: "false",
  };
  const started = spawn(program(), ["--no-logo", "--node-name", "bench", "--base-dir", path.join(folder, "data")], {
    env: { PATH: process.env.PATH, ...settings },
    stdio: ["ignore", log, log],
  });
  const stopped = new Promise((resolve) => started.on("close", resolve));
  const stop = () => {
    started.kill("SIGTERM");
    return stopped;
  };
  await answers(started, admin).catch((error) => stop().then(() => Promise.reject(error)));
  const agent = new http.Agent({ keepAlive: true });
  return {
    pid: started.pid,
    register: (address) => post(agent, admin, "/deployments", { uri: address }),
    call: (handler, given) => post(agent, ingress, `/steps/${handler}`, given),
    stop,
  };
}

/** The binary itself: what npm puts before it is a process of node's that only waits. */
function program() {
  const found = createRequire(import.meta.url);
  return found.resolve(`@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`);
}

async function freePorts(count) {
  const held = Array.from({ length: count }, () => net.createServer());
  await Promise.all(held.map((it) => new Promise((resolve) => it.listen(0, "127.0.0.1", resolve))));
  const ports = held.map((it) => it.address().port);
  await Promise.all(held.map((it) => new Promise((resolve) => it.close(resolve))));
  return ports;
}

async function answers(started, admin) {
  for (let tried = 0; tried < 600 && started.exitCode === null; tried += 1) {
    const answer = await fetch(`http://127.0.0.1:${admin}/health`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the Restate server does not answer; its log is `restate.log`");
}

function post(agent, port, place, given) {
  const body = JSON.stringify(given);
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const asked = http.request({ host: "127.0.0.1", port, path: place, method: "POST", agent, headers }, (response) => {
      let text = "";
      response.on("data", (part) => (text += part));
      response.on("end", () =>
        response.statusCode < 300 ? resolve() : reject(new Error(`${place}: ${response.statusCode} ${text}`)),
      );
    });
    asked.on("error", reject);
    asked.end(body);
  });
}
