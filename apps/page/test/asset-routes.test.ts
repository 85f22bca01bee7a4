import { expect, test } from "bun:test";
import { Hono } from "hono";
import { buildPage } from "../build.ts";
import { assetRoutes, pageRoutes } from "../src/index.ts";

const assets = await buildPage();
const app = new Hono().route("/", assetRoutes(assets));
const at = (extension: string) => assets.find(({ path }) => path.endsWith(extension))!.path;

test("the document names its files, and has no script, style or address of its own", async () => {
  const response = await app.request("/");
  const html = await response.text();
  for (const extension of [".js", ".css", ".svg"]) expect(html).toContain(`".${at(extension)}"`);
  expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|https?:|<script(?! type="module" src=)/);
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(response.headers.get("cache-control")).toBe("no-cache");
});

test("the policy lets the page reach its own origin alone", async () => {
  const policy = (await app.request("/")).headers.get("content-security-policy")!;
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|\*|data:/);
});

test("files have their type, stay in caches, and name no other origin", async () => {
  for (const [extension, type] of [
    [".js", "text/javascript"],
    [".css", "text/css"],
    [".svg", "image/svg+xml"],
  ] as const) {
    const response = await app.request(at(extension));
    expect(response.headers.get("content-type")).toStartWith(type);
    expect(response.headers.get("cache-control")).toContain("immutable");
    const body = await response.text();
    expect(
      body.match(/(?:https?:)?\/\/[\w.-]+\.\w+\/[^\s"'`]*/g)?.filter((url) => !url.includes("www.w3.org")) ??
        [],
    ).toEqual([]);
  }
  expect((await app.request("/assets/page-0.js")).status).toBe(404);
});

test("a client that has the file is told so", async () => {
  const { etag } = assets[0]!;
  for (const [tag, status] of [
    [etag, 304],
    [`"x", W/${etag}`, 304],
    ["*", 304],
    ['"x"', 200],
  ] as const) {
    const response = await app.request("/", { headers: { "if-none-match": tag } });
    expect(response.status).toBe(status);
    expect(response.headers.get("etag")).toBe(etag);
  }
  const head = await app.request("/", { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
});

test("names change with what the files hold", async () => {
  expect((await buildPage()).map(({ path }) => path)).toEqual(assets.map(({ path }) => path));
  expect(new Set(assets.map(({ etag }) => etag)).size).toBe(4);
});

test("the built page is served", async () => {
  const response = await pageRoutes().request("/");
  expect(await response.text()).toContain('<div id="page">');
});
