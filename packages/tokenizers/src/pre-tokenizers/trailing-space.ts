const ENDS_IN_SPACE = /\p{White_Space}/v;

/** Cuts off the white space at the end, in linear time: the pattern `\s+$` tries every start within every run. */
export function splitTrailingSpace(text: string): readonly string[] {
  let end = text.length;
  while (end > 0 && ENDS_IN_SPACE.test(text[end - 1]!)) end--;
  return end === 0 || end === text.length ? [text] : [text.slice(0, end), text.slice(end)];
}
