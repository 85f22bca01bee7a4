import { beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type GgufContents, writeGgufBytes } from "@realizar/gguf";
import { runInPage } from "./browser.ts";
import { findChromium, findNode, run } from "./environment.ts";
import { importMap, installed, readmeProgram, toJavaScript } from "./installed.ts";
import { needs } from "./needs.ts";

const ALONE = ["gguf", "safetensors", "tokenizers", "sampling", "chat", "demo-model"].map(
  (name) => `@realizar/${name}`,
);
const SECONDS = 60_000;

const node = await findNode();
const chromium = findChromium();

describe.each(ALONE)("%s by itself runs the program of its README", (name) => {
  const { program, prints } = readmeProgram(name);
  let folder = "";

  beforeAll(async () => {
    folder = await installed(name.replace("@realizar/", "alone-"), [name]);
    writeFileSync(join(folder, "program.ts"), program);
    writeFileSync(join(folder, "program.js"), toJavaScript(program));
  }, SECONDS);

  test("in Bun", async () => {
    expect(await run([process.execPath, "program.ts"], folder)).toEqual({ code: 0, out: prints, err: "" });
  });

  needs(node, "in Node 22 or later", async (path) => {
    expect(await run([path, "program.js"], folder)).toEqual({ code: 0, out: prints, err: "" });
  });

  needs(
    chromium,
    "in Chromium",
    async (path) => {
      const imports = importMap(folder, [name]);
      expect(await runInPage({ chromium: path, folder, imports, program: toJavaScript(program) })).toBe(
        prints,
      );
    },
    true,
  );
});

describe("@realizar/gguf in a page", () => {
  const values = 4 << 20;
  const model: GgufContents = {
    metadata: new Map([["general.architecture", { type: "string", value: "llama" }]]),
    tensors: [
      { name: "w", type: "F32", shape: [1024, values / 1024], data: () => new Uint8Array(4 * values) },
    ],
  };

  needs(
    chromium,
    "reads a header over HTTP ranges from another origin, and little more than that",
    async (path) => {
      const bytes = await writeGgufBytes(model);
      let sent = 0;
      const methods = new Set<string>();
      const files = Bun.serve({
        port: 0,
        hostname: "127.0.0.1",
        fetch(request) {
          methods.add(request.method);
          const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get("range") ?? "");
          if (range === null) return new Response("a range is asked for", { status: 400 });
          const [first, last] = [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)];
          sent += last + 1 - first;
          return new Response(bytes.slice(first, last + 1), {
            status: 206,
            headers: {
              "content-range": `bytes ${first}-${last}/${bytes.length}`,
              "access-control-allow-origin": request.headers.get("origin") ?? "",
              "access-control-expose-headers": "Content-Range, ETag",
              etag: '"1"',
            },
          });
        },
      });
      const folder = await installed("ranges", ["@realizar/gguf"]);
      const program = `
import { fromUrl, getString, openGguf } from "@realizar/gguf";
const file = await openGguf(await fromUrl("${files.url}model.gguf"));
const [w] = file.tensors;
console.log(getString(file.metadata, "general.architecture"), w.name, w.type, w.shape.join("x"), file.size);
`;
      try {
        const imports = importMap(folder, ["@realizar/gguf"]);
        const printed = await runInPage({ chromium: path, folder, imports, program });
        expect(printed).toBe(`llama w F32 1024x4096 ${bytes.length}\n`);
        expect([...methods]).toEqual(["GET"]);
        expect(sent).toBeLessThan(300_000);
      } finally {
        await files.stop(true);
      }
    },
    true,
  );
});
