/**
 * Takes the picture of the page that the documentation shows, from a running server:
 *
 *     bun apps/page/screenshot.ts docs/images/page.png [http://127.0.0.1:8080] ["Prompt"]
 */
import { chromium } from "playwright-core";

const [path, url = "http://127.0.0.1:8080", prompt = "Tell me a story about a fox and a lantern."] =
  process.argv.slice(2);
if (path === undefined) throw new Error("name the file to write");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  const page = await browser.newPage({ viewport: { width: 960, height: 560 } });
  page.setDefaultTimeout(60_000);
  await page.goto(url);
  await page.getByRole("textbox").fill(prompt);
  await page.keyboard.press("Enter");
  await page.locator(".turn:last-child:is(.done, .failed)").waitFor();
  const words = page.locator(".turn:last-child > .text span");
  const alternatives = page.getByLabel("Alternatives");
  // The first word that the model was in two minds about.
  for (let i = 8; i < (await words.count()); i++) {
    await words.nth(i).hover();
    await alternatives.waitFor();
    const likeliest = Number(/([\d.]+) %/.exec((await alternatives.textContent()) ?? "")?.[1] ?? 100);
    if (likeliest < 70) break;
  }
  await page.screenshot({ path });
} finally {
  await browser.close();
}
