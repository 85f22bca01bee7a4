/** Cores that a compute thread each is worth: physical ones, as two threads of one core share its vector units. */
export function defaultThreads(): number {
  // Node has `navigator` from 21 on.
  const logical =
    globalThis.navigator?.hardwareConcurrency ??
    globalThis.process?.getBuiltinModule?.("node:os").availableParallelism() ??
    1;
  const siblings = threadSiblings();
  if (siblings.length === 0) return logical;
  const cores = new Set(siblings);
  return Math.max(1, Math.min(cores.size, logical));
}

/** Linux: for each logical processor the list of those on the same core, such as "0,4"; elsewhere none. */
function threadSiblings(): string[] {
  const fs = globalThis.process?.getBuiltinModule?.("node:fs");
  if (fs === undefined) return [];
  const base = "/sys/devices/system/cpu";
  try {
    return fs
      .readdirSync(base)
      .filter((name) => /^cpu\d+$/.test(name))
      .map((name) => fs.readFileSync(`${base}/${name}/topology/thread_siblings_list`, "utf8").trim());
  } catch {
    return [];
  }
}
