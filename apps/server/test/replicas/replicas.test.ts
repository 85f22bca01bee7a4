import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { NO_END, type ServerProcess, startServer } from "../clients/server-process.ts";
import { readEvents } from "../toy-server.ts";
import { type Balancer, startBalancer } from "./balancer.ts";

// In CI a missing haproxy is a failure, not a reason to skip.
const missing = Bun.which("haproxy") === null && process.env.CI !== "true";
const title = missing
  ? "two replicas behind HAProxy (skipped: haproxy is not installed)"
  : "two replicas behind HAProxy";

type Replica = "one" | "two";

interface Outcome {
  readonly replica: Replica | undefined;
  readonly status: number;
  /** What was asked for. */
  readonly tokens: number;
  readonly text: string;
  /** Whether the answer came to its own end. */
  readonly complete: boolean;
  /** Asked after the kill. */
  readonly late: boolean;
}

const CLIENTS = 8;
const SHORT = 200;
/** Long enough that a server is still at it when its first words have been read. */
const LONG = 2000;
const TIMEOUT = 120_000;

describe.skipIf(missing)(title, () => {
  /** Every server there is or will be. */
  const starting: Promise<ServerProcess>[] = [];
  const servers = new Map<Replica, ServerProcess>();
  let balancer: Balancer | undefined;
  /** The whole text of a length, as a replica gives it to one client alone. */
  const expected = new Map<number, string>();

  /** Streams whose first words have been read and whose last have not, by replica. */
  const open: Record<Replica, number> = { one: 0, two: 0 };
  let killed = false;

  function start(): Promise<ServerProcess> {
    const server = startServer("--grace", `${TIMEOUT / 1000}`);
    starting.push(server);
    return server;
  }

  async function stream(tokens: number, base: string): Promise<Outcome> {
    const late = killed;
    const headers = { "content-type": "application/json" };
    const asked = { prompt: "abc", max_tokens: tokens, temperature: 0, stream: true, logit_bias: NO_END };
    const response = await fetch(`${base}/v1/completions`, {
      method: "POST",
      headers,
      body: JSON.stringify(asked),
    });
    const replica = (response.headers.get("x-replica") ?? undefined) as Replica | undefined;
    const outcome = { replica, status: response.status, tokens, late };
    let text = "";
    let counted = false;
    try {
      for await (const { data } of readEvents(response.body!)) {
        if (data === "[DONE]") return { ...outcome, text, complete: true };
        text += JSON.parse(data).choices[0].text;
        if (counted || replica === undefined) continue;
        counted = true;
        open[replica]++;
      }
    } catch {
      // The connection broke.
    } finally {
      if (counted) open[replica!]--;
    }
    return { ...outcome, text, complete: false };
  }

  /** Clients that each ask again as soon as they are answered, for a long text first, until so many are answered. */
  async function load(enough: number): Promise<Outcome[]> {
    const done: Outcome[] = [];
    const client = async () => {
      for (let tokens = LONG; done.length < enough; tokens = SHORT)
        done.push(await stream(tokens, balancer!.url));
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    return done;
  }

  const isWhole = ({ status, complete, text, tokens }: Outcome): boolean =>
    status === 200 && complete && text === expected.get(tokens);

  /** An outcome as a failed test shows it. */
  const brief = ({ text, ...rest }: Outcome) => ({ ...rest, length: text.length });

  beforeAll(async () => {
    const [one, two] = await Promise.all([start(), start()]);
    servers.set("one", one).set("two", two);
    for (const tokens of [SHORT, LONG]) expected.set(tokens, (await stream(tokens, one.url)).text);
    balancer = await startBalancer(one.port, two.port);
  }, TIMEOUT);
  afterAll(async () => {
    await balancer?.stop();
    for (const each of await Promise.allSettled(starting)) {
      if (each.status === "fulfilled") await each.value.stop("SIGKILL");
    }
  }, TIMEOUT);

  test(
    "share the load, and give the same text in a crowd",
    async () => {
      const done = await load(24);
      expect(done.filter((each) => !isWhole(each)).map(brief)).toEqual([]);
      for (const which of ["one", "two"] as const) {
        expect(done.filter(({ replica }) => replica === which).length).toBeGreaterThan(done.length / 4);
      }
    },
    TIMEOUT,
  );

  test(
    "one is killed: its streams break, no other stream or request is lost",
    async () => {
      const loaded = load(48);
      while (open.two < 2) await Bun.sleep(1);
      killed = true;
      void servers.get("two")!.stop("SIGKILL");
      const done = await loaded;

      const lost = done.filter((each) => !isWhole(each));
      expect(lost.filter(({ replica, late }) => replica !== "two" || late).map(brief)).toEqual([]);
      expect(lost.length).toBeGreaterThan(0);
      for (const { status, text, tokens } of lost) {
        expect(status).toBe(200);
        expect(expected.get(tokens)).toStartWith(text);
      }
      const late = done.filter((each) => each.late);
      expect(late.length).toBeGreaterThan(20);
      expect(late.every(({ replica }) => replica === "one")).toBe(true);
    },
    TIMEOUT,
  );

  test(
    "it comes back, and the other is stopped by SIGTERM: nothing is lost",
    async () => {
      const two = await start();
      servers.set("two", two);
      await balancer!.moved("two", two.port);
      const answeredBy = async () => {
        const response = await fetch(`${balancer!.url}/v2/health/ready`);
        return response.headers.get("x-replica");
      };
      while ((await answeredBy()) !== "two") await Bun.sleep(10);

      const loaded = load(32);
      while (open.one < 2) await Bun.sleep(1);
      const exit = servers.get("one")!.stop("SIGTERM");
      const done = await loaded;
      expect(done.filter((each) => !isWhole(each)).map(brief)).toEqual([]);
      expect(done.at(-1)!.replica).toBe("two");
      expect(await exit).toBe(0);
    },
    TIMEOUT,
  );
});
