import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { buildPage } from "../build.ts";
import { ANSWER_TEXT, BASE, CHAT, SLOW, THINKING } from "./fake-models.ts";
import { type FakeServer, startFakeServer } from "./fake-server.ts";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** Where screenshots go; none are taken without it. */
const SHOTS = process.env.PAGE_SCREENSHOTS;
const isMissing = !existsSync(CHROMIUM);
const reason = isMissing ? ` (skipped: no browser at ${CHROMIUM})` : "";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let server: FakeServer;
let browser: Browser;

test.if(isMissing && process.env.CI === "true")("a browser is there", () => {
  expect(existsSync(CHROMIUM)).toBe(true);
});

/** Opens the page, runs a visit, and expects that it asked no other origin and broke no policy. */
async function visit(run: (page: Page) => Promise<void>, options: BrowserContextOptions = {}): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1000, height: 720 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const foreign: string[] = [];
  const faults: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(server.url)) foreign.push(request.url());
  });
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("Failed to load resource"))
      faults.push(message.text());
  });
  try {
    await page.goto(server.url);
    await page.getByLabel("Model", { exact: true }).waitFor();
    await run(page);
    expect(foreign).toEqual([]);
    expect(faults).toEqual([]);
  } finally {
    await context.close();
  }
}

async function shot(page: Page, name: string): Promise<void> {
  if (SHOTS === undefined) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

async function ask(page: Page, model: string, prompt: string): Promise<void> {
  await page.getByLabel("Model", { exact: true }).selectOption(model);
  await page.getByRole("textbox").fill(prompt);
  await page.keyboard.press("Enter");
}

const finished = (page: Page) => page.locator(".turn:last-child:is(.done, .stopped, .failed)").waitFor();
const text = async (page: Page) => String(await page.locator(".turn:last-child > .text").textContent());
const isFocused = (page: Page, selector: string) =>
  page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);

/** WCAG 2's contrast of an element's text against the page's ground. */
const contrast = (page: Page, selector: string): Promise<number> =>
  page
    .locator(selector)
    .first()
    .evaluate((element) => {
      const luminance = (color: string) => {
        const [r, g, b] = color.match(/[\d.]+/g)!.map((part) => {
          const value = Number(part) / 255;
          return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
        }) as [number, number, number];
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      let behind: Element = element;
      while (
        behind !== document.body &&
        behind.parentElement !== null &&
        getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)"
      )
        behind = behind.parentElement;
      const ground = luminance(getComputedStyle(behind).backgroundColor);
      const ink = luminance(getComputedStyle(element).color);
      return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
    });

describe.skipIf(isMissing)(`the page in Chromium${reason}`, () => {
  beforeAll(async () => {
    server = startFakeServer(await buildPage(), [CHAT, THINKING, BASE, SLOW]);
    browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
  }, 30_000);
  afterAll(async () => {
    await browser?.close();
    server?.stop();
  });

  test(
    "streams an answer and is ready for the next",
    () =>
      visit(async (page) => {
        expect(await isFocused(page, "#prompt")).toBe(true);
        await shot(page, "empty");
        await ask(page, "chat-model", "Why?");
        await finished(page);
        expect((await text(page)).replaceAll(/\s+/g, " ")).toBe(ANSWER_TEXT.replaceAll(/\s+/g, " "));
        expect(String(await page.locator(".figures").textContent())).toContain("tokens/s");
        expect(await isFocused(page, "#prompt")).toBe(true);
        await page.keyboard.type("two");
        await page.keyboard.press("Shift+Enter");
        await page.keyboard.type("lines");
        expect(await page.getByRole("textbox").inputValue()).toBe("two\nlines");
        await shot(page, "answer");
      }),
    30_000,
  );

  test(
    "stops by key and by button, and the server notices",
    () =>
      visit(async (page) => {
        for (const stop of [
          () => page.keyboard.press("Escape"),
          () => page.getByRole("button", { name: "Stop" }).click(),
        ]) {
          const left = server.left();
          await ask(page, "slow-model", "Go on");
          await page.locator(".turn.streaming").waitFor();
          await shot(page, "streaming");
          await stop();
          await page.locator(".turn:last-child.stopped").waitFor();
          while (server.left() === left) await Bun.sleep(2);
        }
        expect(await isFocused(page, "#prompt")).toBe(true);
      }),
    30_000,
  );

  test(
    "a reload keeps what was said, also of an answer that was coming",
    () =>
      visit(async (page) => {
        await ask(page, "chat-model", "Why?");
        await finished(page);
        await ask(page, "slow-model", "Go on");
        await page.locator(".turn.streaming .text").waitFor();
        await page.reload();
        await page.locator(".turn.stopped").waitFor();
        expect(await page.locator(".prompt").allInnerTexts()).toEqual(["Why?", "Go on"]);
        expect(await text(page)).toStartWith("on and");
        expect(await page.getByLabel("Model", { exact: true }).inputValue()).toBe("slow-model");
        await page.locator(".text span").first().hover();
        await page.getByLabel("Alternatives").waitFor();
        await page.getByRole("button", { name: "Clear" }).click();
        await page.reload();
        await page.locator(".empty").waitFor();
      }),
    30_000,
  );

  test(
    "a token's alternatives come by pointer and by keys, within the window",
    () =>
      visit(async (page) => {
        await ask(page, "chat-model", "Why?");
        await finished(page);
        await page.locator(".text span", { hasText: "water." }).first().hover();
        const alternatives = page.getByLabel("Alternatives");
        expect(await alternatives.locator("code").allInnerTexts()).toEqual([
          "␣water.",
          "␣perhaps",
          "↵",
          "␣a",
          "␣the",
        ]);
        const box = (await alternatives.boundingBox())!;
        expect(box.x >= 0 && box.y >= 0 && box.x + box.width <= 1000 && box.y + box.height <= 720).toBe(true);
        await shot(page, "alternatives");
        await page.locator(".text").focus();
        await page.keyboard.press("Home");
        await page.keyboard.press("ArrowRight");
        expect(await page.locator("[data-current]").textContent()).toBe(" lowers");
        expect(await alternatives.locator(".chosen code").textContent()).toBe("␣lowers");
        await page.keyboard.press("Escape");
        await alternatives.waitFor({ state: "detached" });
      }),
    30_000,
  );

  test(
    "an error is a sentence, and another try answers",
    () =>
      visit(async (page) => {
        server.failNext(400, {
          message: "request (5000 tokens) exceeds the available context size (4096 tokens)",
        });
        await ask(page, "chat-model", "Why?");
        await page.getByRole("alert").waitFor();
        expect(await page.getByRole("alert").textContent()).toBe(
          "Request (5000 tokens) exceeds the available context size (4096 tokens).",
        );
        await shot(page, "error");
        await page.getByRole("button", { name: "Try again" }).click();
        await page.locator(".turn.done").waitFor();
      }),
    30_000,
  );

  test(
    "a model without a chat template has its text continued",
    () =>
      visit(async (page) => {
        await ask(page, "base-model", "Once upon a time");
        await finished(page);
        expect(await page.locator(".notices").textContent()).toContain("has no chat template");
        expect(await text(page)).toBe(" there was a keeper.");
        await shot(page, "completion");
      }),
    30_000,
  );

  test(
    "settings are a dialog that keeps the focus and closes on Escape",
    () =>
      visit(async (page) => {
        await page.getByRole("button", { name: "Settings" }).click();
        await page.getByRole("dialog", { name: "Settings" }).waitFor();
        await page.getByLabel("Temperature").fill("0");
        await page.getByLabel("System prompt").fill("Be brief.");
        await shot(page, "settings");
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "detached" });
        expect(await isFocused(page, "header button")).toBe(true);
        await ask(page, "chat-model", "Why?");
        await finished(page);
        expect(server.bodies.at(-1)).toMatchObject({ temperature: 0 });
        expect((server.bodies.at(-1)!.messages as object[])[0]).toEqual({
          role: "system",
          content: "Be brief.",
        });
      }),
    30_000,
  );

  test(
    "a phone shows everything within its width, and a tap shows alternatives",
    () =>
      visit(
        async (page) => {
          await ask(page, "thinking-model", "Why does salt melt ice?");
          await finished(page);
          await page.locator(".turn > .text span").nth(1).tap();
          await page.getByLabel("Alternatives").waitFor();
          await shot(page, "phone");
          const isWider = () => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
          expect(await isWider()).toBe(false);
          await page.getByRole("button", { name: "Settings" }).tap();
          await page.getByRole("dialog").waitFor();
          await shot(page, "phone-settings");
          expect(await isWider()).toBe(false);
          const small = await page
            .locator("button:visible")
            .evaluateAll((buttons) =>
              buttons
                .filter((button) => button.getBoundingClientRect().height < 44)
                .map((button) => button.textContent),
            );
          expect(small).toEqual([]);
        },
        { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
      ),
    30_000,
  );

  for (const colorScheme of ["light", "dark"] as const) {
    test(
      `the ${colorScheme} colours have contrast enough`,
      () =>
        visit(
          async (page) => {
            await ask(page, "chat-model", "Why?");
            await finished(page);
            await page.locator(".text span").first().click();
            await page.getByLabel("Alternatives").waitFor();
            await shot(page, `colours-${colorScheme}`);
            for (const part of [
              ".prompt",
              ".who",
              ".text .plain",
              ".text .mark",
              ".figures",
              ".actions button",
              ".primary",
              ".live",
              ".popover .share",
            ]) {
              expect([part, (await contrast(page, part)) >= 4.5]).toEqual([part, true]);
            }
            server.failNext(500, { message: "no" });
            await ask(page, "chat-model", "Why?");
            await finished(page);
            expect(await contrast(page, ".error")).toBeGreaterThan(4.5);
          },
          { colorScheme },
        ),
      30_000,
    );
  }

  test(
    "a long conversation stays quick: a token changes only the last answer",
    () =>
      visit(async (page) => {
        for (let turn = 0; turn < 3; turn++) {
          await ask(page, "chat-model", "Why?");
          await finished(page);
        }
        await page.evaluate(() => {
          const changed = new Set<Node>();
          Object.assign(window, { changed });
          const observer = new MutationObserver((records) => {
            for (const record of records) {
              const element = record.target instanceof Element ? record.target : record.target.parentElement;
              if (element?.closest(".turn:not(:last-child) .text")) changed.add(record.target);
            }
          });
          observer.observe(document.body, {
            subtree: true,
            childList: true,
            characterData: true,
            attributes: true,
          });
        });
        await ask(page, "chat-model", "Why?");
        await finished(page);
        expect(await page.evaluate(() => (window as unknown as { changed: Set<Node> }).changed.size)).toBe(0);
      }),
    30_000,
  );
});
