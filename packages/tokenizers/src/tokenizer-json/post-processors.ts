import { TokenizerFileError } from "../errors.ts";
import { arrayAt, buildKind, buildMembers, integerAt, type Kinds, objectAt, stringAt } from "./json.ts";

/** Ids a post-processor puts around one text. What it says about pairs of texts is not used. */
export interface Frame {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

export const EMPTY_FRAME: Frame = { before: [], after: [] };

function markAt(value: unknown, path: string): number[] {
  return [integerAt(arrayAt(value, path)[1], `${path}[1]`)];
}

const KINDS: Kinds<Frame> = {
  /** Only offsets change. */
  ByteLevel: () => EMPTY_FRAME,
  BertProcessing: (node, path) => ({
    before: markAt(node.cls, `${path}.cls`),
    after: markAt(node.sep, `${path}.sep`),
  }),
  RobertaProcessing: (node, path) => ({
    before: markAt(node.cls, `${path}.cls`),
    after: markAt(node.sep, `${path}.sep`),
  }),
  TemplateProcessing(node, path) {
    const specials = objectAt(node.special_tokens ?? {}, `${path}.special_tokens`);
    const before: number[] = [];
    const after: number[] = [];
    let seen = 0;
    for (const [i, value] of arrayAt(node.single, `${path}.single`).entries()) {
      const at = `${path}.single[${i}]`;
      const piece = objectAt(value, at);
      if (piece.Sequence !== undefined) {
        seen++;
        continue;
      }
      const name = stringAt(objectAt(piece.SpecialToken, `${at}.SpecialToken`).id, `${at}.SpecialToken.id`);
      const definition = Object.hasOwn(specials, name) ? specials[name] : undefined;
      const ids = arrayAt(
        objectAt(definition, `${path}.special_tokens.${name}`).ids,
        `${path}.special_tokens.${name}.ids`,
      );
      for (const id of ids)
        (seen === 0 ? before : after).push(integerAt(id, `${path}.special_tokens.${name}.ids`));
    }
    if (seen !== 1)
      throw new TokenizerFileError(`${path}.single`, `has the text ${seen} times instead of once`);
    return { before, after };
  },
  /** Each frames what the one before has framed. */
  Sequence: (node, path, depth) =>
    buildMembers(node.processors, `${path}.processors`, depth, frameAt).reduce(
      (inner, outer) => ({
        before: [...outer.before, ...inner.before],
        after: [...inner.after, ...outer.after],
      }),
      EMPTY_FRAME,
    ),
};

/** @throws UnknownKindError, TokenizerFileError */
export function frameAt(value: unknown, path = "post_processor", depth = 0): Frame {
  return buildKind("post_processor", KINDS, value, path, depth);
}
