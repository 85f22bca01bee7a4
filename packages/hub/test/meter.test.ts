import { expect, test } from "bun:test";
import { createMeter } from "../src/meter.ts";

test("speed over the last seconds, and the time left at that speed", () => {
  let ms = 0;
  const meter = createMeter(() => ms, 1000);
  expect(meter.rate(1000, 5000)).toEqual({ bytesPerSecond: 0, etaSeconds: undefined });
  ms = 1000;
  expect(meter.rate(2000, 5000)).toEqual({ bytesPerSecond: 1000, etaSeconds: 3 });
  ms = 8000;
  meter.rate(2000, 5000);
  ms = 9000;
  expect(meter.rate(4000, 5000)).toEqual({ bytesPerSecond: 2000, etaSeconds: 0.5 });
  expect(meter.rate(5000, 5000).etaSeconds).toBe(0);
  expect(meter.rate(5000, undefined).etaSeconds).toBeUndefined();
});
