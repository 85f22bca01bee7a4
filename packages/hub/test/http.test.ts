import { describe, expect, test } from "bun:test";
import { createHttp } from "../src/http.ts";
import { BadAnswerError, ConnectionError, createHubClient, type Fetch, NotFoundError } from "../src/index.ts";
import { failure } from "./workbench.ts";

const ENDPOINT = "https://hub.example";
const retry = { attempts: 2, baseDelayMs: 0, sleep: async () => {} };

/** A client whose network is a table of answers. */
function clientOf(answers: Record<string, () => Response>, seen: string[] = []) {
  const fetch: Fetch = async (url) => {
    seen.push(url);
    const answer = answers[url.replace(ENDPOINT, "")];
    if (answer === undefined) throw new Error(`no answer for ${url}`);
    return answer();
  };
  return createHubClient({ endpoint: ENDPOINT, token: "hf_x" }, { fetch, retry });
}
const redirect = (location: string | undefined) => () =>
  new Response(null, { status: 302, headers: location === undefined ? {} : { location } });

describe("redirects", () => {
  test.each([
    ["in circles", "/a", "redirects"],
    ["down to http", "http://hub.example/x", "redirect to http:"],
    ["to files", "file:///etc/passwd", "redirect to file:"],
    ["nowhere", undefined, "without a target"],
  ])("%s are refused", async (_, location, message) => {
    const http = createHttp({ endpoint: ENDPOINT }, { retry, fetch: async () => redirect(location)() });
    const error = await failure(http.request(`${ENDPOINT}/a`));
    expect(error).toBeInstanceOf(BadAnswerError);
    expect(error.message).toContain(message);
  });

  test("the token stays on its origin, port and scheme included", async () => {
    const sent: [string, boolean][] = [];
    const hops = ["https://hub.example:8443/b", "https://cdn.example/c", "https://hub.example/d"];
    const fetch: Fetch = async (url, init) => {
      sent.push([url, "authorization" in (init.headers as Record<string, string>)]);
      const next = hops.shift();
      return next === undefined ? new Response("ok") : redirect(next)();
    };
    const http = createHttp({ endpoint: ENDPOINT, token: "hf_x" }, { fetch, userAgent: "test" });
    (await http.request(`${ENDPOINT}/a`)).cancel();
    expect(sent.map(([, token]) => token)).toEqual([true, false, false, true]);
  });
});

describe("answers that do not speak the protocol", () => {
  const revision = "/api/models/o/n/revision/main";
  const tree = "/api/models/o/n/tree/abc?recursive=true";
  const info = () => Response.json({ sha: "abc", siblings: [{ rfilename: "a.gguf" }] });

  test.each([
    ["no JSON", () => new Response("<html>")],
    ["no commit", () => Response.json({ siblings: [] })],
    ["no siblings", () => Response.json({ sha: "abc" })],
    ["no object", () => Response.json(null)],
    ["a nameless sibling", () => Response.json({ sha: "abc", siblings: [{}] })],
    ["a listing without end", () => new Response(endless())],
  ])("%s", async (_, answer) => {
    expect(await failure(clientOf({ [revision]: answer }).list("o/n", "main"))).toBeInstanceOf(
      BadAnswerError,
    );
  });

  test("a tree that is no list, or has no end", async () => {
    const odd = clientOf({ [revision]: info, [tree]: () => Response.json({}) });
    expect(await failure(odd.list("o/n", "main"))).toBeInstanceOf(BadAnswerError);
    const link = { link: `<${tree}>; rel="next"` };
    const seen: string[] = [];
    const circle = clientOf({ [revision]: info, [tree]: () => Response.json([], { headers: link }) }, seen);
    expect((await failure(circle.list("o/n", "main"))).message).toContain("100 pages");
    expect(seen).toHaveLength(101);
  });

  test("sizes and checksums that are none are left out; a next page elsewhere is not read", async () => {
    const items = [
      { type: "file", path: "a.gguf", size: -1, lfs: { oid: "sha256:xyz" } },
      { type: "file" },
      7,
    ];
    const link = { link: '<https://evil.example/x>; rel="next"' };
    const client = clientOf({ [revision]: info, [tree]: () => Response.json(items, { headers: link }) });
    expect((await client.list("o/n", "main")).files).toEqual([{ path: "a.gguf" }]);
  });

  test("a file's metadata: odd length, no such file", async () => {
    const path = "/o/n/resolve/abc/a.gguf";
    const headers = { etag: '"e"', "x-linked-size": "12e3" };
    const odd = clientOf({ [path]: () => new Response(null, { headers }) });
    expect((await failure(odd.resolve("o/n", "abc", "a.gguf"))).message).toContain("no length");
    const none = clientOf({ [path]: () => new Response(null, { status: 404 }) });
    expect(await failure(none.resolve("o/n", "abc", "a.gguf"))).toBeInstanceOf(NotFoundError);
  });

  test("no network", async () => {
    expect(await failure(clientOf({}).list("o/n", "main"))).toBeInstanceOf(ConnectionError);
  });
});

test("an abort is the caller's reason, before and while waiting", async () => {
  const stop = new AbortController();
  const fetch: Fetch = (_, init) =>
    new Promise((_, reject) => init.signal!.addEventListener("abort", () => reject(init.signal!.reason)));
  const http = createHttp({ endpoint: ENDPOINT }, { fetch });
  const waiting = failure(http.once(`${ENDPOINT}/a`, { signal: stop.signal }));
  stop.abort(new Error("stop"));
  expect((await waiting).message).toBe("stop");
  expect((await failure(http.once(`${ENDPOINT}/a`, { signal: stop.signal }))).message).toBe("stop");
});

/** 65 MiB of spaces, a mebibyte at a time. */
function endless(): ReadableStream<Uint8Array> {
  let left = 65;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new Uint8Array(2 ** 20).fill(32));
      else controller.close();
    },
  });
}
