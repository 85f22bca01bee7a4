import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CharsmapError } from "../../src/errors.ts";
import { bertNormalizer } from "../../src/normalizers/bert.ts";
import { parseCharsmap } from "../../src/normalizers/charsmap.ts";
import { chain } from "../../src/normalizers/normalizer.ts";
import { precompiled } from "../../src/normalizers/precompiled.ts";
import { sentencePieceNormalizer } from "../../src/normalizers/sentencepiece.ts";
import { lowercase, nmt, stripMarks } from "../../src/normalizers/unicode.ts";
import { buildCharsmap } from "../charsmap-builder.ts";

const ENTRIES = { "½": "1/2", A: "a", "\t": " ", "e\u0301": "é", ab: "X", "\r\n": "N", 漢: "" };
const charsmap = parseCharsmap(buildCharsmap(ENTRIES));
const bytes = (text: string) => new TextEncoder().encode(text);

describe("parseCharsmap", () => {
  test("finds the longest and the shortest key", () => {
    expect(charsmap.longest(bytes("x½"), 1)).toEqual({ length: 2, replacement: "1/2" });
    expect(charsmap.longest(bytes("x½"), 0)).toBeUndefined();
    const nested = parseCharsmap(buildCharsmap({ a: "1", ab: "2", abc: "3" }));
    expect(nested.longest(bytes("abd"), 0)).toEqual({ length: 2, replacement: "2" });
    expect(nested.shortest(bytes("abd"), 0)).toEqual({ length: 1, replacement: "1" });
    expect(nested.longest(bytes("\0"), 0)).toBeUndefined();
  });

  test("accepts signed bytes", () => {
    const signed = Int8Array.from(buildCharsmap(ENTRIES));
    expect(parseCharsmap(signed).longest(bytes("½"), 0)?.replacement).toBe("1/2");
  });

  test("refuses what is cut off or points outside itself", () => {
    const good = buildCharsmap(ENTRIES);
    for (const length of [0, 1, 3, 4, 8, good.length - 1]) {
      expect(() => parseCharsmap(good.slice(0, length))).toThrow(CharsmapError);
    }
    const at = (offset: number, value: number) => {
      const copy = good.slice();
      new DataView(copy.buffer).setUint32(offset, value, true);
      return copy;
    };
    for (const size of [0, 3, 0xffff_fffc]) expect(() => parseCharsmap(at(0, size))).toThrow(CharsmapError);
    expect(() => parseCharsmap(at(4, 0xffff_ffff))).toThrow("a replacement starts at");
  });

  test("survives any array", () => {
    const good = buildCharsmap(ENTRIES);
    fc.assert(
      fc.property(fc.nat(good.length - 8), fc.nat(255), fc.string({ unit: "binary" }), (at, value, text) => {
        const broken = good.slice();
        broken[at + 4] = value;
        try {
          const map = parseCharsmap(broken);
          for (let i = 0; i < bytes(text).length; i++) map.longest(bytes(text), i);
        } catch (error) {
          expect(error).toBeInstanceOf(CharsmapError);
        }
      }),
    );
  });
});

describe("normalizers", () => {
  test("precompiled works on graphemes", () => {
    const normalize = precompiled(charsmap);
    expect(normalize("A½bA")).toBe("a1/2ba");
    expect(normalize("xe\u0301y ab")).toBe("xéy ab");
    expect(normalize("a\r\nb\r\n")).toBe("aNbN");
    expect(normalize("漢e\u0301\u0301\u0301")).toBe("e\u0301\u0301\u0301");
    expect(normalize("")).toBe("");
  });

  test("sentencePieceNormalizer works on bytes and keeps house with spaces", () => {
    const options = {
      addDummyPrefix: true,
      removeExtraSpaces: true,
      escapeSpaces: true,
      spaceAsSuffix: false,
    };
    const normalize = sentencePieceNormalizer({ ...options, charsmap });
    expect(normalize("  ab\tA½ 漢 e\u0301ü  ")).toBe("▁X▁a1/2▁éü");
    expect(normalize(" \t ")).toBe("");
    expect(sentencePieceNormalizer({ ...options, removeExtraSpaces: false })(" a  b")).toBe("▁▁a▁▁b");
    expect(sentencePieceNormalizer({ ...options, spaceAsSuffix: true })("a b")).toBe("a▁b▁");
    expect(sentencePieceNormalizer({ ...options, escapeSpaces: false, addDummyPrefix: false })("a b")).toBe(
      "a b",
    );
    expect(sentencePieceNormalizer({ ...options, escapeSpaces: false })("a b")).toBe(" a b");
  });

  test("bertNormalizer", () => {
    const all = { cleanText: true, spaceChinese: true, stripAccents: true, lowercase: true };
    expect(bertNormalizer(all)("Ça\u0000\u200b\tva 漢字ΑΣ")).toBe("ca va  漢  字 ας".replace("ς", "σ"));
    expect(bertNormalizer({ ...all, lowercase: false, stripAccents: false })("Çé\n漢")).toBe("Çé  漢 ");
    const nothing = { cleanText: false, spaceChinese: false, stripAccents: false, lowercase: false };
    expect(bertNormalizer(nothing)("Ç\u0000漢")).toBe("Ç\u0000漢");
  });

  test("unicode", () => {
    expect(lowercase("ÀΣ")).toBe("àσ");
    expect(stripMarks("e\u0301\u0301x")).toBe("ex");
    expect(nmt("a\u0001\u007fb\tc\u200bd\n")).toBe("ab c d ");
    expect(chain([lowercase, (text) => `${text}!`])("A")).toBe("a!");
  });
});
