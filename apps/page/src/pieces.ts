/** A token that the model could have chosen. */
export interface Candidate {
  /** Its own text; bytes of an incomplete character as U+FFFD. */
  readonly text: string;
  /** Natural logarithm of its probability; null where the server does not tell. */
  readonly logprob: number | null;
}

/** A token that the model chose, with the likeliest at that place, likeliest first. */
export interface Token extends Candidate {
  readonly top: readonly Candidate[];
}

/** A stretch of an answer with the tokens that made it: one, unless characters span several. */
export interface Piece {
  readonly text: string;
  readonly tokens: readonly Token[];
}

/** Cuts a stretch of text into a piece a token where the tokens' own texts make it up; otherwise it stays whole. */
export function toPieces(text: string, tokens: readonly Token[]): Piece[] {
  if (tokens.length > 1 && tokens.map((token) => token.text).join("") === text) {
    return tokens.map((token) => ({ text: token.text, tokens: [token] }));
  }
  return text === "" ? [] : [{ text, tokens }];
}

export const textOf = (pieces: readonly Piece[]): string => pieces.map((piece) => piece.text).join("");

/** Whether any token of the piece had a probability below one half. */
export const isUncertain = ({ tokens }: Piece): boolean =>
  tokens.some(({ logprob }) => logprob !== null && logprob < Math.log(0.5));
