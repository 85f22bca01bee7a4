/** Text to text, before it is split into words. */
export type Normalizer = (text: string) => string;

/** One after the other. */
export function chain(normalizers: readonly Normalizer[]): Normalizer {
  const [only] = normalizers;
  if (only !== undefined && normalizers.length === 1) return only;
  return (text) => {
    let result = text;
    for (const normalize of normalizers) result = normalize(result);
    return result;
  };
}
