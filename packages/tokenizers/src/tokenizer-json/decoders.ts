import { chainSteps, type StepFactory } from "../decoders/step.ts";
import {
  bpeStep,
  byteFallbackStep,
  byteLevelStep,
  ctcStep,
  fuseStep,
  metaspaceStep,
  replaceFusedStep,
  replaceStep,
  stripFusedStep,
  stripStep,
  wordPieceStep,
} from "../decoders/steps.ts";
import { SPACE_MARK } from "../normalizers/sentencepiece.ts";
import { booleanAt, buildKind, buildMembers, integerAt, type Kinds, stringAt } from "./json.ts";
import { literalAt } from "./pattern.ts";
import { prependSchemeAt } from "./pre-tokenizers.ts";

/** A step for tokens, and what it is behind a `Fuse`, where everything is one running text. */
interface Stage {
  readonly step: StepFactory;
  readonly fused?: StepFactory;
  /** Makes one text of what comes out. */
  readonly fuses?: boolean;
}

const KINDS: Kinds<readonly Stage[]> = {
  Sequence: (node, path, depth) => buildMembers(node.decoders, `${path}.decoders`, depth, stagesAt).flat(),
  ByteLevel: () => [{ step: byteLevelStep, fuses: true }],
  ByteFallback: () => [{ step: byteFallbackStep }],
  Fuse: () => [{ step: fuseStep, fuses: true }],
  BPEDecoder: (node, path) => [{ step: bpeStep(stringAt(node.suffix, `${path}.suffix`, "</w>")) }],
  WordPiece: (node, path) => [
    {
      step: wordPieceStep(
        stringAt(node.prefix, `${path}.prefix`, "##"),
        booleanAt(node.cleanup, `${path}.cleanup`, true),
      ),
    },
  ],
  Metaspace: (node, path) => [
    {
      step: metaspaceStep(
        stringAt(node.replacement, `${path}.replacement`, SPACE_MARK),
        prependSchemeAt(node, path) !== "never",
      ),
    },
  ],
  CTC: (node, path) => [
    {
      step: ctcStep(
        stringAt(node.pad_token, `${path}.pad_token`, "<pad>"),
        stringAt(node.word_delimiter_token, `${path}.word_delimiter_token`, "|"),
        booleanAt(node.cleanup, `${path}.cleanup`, true),
      ),
    },
  ],
  Replace(node, path) {
    const pattern = literalAt(node.pattern, `${path}.pattern`);
    const content = stringAt(node.content, `${path}.content`);
    return [{ step: replaceStep(pattern, content), fused: replaceFusedStep(pattern, content) }];
  },
  Strip(node, path) {
    const content = stringAt(node.content, `${path}.content`, " ");
    const start = integerAt(node.start, `${path}.start`, 0);
    const stop = integerAt(node.stop, `${path}.stop`, 0);
    return [{ step: stripStep(content, start, stop), fused: stripFusedStep(content, start, stop) }];
  },
};

function stagesAt(value: unknown, path: string, depth: number): readonly Stage[] {
  return buildKind("decoder", KINDS, value, path, depth);
}

/** The decoder of a tokenizer.json. */
export interface JsonDecoder {
  /** Tokens to text. */
  readonly steps: StepFactory;
  /** Only what is done to each token, before they become one text. */
  readonly tokenSteps: StepFactory;
}

/** @throws UnknownKindError, TokenizerFileError, PatternError */
export function decoderAt(value: unknown, path = "decoder"): JsonDecoder {
  const steps: StepFactory[] = [];
  const tokenSteps: StepFactory[] = [];
  let fused = false;
  for (const stage of stagesAt(value, path, 0)) {
    steps.push(fused ? (stage.fused ?? stage.step) : stage.step);
    if (!fused && stage.step !== fuseStep) tokenSteps.push(stage.step);
    if (stage.fuses && !fused) {
      fused = true;
      if (stage.step !== fuseStep) steps.push(fuseStep);
    }
  }
  return { steps: chainSteps(steps), tokenSteps: chainSteps(tokenSteps) };
}
