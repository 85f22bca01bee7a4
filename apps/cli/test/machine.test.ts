import { expect, test } from "bun:test";
import { availableOf, freeDiskBytes, quotaOf, readMachine } from "../src/machine.ts";

test("reads the machine it runs on", () => {
  const machine = readMachine();
  expect(machine).toMatchObject({ runtime: "Bun", runtimeVersion: Bun.version });
  expect(machine.threads).toBeGreaterThanOrEqual(1);
  expect(machine.threads).toBeLessThanOrEqual(machine.logicalCores);
  expect(machine.freeMemoryBytes).toBeGreaterThan(0);
  expect(machine.freeMemoryBytes).toBeLessThanOrEqual(machine.memoryBytes);
});

test("reads a control group's share of processors", () => {
  expect(quotaOf("max 100000\n")).toBeUndefined();
  expect(quotaOf("150000 100000\n")).toBe(1.5);
  expect(quotaOf(undefined)).toBeUndefined();
});

test("reads what memory can be had", () => {
  expect(availableOf("MemTotal:       10 kB\nMemAvailable:    7 kB\n")).toBe(7168);
  expect(availableOf(undefined)).toBeUndefined();
});

test("the disk of a folder that is not there yet is that of the next one above", async () => {
  expect(await freeDiskBytes("/nowhere/at/all")).toBe((await freeDiskBytes("/"))!);
});
