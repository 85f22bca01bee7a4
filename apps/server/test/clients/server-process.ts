const MAIN = new URL("../../../cli/src/main.ts", import.meta.url).pathname;
/** Random weights, a chat template, a context of 4,096 tokens; its end of text is token 2. */
export const TINY = new URL("../fixtures/tiny-llama.gguf", import.meta.url).pathname;
/** Keeps the tiny model from ending a text by itself. */
export const NO_END = { "2": -100 };

export interface ServerProcess {
  /** Without a slash at its end. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Sends the signal and waits for the exit; gives its status, or null where the signal was what ended it. */
  stop(signal: "SIGTERM" | "SIGKILL"): Promise<number | null>;
}

/** `realizar serve` of the tiny model, named "tiny", in a process of its own; resolves once the model is loaded. */
export async function startServer(...flags: string[]): Promise<ServerProcess> {
  const child = Bun.spawn(
    [process.execPath, MAIN, "serve", "--model", `tiny=${TINY}`, "--port", "0", "--threads", "1", ...flags],
    { stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  );
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let said = "";
  let address: RegExpExecArray | null = null;
  while (address === null) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the server did not start: ${await new Response(child.stderr).text()}`);
    said += decoder.decode(value, { stream: true });
    address = /address\s+(http\S+:(\d+))\n/.exec(said);
  }
  reader.releaseLock();
  return {
    url: address[1]!,
    port: Number(address[2]),
    pid: child.pid,
    async stop(signal) {
      child.kill(signal);
      await child.exited;
      return child.exitCode;
    },
  };
}

/** The value of a series without labels in the server's /metrics; NaN where there is none. */
export async function metric(url: string, name: string, headers: HeadersInit = {}): Promise<number> {
  const text = await (await fetch(`${url}/metrics`, { headers })).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
}
