import { basename, join } from "node:path";
import { type Checksum, checksumOfEtag } from "./checksum-node.ts";
import { chooseFiles } from "./choose.ts";
import { byteCount, type HubClient, type RemoteFile, type RemoteMetadata } from "./client.ts";
import { fileBytes, type Link, linkOrCopy, onDisk, readJsonFile, writeWhole } from "./disk-node.ts";
import { type Downloaded, type DownloadProgress, download } from "./download-node.ts";
import { BadAnswerError, ConnectionError, HttpStatusError, NotFoundError, OfflineError } from "./errors.ts";
import { type HttpAnswer, withoutQuery } from "./http.ts";
import {
  blobPath,
  lockPath,
  refPath,
  repoLayout,
  snapshotPath,
  URL_RECORD,
  urlFolder,
  urlParts,
} from "./layout-node.ts";
import { type LocalModel, resolveLocal } from "./local-node.ts";
import { type LockOptions, takeLock } from "./lock-node.ts";
import { formatModelName, type ModelName, type RepoName, type UrlName, urlFileName } from "./names.ts";
import { bareEtag } from "./safe-names.ts";
import type { HubSettings } from "./settings.ts";

/** Progress of one file, and of all that the model needs. */
export interface PullProgress extends DownloadProgress {
  /** 1-based. */
  fileNumber: number;
  fileCount: number;
  /** Bytes of files before this one, and of this one so far. */
  allLoaded: number;
  allTotal: number | undefined;
}

export interface PullOptions {
  signal?: AbortSignal;
  onProgress?(progress: PullProgress): void;
  /** Ranges of a file fetched at a time. Default 4. */
  connections?: number;
  /** Bytes of one range request. Default 32 MiB. */
  chunkBytes?: number;
  /** Milliseconds between records of what has come: what a kill can cost. Default 1,000. */
  saveEveryMs?: number;
  /** About other processes that fetch the same file. */
  lock?: Pick<LockOptions, "waitMs" | "beatMs" | "staleMs">;
}

export interface Pulled extends LocalModel {
  /** Bytes that came over the network now; 0 if everything was there. */
  fetchedBytes: number;
  /** The server could not be reached, and the model in the cache was taken as it is. */
  unchecked: boolean;
}

export interface PullContext {
  settings: HubSettings;
  client: HubClient;
  link?: Link;
}

const DEFAULT_CONNECTIONS = 4;
const DEFAULT_CHUNK_BYTES = 32 * 2 ** 20;
const DEFAULT_SAVE_EVERY_MS = 1000;
/** HEAD requests at a time. */
const RESOLVE_WIDTH = 4;

/** Brings a model into the cache, or finds it there, and tells where it lies. */
export async function pullModel(
  context: PullContext,
  name: ModelName,
  options: PullOptions,
): Promise<Pulled> {
  const { settings } = context;
  const local = async () => resolveLocal(settings.cacheDir, name);
  if (settings.offline) {
    const model = await local();
    if (model === undefined) throw new OfflineError(formatModelName(name), settings.cacheDir);
    return { ...model, fetchedBytes: 0, unchecked: true };
  }
  try {
    const fetchedBytes = await (name.kind === "url"
      ? pullUrl(context, name, options)
      : pullRepo(context, name, options));
    const model = await local();
    if (model === undefined)
      throw new NotFoundError(`${formatModelName(name)}, just fetched, in ${settings.cacheDir}`);
    return { ...model, fetchedBytes, unchecked: false };
  } catch (error) {
    // Without the network, a model that is here is better than none.
    const model = error instanceof ConnectionError ? await local() : undefined;
    if (model === undefined) throw error;
    return { ...model, fetchedBytes: 0, unchecked: true };
  }
}

/** A file to be fetched to `path`, described well enough to be resumed. */
interface Wanted {
  file: string;
  url: string;
  path: string;
  lock: string;
  etag: string | undefined;
  ifRange?: string | undefined;
  bytes: number | undefined;
  sha256?: string | undefined;
  /** Whether the etag is a checksum, as the hub's are. */
  etagIsChecksum: boolean;
}

async function pullRepo(
  { settings, client, link }: PullContext,
  name: RepoName,
  options: PullOptions,
): Promise<number> {
  const { signal } = options;
  const { repo, revision } = name;
  const listing = await client.list(repo, revision, signal);
  const { commit } = listing;
  const choice = chooseFiles(
    repo,
    listing.files.map((file) => file.path),
    name,
  );
  const known = new Map(listing.files.map((file) => [file.path, file]));
  const layout = repoLayout(settings.cacheDir, repo);

  const absent: RemoteFile[] = [];
  for (const path of choice.files)
    if ((await fileBytes(snapshotPath(layout, commit, path))) === undefined) absent.push(known.get(path)!);
  const metadata = await mapInOrder(absent, RESOLVE_WIDTH, (file) =>
    client.resolve(repo, commit, file.path, signal),
  );

  const wanted = absent.map((file, i): Wanted => {
    const { etag, url, bytes } = metadata[i] as RemoteMetadata;
    const path = blobPath(layout, etag);
    const lock = lockPath(layout, etag);
    return {
      file: file.path,
      url,
      path,
      lock,
      etag,
      bytes: bytes ?? file.bytes,
      sha256: file.sha256,
      etagIsChecksum: true,
    };
  });
  const fetchedBytes = await fetchAll(client, wanted, options, (item) =>
    linkOrCopy(item.path, snapshotPath(layout, commit, item.file), link),
  );
  if (revision !== commit) await writeWhole(refPath(layout, revision), commit);
  return fetchedBytes;
}

async function pullUrl(
  { settings, client }: PullContext,
  name: UrlName,
  options: PullOptions,
): Promise<number> {
  const folder = urlFolder(settings.cacheDir, name.url);
  const urls = urlParts(name.url);
  const recordPath = join(folder, URL_RECORD);
  const record = (await onDisk(folder, () => readJsonFile(recordPath))) as
    | { files?: Record<string, unknown> }
    | undefined;
  const etags: Record<string, string | undefined> = {};
  const wanted: Wanted[] = [];
  for (const url of urls) {
    const file = urlFileName(url);
    const { etag, strong, bytes } = await urlMetadata(client, url, options.signal);
    etags[file] = etag;
    const path = join(folder, basename(file));
    const present = await fileBytes(path);
    const unchanged =
      present !== undefined &&
      (bytes === undefined || present === bytes) &&
      (etag === undefined || record?.files?.[file] === etag);
    if (unchanged) continue;
    const ifRange = strong ? `"${etag}"` : undefined;
    wanted.push({
      file,
      url,
      path,
      lock: `${path}.realizar-lock`,
      etag: strong ? etag : undefined,
      ifRange,
      bytes,
      etagIsChecksum: false,
    });
  }
  const fetchedBytes = await fetchAll(client, wanted, options, async () => {});
  await writeWhole(recordPath, JSON.stringify({ url: urls[0], files: etags }));
  return fetchedBytes;
}

async function urlMetadata(client: HubClient, url: string, signal: AbortSignal | undefined) {
  let answer: HttpAnswer;
  try {
    answer = await client.http.request(url, { method: "HEAD", signal });
  } catch (error) {
    // Some servers know GET only.
    if (error instanceof HttpStatusError) return { etag: undefined, strong: false, bytes: undefined };
    throw error;
  }
  answer.cancel();
  const { headers, status } = answer.response;
  if (status === 404) throw new NotFoundError(withoutQuery(url));
  if (status >= 300) throw new BadAnswerError(answer.url, `status ${status} for a file`);
  const etag = bareEtag(headers.get("etag"));
  const strong = etag !== undefined && !headers.get("etag")!.trim().startsWith("W/");
  return { etag, strong, bytes: byteCount(headers.get("content-length"), answer.url) };
}

/** Fetches the files one after another, each by several connections; bytes that came over the network. */
async function fetchAll(
  client: HubClient,
  wanted: readonly Wanted[],
  options: PullOptions,
  onFile: (item: Wanted) => Promise<void>,
): Promise<number> {
  const allTotal = sumIfKnown(wanted.map((item) => item.bytes));
  let before = 0;
  let fetchedBytes = 0;
  for (const [i, item] of wanted.entries()) {
    const onProgress = (progress: DownloadProgress) =>
      options.onProgress?.({
        ...progress,
        fileNumber: i + 1,
        fileCount: wanted.length,
        allLoaded:
          before + (progress.phase === "verifying" ? (progress.total ?? progress.loaded) : progress.loaded),
        allTotal,
      });
    const result = await fetchOne(client, item, options, onProgress);
    before += result.bytes;
    fetchedBytes += result.fetchedBytes;
    await onFile(item);
  }
  return fetchedBytes;
}

async function fetchOne(
  client: HubClient,
  item: Wanted,
  options: PullOptions,
  onProgress: (progress: DownloadProgress) => void,
): Promise<Downloaded> {
  const { signal } = options;
  const { file, url, path, etag, ifRange, bytes } = item;
  const onWait = () =>
    onProgress({ file, phase: "waiting", loaded: 0, total: bytes, bytesPerSecond: 0, etaSeconds: undefined });
  const lock = await takeLock(item.lock, { ...options.lock, signal, onWait });
  try {
    // A blob is named by its content; it may have come while another held the lock.
    const present = item.etagIsChecksum ? await fileBytes(path) : undefined;
    if (present !== undefined && (bytes === undefined || present === bytes))
      return { bytes: present, fetchedBytes: 0 };
    return await download({
      http: client.http,
      url,
      path,
      file,
      bytes,
      etag,
      ifRange,
      checksum: checksumFor(item),
      connections: options.connections ?? DEFAULT_CONNECTIONS,
      chunkBytes: options.chunkBytes ?? DEFAULT_CHUNK_BYTES,
      saveEveryMs: options.saveEveryMs ?? DEFAULT_SAVE_EVERY_MS,
      signal,
      onProgress,
    });
  } finally {
    await lock.release();
  }
}

/** The listing's sha256, else the one that the etag is. */
function checksumFor({ sha256, etag, etagIsChecksum }: Wanted): Checksum | undefined {
  if (sha256 !== undefined) return { algorithm: "sha256", hex: sha256 };
  return etagIsChecksum && etag !== undefined ? checksumOfEtag(etag) : undefined;
}

async function mapInOrder<T, R>(
  items: readonly T[],
  width: number,
  action: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += width)
    results.push(...(await Promise.all(items.slice(at, at + width).map(action))));
  return results;
}

function sumIfKnown(counts: readonly (number | undefined)[]): number | undefined {
  return counts.reduce<number | undefined>(
    (sum, count) => (sum === undefined || count === undefined ? undefined : sum + count),
    0,
  );
}
