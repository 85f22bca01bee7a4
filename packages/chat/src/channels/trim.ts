/** Passes text on without white space at its end, and at its start where `start` says so. */
export interface Trimmer {
  push(text: string): void;
  /** Passes on the white space held back, if anything came before it: it was not at the end after all. */
  release(): void;
  /** Drops the white space held back; that at the start of what follows goes too. */
  reset(): void;
}

export function newTrimmer(emit: (text: string) => void, options: { start: boolean }): Trimmer {
  let started = !options.start;
  let space = "";
  return {
    push(text) {
      const body = text.trimEnd();
      const from = started ? body : body.trimStart();
      if (body === "") {
        if (started) space += text;
        return;
      }
      if (space !== "") emit(space);
      started = true;
      emit(from);
      space = text.slice(body.length);
    },
    release() {
      if (space !== "") emit(space);
      space = "";
    },
    reset() {
      started = false;
      space = "";
    },
  };
}
