import { TokenizerFileError, UnknownKindError } from "../errors.ts";

/** An object of a parsed JSON file. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Stages nest (Sequence in Sequence); no file in use goes deeper than three. */
export const MAX_NESTING = 32;

/** Typed look-ups that say where a value of the wrong type stands. Absent and null count as the same. */
export function objectAt(value: unknown, path: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TokenizerFileError(path, "is not an object");
  }
  return value as JsonObject;
}

export function arrayAt(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new TokenizerFileError(path, "is not an array");
  return value;
}

export function stringAt(value: unknown, path: string, fallback?: string): string {
  if (typeof value === "string") return value;
  if ((value === undefined || value === null) && fallback !== undefined) return fallback;
  throw new TokenizerFileError(path, "is not a string");
}

export function booleanAt(value: unknown, path: string, fallback: boolean): boolean {
  if (value === undefined || value === null) return fallback;
  if (typeof value !== "boolean") throw new TokenizerFileError(path, "is not a boolean");
  return value;
}

export function integerAt(value: unknown, path: string, fallback?: number): number {
  if ((value === undefined || value === null) && fallback !== undefined) return fallback;
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw new TokenizerFileError(path, "is not a count");
  return value as number;
}

/** Builders by the `type` of what they build. */
export type Kinds<Result> = Readonly<
  Record<string, (node: JsonObject, path: string, depth: number) => Result>
>;

/** Builds one stage by its `type`. @throws UnknownKindError, TokenizerFileError */
export function buildKind<Result>(
  part: string,
  kinds: Kinds<Result>,
  value: unknown,
  path: string,
  depth: number,
): Result {
  if (depth > MAX_NESTING) throw new TokenizerFileError(path, `nests deeper than ${MAX_NESTING}`);
  const node = objectAt(value, path);
  const type = stringAt(node.type, `${path}.type`);
  const build = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
  if (!build) {
    throw new UnknownKindError(
      part,
      type,
      `Known are ${Object.keys(kinds).join(", ")}. Use a GGUF of the model.`,
    );
  }
  return build(node, path, depth);
}

/** The members of a `Sequence`, built. */
export function buildMembers<Result>(
  members: unknown,
  path: string,
  depth: number,
  build: (value: unknown, path: string, depth: number) => Result,
): Result[] {
  return arrayAt(members, path).map((member, i) => build(member, `${path}[${i}]`, depth + 1));
}
