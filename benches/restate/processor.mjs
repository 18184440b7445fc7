// What the kernel says a process has cost. Knows nothing of what the process does.

import fs from "node:fs";

const TICK_MS = 10;

/** CPU in milliseconds of a process and of those it has waited for. */
export function cpuMs(pid) {
  const [own, waited] = times(pid);
  return own + waited;
}

/** CPU in milliseconds of what this process has started and waited for. */
export function endedCpuMs() {
  return times("self")[1];
}

function times(pid) {
  const text = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name may hold blanks and brackets; what follows its last bracket is regular.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
  const [user, system, userWaited, systemWaited] = fields.slice(11, 15);
  return [(user + system) * TICK_MS, (userWaited + systemWaited) * TICK_MS];
}
