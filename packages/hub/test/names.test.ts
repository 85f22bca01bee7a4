import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  formatModelName,
  type ModelName,
  ModelNameError,
  parseModelName,
  UnsafePathError,
} from "../src/index.ts";

const repo = (more: object = {}) => ({ kind: "repo", repo: "org/name", revision: "main", ...more }) as const;

describe("parseModelName", () => {
  test.each<[string, ModelName]>([
    ["org/name", repo()],
    [" org/name ", repo()],
    ["org/name:Q4_K_M", repo({ tag: "Q4_K_M" })],
    ["org/name:latest", repo()],
    ["org/name:file-Q8_0.gguf", repo({ file: "file-Q8_0.gguf" })],
    ["org/name@v1.0:Q8_0", repo({ revision: "v1.0", tag: "Q8_0" })],
    ["hf:org/name:Q4_K_M", repo({ tag: "Q4_K_M" })],
    ["hf.co/org/name:UD-Q4_K_XL", repo({ tag: "UD-Q4_K_XL" })],
    ["huggingface.co/org/name", repo()],
    ["org/name/file.gguf", repo({ file: "file.gguf" })],
    ["org/name/dir/file.gguf", repo({ file: "dir/file.gguf" })],
    ["org/name@dev/dir/file.gguf", repo({ revision: "dev", file: "dir/file.gguf" })],
    ["https://huggingface.co/org/name", repo()],
    ["https://huggingface.co/org/name/", repo()],
    ["https://hf.co/org/name/tree/dev", repo({ revision: "dev" })],
    ["https://huggingface.co/org/name/resolve/main/a%20b.gguf?download=true", repo({ file: "a b.gguf" })],
    ["https://huggingface.co/org/name/blob/dev/d/f.gguf", repo({ revision: "dev", file: "d/f.gguf" })],
    ["https://hub.example/org/name", repo()],
    ["https://example.com/m/f.gguf#x", { kind: "url", url: "https://example.com/m/f.gguf" }],
    ["http://localhost:8000/f.gguf?a=b", { kind: "url", url: "http://localhost:8000/f.gguf?a=b" }],
    [
      "https://huggingface.co/api/x/unknown/main/f.gguf",
      { kind: "url", url: "https://huggingface.co/api/x/unknown/main/f.gguf" },
    ],
    ["https://huggingface.co/org/name/raw", { kind: "url", url: "https://huggingface.co/org/name/raw" }],
  ])("%s", (input, expected) => {
    expect(parseModelName(input, ["hub.example"])).toEqual(expected);
  });

  test.each([
    "",
    "name",
    "./dir/model.gguf",
    "/abs/model.gguf",
    "../up/model.gguf",
    "~/model.gguf",
    "C:\\model.gguf",
    "org/na--me",
    "org/../name",
    "-org/name",
    "org/name:",
    "org/name:Q4 K",
    "org/name@",
    "org/name@a..b",
    "org/name with space",
    `org/${"x".repeat(96)}`,
    "x".repeat(5000),
    "ftp://example.com/f.gguf",
    "https://user:pass@example.com/f.gguf",
    "https://example.com/",
    "https://example.com/%zz.gguf",
    "https://",
    "https://huggingface.co/models",
  ])("refuses %j with advice", (input) => {
    expect(() => parseModelName(input)).toThrow(ModelNameError);
  });

  test("a password is not repeated in the message", () => {
    expect(() => parseModelName("https://user:hunter2@example.com/f.gguf")).toThrow(/^(?!.*hunter2)/);
  });

  test.each([
    "org/name/../../x.gguf",
    "org/name/a//b.gguf",
    "org/name@a//b:Q8_0",
    "https://huggingface.co/org/name/resolve/main/..%2f..%2fx.gguf",
  ])("refuses the path in %s", (input) => {
    expect(() => parseModelName(input)).toThrow(UnsafePathError);
  });

  const word = fc.stringMatching(/^[A-Za-z0-9_]{1,12}$/);
  test("what is formatted is parsed back", () => {
    const name = fc
      .record({
        org: word,
        name: word,
        revision: fc.oneof(fc.constant("main"), word),
        which: fc.constantFrom("tag", "file", "none"),
        what: word,
      })
      .map(({ org, name, revision, which, what }) => {
        const base = { kind: "repo" as const, repo: `${org}/${name}`, revision };
        if (which === "file") return { ...base, file: `${what}/${what}.gguf` };
        return which === "tag" && what.toLowerCase() !== "latest" && !what.startsWith("_")
          ? { ...base, tag: what }
          : base;
      });
    fc.assert(fc.property(name, (name) => expect(parseModelName(formatModelName(name))).toEqual(name)));
  });

  test("any text is parsed or refused by name", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `org/name/${text}`),
          fc.webUrl(),
        ),
        (text) => {
          try {
            const name = parseModelName(text);
            expect(["repo", "url"]).toContain(name.kind);
          } catch (error) {
            expect(error instanceof ModelNameError || error instanceof UnsafePathError).toBe(true);
          }
        },
      ),
    );
  });
});
