import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Io } from "../src/io.ts";
import { bytesText, progressBar } from "../src/progress.ts";

function barOn(terminal: boolean, columns = 80, step = 100) {
  let text = "";
  let time = 0;
  const err = (piece: string) => {
    text += piece;
  };
  const io = { terminal, columns, err } as Io;
  const bar = progressBar(io, "loading", () => {
    time += step;
    return time;
  });
  return { bar, text: () => text };
}

describe("progress", () => {
  test("is a bar with share, bytes, speed and time left, and then gone", () => {
    const { bar, text } = barOn(true);
    bar.update(500_000, 2_000_000);
    expect(text()).toMatch(/loading \[#+\.+\] {2}25% 500\.0 kB\/2\.0 MB 5\.0 MB\/s 1s left$/);
    bar.update(2_000_000, 2_000_000);
    expect(text()).toMatch(/\[#+\] 100% 2\.0 MB\/2\.0 MB [\d.]+ MB\/s$/);
    bar.end();
    expect(text().endsWith("\r\x1b[K")).toBe(true);
  });

  test("is nothing where standard error is no terminal", () => {
    const { bar, text } = barOn(false);
    bar.update(1, 2);
    bar.update(2, 2);
    bar.end();
    expect(text()).toBe("");
  });

  test("is drawn at most every 80 ms, but always at the end", () => {
    const { bar, text } = barOn(true, 80, 10);
    bar.update(1, 100);
    const first = text();
    bar.update(2, 100);
    expect(text()).toBe(first);
    bar.update(100, 100);
    expect(text()).not.toBe(first);
  });

  test("a model without bytes is done", () => {
    const { bar, text } = barOn(true);
    bar.update(0, 0);
    expect(text()).toContain("100%");
  });

  test("fits the terminal's width where that leaves room for the figures", () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 300 }), fc.nat(1e9), fc.nat(1e9), (columns, done, more) => {
        const { bar, text } = barOn(true, columns);
        bar.update(done, done + more);
        expect(text().replace("\r\x1b[K", "").length).toBeLessThan(Math.max(columns, 78));
      }),
    );
  });

  test("bytes have the unit that fits", () => {
    expect([0, 999, 1000, 1.5e6, 2.25e9].map(bytesText)).toEqual([
      "0 B",
      "999 B",
      "1.0 kB",
      "1.5 MB",
      "2.3 GB",
    ]);
  });
});
