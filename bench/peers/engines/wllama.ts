import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openTokenizer } from "@realizar/formats";
import { chromium } from "playwright-core";
import type { OpenEngine, SpeedTest } from "../engine.ts";

/** What the page offers; see wllama-page.html. */
interface Page {
  load(options: { threads: number; contextSize: number }): Promise<number>;
  complete(prompt: string, count: number): Promise<Timings>;
}

interface Timings {
  readonly cache_n: number;
  readonly prompt_n: number;
  readonly prompt_ms: number;
  readonly predicted_n: number;
  readonly predicted_ms: number;
}

declare const peer: Page;

/** Isolation, without which a page has no shared memory and so no threads. */
const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** wllama in headless Chromium. */
export const open: OpenEngine = async ({ file, threads, contextSize }) => {
  const { encode } = await openTokenizer(file);
  const library = join(import.meta.dir, "../node_modules/@wllama/wllama/esm");
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      const { pathname } = new URL(request.url);
      const path =
        pathname === "/model.gguf"
          ? file
          : pathname.startsWith("/wllama/")
            ? join(library, pathname.slice(8))
            : join(import.meta.dir, "wllama-page.html");
      return new Response(Bun.file(path), { headers: ISOLATED });
    },
  });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(error));
  await page.goto(server.url.href);
  await page.waitForFunction(() => typeof peer !== "undefined");
  const loadSeconds = await page.evaluate((options) => peer.load(options), { threads, contextSize });

  let runs = 0;
  const complete = (prompt: string, count: number) =>
    page.evaluate(([text, most]) => peer.complete(text, most), [prompt, count] as const);
  return {
    loadSeconds,
    async run({ kind, tokens, depth }: SpeedTest) {
      if (kind === "prompt") {
        if (depth > 0) throw new RangeError("wllama is asked for prompts without depth only");
        // A first word of its own, lest the server take the prompt from its cache.
        const { prompt_n, prompt_ms } = await complete(textOf(encode, tokens, runs++), 1);
        return (prompt_n * 1000) / prompt_ms;
      }
      const { predicted_n, predicted_ms } = await complete(textOf(encode, Math.max(1, depth), 0), tokens + 1);
      if (predicted_n !== tokens + 1) throw new Error(`asked for ${tokens + 1} tokens, got ${predicted_n}`);
      // The first token comes out of the prompt.
      return ((predicted_n - 1) * 1000) / predicted_ms;
    },
    peakRssBytes: () => familyPeakRss(process.pid),
    async close() {
      await browser.close();
      await server.stop(true);
    },
  };
};

/** A text of about so many tokens. */
function textOf(encode: (text: string) => ArrayLike<number>, tokens: number, variant: number): string {
  const words = ["plate", "grove", "stone", "river", "cloud", "ember", "trail", "brook"];
  const all = [words[variant % words.length]!];
  const text = () => all.join(" ");
  while (encode(text()).length < tokens) all.push(words[(all.length * 5 + variant) % words.length]!);
  return text();
}

/** Peak resident memory of a process's descendants together, itself left out: the browser's. Linux only. */
function familyPeakRss(root: number): number {
  const status = (pid: number) => {
    try {
      return readFileSync(`/proc/${pid}/status`, "utf8");
    } catch {
      return "";
    }
  };
  const children = (pid: number): number[] =>
    Bun.spawnSync(["ps", "-o", "pid=", "--ppid", String(pid)])
      .stdout.toString()
      .trim()
      .split(/\s+/)
      .filter((text) => text !== "")
      .map(Number);
  const family = (pid: number): number[] => children(pid).flatMap((child) => [child, ...family(child)]);
  return family(root)
    .map((pid) => Number(/^VmHWM:\s*(\d+)/m.exec(status(pid))?.[1] ?? 0) * 1024)
    .reduce((sum, bytes) => sum + bytes, 0);
}
