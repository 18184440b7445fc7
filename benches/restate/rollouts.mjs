// The same steps as `rollout` performs them: the files it is given, and one run of one of them. Knows no Restate.

import { spawn } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";

/** Writes a file for each graph and kind of work, and gives back what runs one of them to its end. */
export async function rollouts(program, folder, names, atOnce) {
  await fs.mkdir(folder, { recursive: true });
  await fs.writeFile(path.join(folder, "targets.csv"), ["name", ...names, ""].join("\n"));
  for (const kind of ["request", "process"]) {
    await fs.writeFile(path.join(folder, `chain-${kind}.rollout`), chain(kind, names));
    await fs.writeFile(path.join(folder, `wide-${kind}.rollout`), wide(kind, atOnce));
  }
  return (graph, work) => run(program, folder, graph, work);
}

function chain(kind, names) {
  const steps = names.map((name) => `    ${step(kind, name)}\n`).join("");
  return `rollout chain {\n  input at: string\n  stage all {\n${steps}  }\n}\n`;
}

function wide(kind, atOnce) {
  const loop = `for it in targets { at_once = ${atOnce}, ${step(kind, "${it}")} }`;
  return `fleet targets = csv("targets.csv")\n\nrollout wide {\n  input at: string\n  stage all { ${loop} }\n}\n`;
}

function step(kind, name) {
  return kind === "request" ? `http POST "\${at}/${name}"` : `exec ["mkdir", "\${at}/${name}"]`;
}

function run(program, folder, graph, work) {
  const at = work.kind === "request" ? work.counter : work.folder;
  const file = path.join(folder, `${graph}-${work.kind}.rollout`);
  const state = path.join(folder, "state");
  const words = ["--state", state, "--quiet", "run", file, "--yes", "--input", `at=${at}`];
  return new Promise((resolve, reject) => {
    const started = spawn(program, words, { stdio: ["ignore", "ignore", "pipe"] });
    let talk = "";
    started.stderr.on("data", (text) => (talk += text));
    started.on("error", reject);
    started.on("close", (code) => (code === 0 ? resolve() : reject(new Error(`${program} ended with ${code}: ${talk}`))));
  });
}
