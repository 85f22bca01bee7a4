import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { adviseHugePages } from "../src/huge-pages-bun.ts";

const SETTING = "/sys/kernel/mm/transparent_hugepage/enabled";
const available = existsSync(SETTING) && !readFileSync(SETTING, "utf8").includes("[never]");
const MIB = 2 ** 20;

test.skipIf(!available)("is taken where the system has huge pages, and changes no byte", () => {
  for (const shared of [true, false]) {
    const { buffer } = new WebAssembly.Memory({ initial: 256, maximum: 256, shared });
    const bytes = new Uint8Array(buffer);
    for (let i = 0; i < bytes.length; i += 1000) bytes[i] = i;
    expect(adviseHugePages(buffer, 3 * MIB + 17, bytes.length)).toBe(true);
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i] !== (i % 1000 === 0 ? i & 255 : 0)) throw new Error(`byte ${i} is ${bytes[i]}`);
    }
  }
});

test("is not given for what huge pages do not fit in", () => {
  const { buffer } = new WebAssembly.Memory({ initial: 63, maximum: 63 });
  expect(adviseHugePages(buffer, 0, buffer.byteLength)).toBe(false);
  expect(adviseHugePages(buffer, 10, 10)).toBe(false);
});
