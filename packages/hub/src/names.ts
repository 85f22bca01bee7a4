import { ModelNameError } from "./errors.ts";
import { checkFilePath } from "./safe-names.ts";

/** A model on the hub: a whole repository, one quantization of it, or one file. */
export interface RepoName {
  kind: "repo";
  /** "org/name" */
  repo: string;
  /** Branch, tag or commit. */
  revision: string;
  /** Quantization as asked, e.g. "Q4_K_M". */
  tag?: string;
  /** Path inside the repository. */
  file?: string;
}

/** A file anywhere on the web. */
export interface UrlName {
  kind: "url";
  url: string;
}

export type ModelName = RepoName | UrlName;

/** Hosts whose page and file addresses are names of the hub. */
const HUB_HOSTS = ["huggingface.co", "www.huggingface.co", "hf.co"];

/** `org` or `name`, by the hub's rules (huggingface_hub, utils/_validators.py): at most 96 characters in all. */
const PART = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/;
const TAG = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const REVISION = /^[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}$/;

/**
 * Reads `org/name`, `org/name:Q4_K_M`, `org/name@revision:Q4_K_M`, `org/name/dir/file.gguf`, each also after `hf:`,
 * `hf.co/` or `huggingface.co/`, and URLs: the hub's own become repositories, all others stay URLs.
 *
 * @param hubHosts further hosts whose URLs name repositories (an endpoint's own)
 * @throws {ModelNameError} {UnsafePathError}
 */
export function parseModelName(input: string, hubHosts: readonly string[] = []): ModelName {
  const text = input.trim();
  if (text === "") throw new ModelNameError(input, "it is empty");
  if (text.length > 4096) throw new ModelNameError(input, "it is longer than 4096 characters");
  if (/^https?:\/\//i.test(text)) return parseUrl(text, [...HUB_HOSTS, ...hubHosts]);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text))
    throw new ModelNameError(input, "only http and https URLs are fetched");
  if (/^(\/|\.{1,2}\/|~|[A-Za-z]:[\\/])/.test(text)) throw new ModelNameError(input, "it is a path");
  const short = text.replace(/^hf:/i, "").replace(/^(?:hf\.co|huggingface\.co)\//i, "");
  return parseRepo(short, input);
}

/** The name written back: what `parseModelName` reads. */
export function formatModelName(name: ModelName): string {
  if (name.kind === "url") return name.url;
  const revision = name.revision === "main" ? "" : `@${name.revision}`;
  if (name.file !== undefined) return `${name.repo}${revision}/${name.file}`;
  return `${name.repo}${revision}${name.tag === undefined ? "" : `:${name.tag}`}`;
}

function parseRepo(text: string, input: string): RepoName {
  const [org = "", rest, ...path] = text.split("/");
  if (rest === undefined) throw new ModelNameError(input, "the organization is missing");
  const last = path.length > 0 ? rest : rest.split(":")[0]!;
  const [name = "", ...revisions] = last.split("@");
  const file = path.length > 0 ? path.join("/") : undefined;
  const tag = file === undefined && rest.includes(":") ? rest.slice(rest.indexOf(":") + 1) : undefined;
  const revision = revisions.length > 0 ? revisions.join("@") : "main";
  return checked({ kind: "repo", repo: `${org}/${name}`, revision, ...tagOrFile(tag, file) }, input);
}

/** `:latest` is Ollama's word for no choice, and `:model.gguf` names a file. */
function tagOrFile(tag: string | undefined, file: string | undefined): Pick<RepoName, "tag" | "file"> {
  if (file !== undefined) return { file };
  if (tag === undefined || tag.toLowerCase() === "latest") return {};
  return /\.gguf$/i.test(tag) ? { file: tag } : { tag };
}

function checked(name: RepoName, input: string): RepoName {
  const [org = "", model = ""] = name.repo.split("/");
  for (const part of [org, model]) {
    if (!PART.test(part) || part.includes("--") || part.includes(".."))
      throw new ModelNameError(input, `"${part.slice(0, 96)}" is no organization or model`);
  }
  if (name.repo.length > 96) throw new ModelNameError(input, "org/name is longer than 96 characters");
  if (name.tag !== undefined && !TAG.test(name.tag))
    throw new ModelNameError(input, "the part after : is no quantization");
  if (
    !REVISION.test(name.revision) ||
    name.revision.split("/").some((part) => part === "" || /^\.|\.\.|\.$/.test(part))
  )
    throw new ModelNameError(input, "the part after @ is no revision");
  if (name.file !== undefined) checkFilePath(name.file);
  return name;
}

function parseUrl(text: string, hubHosts: readonly string[]): ModelName {
  const url = URL.parse(text);
  if (url === null) throw new ModelNameError(text, "it is no URL");
  if (url.username !== "" || url.password !== "")
    throw new ModelNameError(
      `${url.protocol}//${url.host}${url.pathname}`,
      "a URL with a password in it would be stored",
    );
  url.hash = "";
  const name = hubHosts.includes(url.host) ? parseHubPath(url, text) : undefined;
  if (name !== undefined) return name;
  const file = urlFileName(url.href);
  if (file === "") throw new ModelNameError(text, "the URL names no file");
  checkFilePath(file);
  return { kind: "url", url: url.href };
}

/** The hub's addresses: /org/name, /org/name/tree/REV, /org/name/{resolve,blob,raw}/REV/FILE. */
function parseHubPath(url: URL, input: string): RepoName | undefined {
  const [org, name, verb, revision, ...path] = decodePath(url, input).slice(1).replace(/\/$/, "").split("/");
  if (org === undefined || name === undefined) throw new ModelNameError(input, "the page is no model's");
  const repo = `${org}/${name}`;
  if (verb === undefined) return checked({ kind: "repo", repo, revision: "main" }, input);
  if (revision === undefined) return undefined;
  if (verb === "tree") return checked({ kind: "repo", repo, revision: [revision, ...path].join("/") }, input);
  if (!["resolve", "blob", "raw"].includes(verb) || path.length === 0) return undefined;
  return checked({ kind: "repo", repo, revision, file: path.join("/") }, input);
}

/** The last segment of a URL's path, decoded. */
export function urlFileName(url: string): string {
  return decodePath(new URL(url), url).split("/").at(-1)!;
}

function decodePath(url: URL, input: string): string {
  try {
    return decodeURIComponent(url.pathname);
  } catch {
    throw new ModelNameError(input, "its percent signs are no encoding");
  }
}
