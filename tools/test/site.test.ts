import { afterAll, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildSite, missingGenerator, SITE } from "../docs/build-site.ts";
import { anchorsOf, deadLinks, linksOf, mapLinks } from "../docs/links.ts";
import { menuOf, placeOf, writePages } from "../docs/pages.ts";
import { restPage } from "../docs/rest-page.ts";
import { serveFolder } from "../docs/serve-folder.ts";

const folder = mkdtempSync(join(tmpdir(), "realizar-site-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fence = "```";
const FILES: Readonly<Record<string, string>> = {
  "README.md":
    "# Top\n\n[b](docs/how-to/b.md#b)\n\n## Documentation\n\n[a](docs/how-to/a.md#twice) [gone](docs/gone.md) ![p](docs/images/p.png) [x](packages/x)\n",
  "docs/how-to/a.md": `# A\n\n## With \`code\`, and [a link](b.md)\n\n## Twice\n\n## Twice\n\n[self](#twice-1) [no](#three)
${fence}md
[not a link](nowhere.md)
# not a heading
${fence}
\`[nor](this)\` [code](../../packages/x/src/one.ts) [top](../../README.md) [out](../../../etc/passwd) [b](b.md#b)
`,
  "docs/how-to/b.md": "# B\n",
  "docs/images/p.png": "png",
  "packages/x/README.md": "# x\n",
  "packages/x/src/one.ts": `/** ${fence} in a comment */\nexport const one = 1;\n`,
  "CONTRIBUTING.md": "# Contributing\n\n[folder](packages/x/src)\n",
  "CHANGELOG.md": "# Changelog\n",
  "SECURITY.md": "# Security\n",
};
const root = join(folder, "root");
for (const [path, text] of Object.entries(FILES)) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

describe("links", () => {
  test("code holds none", () => {
    expect(linksOf(FILES["docs/how-to/a.md"]!)).toEqual([
      { target: "b.md", line: 3 },
      { target: "#twice-1", line: 9 },
      { target: "#three", line: 9 },
      { target: "../../packages/x/src/one.ts", line: 14 },
      { target: "../../README.md", line: 14 },
      { target: "../../../etc/passwd", line: 14 },
      { target: "b.md#b", line: 14 },
    ]);
    expect(linksOf("[web](https://example.org) [mail](mailto:a@example.org)")).toEqual([]);
    expect([...anchorsOf(FILES["docs/how-to/a.md"]!)]).toEqual([
      "a",
      "with-code-and-a-link",
      "twice",
      "twice-1",
    ]);
  });

  test("are replaced where they are, and code is left alone", () => {
    const page = `[a](x.md) \`[b](x.md)\`\n${fence}\n[c](x.md)\n${fence}\n[d](x.md#e)`;
    expect(mapLinks(page, (target) => `/${target}`)).toBe(
      `[a](/x.md) \`[b](x.md)\`\n${fence}\n[c](x.md)\n${fence}\n[d](/x.md#e)`,
    );
  });

  test("that lead nowhere are named with their line", () => {
    expect(deadLinks(root, "README.md")).toEqual(["README.md:7 docs/gone.md"]);
    expect(deadLinks(root, "docs/how-to/a.md")).toEqual([
      "docs/how-to/a.md:9 #three",
      "docs/how-to/a.md:14 ../../../etc/passwd",
    ]);
  });
});

describe("pages", () => {
  test("have their places", () => {
    expect(
      ["", "README.md", "docs/how-to/a.md", "packages/x", "packages/x/src/one.ts", "CONTRIBUTING.md"].map(
        (path) => placeOf(root, path),
      ),
    ).toEqual([
      "index.md",
      "index.md",
      "how-to/a.md",
      "packages/x.md",
      "source/packages/x/src/one.ts.md",
      "contributing.md",
    ]);
  });

  test("link within the site, and bring the sources that they name", () => {
    const healthy = join(folder, "healthy");
    for (const [path, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(healthy, path)), { recursive: true });
      const fixed = text.replace("[gone](docs/gone.md) ", "").replace("[out](../../../etc/passwd) ", "");
      writeFileSync(join(healthy, path), fixed.replace(" [no](#three)", ""));
    }
    const out = join(folder, "pages");
    writePages(healthy, out);
    const written = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) =>
      /\.\w+$/.test(name),
    );
    expect(written.sort()).toEqual([
      "changelog.md",
      "contributing.md",
      "how-to/a.md",
      "how-to/b.md",
      "images/p.png",
      "index.md",
      "packages/x.md",
      "security.md",
      "source/packages/x/src.md",
      "source/packages/x/src/one.ts.md",
    ]);
    expect(written.filter((name) => name.endsWith(".md")).flatMap((page) => deadLinks(out, page))).toEqual(
      [],
    );
    expect(readFileSync(join(out, "source/packages/x/src/one.ts.md"), "utf8")).toContain("````ts\n");
    expect(readFileSync(join(out, "source/packages/x/src.md"), "utf8")).toContain("- `one.ts`");
    expect(menuOf(healthy, ["@realizar/x"])[1]).toEqual({
      text: "How to",
      items: [{ text: "A", link: "/how-to/a" }],
    });
  });
});

test("the REST page has the fields of nested objects, ranges, and what only some answers have", () => {
  const number = { type: "number", minimum: 0, exclusiveMaximum: 2, default: 1 };
  const page = restPage({
    info: { version: "1.2.3" },
    paths: {
      "/a/{id}": {
        post: {
          summary: "Does a",
          security: [],
          parameters: [{ name: "id", in: "path", schema: { type: "string" } }],
          requestBody: {
            content: {
              "application/json": {
                schema: {
                  type: "object",
                  required: ["n"],
                  properties: { n: number, tags: { anyOf: [{ type: "string" }, { type: "null" }] } },
                },
              },
            },
          },
          responses: {
            200: {
              content: {
                "application/json": {
                  schema: {
                    type: "object",
                    required: ["results"],
                    properties: {
                      results: {
                        type: "array",
                        items: {
                          anyOf: [
                            { type: "object", required: ["text"], properties: { text: { const: "x|y" } } },
                            {
                              type: "object",
                              required: ["error"],
                              properties: { error: { type: "string" } },
                            },
                          ],
                        },
                      },
                    },
                  },
                },
                "text/event-stream": { schema: { type: "string" } },
              },
            },
          },
        },
      },
    },
  });
  expect(page).toContain("## POST `/a/{id}`\n\nDoes a\n\nNeeds no API key.\n\nIn the path: `id`, string.");
  expect(page).toContain("| `n` | number | yes | at least 0; below 2; default `1` |");
  expect(page).toContain("| `tags` | string or null |  |  |");
  expect(page).toContain("| `results` | array of object | yes |  |");
  expect(page).toContain("| `results[].text` | `x\\|y` |  |  |");
  expect(page).toContain("| `results[].error` | string |  |  |");
  expect(page).toContain("**Answers** `text/event-stream`");
});

test("the folder's server keeps to its folder", async () => {
  const served = join(folder, "served");
  mkdirSync(join(served, "sub"), { recursive: true });
  writeFileSync(join(folder, "secret.html"), "secret");
  for (const [name, text] of [
    ["index.html", "top"],
    ["sub/page.html", "page"],
    ["404.html", "none"],
  ] as const)
    writeFileSync(join(served, name), text);
  const server = serveFolder(served, 0);
  try {
    const ask = async (path: string) => {
      const answer = await fetch(`${server.url.href}${path}`);
      return [answer.status, await answer.text()];
    };
    expect(server.hostname).toBe("127.0.0.1");
    expect(await ask("")).toEqual([200, "top"]);
    expect(await ask("sub/page")).toEqual([200, "page"]);
    expect(await ask("sub/page.html")).toEqual([200, "page"]);
    expect(await ask("nothing")).toEqual([404, "none"]);
    for (const path of ["%2e%2e/secret.html", "..%2fsecret.html", "sub/..%2f..%2fsecret", "%ff"])
      expect((await ask(path))[0]).toBe(404);
  } finally {
    await server.stop(true);
  }
});

const missing = missingGenerator();
test.skipIf(missing !== undefined)(
  `the site builds, and no link in it is dead${missing === undefined ? "" : ` (${missing})`}`,
  async () => {
    await buildSite();
    for (const page of [
      "index",
      "reference/rest-schemas",
      "api/@realizar/llm",
      "tutorials/first-five-minutes",
    ])
      expect(existsSync(join(SITE, `${page}.html`))).toBe(true);
  },
  600_000,
);
