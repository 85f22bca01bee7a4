import { createHash } from "node:crypto";
import { join } from "node:path";
import { splitParts } from "./choose.ts";
import { urlFileName } from "./names.ts";
import { checkBlobName, checkFilePath } from "./safe-names.ts";

/*
 * The cache of huggingface_hub (docs: "Manage huggingface_hub cache-system"):
 *
 *   models--org--name/refs/main                    commit
 *   models--org--name/blobs/<etag>                 bytes
 *   models--org--name/snapshots/<commit>/<path>    -> ../../blobs/<etag>
 *   urls/<host>--<hash>/<file>                     what came from plain URLs; ours
 */

/** The folders of one repository. */
export interface RepoLayout {
  folder: string;
  snapshots: string;
  blobs: string;
  refs: string;
  locks: string;
}

export function repoLayout(cacheDir: string, repo: string): RepoLayout {
  const name = `models--${repo.replace("/", "--")}`;
  const folder = join(cacheDir, name);
  return {
    folder,
    snapshots: join(folder, "snapshots"),
    blobs: join(folder, "blobs"),
    refs: join(folder, "refs"),
    locks: join(cacheDir, ".locks", name),
  };
}

/** "org/name" of a folder "models--org--name"; undefined for other folders. */
export function repoOfFolder(folder: string): string | undefined {
  const [kind, org, name, ...more] = folder.split("--");
  return kind === "models" && org && name && more.length === 0 ? `${org}/${name}` : undefined;
}

export function snapshotPath(layout: RepoLayout, commit: string, file = ""): string {
  return join(layout.snapshots, checkBlobName(commit), file === "" ? "" : checkFilePath(file));
}

export function blobPath(layout: RepoLayout, etag: string): string {
  return join(layout.blobs, checkBlobName(etag));
}

export function refPath(layout: RepoLayout, revision: string): string {
  return join(layout.refs, checkFilePath(revision));
}

export function lockPath(layout: RepoLayout, etag: string): string {
  return join(layout.locks, `${checkBlobName(etag)}.realizar-lock`);
}

/** Name of the file in a URL's folder that says where its files are from. */
export const URL_RECORD = "realizar-url.json";

/** The folder of a URL. All parts of a split GGUF share the first one's. */
export function urlFolder(cacheDir: string, url: string): string {
  const first = urlParts(url)[0]!;
  const host = new URL(first).host.replaceAll(/[^A-Za-z0-9.-]/g, "_");
  const hash = createHash("sha256").update(first).digest("hex").slice(0, 16);
  return join(cacheDir, "urls", `${host}--${hash}`);
}

/** The URLs of all parts of a split GGUF; of any other file, its own. */
export function urlParts(url: string): string[] {
  const file = urlFileName(url);
  return splitParts(file).map((part) => {
    if (part === file) return url;
    const own = new URL(url);
    own.pathname = `${own.pathname.slice(0, own.pathname.lastIndexOf("/"))}/${encodeURIComponent(part)}`;
    return own.href;
  });
}
