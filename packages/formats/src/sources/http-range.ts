import type { ByteSource } from "../checkpoint.ts";
import { FormatsError } from "../errors.ts";
import { checkRange } from "./range.ts";

/** How an {@link httpRangeSource} asks. */
export interface HttpRangeOptions {
  /** Sent with each request, such as an Authorization header. */
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of the global `fetch`. */
  readonly fetch?: (url: string, init: { headers: Record<string, string> }) => Promise<Response>;
}

/**
 * A file on a server that answers Range requests (RFC 9110, section 14).
 * @throws FormatsError FORMATS_HTTP where the server refuses, ignores the range or cuts the answer short
 */
export async function httpRangeSource(url: string, options: HttpRangeOptions = {}): Promise<ByteSource> {
  const get = options.fetch ?? fetch;
  const request = async (first: number, last: number): Promise<Response> => {
    const response = await get(url, { headers: { ...options.headers, Range: `bytes=${first}-${last}` } });
    if (response.status === 206) return response;
    await response.body?.cancel();
    const why =
      response.status === 200
        ? "it does not serve ranges; download the file instead"
        : `status ${response.status}`;
    throw refused(url, why, response.status);
  };

  const probe = await request(0, 0);
  await probe.body?.cancel();
  const size = Number(/\/(\d+)$/.exec(probe.headers.get("content-range") ?? "")?.[1] ?? Number.NaN);
  if (!Number.isSafeInteger(size)) throw refused(url, "its answer does not tell the file's size", 206);
  return {
    size,
    async readInto(dst, offset) {
      checkRange(url, offset, dst.byteLength, size);
      if (dst.byteLength === 0) return;
      const response = await request(offset, offset + dst.byteLength - 1);
      let at = 0;
      for await (const piece of response.body ?? []) {
        if (at + piece.byteLength > dst.byteLength)
          throw refused(url, "it sent more than was asked for", 206);
        dst.set(piece, at);
        at += piece.byteLength;
      }
      if (at < dst.byteLength) throw refused(url, `it sent ${at} of ${dst.byteLength} bytes`, 206);
    },
  };
}

function refused(url: string, why: string, status: number): FormatsError {
  return new FormatsError("FORMATS_HTTP", `${url}: ${why}`, { path: url, status });
}
