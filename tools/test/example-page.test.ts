import { afterAll, beforeAll, describe, expect } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildExample } from "../../examples/browser/build.ts";
import { runInPage } from "./browser.ts";
import { findChromium } from "./environment.ts";
import { needs } from "./needs.ts";

const chromium = findChromium();

/** Opens the example in a frame, asks, and prints what its status line and its answer say. */
const VISIT = `
const frame = document.createElement("iframe");
frame.src = "/index.html";
document.body.append(frame);
await new Promise((resolve) => { frame.onload = resolve; });
const part = (id) => frame.contentDocument.getElementById(id);
const until = async (met) => { while (!met()) await new Promise((resolve) => setTimeout(resolve, 10)); };
await until(() => part("status").textContent !== "loading");
console.log(part("status").textContent);
part("ask").click();
await until(() => part("answer").textContent !== "" && !part("ask").disabled);
console.log(part("answer").textContent.trim());
`;

describe("examples/browser", () => {
  const folder = mkdtempSync(join(tmpdir(), "realizar-example-page-"));
  beforeAll(() => buildExample(folder), 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  const visit = async (path: string, headers: Record<string, string>) => {
    const said = await runInPage({ chromium: path, folder, imports: {}, program: VISIT, headers });
    return said.trimEnd().split("\n");
  };

  needs(
    chromium,
    "answers on one thread behind any static server",
    async (path) => {
      const [status, ...answer] = await visit(path, {});
      expect(status).toMatch(
        /^llama, [\d,.]+ parameters, 1 thread, as this page is not cross-origin isolated$/,
      );
      expect(answer.join(" ")).toMatch(/[a-z]+ [a-z]+/);
    },
    true,
  );

  needs(
    chromium,
    "answers on threads where the page is cross-origin isolated",
    async (path) => {
      const headers = {
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
      };
      const [status, ...answer] = await visit(path, headers);
      const threads = navigator.hardwareConcurrency;
      expect(status).toMatch(
        new RegExp(`^llama, [\\d,.]+ parameters, ${threads === 1 ? "1 thread" : `${threads} threads`}$`),
      );
      expect(answer.join(" ")).toMatch(/[a-z]+ [a-z]+/);
    },
    true,
  );
});
