import { expect, test } from "bun:test";
import fc from "fast-check";
import { endsInsideCharacter } from "../src/incomplete-character.ts";

test("is true exactly where a character is cut", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.nat(), (text, seed) => {
      const bytes = new TextEncoder().encode(text);
      const cut = bytes.length === 0 ? 0 : seed % (bytes.length + 1);
      const head = bytes.subarray(0, cut);
      // What a decoder still holds after the head is the cut character.
      const decoder = new TextDecoder();
      decoder.decode(head, { stream: true });
      expect(endsInsideCharacter(head)).toBe(decoder.decode() !== "");
    }),
  );
});

test("bytes that begin no character are none", () => {
  for (const bytes of [[], [0x80], [0x80, 0x80, 0x80, 0x80, 0x80], [0xff], [0xc0], [0x61, 0xf8]])
    expect(endsInsideCharacter(Uint8Array.from(bytes))).toBe(false);
  expect(endsInsideCharacter(Uint8Array.of(0x61, 0xf0, 0x9f))).toBe(true);
});
