/** Milliseconds of each unit of Go's durations (time.ParseDuration), which Ollama's clients write. */
const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 36e5,
};

/**
 * Milliseconds of a number of seconds or of a text such as "5m", "1h30m" or "-1"; Infinity for what is below 0.
 * @returns undefined for a text that is no duration
 */
export function millisecondsOf(given: number | string): number | undefined {
  const text = typeof given === "number" ? `${given}` : given.trim();
  const sign = text.startsWith("-");
  const bare = text.replace(/^[+-]/, "");
  let ms: number;
  if (/^\d+(\.\d*)?$/.test(bare)) ms = Number(bare) * 1000;
  else if (/^(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$/.test(bare)) {
    const parts = bare.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g);
    ms = [...parts].reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!, 0);
  } else return undefined;
  return sign && ms > 0 ? Number.POSITIVE_INFINITY : ms;
}
