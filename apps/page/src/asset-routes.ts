import { Hono } from "hono";

/** A file of the page, ready to be sent. */
export interface Asset {
  /** Where it is served. */
  readonly path: string;
  readonly contentType: string;
  /** A strong validator, quoted (RFC 9110, section 8.8.3). */
  readonly etag: string;
  readonly body: string;
}

/** The page runs its own script and style, talks to its own origin, and is shown in no frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const HEADERS = {
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** Names with a hash never change what they hold; the page itself is asked for anew each time. */
const cacheControl = (path: string): string =>
  path === "/" ? "no-cache" : "public, max-age=31536000, immutable";

/** Whether the client has this version: a list of validators, weak or not, or `*` (RFC 9110, section 13.1.2). */
function isFresh(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const known = ifNoneMatch.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return known.includes(etag) || known.includes("*");
}

/** Serves the assets from memory, without an API key: they hold nothing of the server's. */
export function assetRoutes(assets: readonly Asset[]): Hono {
  const app = new Hono();
  for (const { path, contentType, etag, body } of assets) {
    const headers = { ...HEADERS, etag, "cache-control": cacheControl(path) };
    app.get(path, (c) =>
      isFresh(c.req.header("if-none-match"), etag)
        ? c.body(null, 304, headers)
        : c.body(body, 200, { ...headers, "content-type": contentType }),
    );
  }
  return app;
}
