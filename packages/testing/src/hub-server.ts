import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a file does other than being sent. Counted ones happen that many times, then the file behaves. */
export interface Behaviour {
  /** Answers ranges with the whole file. */
  noRanges?: boolean;
  /** Cuts the connection after so many bytes of an answer. */
  cutAfter?: { bytes: number; times: number };
  /** Answers with this status. */
  fails?: { status: number; times: number; headers?: Record<string, string> };
  /** Bytes sent are not those promised. */
  corrupt?: { times: number };
  /** Sends nothing after the headers. */
  stalls?: { times: number };
  /** Milliseconds between pieces of 16 KiB. */
  slowMs?: number;
  /** Answers GETs only. */
  noHead?: boolean;
  /** Sends no length. */
  chunked?: boolean;
  etag?: string;
}

export interface Seen {
  server: "hub" | "cdn";
  method: string;
  path: string;
  range: string | undefined;
  authorization: string | undefined;
}

export interface HubServer {
  endpoint: string;
  cdn: string;
  requests: Seen[];
  /** Bytes of files that left. */
  sentBytes(): number;
  behaviour: Record<string, Behaviour>;
  close(): Promise<void>;
}

export interface RepoFixture {
  commit: string;
  files: Record<string, Uint8Array>;
  /** Kept in large file storage: answered by a redirect to the other server. */
  lfs?: string[];
  token?: string;
  gated?: boolean;
  noTree?: boolean;
}

const PIECE = 16 * 1024;

/** Speaks the hub's API on two loopback ports: the hub, and the storage it redirects to. */
export async function startHub(repos: Record<string, RepoFixture>): Promise<HubServer> {
  const requests: Seen[] = [];
  const behaviour: Record<string, Behaviour> = {};
  let sent = 0;

  const log = (server: Seen["server"], request: IncomingMessage, path: string) =>
    requests.push({
      server,
      method: request.method!,
      path,
      range: request.headers.range,
      authorization: request.headers.authorization,
    });

  async function sendFile(
    request: IncomingMessage,
    response: ServerResponse,
    name: string,
    bytes: Uint8Array,
    headers: Record<string, string>,
  ) {
    const how = behaviour[name] ?? {};
    if (how.fails !== undefined && how.fails.times-- > 0)
      return void response.writeHead(how.fails.status, how.fails.headers).end();
    if (request.method === "HEAD") {
      if (how.noHead) return void response.writeHead(405).end();
      const length = how.chunked ? {} : { "content-length": String(bytes.length) };
      return void response.writeHead(200, { ...headers, ...length }).end();
    }
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const ranged = first !== undefined && !how.noRanges;
    const start = ranged ? Number(first) : 0;
    const end = ranged ? Math.min(Number(last) + 1, bytes.length) : bytes.length;
    if (ranged && start >= bytes.length)
      return void response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
    const body = bytes.slice(start, end);
    if (how.corrupt !== undefined && how.corrupt.times-- > 0) body[0]! ^= 1;
    const range = ranged ? { "content-range": `bytes ${start}-${end - 1}/${bytes.length}` } : {};
    const length = how.chunked ? {} : { "content-length": String(body.length) };
    response.writeHead(ranged ? 206 : 200, { ...headers, ...range, ...length });
    const stall = how.stalls !== undefined && how.stalls.times-- > 0;
    const cut = how.cutAfter !== undefined && how.cutAfter.times-- > 0 ? how.cutAfter.bytes : undefined;
    response.flushHeaders();
    if (stall) return;
    for (let at = 0; at < body.length; at += PIECE) {
      if (response.destroyed) return;
      if (cut !== undefined && at + PIECE > cut) {
        response.write(body.subarray(at, cut));
        sent += Math.max(0, cut - at);
        await new Promise((resolve) => setTimeout(resolve, 5));
        return void response.destroy();
      }
      const piece = body.subarray(at, at + PIECE);
      response.write(piece);
      sent += piece.length;
      if (how.slowMs !== undefined) await new Promise((resolve) => setTimeout(resolve, how.slowMs));
    }
    response.end();
  }

  const cdnServer = createServer(async (request, response) => {
    const url = new URL(request.url!, "http://cdn");
    log("cdn", request, url.pathname);
    const [, org, name, ...path] = decodeURIComponent(url.pathname).split("/");
    const bytes = repos[`${org}/${name}`]?.files[path.join("/")];
    if (bytes === undefined) return void response.writeHead(404).end();
    const etag = behaviour[path.join("/")]?.etag ?? `"${sha256(bytes).slice(0, 32)}"`;
    await sendFile(request, response, path.join("/"), bytes, etag === "" ? {} : { etag });
  });
  const cdn = await listen(cdnServer);

  const hubServer = createServer(async (request, response) => {
    const url = new URL(request.url!, "http://hub");
    log("hub", request, url.pathname);
    const path = decodeURIComponent(url.pathname).split("/").slice(1);
    const json = (data: unknown, headers = {}) =>
      void response
        .writeHead(200, { "content-type": "application/json", ...headers })
        .end(JSON.stringify(data));
    const fail = (status: number, code: string) =>
      void response.writeHead(status, { "x-error-code": code }).end("{}");
    const isApi = path[0] === "api";
    const [org, name, verb, revision, ...rest] = isApi ? path.slice(2) : path;
    const repo = repos[`${org}/${name}`];
    const how = behaviour[`${verb} ${org}/${name}`];
    if (how?.fails !== undefined && how.fails.times-- > 0)
      return void response.writeHead(how.fails.status, how.fails.headers).end();
    // The hub does not tell those without a token what does not exist.
    if (repo === undefined)
      return request.headers.authorization ? fail(404, "RepoNotFound") : fail(401, "RepoNotFound");
    if (repo.gated) return fail(403, "GatedRepo");
    if (repo.token !== undefined && request.headers.authorization !== `Bearer ${repo.token}`)
      return fail(401, "RepoNotFound");
    if (revision !== "main" && revision !== repo.commit) return fail(404, "RevisionNotFound");
    const isLfs = (file: string) => repo.lfs?.includes(file) ?? false;
    if (isApi && verb === "revision")
      return json({
        id: `${org}/${name}`,
        sha: repo.commit,
        siblings: Object.keys(repo.files).map((rfilename) => ({ rfilename })),
      });
    if (isApi && verb === "tree") {
      if (repo.noTree) return fail(404, "EntryNotFound");
      const all = Object.entries(repo.files).map(([path, bytes]) => ({
        type: "file",
        path,
        size: bytes.length,
        oid: gitSha1(bytes),
        ...(isLfs(path) ? { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 130 } } : {}),
      }));
      const page = Number(url.searchParams.get("cursor") ?? 0);
      const next = `<http://${request.headers.host}${url.pathname}?recursive=true&cursor=${page + 1}>; rel="next"`;
      return json(
        [...all.slice(page * 3, page * 3 + 3), { type: "directory", path: "d" }],
        all.length > page * 3 + 3 ? { link: next } : {},
      );
    }
    const file = rest.join("/");
    const bytes = repo.files[file];
    if (verb !== "resolve" || bytes === undefined) return fail(404, "EntryNotFound");
    const headers = { "x-repo-commit": repo.commit, "accept-ranges": "bytes" };
    if (!isLfs(file))
      return sendFile(request, response, file, bytes, {
        ...headers,
        etag: behaviour[file]?.etag ?? `"${gitSha1(bytes)}"`,
      });
    const location = `${cdn}/${org}/${name}/${file.split("/").map(encodeURIComponent).join("/")}?signature=secret`;
    const linked = {
      "x-linked-etag": behaviour[file]?.etag ?? `"${sha256(bytes)}"`,
      "x-linked-size": String(bytes.length),
    };
    response.writeHead(302, { ...headers, ...linked, etag: '"pointer"', location }).end();
  });
  const endpoint = await listen(hubServer);

  return {
    endpoint,
    cdn,
    requests,
    behaviour,
    sentBytes: () => sent,
    async close() {
      for (const server of [hubServer, cdnServer]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function gitSha1(bytes: Uint8Array): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** Bytes that differ everywhere, the same each time. */
export function sampleBytes(count: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
