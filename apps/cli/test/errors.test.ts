import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Interruption, oneLine } from "../src/errors.ts";

describe("errors", () => {
  test("are one line whatever was thrown", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.anything()), (message) => {
        for (const thrown of [
          new Error(String(JSON.stringify(message))),
          `${JSON.stringify(message)}\n\n at x`,
        ])
          expect(oneLine(thrown)).not.toContain("\n");
      }),
    );
    expect(oneLine(new RangeError("a\n  b\r\nc"))).toBe("a b c");
    expect(oneLine(new RangeError(""))).toBe("RangeError");
    expect(oneLine("")).toBe("unknown error");
  });

  test("an interruption has the status that shells give it", () => {
    expect(new Interruption("SIGINT").status).toBe(130);
    expect(new Interruption("SIGTERM").status).toBe(143);
  });
});
