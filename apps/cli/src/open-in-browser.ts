import { spawn } from "node:child_process";
import { CommandError } from "./errors.ts";

/** What opens an address with the program that the user has chosen for it. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

/** No program opens addresses. */
export class NoBrowserError extends CommandError {
  constructor(url: string, cause: unknown) {
    super("CLI_NO_BROWSER", `no browser could be opened: go to ${url} yourself`, { cause });
  }
}

/** Shows an address in the user's browser, and does not wait for it. @throws NoBrowserError */
export function openInBrowser(
  url: string,
  [program = "xdg-open", ...words]: readonly string[] = OPENERS[process.platform] ?? [],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...words, url], { stdio: "ignore", detached: true });
    child.once("error", (cause) => reject(new NoBrowserError(url, cause)));
    child.once("spawn", () => {
      child.unref();
      resolve();
    });
  });
}
