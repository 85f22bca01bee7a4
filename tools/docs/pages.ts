import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, normalize, relative } from "node:path";
import { linksOf, mapLinks } from "./links.ts";

/** Every page that people wrote, by its path from the root. */
export const writtenPages = (root: string): string[] =>
  [
    "*.md",
    "docs/**/*.md",
    "{packages,apps}/*/README.md",
    "{kernels,bench,examples}/README.md",
    "{bench,examples,tools}/*/README.md",
  ]
    .flatMap((pattern) => [...new Bun.Glob(pattern).scanSync({ cwd: root })])
    .sort();

/**
 * Where a file or folder of the repository is on the site: `docs/` at the top, a README under its folder's name, the
 * rest of what pages link to under `source/`.
 */
export function placeOf(root: string, path: string): string {
  const readme = join(path, "README.md");
  if (path === "" || path === ".") return "index.md";
  if (existsSync(join(root, readme))) return placeOf(root, readme);
  if (path === "README.md") return "index.md";
  if (path.endsWith("/README.md")) return `${dirname(path)}.md`;
  if (/^docs\/.*\.md$/.test(path)) return path.slice("docs/".length);
  if (!path.includes("/") && path.endsWith(".md")) return path.toLowerCase();
  return `source/${path}.md`;
}

const LANGUAGES: Readonly<Record<string, string>> = {
  ".py": "python",
  ".js": "js",
  ".ts": "ts",
  ".tsx": "tsx",
};
const isText = (path: string) => !/\.(png|svg|gif|webp)$/.test(path);

/** A page that shows a file, or lists a folder. */
function sourcePage(root: string, path: string): string {
  const absolute = join(root, path);
  if (statSync(absolute).isDirectory()) {
    const entries = readdirSync(absolute, { withFileTypes: true }).filter(
      ({ name }) => name !== "node_modules",
    );
    const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
    return `# ${path}\n\n${names.map((name) => `- \`${name}\`\n`).join("")}`;
  }
  const text = readFileSync(absolute, "utf8");
  const fence = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
  return `# ${path}\n\n${fence}${LANGUAGES[extname(path)] ?? "text"}\n${text.trimEnd()}\n${fence}\n`;
}

/** Writes the pages of the site, with links that lead within it. What pages link to of the sources comes along. */
export function writePages(root: string, out: string): void {
  const sources = new Set<string>();
  const save = (place: string, text: string) => {
    mkdirSync(dirname(join(out, place)), { recursive: true });
    writeFileSync(join(out, place), text);
  };
  for (const page of writtenPages(root)) {
    const place = placeOf(root, page);
    const moved = mapLinks(readFileSync(join(root, page), "utf8"), (target) => {
      if (/^([a-z]+:|#)/.test(target)) return target;
      const [path = "", anchor] = target.split("#");
      const file = normalize(join(dirname(page), path)).replace(/\/$/, "");
      const there = isText(file) ? placeOf(root, file) : file.replace(/^docs\//, "");
      if (there.startsWith("source/")) sources.add(file);
      if (!isText(file)) cpSync(join(root, file), join(out, there), { recursive: true });
      const link = relative(dirname(place), there);
      return `${link.startsWith(".") ? link : `./${link}`}${anchor === undefined ? "" : `#${anchor}`}`;
    });
    save(place, moved);
  }
  for (const path of sources) save(placeOf(root, path), sourcePage(root, path));
}

interface MenuEntry {
  readonly text: string;
  readonly link?: string;
  readonly collapsed?: boolean;
  readonly items?: readonly MenuEntry[];
}

const GROUPS: readonly (readonly [title: string, folder: string])[] = [
  ["Tutorial", "docs/tutorials/"],
  ["How to", "docs/how-to/"],
  ["Reference", "docs/reference/"],
  ["Explanation", "docs/explanation/"],
];

const titleOf = (markdown: string): string => /^# (.+)$/m.exec(markdown)?.[1] ?? "";
const linkOf = (place: string): string => `/${place.replace(/(index)?\.md$/, "")}`;

/** The menu: the pages in the order in which the README's map has them, then what is made from the sources. */
export function menuOf(root: string, apiModules: readonly string[]): MenuEntry[] {
  const read = (page: string) => readFileSync(join(root, page), "utf8");
  const map = read("README.md")
    .split(/^(?=## Documentation$)/m)
    .at(-1)!;
  const mapped = [...new Set(linksOf(map).map(({ target }) => target.replace(/#.*/, "")))];
  const entry = (page: string) => ({ text: titleOf(read(page)), link: linkOf(placeOf(root, page)) });
  const made: Readonly<Record<string, readonly MenuEntry[]>> = {
    Reference: [
      { text: "REST API, every schema", link: "/reference/rest-schemas" },
      {
        text: "API, every export",
        link: "/api/",
        collapsed: true,
        items: apiModules.map((name) => ({ text: name, link: `/api/${name}` })),
      },
    ],
  };
  const groups = GROUPS.map(([text, folder]) => ({
    text,
    items: [...mapped.filter((page) => page.startsWith(folder)).map(entry), ...(made[text] ?? [])],
  }));
  const readmes = writtenPages(root).filter((page) => /^(packages|apps|kernels)\b.*README\.md$/.test(page));
  return [
    ...groups,
    {
      text: "Packages",
      collapsed: true,
      items: readmes.map((page) => ({ text: basename(dirname(page)), link: linkOf(placeOf(root, page)) })),
    },
    { text: "Project", items: ["CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"].map(entry) },
  ];
}
