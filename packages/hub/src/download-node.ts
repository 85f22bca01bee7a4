import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { type Checksum, hashFile } from "./checksum-node.ts";
import { byteCount } from "./client.ts";
import { checkFreeSpace, onDisk } from "./disk-node.ts";
import { BadAnswerError, ChecksumError, NotFoundError } from "./errors.ts";
import { type Http, type HttpAnswer, withoutQuery } from "./http.ts";
import { createMeter } from "./meter.ts";
import { openPart, type Part } from "./part-node.ts";
import { coveredBytes, cutRanges, missingRanges, type Range } from "./ranges.ts";
import { TransientFailure, withRetries } from "./retry.ts";

export interface DownloadProgress {
  file: string;
  phase: "waiting" | "downloading" | "verifying";
  loaded: number;
  total: number | undefined;
  /** Over the last seconds. */
  bytesPerSecond: number;
  etaSeconds: number | undefined;
}

export interface DownloadRequest {
  http: Http;
  url: string;
  /** Where the finished file lies. The folder is made. */
  path: string;
  /** The file's name, for progress and errors. */
  file: string;
  bytes: number | undefined;
  /** Tells whether the bytes of an earlier try are of the same content; without it nothing is resumed. */
  etag: string | undefined;
  /** Sent as If-Range, so that a file that changed comes whole. */
  ifRange?: string | undefined;
  checksum: Checksum | undefined;
  /** Ranges fetched at a time. */
  connections: number;
  /** Bytes of one range request. */
  chunkBytes: number;
  /** Milliseconds between records of what has come: what a kill can cost. */
  saveEveryMs: number;
  signal?: AbortSignal | undefined;
  onProgress?(progress: DownloadProgress): void;
}

export interface Downloaded {
  bytes: number;
  /** Bytes that came over the network in this call. */
  fetchedBytes: number;
}

/** Progress is told at most this often, milliseconds. */
const PROGRESS_MS = 100;

/** The server answers ranges with the whole file. */
class NoRanges extends Error {}
/** The bytes kept from earlier are not of this content. */
class StalePart extends Error {}

/**
 * Fetches one file by parallel ranges, resuming what an earlier try left, checks it, and gives it its name. The
 * caller holds the lock. When it fails or is aborted, what has arrived stays for the next try; what fails its
 * checksum is deleted, and fetched once more from the start if some of it was from an earlier try.
 *
 * @throws {ChecksumError} {ConnectionError} {NotFoundError} {DiskFullError} {CachePermissionError}, and as `Http.once`
 */
export async function download(request: DownloadRequest): Promise<Downloaded> {
  return onDisk(request.path, async () => {
    await mkdir(dirname(request.path), { recursive: true });
    const first = await attempt(request, 0);
    if (first.done) return { bytes: first.bytes, fetchedBytes: first.fetchedBytes };
    const again = await attempt(request, first.fetchedBytes);
    if (again.done) return { bytes: again.bytes, fetchedBytes: again.fetchedBytes };
    throw new BadAnswerError(withoutQuery(request.url), `${request.file} changes while it is fetched`);
  });
}

type Attempt = { done: true; bytes: number; fetchedBytes: number } | { done: false; fetchedBytes: number };

async function attempt(request: DownloadRequest, fetchedBefore: number): Promise<Attempt> {
  const { path, file, checksum, signal } = request;
  const part = await openPart(path, request, request.saveEveryMs);
  const progress = createReporter(request, part);
  let fetchedBytes = fetchedBefore;
  const onBytes = (count: number) => {
    fetchedBytes += count;
    progress.downloaded();
  };

  let total: number;
  try {
    await checkFreeSpace(dirname(path), path, Math.max(0, (request.bytes ?? 0) - part.resumedBytes));
    progress.now("downloading", part.resumedBytes);
    total = await fill(request, part, onBytes);
  } catch (error) {
    if (error instanceof StalePart) {
      await part.discard();
      return { done: false, fetchedBytes };
    }
    await part.keep().catch(() => {});
    throw error;
  }
  progress.now("downloading", total, total);

  if (checksum !== undefined) {
    try {
      const actual = await hashFile(part.path, checksum.algorithm, total, progress.verified, signal);
      if (actual !== checksum.hex) {
        await part.discard();
        if (part.resumedBytes > 0) return { done: false, fetchedBytes };
        throw new ChecksumError(file, `${checksum.algorithm} ${checksum.hex}`, actual);
      }
    } catch (error) {
      if (!(error instanceof ChecksumError)) await part.keep().catch(() => {});
      throw error;
    }
    progress.now("verifying", total, total);
  }
  await part.finish();
  return { done: true, bytes: total, fetchedBytes };
}

/** Fetches what is missing; the file's length. */
async function fill(request: DownloadRequest, part: Part, onBytes: (count: number) => void): Promise<number> {
  const total = request.bytes;
  if (total === undefined) return fetchWhole(request, part, onBytes);
  try {
    await fetchRanges(request, part, total, onBytes);
    return total;
  } catch (error) {
    if (!(error instanceof NoRanges)) throw error;
    return fetchWhole(request, part, onBytes);
  }
}

async function fetchRanges(
  request: DownloadRequest,
  part: Part,
  total: number,
  onBytes: (count: number) => void,
): Promise<void> {
  const queue = cutRanges(missingRanges(part.done, total), request.chunkBytes);
  const stop = new AbortController();
  const signal = request.signal === undefined ? stop.signal : AbortSignal.any([request.signal, stop.signal]);
  const ranged = Promise.withResolvers<void>();
  const work = async () => {
    try {
      for (let piece = queue.shift(); piece !== undefined; piece = queue.shift())
        await fetchPiece({ ...request, signal }, part, piece, total, onBytes, ranged.resolve);
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  };
  // One connection goes ahead: only when its range is answered as one are there more.
  const lead = work();
  await Promise.race([ranged.promise, lead]);
  const others = Array.from({ length: Math.min(request.connections - 1, queue.length) }, work);
  const ends = await Promise.allSettled([lead, ...others]);
  request.signal?.throwIfAborted();
  // Those who were stopped report the error that stopped them.
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

async function fetchPiece(
  { http, url, file, ifRange, signal }: DownloadRequest,
  part: Part,
  [start, end]: Range,
  total: number,
  onBytes: (count: number) => void,
  onRanged: () => void,
): Promise<void> {
  let at = start;
  await withRetries(withoutQuery(url), http.retry, signal, async () => {
    const from = at;
    const whole = from === 0 && end === total;
    const range = {
      range: `bytes=${from}-${end - 1}`,
      ...(ifRange === undefined ? {} : { "if-range": ifRange }),
    };
    const answer = await http.once(url, { headers: whole ? {} : range, signal });
    try {
      checkAnswer(answer, file);
      if (answer.response.status === 206) checkContentRange(answer, from, total);
      else if (!whole) throw new NoRanges();
      onRanged();
      for await (const chunk of answer.body()) {
        if (at + chunk.length > end)
          throw new BadAnswerError(answer.url, `more bytes came than the ${total} of ${file}`);
        await part.write(chunk, at);
        at += chunk.length;
        onBytes(chunk.length);
      }
    } catch (error) {
      answer.cancel();
      if (!(error instanceof TransientFailure)) throw error;
      throw new TransientFailure(error.message, { advanced: at > from, cause: error.cause });
    }
    if (at < end) throw new TransientFailure(`${answer.url} ended early`, { advanced: at > from });
  });
}

/** One stream from the start, for servers without ranges and files of unknown length. */
async function fetchWhole(
  { http, url, file, bytes, signal }: DownloadRequest,
  part: Part,
  onBytes: (count: number) => void,
): Promise<number> {
  return withRetries(withoutQuery(url), http.retry, signal, async () => {
    await part.reset();
    const answer = await http.once(url, { signal });
    let at = 0;
    try {
      checkAnswer(answer, file);
      const total = bytes ?? byteCount(answer.response.headers.get("content-length"), answer.url);
      for await (const chunk of answer.body()) {
        if (total !== undefined && at + chunk.length > total)
          throw new BadAnswerError(answer.url, `more bytes came than the ${total} of ${file}`);
        await part.write(chunk, at);
        at += chunk.length;
        onBytes(chunk.length);
      }
      if (total !== undefined && at < total) throw new TransientFailure(`${answer.url} ended early`);
      return at;
    } finally {
      answer.cancel();
    }
  });
}

function checkAnswer({ response, url }: HttpAnswer, file: string): void {
  if (response.status === 404) throw new NotFoundError(file);
  if (response.status === 416) throw new StalePart();
  if (response.status !== 200 && response.status !== 206)
    throw new BadAnswerError(url, `status ${response.status} for a file`);
}

function checkContentRange({ response, url }: HttpAnswer, from: number, total: number): void {
  const header = response.headers.get("content-range");
  const [, first, , length] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(header ?? "") ?? [];
  if (first === undefined || Number(first) !== from)
    throw new BadAnswerError(url, `Content-Range is "${header}", asked was ${from}`);
  if (length !== "*" && Number(length) !== total) throw new StalePart();
}

function createReporter({ file, bytes, onProgress }: DownloadRequest, part: Part) {
  const clock = () => performance.now();
  const meter = createMeter(clock, part.resumedBytes);
  let last = Number.NEGATIVE_INFINITY;
  const report = (phase: DownloadProgress["phase"], loaded: number, total: number | undefined) => {
    last = clock();
    onProgress?.({ file, phase, loaded, total, ...meter.rate(loaded, total) });
  };
  return {
    now: (phase: DownloadProgress["phase"], loaded: number, total = bytes) => report(phase, loaded, total),
    downloaded() {
      if (clock() - last >= PROGRESS_MS) report("downloading", coveredBytes(part.done), bytes);
    },
    verified(loaded: number) {
      if (clock() - last >= PROGRESS_MS) report("verifying", loaded, bytes);
    },
  };
}
