import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { NO_END, type ServerProcess, startServer } from "../clients/server-process.ts";
import { readEvents } from "../toy-server.ts";

// In CI a missing haproxy is a failure, not a reason to skip.
const missing = Bun.which("haproxy") === null && process.env.CI !== "true";
const title = missing
  ? "two replicas behind HAProxy (skipped: haproxy is not installed)"
  : "two replicas behind HAProxy";

type Replica = "one" | "two";

interface Outcome {
  readonly replica: Replica | undefined;
  readonly status: number;
  readonly text: string;
  /** Whether the answer came to its own end. */
  readonly complete: boolean;
  /** Asked after the kill. */
  readonly late: boolean;
}

const TOKENS = 800;
const BODY = JSON.stringify({
  prompt: "abc",
  max_tokens: TOKENS,
  temperature: 0,
  stream: true,
  logit_bias: NO_END,
});

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

describe.skipIf(missing)(title, () => {
  const servers = new Map<Replica, ServerProcess>();
  let proxy: Bun.Subprocess | undefined;
  let url = "";
  let expected = "";

  /** Streams that are being read, by replica. */
  const open: Record<Replica, number> = { one: 0, two: 0 };
  let killed = false;

  async function stream(base = url): Promise<Outcome> {
    const late = killed;
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${base}/v1/completions`, { method: "POST", headers, body: BODY });
    const replica = (response.headers.get("x-replica") ?? undefined) as Replica | undefined;
    const outcome = { replica, status: response.status, late };
    let text = "";
    if (replica !== undefined) open[replica]++;
    try {
      for await (const { data } of readEvents(response.body!)) {
        if (data === "[DONE]") return { ...outcome, text, complete: true };
        text += JSON.parse(data).choices[0].text;
      }
    } catch {
      // The connection broke.
    } finally {
      if (replica !== undefined) open[replica]--;
    }
    return { ...outcome, text, complete: false };
  }

  /** Eight clients, each asking again as soon as it is answered, until `enough`. */
  async function load(enough: (done: readonly Outcome[]) => boolean): Promise<Outcome[]> {
    const done: Outcome[] = [];
    const client = async () => {
      while (!enough(done)) done.push(await stream());
    };
    await Promise.all(Array.from({ length: 8 }, client));
    return done;
  }

  /** Asks until the replica answers: HAProxy has seen it healthy. */
  async function untilServing(replica: Replica): Promise<void> {
    for (let asked = 0; asked < 500; asked++) {
      const response = await fetch(`${url}/v2/health/ready`);
      if (response.headers.get("x-replica") === replica) return;
      await Bun.sleep(10);
    }
    throw new Error(`${replica} does not come back`);
  }

  beforeAll(async () => {
    const [one, two] = await Promise.all([startServer(), startServer()]);
    servers.set("one", one).set("two", two);
    const port = freePort();
    url = `http://127.0.0.1:${port}`;
    const config = new URL("./haproxy.cfg", import.meta.url).pathname;
    proxy = Bun.spawn(["haproxy", "-db", "-f", config], {
      env: { ...process.env, PORT: `${port}`, REPLICA_1: `${one.port}`, REPLICA_2: `${two.port}` },
      stdout: "ignore",
      stderr: "ignore",
    });
    while (!(await fetch(url).catch(() => undefined))) await Bun.sleep(10);
    expected = (await stream(one.url)).text;
  });
  afterAll(async () => {
    proxy?.kill();
    for (const server of servers.values()) await server.stop("SIGKILL");
  });

  test("share the load, and give the same text in a crowd", async () => {
    const done = await load(({ length }) => length >= 24);
    expect(done.every(({ complete, text }) => complete && text === expected)).toBe(true);
    const ofOne = done.filter(({ replica }) => replica === "one").length;
    expect(Math.abs(2 * ofOne - done.length)).toBeLessThanOrEqual(8);
  });

  test("one is killed: its streams break, no other stream or request is lost", async () => {
    let broken = 0;
    const done = await load((soFar) => {
      if (!killed && soFar.length >= 16 && open.two >= 2) {
        broken = open.two;
        killed = true;
        void servers.get("two")!.stop("SIGKILL");
      }
      return soFar.length >= 72;
    });
    expect(killed).toBe(true);
    const lost = done.filter(({ complete }) => !complete);
    expect(lost.every(({ replica, late }) => replica === "two" && !late)).toBe(true);
    // Some of them may have been read to their end from the proxy's buffer.
    expect(lost.length).toBeLessThanOrEqual(broken);
    expect(lost.length).toBeGreaterThan(0);
    for (const { text } of lost) expect(expected.startsWith(text)).toBe(true);

    const rest = done.filter(({ complete }) => complete);
    expect(rest.every(({ status, text }) => status === 200 && text === expected)).toBe(true);
    const late = done.filter(({ late }) => late);
    expect(late.length).toBeGreaterThan(20);
    expect(late.every(({ replica }) => replica === "one")).toBe(true);
  });

  test("it comes back, and the other is stopped by SIGTERM: nothing is lost", async () => {
    const { port } = servers.get("two")!;
    servers.set("two", await startServer("--port", `${port}`));
    await untilServing("two");
    let exit: Promise<number | null> | undefined;
    const done = await load((soFar) => {
      if (soFar.length >= 8 && open.one >= 2) exit ??= servers.get("one")!.stop("SIGTERM");
      return soFar.length >= 48;
    });
    expect(done.every(({ complete, text }) => complete && text === expected)).toBe(true);
    expect(done.at(-1)!.replica).toBe("two");
    expect(await exit).toBe(0);
  });
});
