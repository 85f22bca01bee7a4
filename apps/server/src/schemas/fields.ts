import { z } from "zod";

/** Wording of every rule: "must be ..." after the field's name. */
const mustBe = (allowed: string) => ({ error: `must be ${allowed}` });

export const text = () => z.string(mustBe("a string"));

export const flag = () => z.boolean(mustBe("true or false"));

export function numberIn(min: number, max: number) {
  const rule = mustBe(`a number from ${min} to ${max}`);
  return z.number(rule).min(min, rule).max(max, rule);
}

/** Above `min`, at most `max`. */
export function numberAbove(min: number, max: number) {
  const rule = mustBe(`a number above ${min} and at most ${max}`);
  return z.number(rule).gt(min, rule).max(max, rule);
}

export function integerIn(min: number, max: number) {
  const rule = mustBe(`an integer from ${min} to ${max}`);
  return z.int(rule).min(min, rule).max(max, rule);
}

/** 0 or more. Its bounds are checked once the model is known, so that a refusal can name the upper one. */
export function count() {
  return z.int(mustBe("an integer from 0 to the model's context size")).meta({ minimum: 0 });
}

export const oneOf = <const T extends readonly string[]>(values: T) =>
  z.enum(values, mustBe(`one of ${values.join(", ")}`));

const MAX_INT32 = 2 ** 31 - 1;
const MAX_STOPS = 16;
const MAX_STOP_LENGTH = 1024;

export const topK = () => integerIn(1, MAX_INT32);
/** Any 64-bit seed of other systems that JSON numbers can carry exactly. */
export const seed = () => integerIn(0, Number.MAX_SAFE_INTEGER);
export const repetitionPenalty = () => numberIn(0.01, 100);
export const additivePenalty = (bound: number) => numberIn(-bound, bound);

const stopRule = mustBe(
  `a non-empty string, or up to ${MAX_STOPS} of them, each of at most ${MAX_STOP_LENGTH} characters`,
);
const stopText = z.string(stopRule).min(1, stopRule).max(MAX_STOP_LENGTH, stopRule);
export const stop = () => z.union([stopText, z.array(stopText).max(MAX_STOPS, stopRule)], stopRule);

const biasRule = mustBe("a number from -100 to 100");
export const logitBias = () =>
  z.record(
    z.string().regex(/^(0|[1-9]\d{0,9})$/, { error: "must be keyed by token ids" }),
    z.number(biasRule).min(-100, biasRule).max(100, biasRule),
    mustBe("an object of token ids to numbers from -100 to 100"),
  );

const idRule = mustBe("a token id, an integer of 0 or more");
export const tokenId = () => z.int(idRule).min(0, idRule);
export const tokenIds = () => z.array(tokenId(), mustBe("an array of token ids"));

/** Items are checked one by one, so that a bad one spoils only itself. */
export function batchOf(item: { readonly type: string }, emptyMessage: string, maxItems: number) {
  return z
    .array(z.unknown(), mustBe("an array of strings"))
    .refine((items) => items.length > 0, { error: emptyMessage, abort: true })
    .max(maxItems, mustBe(`an array of 1 to ${maxItems} strings`))
    .meta({ items: item });
}

/** A field that is taken for compatibility as long as its value changes nothing. */
export function neutral<S extends z.ZodType>(schema: S) {
  return schema.optional();
}

/** A field whose feature does not exist here. Only the values that do not ask for it are taken. */
export function unsupported(...neutralValues: readonly unknown[]) {
  const allowed = ["null", ...neutralValues.map((value) => JSON.stringify(value))].join(" or ");
  const known = new Set(["null", ...neutralValues.map((value) => JSON.stringify(value))]);
  return z
    .unknown()
    .refine((value) => value === undefined || known.has(JSON.stringify(value)), {
      error: `is not supported; leave it out or send ${allowed}`,
    })
    .optional();
}
