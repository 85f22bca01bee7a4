import { createHubClient, type HubClient } from "./client.ts";
import type { Link } from "./disk-node.ts";
import type { HttpOptions } from "./http.ts";
import {
  type LocalModel,
  listLocal,
  type Removed,
  removeLocal,
  resolveLocal,
  showLocal,
} from "./local-node.ts";
import { type ModelName, parseModelName } from "./names.ts";
import { type Pulled, type PullOptions, pullModel } from "./pull-node.ts";
import type { HubSettings } from "./settings.ts";

export interface HubOptions extends HttpOptions {
  /** How links are made; a failure for want of permission leads to copies. Default `fs.symlink`. */
  link?: Link;
}

/** A hub and the cache of what came from it. Names are as `parseModelName` reads them. */
export interface Hub {
  readonly settings: HubSettings;
  readonly client: HubClient;
  /** A name, with the endpoint's own URLs read as repositories. */
  parse(name: string): ModelName;
  /**
   * Brings a model into the cache, or finds it there.
   *
   * @throws {NotFoundError} {AccessDeniedError} {NoMatchingQuantError} {NoModelFilesError} {OfflineError}
   * {ConnectionError} {ChecksumError} {DiskFullError} {CachePermissionError} {BusyError} {UnsafePathError}
   * {HttpStatusError} {BadAnswerError} {ModelNameError}
   */
  pull(name: string, options?: PullOptions): Promise<Pulled>;
  /** Every complete model in the cache. */
  list(): Promise<LocalModel[]>;
  /** A repository's models in the cache, or the one asked for. @throws {NotFoundError} */
  show(name: string): Promise<LocalModel[]>;
  /** Removes a whole repository, one of its models, or a URL's files. @throws {NotFoundError} {BusyError} */
  remove(name: string): Promise<Removed>;
  /** The model if all of it is in the cache; makes no request. */
  resolveLocal(name: string): Promise<LocalModel | undefined>;
}

export function createHub(settings: HubSettings, options: HubOptions = {}): Hub {
  const client = createHubClient(settings, options);
  const { cacheDir } = settings;
  const parse = (name: string) => parseModelName(name, [new URL(settings.endpoint).host]);
  const context = { settings, client, ...(options.link === undefined ? {} : { link: options.link }) };
  return {
    settings,
    client,
    parse,
    pull: async (name, pullOptions = {}) => pullModel(context, parse(name), pullOptions),
    list: () => listLocal(cacheDir),
    show: async (name) => showLocal(cacheDir, parse(name)),
    remove: async (name) => removeLocal(cacheDir, parse(name)),
    resolveLocal: async (name) => resolveLocal(cacheDir, parse(name)),
  };
}
