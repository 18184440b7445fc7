// The work of a step: a server that answers every request at once and counts. Knows neither engine.
// Its parent asks for the counts by a message, which also begins the next counting.

import http from "node:http";

let total = 0;
let paths = new Set();

const server = http.createServer((request, response) => {
  total += 1;
  paths.add(request.url);
  request.resume();
  response.end("done");
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));

process.on("message", () => {
  process.send({ total, different: paths.size });
  total = 0;
  paths = new Set();
});
process.on("disconnect", () => process.exit());
