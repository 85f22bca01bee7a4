import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Registry, startRegistry } from "../registry/loopback-registry.ts";
import { type Newcomer, newcomer } from "../registry/newcomer.ts";
import { startVerdaccio } from "../registry/verdaccio.ts";
import { findNode, findVerdaccio } from "./environment.ts";
import { packages, selfContained } from "./installed.ts";
import { answerOf, serving } from "./serving.ts";

const SECONDS = 90_000;
const bun = process.execPath;
const node = await findNode();
const npm = Bun.which("npm");

type Place = Pick<Registry, "url" | "missed" | "stop">;

/** Another registry to try, which takes publications from anyone and has none of these packages. */
const elsewhere = process.env.REALIZAR_REGISTRY?.replace(/\/$/, "");
const verdaccio = "path" in node ? await findVerdaccio() : node;

const REGISTRIES: [name: string, start: () => Promise<Place>][] = [
  ["a registry of our own", async () => startRegistry()],
];
if ("path" in node && "path" in verdaccio)
  REGISTRIES.push(["verdaccio", () => startVerdaccio(node.path, verdaccio.path)]);
if (elsewhere !== undefined)
  REGISTRIES.push([elsewhere, async () => ({ url: elsewhere, missed: [], stop: async () => {} })]);

if ("missing" in verdaccio) test.skip(`verdaccio (skipped: ${verdaccio.missing})`, () => {});

/** Runtimes under which `npx` is tried: Node 22 or later, and 20 where that is what the system has. */
const nodes: [version: string, path: string][] = [];
for (const path of new Set(["path" in node ? node.path : null, Bun.which("node")])) {
  if (path === null) continue;
  const version = Bun.spawnSync([path, "--version"]).stdout.toString().trim();
  nodes.push([version, path]);
}

const LIBRARY_PROGRAM = `
import { demoModel } from "@realizar/demo-model";
import { load } from "@realizar/llm";

await using llm = await load(await demoModel());
let text = "";
for await (const piece of llm.chat([{ role: "user", content: "Tell me a story." }], { temperature: 0, maxTokens: 20 }))
  text += piece.text;
console.log(text);
`;

describe.each(REGISTRIES)("%s", (_, start) => {
  let registry: Place;
  beforeAll(async () => {
    registry = await start();
    const publisher = newcomer(registry.url, { bun });
    // bun publish wants a package.json where it runs, also for a tarball.
    const folder = publisher.folder("publish");
    writeFileSync(join(folder, "package.json"), "{}");
    try {
      for (const { name, tarball } of [...selfContained, packages.get("realizar")!]) {
        const { code, err } = await publisher.run(["bun", "publish", tarball], folder);
        if (code !== 0) throw new Error(`${name} could not be published:\n${err}`);
      }
    } finally {
      publisher.leave();
    }
  }, SECONDS);
  afterAll(() => registry.stop());

  describe("with Bun and nothing else", () => {
    let person: Newcomer;
    beforeAll(() => {
      person = newcomer(registry.url, { bun, bunx: bun });
    });
    afterAll(() => person.leave());

    let said = "";
    test(
      "bunx realizar serve --demo answers",
      async () => {
        const child = person.start(
          ["bunx", "realizar", "serve", "--demo", "--port", "0"],
          person.folder("empty"),
        );
        try {
          said = await answerOf(await serving(child));
          expect(said).toMatch(/[a-z]+ [a-z]+/);
        } finally {
          child.kill();
          await child.exited;
        }
      },
      SECONDS,
    );

    test(
      "bun add @realizar/llm in an empty project, and generate",
      async () => {
        const project = person.folder("project");
        writeFileSync(join(project, "package.json"), '{ "type": "module" }');
        writeFileSync(join(project, "program.ts"), LIBRARY_PROGRAM);
        const added = await person.run(["bun", "add", "@realizar/llm", "@realizar/demo-model"], project);
        expect({ code: added.code, err: added.code === 0 ? "" : added.err }).toEqual({ code: 0, err: "" });
        expect(await person.run(["bun", "program.ts"], project)).toMatchObject({
          code: 0,
          out: `${said}\n`,
          err: "",
        });
      },
      SECONDS,
    );
  });

  describe.skipIf(npm === null)(
    `with Node and npm${npm === null ? " (skipped: npm is not installed)" : ""}`,
    () => {
      test.each(nodes)(
        "%s: npx realizar run --demo, and serve",
        async (_, path) => {
          const person = newcomer(registry.url, { node: path, npm: npm!, npx: join(dirname(npm!), "npx") });
          try {
            const folder = person.folder("empty");
            const asked = ["--demo", "Tell me a story.", "--temperature", "0", "-n", "20"];
            const { code, out, err } = await person.run(["npx", "-y", "realizar", "run", ...asked], folder);
            expect({ code, err: code === 0 ? "" : err }).toEqual({ code: 0, err: "" });
            expect(out).toMatch(/[a-z]+ [a-z]+/);
            const child = person.start(["npx", "-y", "realizar", "serve", "--demo", "--port", "0"], folder);
            try {
              expect(`${await answerOf(await serving(child))}\n`).toBe(out);
            } finally {
              child.kill();
              await child.exited;
            }
          } finally {
            person.leave();
          }
        },
        SECONDS,
      );
    },
  );

  test("nothing else was asked for", () => {
    expect(registry.missed.filter((path) => !path.startsWith("-/"))).toEqual([]);
  });
});
