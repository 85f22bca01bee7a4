import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const blank = (text: string): string => text.replaceAll(/[^\n]/g, " ");

/** A page's text with code blanked, character for character: what looks like a link or a heading in it is none. */
export const withoutCode = (markdown: string): string =>
  markdown.replaceAll(/^(`{3,})[^\n]*\n.*?^\1$/gms, blank).replaceAll(/`[^`\n]+`/g, blank);

const LINK = /\]\(([^)\s]+)\)/g;

/** Links to other places than the web: `target` is a path, an anchor, or both. */
export function linksOf(markdown: string): { target: string; line: number }[] {
  const text = withoutCode(markdown);
  return [...text.matchAll(LINK)]
    .filter(([, target]) => !/^[a-z]+:/.test(target!))
    .map((found) => ({ target: found[1]!, line: text.slice(0, found.index).split("\n").length }));
}

/** Replaces the targets of links, but not within code. */
export function mapLinks(markdown: string, map: (target: string) => string): string {
  const code = withoutCode(markdown).matchAll(LINK);
  let text = "";
  let end = 0;
  for (const found of code) {
    const start = found.index + 2;
    text += markdown.slice(end, start);
    end = start + found[1]!.length;
    text += map(found[1]!);
  }
  return text + markdown.slice(end);
}

/** The anchor of a heading, by GitHub's rule. */
export const slugOf = (heading: string): string =>
  heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");

/** The anchors of a page's headings; a heading that is there twice gets `-1` the second time. */
export function anchorsOf(markdown: string): Set<string> {
  const seen = new Map<string, number>();
  const lines = markdown.split("\n");
  const plain = withoutCode(markdown).split("\n");
  for (const [i, line] of plain.entries()) {
    if (!/^#{1,6} /.test(line)) continue;
    const slug = slugOf(lines[i]!.replace(/^#+ /, ""));
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    if (count > 0) seen.set(`${slug}-${count}`, 1);
  }
  return new Set(seen.keys());
}

/** Links of a page that lead nowhere, as `page:line target`. Pages are named by their path from the root. */
export function deadLinks(root: string, page: string): string[] {
  const text = readFileSync(join(root, page), "utf8");
  return linksOf(text).flatMap(({ target, line }) => {
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? page : normalize(join(dirname(page), path));
    const dead = [`${page}:${line} ${target}`];
    if (file.startsWith("..") || !existsSync(join(root, file))) return dead;
    if (anchor === undefined) return [];
    return file.endsWith(".md") && anchorsOf(readFileSync(join(root, file), "utf8")).has(anchor) ? [] : dead;
  });
}
