import { type ByteSource, checkRange } from "../byte-source.ts";
import { GgufSourceError } from "../errors.ts";
import { fromBytes } from "./memory.ts";

/** A body this small is taken whole from a server without ranges. */
const WHOLE_BODY_BYTES = 16 * 1024 * 1024;

/** Bytes fetched at least: the header is read in many small steps, and each request costs a round trip. */
const READ_AHEAD_BYTES = 256 * 1024;

export interface HttpOptions {
  /** Stands in for the global fetch: for credentials, retries, tests. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Bytes a request asks for at least; 256 KiB where absent, 0 for exact requests. */
  readonly readAhead?: number;
}

/**
 * A file behind HTTP, read by range requests. Small reads fetch ahead, so the header of a model takes a few requests.
 *
 * @throws GgufSourceError where the server refuses, ignores ranges on a body over 16 MiB, answers short, or its ETag
 *   changes between requests
 */
export async function fromUrl(url: string, options: HttpOptions = {}): Promise<ByteSource> {
  const request = async (first: number, last: number): Promise<Response> => {
    const headers = { ...options.headers, Range: `bytes=${first}-${last}` };
    const init: RequestInit = { headers, ...(options.signal ? { signal: options.signal } : {}) };
    try {
      return await (options.fetch ?? fetch)(url, init);
    } catch (cause) {
      throw new GgufSourceError(url, `the request failed: ${cause}`, { cause });
    }
  };
  const probe = await request(0, 0);
  if (probe.status === 200) return fromBytes(await wholeBody(url, probe));
  await probe.body?.cancel();
  const size = Number(/\/(\d+)$/.exec(probe.headers.get("content-range") ?? "")?.[1] ?? Number.NaN);
  if (probe.status === 416 && size === 0) return fromBytes(new Uint8Array(0));
  if (probe.status !== 206) throw new GgufSourceError(url, `the server answered ${probe.status}`);
  if (!Number.isSafeInteger(size)) throw new GgufSourceError(url, "the server does not tell the file's size");
  const etag = probe.headers.get("etag");

  const fetchInto = async (dst: Uint8Array, offset: number): Promise<void> => {
    const response = await request(offset, offset + dst.byteLength - 1);
    if (response.status !== 206 || response.headers.get("etag") !== etag) {
      await response.body?.cancel();
      throw new GgufSourceError(
        url,
        response.status === 206
          ? "the file changed while it was read; open it again"
          : `the server answered ${response.status} to a range request`,
      );
    }
    const length = await drain(response, dst);
    if (length !== dst.byteLength) {
      throw new GgufSourceError(
        url,
        `the server sent ${length} bytes of ${dst.byteLength} at offset ${offset}`,
      );
    }
  };

  const readAhead = options.readAhead ?? READ_AHEAD_BYTES;
  let window = { offset: 0, bytes: new Uint8Array(0) };
  return {
    size,
    async readInto(dst, offset) {
      checkRange(offset, dst.byteLength, size);
      if (dst.byteLength === 0) return;
      if (dst.byteLength >= readAhead) return fetchInto(dst, offset);
      let held = window;
      if (offset < held.offset || offset + dst.byteLength > held.offset + held.bytes.byteLength) {
        held = { offset, bytes: new Uint8Array(Math.min(readAhead, size - offset)) };
        await fetchInto(held.bytes, offset);
        window = held;
      }
      dst.set(held.bytes.subarray(offset - held.offset, offset - held.offset + dst.byteLength));
    },
  };
}

/** Reads a body into `dst`; returns its length, which is more than `dst` holds where the server sends too much. */
async function drain(response: Response, dst: Uint8Array): Promise<number> {
  let length = 0;
  const reader = response.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.byteLength;
    if (length > dst.byteLength) {
      await reader.cancel();
      break;
    }
    dst.set(value, length - value.byteLength);
  }
  return length;
}

/** The body of a server that ignores ranges. @throws GgufSourceError over 16 MiB */
async function wholeBody(url: string, response: Response): Promise<Uint8Array> {
  const limit = new Uint8Array(WHOLE_BODY_BYTES);
  const announced = Number(response.headers.get("content-length") ?? 0);
  const length = announced > WHOLE_BODY_BYTES ? announced : await drain(response, limit);
  if (length <= WHOLE_BODY_BYTES) return limit.slice(0, length);
  if (!response.body?.locked) await response.body?.cancel();
  throw new GgufSourceError(
    url,
    `the server ignores range requests and the file is larger than ${WHOLE_BODY_BYTES} bytes; download it first`,
  );
}
