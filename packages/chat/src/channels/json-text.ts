import type { FoundCall } from "./types.ts";

/** Follows the brackets and strings of a JSON object or array that arrives character by character. */
export interface JsonScan {
  /** "bad" at a character that cannot belong to it; "done" at its last one. */
  step(char: string): "more" | "done" | "bad";
}

/** `firstKeys`: an object whose first key is none of these is bad. */
export function newJsonScan(firstKeys: readonly string[] | null = null): JsonScan {
  let depth = 0;
  let inString = false;
  let escaped = false;
  let key: string | null = firstKeys === null ? null : "";

  return {
    step(char) {
      if (inString) {
        if (escaped) escaped = false;
        else if (char === "\\") escaped = true;
        else if (char === '"') {
          inString = false;
          if (key !== null && !firstKeys!.includes(key)) return "bad";
          key = null;
          return "more";
        }
        if (key !== null) key += char;
        return "more";
      }
      if (depth === 0 && char !== "{" && char !== "[") return "bad";
      if (depth === 1 && key !== null && char !== '"' && char.trim() !== "") return "bad";
      if (char === '"') inString = true;
      else if (char === "{" || char === "[") depth++;
      else if (char === "}" || char === "]") depth--;
      return depth === 0 ? "done" : "more";
    },
  };
}

/** The texts between the top-level commas of a valid JSON object or array. */
function split(json: string): string[] {
  const out: string[] = [];
  let depth = 0;
  let inString = false;
  let start = 0;
  const cut = (end: number): void => {
    const part = json.slice(start, end).trim();
    if (part !== "") out.push(part);
  };
  for (let i = 0; i < json.length; i++) {
    const char = json[i]!;
    if (inString) {
      if (char === "\\") i++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{" || char === "[") {
      if (depth++ === 0) start = i + 1;
    } else if (char === "}" || char === "]") {
      if (--depth === 0) cut(i);
    } else if (char === "," && depth === 1) {
      cut(i);
      start = i + 1;
    }
  }
  return out;
}

/** The members of a valid JSON object, each value as its own text. */
function members(json: string): Map<string, string> {
  return new Map(
    split(json).map((member) => {
      const key = /^"(?:[^"\\]|\\.)*"/.exec(member)![0];
      const value = member.slice(member.indexOf(":", key.length) + 1).trim();
      return [JSON.parse(key) as string, value];
    }),
  );
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Arguments as JSON text: as written, taken out of a string where the model wrapped them in one. */
export function argumentsText(json: string): string | null {
  const value = parse(json);
  if (value === null) return "{}";
  if (isObject(value)) return json;
  return typeof value === "string" && isObject(parse(value)) ? value : null;
}

const NAME_KEYS = ["name", "tool_name"];
const ARGUMENT_KEYS = ["arguments", "parameters"];

/** A call from `{"name": ..., "arguments": {...}}` and its kin; null where it is none. */
export function callFromJson(json: string, needsArguments = false): FoundCall | null {
  const value = parse(json);
  if (!isObject(value)) return null;
  const raw = members(json);
  const inner = raw.get("function");
  if (isObject(value.function)) return callFromJson(inner!, needsArguments);
  const named = [...NAME_KEYS, "function"]
    .map((key) => value[key])
    .find((name) => typeof name === "string" && name !== "");
  const args = ARGUMENT_KEYS.map((key) => raw.get(key)).find((text) => text !== undefined);
  if (typeof named !== "string" || (needsArguments && args === undefined)) return null;
  const text = argumentsText(args ?? "{}");
  if (text === null) return null;
  const id = value.id ?? value.tool_call_id;
  return { name: named, arguments: text, ...(typeof id === "string" && id !== "" ? { id } : {}) };
}

/** Calls from a JSON array of objects, or from one object; null where any is no call. */
export function callsFromJson(json: string): FoundCall[] | null {
  const value = parse(json);
  if (!Array.isArray(value)) {
    const call = callFromJson(json);
    return call === null ? null : [call];
  }
  const calls = split(json).map((item) => callFromJson(item));
  return calls.length > 0 && calls.every((call) => call !== null) ? calls : null;
}
