import { beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../pack/workspaces.ts";
import { runInPage } from "./browser.ts";
import { findChromium, findNode, run } from "./environment.ts";
import { importMap, installed, selfContained } from "./installed.ts";
import { needs } from "./needs.ts";

const data = process.env.REALIZAR_TEST_DATA ?? join(ROOT, "../shared/data");
const model = join(data, "stories260K/stories260K-q8_0.gguf");
const node = await findNode();
const chromium = findChromium();

const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

const program = (input: string) => `
import { load } from "@realizar/llm";
const llm = await load(${input}, { threads: 2 });
let text = "";
for await (const token of llm.generate("Once upon a time", { maxTokens: 12, temperature: 0 })) text += token.text;
await llm.close();
console.log(text);
`;
const TEXT = ", there was a little girl named Lily. She\n";

describe.skipIf(!existsSync(model))(
  `@realizar/llm from its tarballs${existsSync(model) ? "" : ` (${model} is absent)`}`,
  () => {
    let folder = "";
    const names = selfContained.map(({ name }) => name);

    beforeAll(async () => {
      folder = await installed("llm", names);
      copyFileSync(model, join(folder, "model.gguf"));
      writeFileSync(join(folder, "program.js"), program('"model.gguf"'));
    }, 60_000);

    test("generates in Bun", async () => {
      expect(await run([process.execPath, "program.js"], folder)).toEqual({ code: 0, out: TEXT, err: "" });
    });

    needs(node, "generates in Node 22 or later", async (path) => {
      expect(await run([path, "program.js"], folder)).toEqual({ code: 0, out: TEXT, err: "" });
    });

    needs(
      chromium,
      "generates in Chromium, in a page",
      async (path) => {
        const input = 'await (await fetch("/model.gguf")).blob()';
        const page = { chromium: path, folder, imports: importMap(folder, names), program: program(input) };
        expect(await runInPage(page)).toBe(TEXT);
      },
      true,
    );

    needs(
      chromium,
      "generates in Chromium, on the main thread of a page that is cross-origin isolated, on that thread alone",
      async (path) => {
        const input = 'await (await fetch("/model.gguf")).blob()';
        const source = program(input).replace(
          "console.log(",
          "console.log(crossOriginIsolated, llm.threads, ",
        );
        const page = { chromium: path, folder, imports: importMap(folder, names), program: source };
        expect(await runInPage({ ...page, headers: ISOLATED })).toBe(`true 1 ${TEXT}`);
      },
      true,
    );

    needs(
      chromium,
      "generates in Chromium, in a bundled worker of a page that is cross-origin isolated, on threads",
      async (path) => {
        const source = program('await (await fetch(location.origin + "/model.gguf")).blob()');
        writeFileSync(
          join(folder, "worker.js"),
          source.replace("console.log(", "postMessage(crossOriginIsolated + "),
        );
        await Bun.build({
          entrypoints: [join(folder, "worker.js")],
          outdir: join(folder, "built"),
          target: "browser",
        });
        const start = `
const worker = new Worker("/built/worker.js", { type: "module" });
console.log(await new Promise((resolve) => {
  worker.onmessage = (event) => resolve(event.data);
  worker.onerror = (event) => resolve(event.message);
}));`;
        const page = { chromium: path, folder, imports: {}, program: start, headers: ISOLATED };
        expect(await runInPage(page)).toBe(`true${TEXT}`);
      },
      true,
    );
  },
);
