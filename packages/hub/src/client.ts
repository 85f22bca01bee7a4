import { BadAnswerError, NotFoundError } from "./errors.ts";
import { createHttp, type Http, type HttpOptions } from "./http.ts";
import { bareEtag, checkBlobName, checkFilePath } from "./safe-names.ts";
import type { HubSettings } from "./settings.ts";

/** A file of a repository, as far as the listing tells. */
export interface RemoteFile {
  path: string;
  bytes?: number;
  /** Of files in large file storage, lowercase hex. */
  sha256?: string;
}

export interface RemoteListing {
  repo: string;
  /** The revision's commit. */
  commit: string;
  files: RemoteFile[];
}

/** What is known of one file before it is fetched. */
export interface RemoteMetadata {
  /** Where to fetch it, by commit: its bytes cannot change. */
  url: string;
  /** Its blob's name: sha256 for large files, git's blob id for others. */
  etag: string;
  bytes: number | undefined;
  commit: string;
}

export interface HubClient {
  readonly http: Http;
  /** Files of a revision, with sizes where the endpoint tells them. */
  list(repo: string, revision: string, signal?: AbortSignal): Promise<RemoteListing>;
  /** Asks for one file's etag and size without fetching it. */
  resolve(repo: string, commit: string, file: string, signal?: AbortSignal): Promise<RemoteMetadata>;
}

/** Most pages of a listing that are read; the hub puts 1,000 files on one. */
const MAX_PAGES = 100;

/**
 * A client of any Hugging Face compatible endpoint.
 *
 * Its methods throw {@link NotFoundError}, `AccessDeniedError`, `ConnectionError`, `HttpStatusError`,
 * {@link BadAnswerError}, and `UnsafePathError` for names that would leave the cache folder.
 */
export function createHubClient(
  settings: Pick<HubSettings, "endpoint" | "token">,
  options: HttpOptions = {},
): HubClient {
  const http = createHttp(settings, options);
  const { endpoint } = settings;

  async function list(repo: string, revision: string, signal?: AbortSignal): Promise<RemoteListing> {
    const { answer, data } = await http.json(
      `${endpoint}/api/models/${repo}/revision/${encodeURIComponent(revision)}`,
      signal,
    );
    if (data === undefined) {
      const isRevision = answer.response.headers.get("x-error-code") === "RevisionNotFound";
      throw new NotFoundError(
        isRevision ? `revision ${revision} of ${repo}` : `model ${repo} on ${endpoint}`,
      );
    }
    const commit = stringField(data, "sha");
    const siblings = field(data, "siblings");
    if (commit === undefined || !Array.isArray(siblings))
      throw new BadAnswerError(answer.url, 'the answer has no "sha" or no "siblings"');
    checkBlobName(commit);
    const paths = siblings.map((sibling) => {
      const path = stringField(sibling, "rfilename");
      if (path === undefined) throw new BadAnswerError(answer.url, 'a sibling has no "rfilename"');
      return checkFilePath(path);
    });
    const known = await tree(repo, commit, signal);
    return { repo, commit, files: paths.map((path) => known.get(path) ?? { path }) };
  }

  /** Sizes and checksums; empty where the endpoint has no such listing. */
  async function tree(repo: string, commit: string, signal?: AbortSignal): Promise<Map<string, RemoteFile>> {
    const files = new Map<string, RemoteFile>();
    let url: string | undefined = `${endpoint}/api/models/${repo}/tree/${commit}?recursive=true`;
    for (let page = 0; url !== undefined; page++) {
      if (page === MAX_PAGES) throw new BadAnswerError(url, `the listing has more than ${MAX_PAGES} pages`);
      const { answer, data } = await http.json(url, signal);
      if (data === undefined) return files;
      if (!Array.isArray(data)) throw new BadAnswerError(answer.url, "the tree is no list");
      for (const item of data) {
        const path = stringField(item, "path");
        if (path === undefined || field(item, "type") !== "file") continue;
        files.set(path, remoteFile(path, item));
      }
      url = nextPage(answer.response.headers.get("link"), url);
    }
    return files;
  }

  async function resolve(
    repo: string,
    commit: string,
    file: string,
    signal?: AbortSignal,
  ): Promise<RemoteMetadata> {
    const path = checkFilePath(file).split("/").map(encodeURIComponent).join("/");
    const url = `${endpoint}/${repo}/resolve/${encodeURIComponent(commit)}/${path}`;
    // The hub answers with the metadata and a redirect to its storage, which does not know them.
    const answer = await http.request(url, { method: "HEAD", redirects: "own", signal });
    answer.cancel();
    const { headers, status } = answer.response;
    if (status === 404) throw new NotFoundError(`${file} of ${repo} at ${commit}`);
    const etag = bareEtag(headers.get("x-linked-etag") ?? headers.get("etag"));
    if (etag === undefined) throw new BadAnswerError(answer.url, "the file has no ETag");
    const length = headers.get("x-linked-size") ?? (status < 300 ? headers.get("content-length") : null);
    return {
      url,
      etag: checkBlobName(etag),
      bytes: byteCount(length, answer.url),
      commit: checkBlobName(headers.get("x-repo-commit") ?? commit),
    };
  }

  return { http, list, resolve };
}

/**
 * A Content-Length.
 *
 * @throws {BadAnswerError}
 */
export function byteCount(header: string | null, url: string): number | undefined {
  if (header === null) return undefined;
  const bytes = Number(header);
  if (!/^\d+$/.test(header) || !Number.isSafeInteger(bytes))
    throw new BadAnswerError(url, `"${header}" is no length`);
  return bytes;
}

function remoteFile(path: string, item: unknown): RemoteFile {
  const lfs = field(item, "lfs");
  const bytes = field(lfs, "size") ?? field(item, "size");
  const sha256 = stringField(lfs, "oid")?.replace(/^sha256:/, "");
  return {
    path,
    ...(typeof bytes === "number" && Number.isSafeInteger(bytes) && bytes >= 0 ? { bytes } : {}),
    ...(sha256 !== undefined && /^[0-9a-f]{64}$/.test(sha256) ? { sha256 } : {}),
  };
}

/** The `rel="next"` of a Link header (RFC 8288), on the same origin only. */
function nextPage(link: string | null, from: string): string | undefined {
  const target = /<([^>]+)>\s*;\s*rel="?next"?/.exec(link ?? "")?.[1];
  const url = target === undefined ? null : URL.parse(target, from);
  return url !== null && url.origin === new URL(from).origin ? url.href : undefined;
}

function field(data: unknown, name: string): unknown {
  return typeof data === "object" && data !== null ? (data as Record<string, unknown>)[name] : undefined;
}

function stringField(data: unknown, name: string): string | undefined {
  const value = field(data, name);
  return typeof value === "string" ? value : undefined;
}
