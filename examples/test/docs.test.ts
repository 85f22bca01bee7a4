import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer as createSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HubServer, startHub } from "@realizar/testing/hub-server";
import { writeTinyGguf } from "@realizar/testing/tiny-files";
import { cli } from "../../apps/cli/test/cli.ts";
import { deadLinks, linksOf } from "../../tools/docs/links.ts";
import { writtenPages } from "../../tools/docs/pages.ts";

/**
 * Runs the documentation. Every `ts` block is a program; every `sh` command that starts with realizar (perhaps after npx
 * or bunx), bun or curl is run, page by page, in a folder with model.gguf (a tiny model) and what else pages name.
 * `realizar serve` goes on in the background until the page ends or serves again; 8080 stands for a free port. A `python`
 * block is compiled, and run where its modules are installed. The hub is a server on the loopback interface.
 */
const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "realizar-docs-"));
const CLI = join(root, "apps/cli/src/main.ts");

const pages = writtenPages(root).filter((page) => page === "README.md" || page.startsWith("docs/"));
const read = (page: string) => readFileSync(join(root, page), "utf8");

interface Block {
  readonly language: string;
  readonly text: string;
  readonly line: number;
}

function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  for (const found of markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms))
    blocks.push({
      language: found[1]!,
      text: found[2]!,
      line: markdown.slice(0, found.index).split("\n").length + 1,
    });
  return blocks;
}

/** The commands of an sh block, continued lines joined. */
const commandsOf = (text: string) =>
  text
    .replaceAll("\\\n", " ")
    .split("\n")
    .filter((line) => /^((npx |bunx )?realizar|bun|curl) /.test(line));

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const socket = createSocket();
    socket.listen(0, "127.0.0.1", () => {
      const { port } = socket.address() as { port: number };
      socket.close(() => resolve(port));
    });
  });
}

function program(name: string, script: string): void {
  const path = join(folder, "bin", name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

const environment = {
  ...process.env,
  PATH: `${join(folder, "bin")}:${process.env.PATH}`,
  HF_HUB_CACHE: join(folder, "hub"),
  HF_HUB_OFFLINE: undefined,
  HF_TOKEN: undefined,
  HF_ENDPOINT: "",
};

/** What pages pull from the hub: a repository, and the quantizations of its model. */
const HUB_MODELS: readonly (readonly [repo: string, tags: readonly string[]])[] = [
  ["bartowski/SmolLM2-135M-Instruct-GGUF", ["Q4_K_M", "Q8_0"]],
];
/** Turns one after the other, as tags that SmolLM2's own template uses. */
const CHAT_TEMPLATE =
  "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}" +
  "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

let hub: HubServer;

beforeAll(async () => {
  await writeTinyGguf(join(folder, "model.gguf"));
  await writeTinyGguf(join(folder, "other.gguf"), { seed: 2 });
  const chat = await writeTinyGguf(join(folder, "chat.gguf"), { chatTemplate: CHAT_TEMPLATE });
  writeFileSync(join(folder, "prompt.txt"), "Once upon a time\n");
  writeFileSync(join(folder, "text.txt"), "The sun was out and the cat sat on a mat. ".repeat(8));
  writeFileSync(join(folder, "keys.txt"), "secret\n");
  for (const name of ["bin", "hub", "node_modules"]) mkdirSync(join(folder, name));
  for (const name of ["packages", "examples", "kernels"]) symlinkSync(join(root, name), join(folder, name));
  for (const modules of ["node_modules", "apps/server/node_modules"])
    for (const name of readdirSync(join(root, modules)).filter((name) => !name.startsWith(".")))
      if (!existsSync(join(folder, "node_modules", name)))
        symlinkSync(join(root, modules, name), join(folder, "node_modules", name));
  program("realizar", `exec '${process.execPath}' '${CLI}' "$@"`);
  program("bun", `exec '${process.execPath}' "$@"`);
  for (const name of ["npx", "bunx"]) program(name, `exec "$@"`);
  const curl = Bun.which("curl");
  if (curl !== null) program("curl", `exec '${curl}' --silent --show-error --fail-with-body "$@"`);
  const bytes = new Uint8Array(readFileSync(chat));
  hub = await startHub(
    Object.fromEntries(
      HUB_MODELS.map(([repo, tags]) => {
        const stem = repo.replace(/^.*\/|-GGUF$/g, "");
        const files = Object.fromEntries(tags.map((tag) => [`${stem}-${tag}.gguf`, bytes]));
        return [repo, { commit: "c".repeat(40), files, lfs: Object.keys(files) }];
      }),
    ),
  );
  environment.HF_ENDPOINT = hub.endpoint;
});
afterAll(async () => {
  await hub?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function outcome(command: readonly string[]): Promise<{ status: number; out: string; err: string }> {
  const child = Bun.spawn([...command], {
    cwd: folder,
    env: environment,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { status: await child.exited, out, err };
}

/** Starts a server and waits until it says that it is ready. */
async function serve(command: string): Promise<() => Promise<number>> {
  const child = Bun.spawn(["sh", "-c", `exec ${command}`], {
    cwd: folder,
    env: environment,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let out = "";
  const reader = child.stdout.getReader();
  while (!out.includes("Ctrl-C")) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`${command}: ${await new Response(child.stderr).text()}`);
    out += new TextDecoder().decode(value);
  }
  return () => {
    child.kill("SIGTERM");
    return child.exited;
  };
}

/** Compiles a program, and runs it where its modules are there. */
async function runPython(at: string, text: string): Promise<void> {
  if (Bun.which("python3") === null) return;
  const modules = [...text.matchAll(/^(?:from|import) (\w+)/gm)].map(([, name]) => name!);
  const compiled = await outcome(["python3", "-c", `compile(${JSON.stringify(text)}, "page", "exec")`]);
  expect({ at, err: compiled.err }).toEqual({ at, err: "" });
  const found = await outcome(["python3", "-c", `import ${modules.join(", ")}`]);
  if (found.status !== 0) return;
  const { status, err } = await outcome(["python3", "-c", text]);
  expect({ at, status, err }).toEqual({ at, status: 0, err });
}

describe("pages", () => {
  for (const page of pages) {
    test(`${page}: commands and programs run`, async () => {
      let stop: (() => Promise<number>) | undefined;
      let port = "8080";
      try {
        for (const [i, { language, text, line }] of blocksOf(read(page)).entries()) {
          if (language === "ts") {
            const file = join(folder, `${page.replaceAll(/\W/g, "-")}-${i}.ts`);
            writeFileSync(file, text.replaceAll("8080", port));
            const { status, err } = await outcome([process.execPath, file]);
            expect({ at: `${page}:${line}`, status, err }).toEqual({ at: `${page}:${line}`, status: 0, err });
          }
          if (language === "python") await runPython(`${page}:${line}`, text.replaceAll("8080", port));
          if (language !== "sh") continue;
          for (const written of commandsOf(text)) {
            if (/^(npx |bunx )?realizar serve /.test(written)) {
              await stop?.();
              port = String(await freePort());
              const asked = written.includes("--port") ? written : `${written} --port 8080`;
              stop = await serve(asked.replaceAll("8080", port));
              continue;
            }
            const { status, out, err } = await outcome(["sh", "-c", written.replaceAll("8080", port)]);
            const told = status === 0 ? "" : out + err;
            expect({ command: written, status, told }).toEqual({ command: written, status: 0, told: "" });
          }
        }
        expect(await stop?.()).toBeOneOf([0, undefined]);
        stop = undefined;
      } finally {
        await stop?.();
      }
    }, 240_000);
  }

  test("links lead somewhere, and anchors to headings", () => {
    expect(writtenPages(root).flatMap((page) => deadLinks(root, page))).toEqual([]);
  });

  test("the README's map has every page", () => {
    const map = read("README.md")
      .split(/^(?=## Documentation$)/m)
      .at(-1)!;
    const mapped = new Set(linksOf(map).map(({ target }) => target));
    expect(pages.filter((page) => page.startsWith("docs/") && !mapped.has(page))).toEqual([]);
  });
});

/** The options of a command, by its own help. */
async function optionsOf(command: string): Promise<Set<string>> {
  const { status, out } = await cli([command, "--help"]);
  if (status !== 0) throw new Error(`there is no command "${command}"`);
  const lists = [...out.matchAll(/^ {2}(-\S.*?)(?: {2,}|$)/gm)].map(([, flags]) => flags!);
  return new Set(lists.flatMap((flags) => [...flags.matchAll(/--?[a-z][\w-]*/gi)].map(([flag]) => flag)));
}

describe("references name what there is, and nothing else", () => {
  test("a command that a sentence or a table names has the options named with it", async () => {
    const wrong: string[] = [];
    for (const page of pages)
      for (const [code, command, rest] of read(page).matchAll(/`realizar ([a-z]+)([^`\n]*)`/g)) {
        const flags = [...rest!.matchAll(/(?<=\s)--?[a-zA-Z][\w-]*/g)].map(([flag]) => flag);
        const options = await optionsOf(command!);
        if (flags.some((flag) => !options.has(flag))) wrong.push(`${page}: ${code}`);
      }
    expect(wrong).toEqual([]);
  });

  test("cli.md has every command and every option", async () => {
    const page = read("docs/reference/cli.md");
    const { out } = await cli(["--help"]);
    const list = /^Commands:\n(.*?)\n\n/ms.exec(out)?.[1] ?? "";
    const commands = [...list.matchAll(/^ {2}([a-z]+)(?:\|\w+)?(?: .*)?$/gm)].map(([, name]) => name!);
    const listed = commands.filter((name) => name !== "help");
    expect(listed.length).toBeGreaterThan(4);
    for (const command of listed) {
      const section = new RegExp(`^## [^\\n]*\\b${command}\\b.*?(?=^## |$(?![\\s\\S]))`, "ms").exec(
        page,
      )?.[0];
      if (section === undefined) throw new Error(`cli.md has no section ${command}`);
      const options = [...(await optionsOf(command))];
      const named = new Set([...section.matchAll(/`(--?[a-z][\w-]*)`/gi)].map(([, flag]) => flag!));
      const wanted = new Set(options.filter((flag) => flag !== "-h" && flag !== "--help"));
      expect({ command, options: [...named].sort() }).toEqual({ command, options: [...wanted].sort() });
    }
  }, 20_000);

  test("rest-api.md and metrics.md have what the server has", async () => {
    const port = await freePort();
    const stop = await serve(`realizar serve --model model.gguf --port ${port}`);
    try {
      const base = `http://127.0.0.1:${port}`;
      const { paths } = (await (await fetch(`${base}/openapi.json`)).json()) as {
        paths: Record<string, object>;
      };
      const served = Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
      );
      const page = read("docs/reference/rest-api.md");
      const named = new Set([...page.matchAll(/`((?:GET|POST) \/[^`]*)`/g)].map(([, endpoint]) => endpoint!));
      expect([...named].sort()).toEqual(served.sort());

      const text = await (await fetch(`${base}/metrics`)).text();
      const measured = [...text.matchAll(/^# TYPE (realizar_\w+) (\w+)$/gm)].map(
        ([, name, type]) => `${name} ${type}`,
      );
      const rows = read("docs/reference/metrics.md").matchAll(/^\| `(realizar_\w+)` \| (\w+) \|/gm);
      expect([...rows].map(([, name, type]) => `${name} ${type}`).sort()).toEqual(measured.sort());
    } finally {
      await stop();
    }
  }, 20_000);

  test("the README has every architecture", async () => {
    const { ARCHITECTURES } = await import("@realizar/model");
    const row = /^\| Architectures \| (.*) \|$/m.exec(read("README.md"))?.[1] ?? "";
    const named = new Set([...row.matchAll(/`([\w-]+)`/g)].map(([, name]) => name!));
    expect([...named].sort()).toEqual([...ARCHITECTURES].sort());
  });

  test("library.md has every export and every option", async () => {
    const page = read("docs/reference/library.md");
    const missing = Object.keys(await import("@realizar/llm")).filter((name) => !page.includes(name));
    expect(missing).toEqual([]);
    const named = new Set([...page.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
    for (const [file, type] of [
      ["load.ts", "GenerateOptions"],
      ["open-model.ts", "OpenOptions"],
    ]) {
      const source = read(`packages/llm/src/${file}`);
      const body = new RegExp(`interface ${type}\\b[^{]*\\{(.*?)^\\}`, "ms").exec(source)![1]!;
      const options = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name!);
      expect(options.length).toBeGreaterThan(5);
      expect(options.filter((name) => !named.has(name))).toEqual([]);
    }
  });
});
