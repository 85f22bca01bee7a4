/** Servers of their own process, and streams read from them. */

const MAIN = new URL("../apps/cli/src/main.ts", import.meta.url).pathname;
export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** Stops it by SIGTERM and gives its exit status. */
  stop(): Promise<number>;
}

/** `realizar serve`; resolves once the model is loaded. */
export async function startServer(
  model: string,
  threads: number,
  ...flags: string[]
): Promise<ServerProcess> {
  const asked = ["--model", `model=${model}`, "--port", "0", "--threads", `${threads}`, "--grace", "5"];
  const child = Bun.spawn([process.execPath, MAIN, "serve", ...asked, ...flags], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  let said = "";
  const decoder = new TextDecoder();
  const reader = child.stdout.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the server of ${model} did not start`);
    said += decoder.decode(value, { stream: true });
    const url = /address\s+(http\S+)\n/.exec(said)?.[1];
    if (url === undefined) continue;
    return {
      url,
      pid: child.pid,
      stop() {
        child.kill("SIGTERM");
        return child.exited;
      },
    };
  }
}

/** A generation as its client saw it, times in ms. */
export interface Seen {
  readonly asked: number;
  /** When each piece of text came. */
  readonly arrivals: number[];
  /** Tokens generated, once it has ended: a few have no text of their own. */
  tokens?: number;
}

export const post = (url: string, body: object, signal?: AbortSignal): Promise<Response> =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    timeout: false, // a server may be slow: how slow is what is measured
    ...(signal === undefined ? {} : { signal }),
  } as RequestInit);

/**
 * What makes a stream repeat one token that has text of its own, so that each token is an event of its own and none ends
 * the stream, whatever a model of random weights would say.
 */
export const ONE_TOKEN_AGAIN = { logit_bias: { 300: 100 } };

/** Streams a greedy completion of token ids into `seen` until its end or the signal. `asked`: more fields of the request. */
export async function stream(
  { url }: ServerProcess,
  prompt: readonly number[],
  tokens: number,
  signal?: AbortSignal,
  seen: Seen = { asked: performance.now(), arrivals: [] },
  asked: object = {},
): Promise<Seen> {
  const body = {
    prompt,
    max_tokens: tokens,
    temperature: 0,
    ...asked,
    stream: true,
    stream_options: { include_usage: true },
  };
  const decoder = new TextDecoder();
  let rest = "";
  try {
    const response = await post(`${url}/v1/completions`, body, signal);
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const now = performance.now();
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        if (line.includes('"finish_reason":null')) seen.arrivals.push(now);
        const made = /"completion_tokens":(\d+)/.exec(line)?.[1];
        if (made !== undefined) seen.tokens = Number(made);
      }
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
  return seen;
}

/** Tokens that are their own, so that no prompt finds another's pages. */
export function promptMaker(vocabSize: number): (length: number) => number[] {
  let state = Date.now() >>> 0;
  return (length) =>
    Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return 300 + (state % Math.max(1, vocabSize - 300));
    });
}

/** Tokens/s of all streams together while all of them run. */
export function rateTogether(all: readonly Seen[]): number {
  const from = Math.max(...all.map(({ arrivals }) => arrivals[0] ?? Number.NaN));
  const to = Math.min(...all.map(({ arrivals }) => arrivals.at(-1) ?? Number.NaN));
  let made = 0;
  for (const { arrivals, tokens = arrivals.length } of all)
    made += (arrivals.filter((at) => at > from && at <= to).length * tokens) / arrivals.length;
  return (1000 * made) / (to - from);
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
export const median = (values: readonly number[]) => quantile(values, 0.5);
export const gapsOf = (arrivals: readonly number[]) => arrivals.slice(1).map((at, i) => at - arrivals[i]!);
