import { SettingError } from "./errors.ts";

/** Environment variables, handed in by the caller. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where models come from and where they lie. */
export interface HubSettings {
  /** Without a trailing slash. */
  endpoint: string;
  /** Sent to the endpoint's origin only. */
  token?: string;
  /** Folder with `models--org--name/` in it, shared with Python's huggingface_hub. */
  cacheDir: string;
  /** No request at all: only what is in the cache. */
  offline: boolean;
}

const TRUE = ["1", "ON", "YES", "TRUE"];

/**
 * The variables of huggingface_hub (constants.py): HF_ENDPOINT, HF_TOKEN, HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE, and
 * its older names. The token file is read elsewhere; see `tokenPath`.
 *
 * @throws {SettingError}
 */
export function hubSettings(env: Environment): HubSettings {
  const endpoint = (nonEmpty(env.HF_ENDPOINT) ?? "https://huggingface.co").replace(/\/+$/, "");
  const parsed = URL.parse(endpoint);
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    throw new SettingError("HF_ENDPOINT", `"${endpoint}" is no http or https URL`);
  const token = nonEmpty(env.HF_TOKEN) ?? nonEmpty(env.HUGGING_FACE_HUB_TOKEN);
  const cacheDir = nonEmpty(env.HF_HUB_CACHE) ?? nonEmpty(env.HUGGINGFACE_HUB_CACHE);
  return {
    endpoint,
    ...(token === undefined ? {} : { token: checkToken("HF_TOKEN", token) }),
    cacheDir: cacheDir === undefined ? `${hfHome(env)}/hub` : expandHome(cacheDir, env),
    offline: [env.HF_HUB_OFFLINE, env.TRANSFORMERS_OFFLINE].some((value) =>
      TRUE.includes(value?.toUpperCase() ?? ""),
    ),
  };
}

/** Where `hf auth login` leaves its token. */
export function tokenPath(env: Environment): string {
  const path = nonEmpty(env.HF_TOKEN_PATH);
  return path === undefined ? `${hfHome(env)}/token` : expandHome(path, env);
}

/**
 * A token that can stand in a header.
 *
 * @throws {SettingError}
 */
export function checkToken(source: string, token: string): string {
  if (!/^[\x21-\x7e]{1,1024}$/.test(token))
    throw new SettingError(source, "the token has spaces or characters outside ASCII; paste it again");
  return token;
}

function hfHome(env: Environment): string {
  const home = nonEmpty(env.HF_HOME);
  if (home !== undefined) return expandHome(home, env);
  const cache = nonEmpty(env.XDG_CACHE_HOME);
  return `${cache === undefined ? `${userHome(env)}/.cache` : expandHome(cache, env)}/huggingface`;
}

function expandHome(path: string, env: Environment): string {
  return path === "~" || path.startsWith("~/") ? `${userHome(env)}${path.slice(1)}` : path;
}

function userHome(env: Environment): string {
  const home = nonEmpty(env.HOME) ?? nonEmpty(env.USERPROFILE);
  if (home === undefined)
    throw new SettingError("HF_HOME", "neither it nor HOME is set, so there is no place for a cache");
  return home;
}

function nonEmpty(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === "" ? undefined : trimmed;
}
