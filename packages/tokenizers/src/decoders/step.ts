/**
 * What runs through a decoder: the text of a token, or raw bytes that are only together UTF-8.
 */
export type Piece = string | Uint8Array;

export type Emit = (piece: Piece) => void;

/** A push/flush machine between two others. */
export interface DecodeStep {
  push: Emit;
  /** Emits what was held back. */
  flush(): void;
}

export interface DecodeStart {
  /** The ids go on from a text that is already there, so the first one is not a text's first. */
  readonly continuation: boolean;
}

/** Makes a machine that hands its results to `emit`. */
export type StepFactory = (emit: Emit, start: DecodeStart) => DecodeStep;

/** A step without memory. */
export function eachPiece(map: (piece: Piece) => Piece): StepFactory {
  return (emit) => ({ push: (piece) => emit(map(piece)), flush: () => {} });
}

/** A step that knows only whether a piece is the first. */
export function firstAndRest(map: (text: string, isFirst: boolean) => string): StepFactory {
  return (emit, { continuation }) => {
    let isFirst = !continuation;
    return {
      push(piece) {
        emit(typeof piece === "string" ? map(piece, isFirst) : piece);
        isFirst = false;
      },
      flush: () => {},
    };
  };
}

/** The steps one behind the other. */
export function chainSteps(factories: readonly StepFactory[]): StepFactory {
  return (emit, start) => {
    const steps: DecodeStep[] = [];
    let next = emit;
    for (const factory of [...factories].reverse()) {
      const step = factory(next, start);
      steps.unshift(step);
      next = step.push;
    }
    return {
      push: next,
      flush() {
        for (const step of steps) step.flush();
      },
    };
  };
}

const encoder = new TextEncoder();

/** The bytes that become of one token in the middle of a text. */
export function bytesThrough(factory: StepFactory, text: string): Uint8Array {
  const bytes: number[] = [];
  const emit: Emit = (piece) => {
    for (const byte of typeof piece === "string" ? encoder.encode(piece) : piece) bytes.push(byte);
  };
  const step = factory(emit, { continuation: true });
  step.push(text);
  step.flush();
  return Uint8Array.from(bytes);
}
