import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { chunkStream } from "../src/chunk-stream.ts";
import { encodeEvent } from "../src/sse.ts";

/** The HTML standard's parser (section 9.2.6), for one stream of whole events. */
function parse(text: string): { event: string; data: string }[] {
  const events: { event: string; data: string }[] = [];
  let event = "";
  let data: string[] = [];
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line === "") {
      if (data.length > 0) events.push({ event, data: data.join("\n") });
      event = "";
      data = [];
    } else if (line.startsWith("event: ")) event = line.slice(7);
    else if (line.startsWith("data: ")) data.push(line.slice(6));
  }
  return events;
}

describe("server-sent events", () => {
  test("any JSON value comes through as it was", () => {
    const events = fc.array(fc.record({ event: fc.constantFrom("token", "done"), data: fc.jsonValue() }));
    fc.assert(
      fc.property(events, (sent) => {
        const objects = sent.map(({ event, data }) => ({ event, data: { data } }));
        const got = parse(objects.map(encodeEvent).join(""));
        expect(got.map(({ event, data }) => ({ event, data: JSON.parse(data) }))).toEqual(
          JSON.parse(JSON.stringify(objects)),
        );
      }),
    );
  });

  test("text comes through line by line", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "\n", "\r", ":", " ") }), (data) => {
        const [got] = parse(encodeEvent({ data }));
        expect(got).toEqual({ event: "", data: data.replace(/\r\n|\r/g, "\n") });
      }),
    );
  });
});

describe("chunkStream", () => {
  test("asks for a value only when the one before it was taken", async () => {
    let asked = 0;
    async function* source() {
      for (;;) yield asked++;
    }
    const stream = chunkStream(source(), String, { onCancel: () => {} });
    const reader = stream.getReader();
    await reader.read();
    await Bun.sleep(1);
    expect(asked).toBeLessThanOrEqual(3);
    await reader.cancel();
  });

  test("an error of the source is the stream's", async () => {
    async function* source(): AsyncGenerator<number> {
      yield 1;
      throw new Error("torn");
    }
    const stream = chunkStream(source(), String, { onCancel: () => {} });
    expect(new Response(stream).text()).rejects.toThrow("torn");
  });
});
