import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../pack/workspaces.ts";
import { findNode, run } from "./environment.ts";
import { installed, manifestOf, packageNamed } from "./installed.ts";

const SECONDS = 60_000;
const node = await findNode();
const data = process.env.REALIZAR_TEST_DATA ?? join(ROOT, "../shared/data");
const model = join(data, "stories260K/stories260K-f32.gguf");
const withModel = describe.skipIf(!existsSync(model));

const runtimes: [name: string, path: string][] = [["Bun", process.execPath]];
if ("path" in node) runtimes.push(["Node", node.path]);

describe("realizar, installed from its tarball", () => {
  const { folder: source, tarball, version } = packageNamed("realizar");
  let program = "";

  beforeAll(async () => {
    const folder = await installed("program", ["realizar"]);
    program = join(folder, "node_modules/realizar", manifestOf(source).bin!.realizar!);
  }, SECONDS);

  test("has everything inside, and runs nothing when installed", () => {
    const { dependencies, scripts } = manifestOf(source);
    expect({ dependencies, scripts }).toEqual({ dependencies: undefined, scripts: undefined });
  });

  test("is small: at most 8 MB to download and 15 MB on disk", () => {
    const files = [...new Bun.Glob("**/*").scanSync({ cwd: source, absolute: true })];
    expect(statSync(tarball).size).toBeLessThan(8e6);
    expect(files.reduce((sum, file) => sum + statSync(file).size, 0)).toBeLessThan(15e6);
  });

  test("starts under Node where a shell runs it", () => {
    expect(readFileSync(program, "utf8")).toStartWith("#!/usr/bin/env node\n");
    expect(statSync(program).mode & 0o111).not.toBe(0);
  });

  test.each(runtimes)("tells its version in %s", async (_, runtime) => {
    const told = await run([runtime, program, "--version"], source);
    expect(told).toEqual({ code: 0, out: `realizar ${version}\n`, err: "" });
  });

  withModel(`with a model${existsSync(model) ? "" : ` (${model} is absent)`}`, () => {
    test.each(runtimes)("runs it in %s", async (_, runtime) => {
      const command = ["run", model, "Once upon a time", "-n", "12", "--temperature", "0"];
      const { code, out } = await run([runtime, program, ...command], source);
      expect({ code, out }).toEqual({ code: 0, out: ", there was a little girl named Lily. She\n" });
    });

    test(
      "serves it, in a worker, in Bun",
      async () => {
        const child = Bun.spawn(
          [process.execPath, program, "serve", "--model", `tiny=${model}`, "--port", "0"],
          { cwd: source, stdin: "ignore", stdout: "pipe", stderr: "pipe" },
        );
        try {
          const address = Promise.withResolvers<string>();
          let said = "";
          for (const stream of [child.stdout, child.stderr])
            void (async () => {
              const decoder = new TextDecoder();
              for await (const chunk of stream) {
                said += decoder.decode(chunk, { stream: true });
                const found = /address\s+(http:\S+)/.exec(said);
                if (found) address.resolve(found[1]!);
              }
            })();
          void child.exited.then((code) => address.reject(new Error(`serve ended with ${code}: ${said}`)));
          const response = await fetch(`${await address.promise}/v1/completions`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify({
              model: "tiny",
              prompt: "Once upon a time",
              max_tokens: 12,
              temperature: 0,
            }),
          });
          const { choices } = (await response.json()) as { choices: { text: string }[] };
          expect(choices[0]?.text).toBe(", there was a little girl named Lily. She");
        } finally {
          child.kill();
          await child.exited;
        }
      },
      SECONDS,
    );
  });
});
