import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Someone new: an empty home, empty caches, no project, and of all programs only those named. */
export interface Newcomer {
  /** An empty folder of theirs. */
  folder(name: string): string;
  run(command: readonly string[], cwd: string): Promise<Ran>;
  start(command: readonly string[], cwd: string): Bun.Subprocess<"ignore", "pipe", "pipe">;
  /** Removes all of it. */
  leave(): void;
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly seconds: number;
}

/**
 * @param registry where packages come from, and from nowhere else
 * @param programs name to path, of what is on their PATH beside a shell
 */
export function newcomer(registry: string, programs: Readonly<Record<string, string>>): Newcomer {
  const home = mkdtempSync(join(tmpdir(), "realizar-newcomer-"));
  for (const name of ["bin", "tmp"]) mkdirSync(join(home, name));
  for (const [name, path] of Object.entries({ ...SHELL, ...programs }))
    symlinkSync(path, join(home, "bin", name));
  const npmrc = join(home, ".npmrc");
  // Publishing asks for a token; this registry takes any.
  writeFileSync(npmrc, `registry=${registry}/\n${registry.replace(/^http:/, "")}/:_authToken=anyone\n`);
  chmodSync(npmrc, 0o600);
  const env = {
    HOME: home,
    PATH: join(home, "bin"),
    TMPDIR: join(home, "tmp"),
    BUN_INSTALL_CACHE_DIR: join(home, "bun-cache"),
    npm_config_cache: join(home, "npm-cache"),
    npm_config_update_notifier: "false",
    npm_config_fund: "false",
    npm_config_audit: "false",
    NO_COLOR: "1",
  };
  const groups: number[] = [];
  const start = (command: readonly string[], cwd: string) => {
    const child = Bun.spawn([join(home, "bin", command[0]!), ...command.slice(1)], {
      cwd,
      env,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
    });
    groups.push(child.pid);
    return child;
  };
  return {
    folder(name) {
      const path = join(home, name);
      mkdirSync(path);
      return path;
    },
    start,
    async run(command, cwd) {
      const began = performance.now();
      const child = start(command, cwd);
      const [code, out, err] = await Promise.all([
        child.exited,
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
      ]);
      return { code, out, err, seconds: (performance.now() - began) / 1000 };
    },
    leave() {
      for (const group of groups) endGroup(group);
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Ends what a command has left running: `npx` does not end its own child. */
function endGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGTERM");
  } catch {
    // All of it has ended.
  }
}

const SHELL: Readonly<Record<string, string>> = Object.fromEntries(
  ["sh", "uname", "dirname"].flatMap((name) => {
    const path = Bun.which(name);
    return path === null ? [] : [[name, path]];
  }),
);
