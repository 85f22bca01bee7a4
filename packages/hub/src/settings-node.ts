import { readFile } from "node:fs/promises";
import { ifExists, onDisk } from "./disk-node.ts";
import { checkToken, type Environment, type HubSettings, hubSettings, tokenPath } from "./settings.ts";

/**
 * As `hubSettings`, with the token of `hf auth login` where no variable has one.
 *
 * @throws {SettingError} {CachePermissionError}
 */
export async function readHubSettings(env: Environment): Promise<HubSettings> {
  const settings = hubSettings(env);
  if (settings.token !== undefined) return settings;
  const path = tokenPath(env);
  const token = (await onDisk(path, () => ifExists(readFile(path, "utf8"))))?.trim();
  return token === undefined || token === "" ? settings : { ...settings, token: checkToken(path, token) };
}
