/**
 * The main job from a fresh checkout: installs, builds the kernels and lets a model continue a prompt.
 * Nothing outside Bun and node:* is imported, as nothing is installed when this starts.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const root = join(import.meta.dirname, "..");
const PROMPT = "Once upon a time";

function give(line: string, status: number): never {
  console.error(line);
  process.exit(status);
}

const [model, ...rest] = process.argv.slice(2);
if (model === undefined || rest.length > 0)
  give("demo: name one model, as in: npx -y bun@1.4.5 run demo model.gguf", 2);
const path = resolve(process.env.INIT_CWD ?? process.cwd(), model);
if (!existsSync(path))
  give(`demo: ${model} does not exist; give a .gguf file, a .safetensors file or a model folder`, 2);

/** Runs Bun itself; ends this program where that fails. */
async function bun(...words: string[]): Promise<void> {
  const child = Bun.spawn([process.execPath, ...words], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const status = await child.exited;
  if (status !== 0) process.exit(status);
}

await bun("install", "--silent");
await bun("kernels/build.ts");
console.error(`\nrealizar run ${model} "${PROMPT}" -n 200 --temperature 0 --echo\n`);
await bun("apps/cli/src/main.ts", "run", path, PROMPT, "-n", "200", "--temperature", "0", "--echo");
