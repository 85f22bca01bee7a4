/** A server of one's own. bun examples/api_server.ts MODEL [PORT] */
import { createServer, workerOpener } from "@realizar/server";

const [path, port = "3000"] = process.argv.slice(2);
if (path === undefined) {
  console.error("usage: bun examples/api_server.ts MODEL [PORT]");
  process.exit(2);
}

const server = createServer({
  models: [{ id: "model", path, pinned: true }],
  opener: workerOpener({ model: { threads: 1 } }),
  version: "1.0.0",
});

const { url } = await server.listen({ port: Number(port) });
await server.ready();
console.log(`listening on ${url}
  curl ${url}health
  curl ${url}tokenize -H 'content-type: application/json' -d '{"text": "Once upon a time"}'
  curl ${url}generate -H 'content-type: application/json' -d '{"prompt": "Once upon a time"}'
  curl -N ${url}stream/generate -H 'content-type: application/json' -d '{"prompt": "Once upon a time"}'`);

process.once("SIGINT", () => server.close());
process.once("SIGTERM", () => server.close());
