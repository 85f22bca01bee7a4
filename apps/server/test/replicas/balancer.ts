import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@realizar/testing/free-port";

/** HAProxy before two replicas, in a process of its own. */
export interface Balancer {
  readonly url: string;
  /** Tells it where a replica is now. */
  moved(replica: string, port: number): Promise<void>;
  stop(): Promise<void>;
}

const CONFIG = new URL("./haproxy.cfg", import.meta.url).pathname;

/** Starts it on a port it can have, and waits until one of the replicas answers through it. */
export async function startBalancer(one: number, two: number): Promise<Balancer> {
  const folder = mkdtempSync(join(tmpdir(), "realizar-balancer-"));
  const admin = join(folder, "admin.sock");

  async function attempt(port: number): Promise<Bun.Subprocess | undefined> {
    const child = Bun.spawn(["haproxy", "-db", "-f", CONFIG], {
      env: { ...process.env, PORT: `${port}`, ADMIN: admin, REPLICA_1: `${one}`, REPLICA_2: `${two}` },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
    });
    while (child.exitCode === null) {
      const response = await fetch(`http://127.0.0.1:${port}/v2/health/ready`).catch(() => undefined);
      if (response?.headers.has("x-replica")) return child;
      await Bun.sleep(10);
    }
    return undefined;
  }

  for (let attempts = 0; attempts < 20; attempts++) {
    const port = freePort();
    const child = await attempt(port);
    if (child === undefined) continue;
    return {
      url: `http://127.0.0.1:${port}`,
      moved: (replica, to) => command(admin, `set server replicas/${replica} addr 127.0.0.1 port ${to}`),
      async stop() {
        child.kill("SIGKILL");
        await child.exited;
        rmSync(folder, { recursive: true });
      },
    };
  }
  rmSync(folder, { recursive: true });
  throw new Error(`HAProxy does not start: haproxy -c -f ${CONFIG}`);
}

/** Gives HAProxy a command and waits until it has carried it out. */
async function command(socket: string, line: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  await Bun.connect({
    unix: socket,
    socket: {
      open: (open) => void open.write(`${line}\n`),
      data() {},
      close: () => resolve(),
      error: (_, error) => reject(error),
    },
  });
  await promise;
}
