import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { openInBrowser } from "../src/open-in-browser.ts";
import { temporaryFolder } from "./cli.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

test("gives the address to the program", async () => {
  const file = join(folder.path, "opened");
  await openInBrowser("http://a/?b&c", [
    "sh",
    "-c",
    `printf %s "$0" > '${file}.new' && mv '${file}.new' '${file}'`,
  ]);
  while (!(await Bun.file(file).exists())) await Bun.sleep(5);
  expect(await Bun.file(file).text()).toBe("http://a/?b&c");
});

test("where there is none it tells the address", async () => {
  expect(openInBrowser("http://a/", ["/nowhere/xdg-open"])).rejects.toMatchObject({
    code: "CLI_NO_BROWSER",
    message: "no browser could be opened: go to http://a/ yourself",
  });
});
