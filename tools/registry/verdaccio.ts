import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@realizar/testing/free-port";
import type { Registry } from "./loopback-registry.ts";

/** Anyone may publish and install, and nothing is asked of any other registry. */
const CONFIG = (storage: string) => `storage: ${storage}
packages:
  "**":
    access: $all
    publish: $all
max_body_size: 100mb
log: { type: stdout, format: json, level: warn }
`;

const SECONDS = 30;

/** Starts verdaccio, empty, on a free port of the loopback interface. */
export async function startVerdaccio(
  node: string,
  script: string,
): Promise<Pick<Registry, "url" | "missed" | "stop">> {
  const folder = mkdtempSync(join(tmpdir(), "realizar-verdaccio-"));
  const config = join(folder, "config.yaml");
  writeFileSync(config, CONFIG(join(folder, "storage")));
  const url = `http://127.0.0.1:${freePort()}`;
  const child = Bun.spawn([node, script, "--config", config, "--listen", url], {
    cwd: folder,
    stdout: "pipe",
    stderr: "pipe",
  });
  const stop = async () => {
    child.kill();
    await child.exited;
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < SECONDS * 10; tries++) {
    const answer = await fetch(`${url}/-/ping`).catch(() => undefined);
    if (answer?.ok) return { url, missed: [], stop };
    if (child.exitCode !== null) break;
    await Bun.sleep(100);
  }
  child.kill();
  const said = await new Response(child.stdout).text();
  await stop();
  throw new Error(`verdaccio did not start within ${SECONDS} s:\n${said}`);
}
