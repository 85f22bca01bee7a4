import { describe, expect, test } from "bun:test";
import { SHELLS } from "../src/completion.ts";
import { cli } from "./cli.ts";

const script = async (shell: string) => (await cli(["completion", shell])).out;

/** What bash offers for a line whose last word is being typed. */
async function offered(...words: string[]): Promise<string[]> {
  const program = `${await script("bash")}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}
_realizar; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const child = Bun.spawn(["bash", "-c", program], { stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  expect(err).toBe("");
  return out.split("\n").filter((line) => line !== "");
}

const bash = Bun.which("bash");
describe.skipIf(bash === null)(`bash completes${bash === null ? " (skipped: there is no bash)" : ""}`, () => {
  test("commands", async () => {
    expect(await offered("realizar", "ser")).toEqual(["serve"]);
    expect(await offered("realizar", "")).toContain("chat");
  });

  test("options of the command", async () => {
    expect(await offered("realizar", "run", "m", "--te")).toEqual(["--temp", "--temperature"]);
    expect(await offered("realizar", "serve", "--ope")).toEqual(["--open"]);
    expect(await offered("realizar", "chat", "--ver")).toEqual(["--verbose"]);
  });

  test("values where there is a choice, and leaves others to the shell", async () => {
    expect(await offered("realizar", "run", "--format", "")).toEqual(["text", "json", "stream"]);
    expect(await offered("realizar", "serve", "--log-level", "w")).toEqual(["warn"]);
    expect(await offered("realizar", "run", "--file", "-")).toEqual([]);
    expect(await offered("realizar", "run", "mod")).toEqual([]);
  });
});

for (const shell of ["bash", "zsh", "fish"]) {
  const program = Bun.which(shell);
  test.skipIf(program === null)(
    `${shell} can read its script${program === null ? " (skipped: not installed)" : ""}`,
    async () => {
      const child = Bun.spawn([program!, "-n", "/dev/stdin"], {
        stdin: new Blob([await script(shell)]),
        stdout: "pipe",
        stderr: "pipe",
      });
      expect(await new Response(child.stderr).text()).toBe("");
      expect(await child.exited).toBe(0);
    },
  );
}

test("every script has every command and every option", async () => {
  const { out } = await cli(["--help"]);
  const commands = [...out.matchAll(/^ {2}([a-z]+)(?:\|\w+)?(?: .*)?$/gm)].map(([, name]) => name!);
  for (const shell of SHELLS) {
    const text = await script(shell);
    for (const command of commands.filter((name) => name !== "help")) expect(text).toContain(command);
    for (const option of ["max-tokens", "demo", "api-key-file", "quick"]) expect(text).toContain(option);
  }
});

test("another shell is refused with those there are", async () => {
  const { status, err } = await cli(["completion", "tcsh"]);
  expect(status).toBe(2);
  expect(err).toMatch(/Allowed choices are bash, zsh, fish/);
});
