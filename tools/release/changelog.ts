/** A heading of the second level in Keep a Changelog's form: Unreleased, or a version and its day. */
const HEADING = /^## \[(Unreleased|\d+\.\d+\.\d+[\w.+-]*)\](?: - (\d{4}-\d{2}-\d{2}))?$/;

/** Keep a Changelog's kinds of change (keepachangelog.com, 1.1.0). */
const KINDS: ReadonlySet<string> = new Set([
  "Added",
  "Changed",
  "Deprecated",
  "Removed",
  "Fixed",
  "Security",
]);

/** What in a changelog is not in Keep a Changelog's form, as `line: what`. */
export function changelogFaults(text: string): string[] {
  const headings = text
    .split("\n")
    .map((line, i) => ({ line, number: i + 1 }))
    .filter(({ line }) => /^##+ /.test(line));
  const faults = headings.flatMap(({ line, number }, i) => {
    if (line.startsWith("### "))
      return KINDS.has(line.slice(4)) ? [] : [`${number}: "${line.slice(4)}" is no kind of change`];
    const [, version, day] = HEADING.exec(line) ?? [];
    if (version === undefined) return [`${number}: "${line}" is no heading of a version`];
    if (version === "Unreleased") return i === 0 ? [] : [`${number}: Unreleased comes first`];
    return day === undefined ? [`${number}: ${version} has no day`] : [];
  });
  return headings[0]?.line === "## [Unreleased]" ? faults : ["there is no Unreleased at the top", ...faults];
}

/**
 * Gives what is unreleased a version and a day, with an empty Unreleased above it.
 * @param day as 2026-01-31
 * @throws Error where nothing is unreleased
 */
export function releaseChangelog(text: string, version: string, day: string): string {
  const start = text.indexOf("## [Unreleased]\n");
  const body = start + "## [Unreleased]\n".length;
  const rest = text.slice(body);
  const next = rest.search(/^## /m);
  const changes = next < 0 ? rest : rest.slice(0, next);
  if (start < 0 || !changes.includes("- ")) throw new Error("CHANGELOG.md has nothing under Unreleased");
  return `${text.slice(0, body)}\n## [${version}] - ${day}\n${rest}`;
}
