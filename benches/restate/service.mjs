// The steps as Restate performs them: handlers whose every `ctx.run` is one durable step. Knows no measurement.
// Arguments: the address of the counting server.

import { execFile } from "node:child_process";
import http from "node:http";
import http2 from "node:http2";

import { createEndpointHandler, RestatePromise, service } from "@restatedev/restate-sdk";

// The SDK asks for a newer node than many have; this is all that it misses in node 20.
Promise.withResolvers ??= function () {
  let settle;
  const promise = new this((resolve, reject) => (settle = { resolve, reject }));
  return { promise, ...settle };
};

const counter = process.argv[2];
const agent = new http.Agent({ keepAlive: true });

const steps = service({
  name: "steps",
  handlers: {
    /** One step after another, in one invocation. */
    async chain(context, { work, names }) {
      for (const name of names) await context.run(name, () => perform(work, name));
    },

    /** All steps in one invocation, at most so many at a time. */
    async together(context, { work, names, atOnce }) {
      const turn = turns(atOnce);
      await RestatePromise.all(names.map((name) => context.run(name, () => turn(() => perform(work, name)))));
    },

    /** An invocation with a single step. */
    async one(context, { work, name }) {
      await context.run(name, () => perform(work, name));
    },
  },
});

function perform(work, name) {
  return work.kind === "request" ? request(name) : make(`${work.folder}/${name}`);
}

function request(name) {
  return new Promise((resolve, reject) => {
    const sent = http.request(`${counter}/${name}`, { method: "POST", agent }, (response) => {
      response.resume();
      response.on("end", () => (response.statusCode === 200 ? resolve() : reject(new Error("refused"))));
    });
    sent.on("error", reject);
    sent.end();
  });
}

function make(folder) {
  return new Promise((resolve, reject) => {
    execFile("mkdir", [folder], (error) => (error ? reject(error) : resolve()));
  });
}

/** Lets at most so many begin before others have ended. */
function turns(atOnce) {
  let free = atOnce;
  const waiting = [];
  return async (perform) => {
    if (free > 0) free -= 1;
    else await new Promise((resolve) => waiting.push(resolve));
    try {
      return await perform();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

const server = http2.createServer(createEndpointHandler({ services: [steps] }));
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
process.on("disconnect", () => process.exit());
