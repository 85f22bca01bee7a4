import { expect, test } from "bun:test";
import { join, sep } from "node:path";
import fc from "fast-check";
import { checkFilePath, UnsafePathError } from "../src/index.ts";
import { bareEtag, checkBlobName } from "../src/safe-names.ts";

test.each(["a.gguf", "a/b/c.gguf", ".gitattributes", "a..b", "mod\u00e9le.gguf"])("%s is a path", (path) => {
  expect(checkFilePath(path)).toBe(path);
});

test.each([
  "",
  "/a",
  "..",
  "a/..",
  "../a",
  "a/./b",
  "a//b",
  "a/",
  "a\\b",
  "C:a",
  "a\0b",
  "a\nb",
  "con",
  "a/NUL.txt",
  "a.",
  "a /b",
])("%j is refused", (path) => {
  expect(() => checkFilePath(path)).toThrow(UnsafePathError);
});

test("long names are refused", () => {
  expect(() => checkFilePath("x".repeat(256))).toThrow("255 bytes");
  expect(() => checkFilePath("x/".repeat(3000))).toThrow("4096");
});

test("an accepted path stays inside its folder", () => {
  const segment = fc.oneof(
    fc.constantFrom("..", ".", "", "a", "b.gguf", "\\", "/"),
    fc.string({ maxLength: 5 }),
  );
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
      const path = segments.join("/");
      try {
        checkFilePath(path);
      } catch (error) {
        return expect(error).toBeInstanceOf(UnsafePathError);
      }
      expect(join("/root", path).startsWith(`${sep}root${sep}`)).toBe(true);
      expect(join("/root", path)).not.toBe(join("/root"));
    }),
  );
});

test("blob names have no separators", () => {
  expect(checkBlobName("abc-1.2_3")).toBe("abc-1.2_3");
  for (const name of ["", "a/b", "..", ".x", "a b", "x".repeat(201)])
    expect(() => checkBlobName(name)).toThrow(UnsafePathError);
});

test("etags lose their dress", () => {
  expect(bareEtag('W/"abc"')).toBe("abc");
  expect(bareEtag('"abc"')).toBe("abc");
  expect(bareEtag("abc")).toBe("abc");
  expect(bareEtag('""')).toBeUndefined();
  expect(bareEtag(null)).toBeUndefined();
});
