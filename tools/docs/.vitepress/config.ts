import { readFileSync } from "node:fs";
import { defineConfig } from "vitepress";
import { slugOf } from "../links.ts";

const menu = JSON.parse(readFileSync(new URL("../build/menu.json", import.meta.url), "utf8"));

export default defineConfig({
  title: "realizar",
  description: "Language models in TypeScript and WebAssembly: one install, the same bits everywhere",
  lang: "en",
  srcDir: "build/pages",
  outDir: "build/site",
  cacheDir: "build/cache",
  cleanUrls: false,
  markdown: { anchor: { slugify: slugOf } },
  themeConfig: {
    sidebar: menu,
    nav: [
      { text: "Start", link: "/tutorials/first-five-minutes" },
      { text: "Reference", link: "/reference/cli" },
      { text: "REST", link: "/reference/rest-schemas" },
      { text: "API", link: "/api/" },
    ],
    outline: [2, 3],
    search: { provider: "local" },
  },
});
