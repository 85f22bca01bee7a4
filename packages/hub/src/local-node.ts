import { readdir, readFile, readlink, realpath, rm, rmdir, stat, unlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { allChoices, type Choice, chooseFiles } from "./choose.ts";
import { fileBytes, ifExists, onDisk, readJsonFile } from "./disk-node.ts";
import { BusyError, HubError, NotFoundError } from "./errors.ts";
import {
  type RepoLayout,
  refPath,
  repoLayout,
  repoOfFolder,
  snapshotPath,
  URL_RECORD,
  urlFolder,
  urlParts,
} from "./layout-node.ts";
import { isLocked } from "./lock-node.ts";
import { formatModelName, type RepoName, type UrlName, urlFileName } from "./names.ts";

export interface LocalFile {
  /** In the repository. */
  path: string;
  localPath: string;
  bytes: number;
}

/** A model in the cache with all its files. */
export interface LocalModel {
  /** What `resolveLocal`, `show` and `remove` find it by. */
  name: string;
  /** "org/name", or the URL. */
  source: string;
  /** Undefined for URLs. */
  commit: string | undefined;
  format: "gguf" | "safetensors";
  tag: string | undefined;
  /** What is opened: a file or a folder. */
  path: string;
  files: LocalFile[];
  bytes: number;
  /** When its newest file came, milliseconds since 1970. */
  modifiedMs: number;
}

export interface Removed {
  /** Names of the models that went. */
  names: string[];
  freedBytes: number;
}

/** Every complete model in the cache, by name. */
export async function listLocal(cacheDir: string): Promise<LocalModel[]> {
  return onDisk(cacheDir, async () => {
    const models: LocalModel[] = [];
    for (const folder of await names(cacheDir)) {
      const repo = repoOfFolder(folder);
      if (repo !== undefined) models.push(...(await repoModels(cacheDir, repo)));
    }
    for (const folder of await names(join(cacheDir, "urls"))) {
      const model = await urlModel(join(cacheDir, "urls", folder));
      if (model !== undefined) models.push(model);
    }
    return models.sort((a, b) => (a.name < b.name ? -1 : 1));
  });
}

/** The asked model if all its files are in the cache. No request is made. */
export async function resolveLocal(
  cacheDir: string,
  name: RepoName | UrlName,
): Promise<LocalModel | undefined> {
  return onDisk(cacheDir, async () => {
    if (name.kind === "url") return urlModel(urlFolder(cacheDir, name.url));
    const layout = repoLayout(cacheDir, name.repo);
    for (const commit of await candidateCommits(layout, name.revision)) {
      const files = await snapshotFiles(layout, commit);
      const choice = chooseLocally(name, files);
      if (choice !== undefined && (await isComplete(layout, commit, choice)))
        return describe(
          layout,
          name.repo,
          commit,
          choice,
          formatModelName({ ...name, ...ownTag(name, choice) }),
        );
    }
    return undefined;
  });
}

/** The models of a name: those of a whole repository, or the one asked for. */
export async function showLocal(cacheDir: string, name: RepoName | UrlName): Promise<LocalModel[]> {
  const whole =
    name.kind === "repo" && name.tag === undefined && name.file === undefined && name.revision === "main";
  const found = whole ? await onDisk(cacheDir, () => repoModels(cacheDir, name.repo)) : [];
  if (found.length > 0) return found;
  const one = await resolveLocal(cacheDir, name);
  if (one !== undefined) return [one];
  throw new NotFoundError(
    `${formatModelName(name)} in the cache`,
    (await listLocal(cacheDir)).map((model) => model.name),
  );
}

/**
 * Removes a URL's files, a whole repository (a name without tag, file and revision; unfinished downloads too), or one
 * model's files and the blobs nothing else links to.
 *
 * @throws {NotFoundError} {BusyError} while it is being downloaded
 */
export async function removeLocal(cacheDir: string, name: RepoName | UrlName): Promise<Removed> {
  return onDisk(cacheDir, async () => {
    if (name.kind === "url") return removeFolder(cacheDir, name, urlFolder(cacheDir, name.url));
    const layout = repoLayout(cacheDir, name.repo);
    for (const lock of await names(layout.locks))
      if (lock.endsWith(".realizar-lock") && (await isLocked(join(layout.locks, lock))))
        throw new BusyError(name.repo, "another process");
    if (name.tag === undefined && name.file === undefined && name.revision === "main") {
      const removed = await removeFolder(cacheDir, name, layout.folder);
      await rm(layout.locks, { recursive: true, force: true });
      return removed;
    }
    return removeOne(cacheDir, name, layout);
  });
}

async function removeFolder(cacheDir: string, name: RepoName | UrlName, folder: string): Promise<Removed> {
  if ((await ifExists(stat(folder))) === undefined) {
    const there = (await listLocal(cacheDir)).map((model) => model.name);
    throw new NotFoundError(`${formatModelName(name)} in the cache`, there);
  }
  const models = name.kind === "repo" ? await repoModels(cacheDir, name.repo) : [await urlModel(folder)];
  const freedBytes = await folderBytes(folder);
  await rm(folder, { recursive: true });
  return { names: models.flatMap((model) => model?.name ?? []), freedBytes };
}

async function removeOne(cacheDir: string, name: RepoName, layout: RepoLayout): Promise<Removed> {
  const before = await folderBytes(layout.folder);
  const gone = new Set<string>();
  const asked = await resolveLocal(cacheDir, name);
  const isSame = (model: LocalModel) =>
    model.tag === asked?.tag && model.files[0]?.path === asked?.files[0]?.path;
  // The same model may be in several snapshots.
  for (let model = asked; model !== undefined && isSame(model); model = await resolveLocal(cacheDir, name)) {
    for (const file of model.files) await unlink(file.localPath);
    gone.add(model.name);
    await pruneEmpty(layout.snapshots);
  }
  if (gone.size === 0) {
    const there = (await repoModels(cacheDir, name.repo)).map((model) => model.name);
    throw new NotFoundError(`${formatModelName(name)} in the cache`, there);
  }
  await removeUnlinkedBlobs(layout);
  for (const ref of await filesBelow(layout.refs))
    if ((await names(join(layout.snapshots, await readRef(layout, ref)))).length === 0)
      await rm(refPath(layout, ref));
  const freedBytes = before - (await folderBytes(layout.folder));
  if ((await names(layout.snapshots)).length === 0) await rm(layout.folder, { recursive: true, force: true });
  return { names: [...gone], freedBytes };
}

/** Blobs no snapshot links to; unfinished ones belong to no snapshot yet and stay. */
async function removeUnlinkedBlobs(layout: RepoLayout): Promise<void> {
  const linked = new Set<string>();
  for (const path of await filesBelow(layout.snapshots)) {
    const target = await readlink(join(layout.snapshots, path)).catch(() => undefined);
    if (target !== undefined) linked.add(basename(target));
  }
  for (const blob of await names(layout.blobs)) {
    const unfinished = blob.includes(".realizar-part") || blob.endsWith(".incomplete");
    if (!linked.has(blob) && !unfinished) await rm(join(layout.blobs, blob), { force: true });
  }
}

async function pruneEmpty(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    await pruneEmpty(path);
    if ((await readdir(path)).length === 0) await rmdir(path);
  }
}

async function repoModels(cacheDir: string, repo: string): Promise<LocalModel[]> {
  const layout = repoLayout(cacheDir, repo);
  const refs = new Map<string, string>();
  for (const ref of await filesBelow(layout.refs)) {
    const commit = await readRef(layout, ref);
    // A ref with a slash ("refs/pr/1") cannot be written in a name; its commit can.
    if (ref === "main" || (!refs.has(commit) && !ref.includes("/"))) refs.set(commit, ref);
  }
  const models: LocalModel[] = [];
  for (const commit of await commits(layout)) {
    const choices = allChoices(await snapshotFiles(layout, commit));
    for (const choice of choices) {
      if (!(await isComplete(layout, commit, choice))) continue;
      const alone = choices.filter((other) => other.tag === choice.tag).length === 1;
      const exact = alone ? { tag: choice.tag } : { file: choice.entry };
      const name = formatModelName({
        kind: "repo",
        repo,
        revision: refs.get(commit) ?? commit,
        ...exact,
      } as RepoName);
      models.push(await describe(layout, repo, commit, choice, name));
    }
  }
  return models;
}

/** The tag that was chosen stands in the name where none was asked for. */
function ownTag(name: RepoName, choice: Choice): { tag?: string } {
  return name.file === undefined && choice.tag !== undefined ? { tag: choice.tag } : {};
}

function chooseLocally(name: RepoName, files: readonly string[]): Choice | undefined {
  try {
    return chooseFiles(name.repo, files, name);
  } catch (error) {
    if (error instanceof HubError) return undefined;
    throw error;
  }
}

/** A folder's index names the shards it needs; a pull that was stopped leaves some out. */
async function isComplete(layout: RepoLayout, commit: string, choice: Choice): Promise<boolean> {
  if (choice.format === "gguf" || choice.entry !== "") return true;
  const index = choice.files.find((file) => file.endsWith(".index.json"));
  if (index === undefined) return hasAllShards(choice.files);
  const parsed = (await readJsonFile(snapshotPath(layout, commit, index))) as
    | { weight_map?: unknown }
    | undefined;
  const shards = parsed?.weight_map;
  if (typeof shards !== "object" || shards === null) return false;
  return new Set(Object.values(shards)).isSubsetOf(new Set<unknown>(choice.files));
}

function hasAllShards(files: readonly string[]): boolean {
  const counts = files.flatMap((file) => /-\d{5}-of-(\d{5})\.safetensors$/.exec(file)?.[1] ?? []);
  return counts.every((count) => Number(count) === counts.length);
}

async function describe(
  layout: RepoLayout,
  repo: string,
  commit: string,
  choice: Choice,
  name: string,
): Promise<LocalModel> {
  const files = choice.files.map((path) => ({ path, localPath: snapshotPath(layout, commit, path) }));
  const path = snapshotPath(layout, commit, choice.entry).replace(/[\\/]$/, "");
  return {
    name,
    source: repo,
    commit,
    format: choice.format,
    tag: choice.tag,
    path,
    ...(await measure(files)),
  };
}

async function urlModel(folder: string): Promise<LocalModel | undefined> {
  const record = (await readJsonFile(join(folder, URL_RECORD))) as { url?: unknown } | undefined;
  if (typeof record?.url !== "string" || URL.parse(record.url) === null) return undefined;
  const { url } = record;
  const parts = urlParts(url).map(urlFileName);
  const files = parts.map((path) => ({ path, localPath: join(folder, basename(path)) }));
  for (const file of files) if ((await fileBytes(file.localPath)) === undefined) return undefined;
  const [choice] = allChoices(parts);
  const format = /\.safetensors$/i.test(parts[0]!) ? "safetensors" : "gguf";
  return {
    name: url,
    source: url,
    commit: undefined,
    format,
    tag: choice?.tag,
    path: files[0]!.localPath,
    ...(await measure(files)),
  };
}

async function measure(files: { path: string; localPath: string }[]) {
  const stats = await Promise.all(files.map((file) => stat(file.localPath)));
  return {
    files: files.map((file, i): LocalFile => ({ ...file, bytes: stats[i]!.size })),
    bytes: stats.reduce((sum, file) => sum + file.size, 0),
    modifiedMs: Math.max(...stats.map((file) => file.mtimeMs)),
  };
}

/** The revision's commit first; for the main branch also older snapshots, the newest first. */
async function candidateCommits(layout: RepoLayout, revision: string): Promise<string[]> {
  const commit = await readRef(layout, revision);
  const present = await commits(layout);
  const named = present.filter((snapshot) => snapshot === commit || snapshot === revision);
  if (revision !== "main") return named;
  const others = present.filter((snapshot) => !named.includes(snapshot));
  const ages = await Promise.all(others.map((snapshot) => stat(join(layout.snapshots, snapshot))));
  const newestFirst = others
    .map((snapshot, i) => ({ snapshot, ms: ages[i]!.mtimeMs }))
    .sort((a, b) => b.ms - a.ms);
  return [...named, ...newestFirst.map(({ snapshot }) => snapshot)];
}

/** The snapshots there are; what else lies among them (".DS_Store") is no snapshot. */
async function commits(layout: RepoLayout): Promise<string[]> {
  return (await names(layout.snapshots)).filter((name) => /^[A-Za-z0-9_-]+$/.test(name));
}

async function readRef(layout: RepoLayout, revision: string): Promise<string> {
  return (await ifExists(readFile(refPath(layout, revision), "utf8")))?.trim() ?? "";
}

/** Paths of a snapshot whose bytes are there: a link without its blob is no file. */
async function snapshotFiles(layout: RepoLayout, commit: string): Promise<string[]> {
  const folder = join(layout.snapshots, commit);
  const files: string[] = [];
  for (const path of await filesBelow(folder)) {
    if (path.endsWith(".tmp")) continue;
    const target = await ifExists(realpath(join(folder, path)));
    if (target !== undefined) files.push(path);
  }
  return files;
}

/** Files and links below a folder, with "/" between segments. Linked folders are not entered. */
async function filesBelow(folder: string, prefix = ""): Promise<string[]> {
  const entries = (await ifExists(readdir(join(folder, prefix), { withFileTypes: true }))) ?? [];
  const nested = entries.map(async (entry) => {
    const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(folder, path) : [path];
  });
  return (await Promise.all(nested)).flat();
}

async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const path of await filesBelow(folder)) {
    const full = join(folder, path);
    const link = await readlink(full).catch(() => undefined);
    if (link === undefined) bytes += (await fileBytes(full)) ?? 0;
  }
  return bytes;
}

async function names(folder: string): Promise<string[]> {
  const entries = (await ifExists(readdir(folder))) ?? [];
  return entries.sort();
}
