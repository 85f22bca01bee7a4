import { expect, test } from "bun:test";
import fc from "fast-check";
import { createSseParser, type SseEvent } from "../src/sse.ts";

const parse = (chunks: readonly string[]): SseEvent[] => {
  const parser = createSseParser();
  return chunks.flatMap((chunk) => parser.push(chunk));
};

test("reads events, their types and their lines", () => {
  const text = "\uFEFFevent: ping\ndata: a\ndata:b\ndata\n\n: note\nid: 3\nretry: 9\n\ndata:  two spaces\n\n";
  expect(parse([text])).toEqual([
    { type: "ping", data: "a\nb\n" },
    { type: "message", data: " two spaces" },
  ]);
});

test("takes LF, CR and CRLF as line ends", () => {
  const events = [
    { type: "message", data: "a\nb" },
    { type: "message", data: "c" },
  ];
  for (const end of ["\n", "\r", "\r\n"]) {
    expect(parse([["data: a", "data: b", "", "data: c", "", ""].join(end)])).toEqual(events);
  }
});

test("drops what no blank line ends", () => {
  expect(parse(["data: a\n\ndata: b\n"])).toEqual([{ type: "message", data: "a" }]);
});

test("a byte order mark is skipped only at the start", () => {
  expect(parse(["", "\uFEFF", "data: \uFEFFa\n\n"])).toEqual([{ type: "message", data: "\uFEFFa" }]);
});

const line = fc.oneof(
  fc.constantFrom(
    "",
    "data: x",
    "data",
    "data:",
    ":c",
    "event: e",
    "event:",
    "id: 1",
    "\uFEFFdata: q",
    "other: z",
  ),
  fc.string({ maxLength: 8 }),
);
const stream = fc
  .array(fc.tuple(line, fc.constantFrom("\n", "\r", "\r\n", "\n\n")), { maxLength: 30 })
  .map((lines) => lines.flat().join(""));

test("any chunking gives the same events", () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(), { maxLength: 20 }), (text, cuts) => {
      const at = [0, ...cuts.map((cut) => cut % (text.length + 1)), text.length].sort((a, b) => a - b);
      const chunks = at.slice(1).map((end, index) => text.slice(at[index], end));
      expect(parse(chunks)).toEqual(parse([text]));
      expect(parse([...text])).toEqual(parse([text]));
    }),
  );
});

test("events that are written down are read back", () => {
  const event = fc.record({
    type: fc.constantFrom("message", "done", "x y"),
    data: fc
      .array(fc.stringMatching(/^[^\r\n]*$/), { minLength: 1, maxLength: 4 })
      .map((lines) => lines.join("\n")),
  });
  fc.assert(
    fc.property(fc.array(event), (events) => {
      const text = events
        .map(({ type, data }) => `event: ${type}\n${data.replaceAll(/^/gm, "data: ")}\n\n`)
        .join("");
      expect(parse([text])).toEqual(events);
    }),
  );
});
