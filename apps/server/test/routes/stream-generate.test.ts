import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { allEvents, readEvents, toyServer, turnstile } from "../toy-server.ts";
import { FIRST_BYTE } from "../toy-tokenizer.ts";

describe("/stream/generate", () => {
  test("sends a token event a token, then done", async () => {
    const { ask } = toyServer();
    const response = await ask("/stream/generate", { prompt: "ab", max_tokens: 2, seed: 5 });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(await response.text()).toBe(
      'event: token\ndata: {"token_id":102,"text":"c"}\n\n' +
        'event: token\ndata: {"token_id":103,"text":"d"}\n\n' +
        'event: done\ndata: {"num_generated":2,"finish_reason":"length","seed":5}\n\n',
    );
  });

  test("an event leaves when its token exists", async () => {
    const gate = turnstile();
    const { ask } = toyServer({}, { beforeStep: gate.pass });
    gate.open(1);
    const response = await ask("/stream/generate", { prompt: "ab", max_tokens: 3 });
    const events = readEvents(response.body!);
    for (const letter of ["c", "d", "e"]) {
      const { value } = await events.next();
      expect(JSON.parse(value!.data).text).toBe(letter);
      // The next token cannot exist yet: its step has not been let through.
      gate.open(1);
    }
    expect((await events.next()).value!.event).toBe("done");
  });

  test("texts joined are the generated text, however characters and stop strings fall", async () => {
    const { ask } = toyServer();
    const prompts = fc.constantFrom("a", "€", "a€", "\u20ac!", "x", "Hello \ud83d\ude00 ");
    const stops = fc.array(fc.constantFrom("fg", "z", "€€", "defx", "c"), { maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(prompts, stops, fc.nat(30), fc.nat(1000), async (prompt, stop, max_tokens, seed) => {
        const body = { prompt, stop, max_tokens, seed, strategy: "top_k", temperature: 2 };
        const [whole, events] = await Promise.all([
          ask("/generate", body).then((response) => response.json()),
          ask("/stream/generate", body).then(allEvents),
        ]);
        const done = JSON.parse(events.pop()!.data);
        const text = events.map(({ data }) => JSON.parse(data).text).join("");
        expect(prompt + text).toBe(whole.text);
        expect(done).toEqual({
          num_generated: whole.num_generated,
          finish_reason: whole.finish_reason,
          seed,
        });
        expect(events.every(({ event }) => event === "token")).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test("a token that ends inside a character is one event, whatever follows", async () => {
    // After "a" comes "b", spelled as "b" and the first byte of "é"; then "c", spelled as the second.
    const spelled = new Map([
      [FIRST_BYTE + 0x62, Uint8Array.of(0x62, 0xc3)],
      [FIRST_BYTE + 0x63, Uint8Array.of(0xa9)],
    ]);
    const { ask } = toyServer({}, { spelled });
    const texts = async (max_tokens: number) => {
      const events = await allEvents(await ask("/stream/generate", { prompt: "a", max_tokens }));
      expect(JSON.parse(events.pop()!.data).num_generated).toBe(events.length);
      return events.map(({ data }) => JSON.parse(data).text);
    };
    expect(await texts(1)).toEqual(["b\ufffd"]);
    expect(await texts(3)).toEqual(["b", "é", "d"]);
    const whole = await (await ask("/generate", { prompt: "a", max_tokens: 1 })).json();
    expect(whole).toMatchObject({ text: "ab\ufffd", num_generated: 1 });
  });

  test("a character left incomplete becomes U+FFFD", async () => {
    const { ask } = toyServer();
    const events = await allEvents(await ask("/stream/generate", { prompt: "a€", max_tokens: 1 }));
    expect(events.map(({ data }) => JSON.parse(data).text)).toEqual(["\ufffd", undefined]);
  });

  test("an error after the start is an error event", async () => {
    let steps = 0;
    const { ask } = toyServer(
      {},
      {
        beforeStep() {
          if (++steps === 3) throw new Error("attention trapped");
        },
      },
    );
    const events = await allEvents(await ask("/stream/generate", { prompt: "ab" }));
    expect(events.map(({ event }) => event)).toEqual(["token", "token", "error"]);
    expect(JSON.parse(events[2]!.data)).toEqual({ error: "the forward pass failed: attention trapped" });
  });

  test("an error before the first token has its own status", async () => {
    const { ask } = toyServer();
    const response = await ask("/stream/generate", { prompt: "T" });
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      error: "the forward pass failed: matmul_q4_0 trapped: unreachable",
    });
  });

  test("where the first token takes long the stream starts without it, kept alive by comments", async () => {
    const gate = turnstile();
    const { ask } = toyServer({ limits: { firstEventMs: 1, keepAliveMs: 1 } }, { beforeStep: gate.pass });
    const response = await ask("/stream/generate", { prompt: "T" });
    expect(response.status).toBe(200);
    const reader = response.body!.getReader();
    const first = await reader.read();
    expect(new TextDecoder().decode(first.value)).toBe(": keep-alive\n\n");
    gate.open();
    let text = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += new TextDecoder().decode(part.value);
    }
    expect(text).toContain("event: error\ndata: ");
  });

  test("leaving stops the generation within two tokens and frees the place", async () => {
    const gate = turnstile();
    const { ask, server } = toyServer({}, { beforeStep: gate.pass });
    gate.open(3);
    const response = await ask("/stream/generate", { prompt: "ab", max_tokens: 200 });
    const reader = response.body!.getReader();
    await reader.read();
    await reader.cancel();
    const passed = gate.passed;
    gate.open();
    await server.close();
    expect(gate.passed - passed).toBeLessThanOrEqual(2);
    expect(await (await ask("/metrics")).text()).toContain(
      'realizar_generations_total{finished_reason="cancelled"} 1',
    );
  });

  test("leaving before the first event frees the place too", async () => {
    const gate = turnstile();
    const { ask } = toyServer({ limits: { firstEventMs: 1, requests: 1 } }, { beforeStep: gate.pass });
    const response = await ask("/stream/generate", { prompt: "ab" });
    await response.body!.cancel();
    gate.open();
    expect((await ask("/generate", { prompt: "a" })).status).toBe(200);
  });
});
