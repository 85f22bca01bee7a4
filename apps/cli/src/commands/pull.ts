import type { PullProgress } from "@realizar/hub";
import type { Io } from "../io.ts";
import { bytesText, progressBar } from "../progress.ts";
import { type Environment, hubOf } from "../resolve-model.ts";

/** Downloads a model into the hub's cache, or finds it there. Standard output is where it lies. */
export async function pull(
  io: Io,
  environment: Environment,
  name: string,
  flags: { format: "text" | "json" },
): Promise<void> {
  const hub = await hubOf(environment);
  const progress = pullProgress(io);
  const pulled = await hub
    .pull(name, { signal: io.signal, onProgress: progress.update })
    .finally(progress.end);
  const { path, bytes, fetchedBytes, unchecked } = pulled;
  if (unchecked) io.err(`the hub was not asked: this is the copy in the cache, which may be out of date\n`);
  else if (fetchedBytes === 0) io.err(`${pulled.name} is up to date (${bytesText(bytes)})\n`);
  else io.err(`${pulled.name}: ${bytesText(fetchedBytes)} downloaded and checked\n`);
  io.out(flags.format === "json" ? `${JSON.stringify(pulled)}\n` : `${path}\n`);
}

/** A bar for each file on a terminal; elsewhere a line as each begins. */
function pullProgress(io: Io): { update(progress: PullProgress): void; end(): void } {
  let bar = progressBar(io, "");
  let shown = "";
  const begin = ({ file, phase, fileNumber, fileCount }: PullProgress) => {
    if (shown === `${phase} ${file}`) return;
    shown = `${phase} ${file}`;
    bar.end();
    const count = fileCount > 1 ? ` ${fileNumber}/${fileCount}` : "";
    bar = progressBar(io, `${phase}${count} ${shortened(file, Math.max(8, io.columns - 70))}`);
    if (!io.terminal) io.err(`${phase}${count} ${file}\n`);
  };
  return {
    update(progress) {
      begin(progress);
      const { loaded, total, bytesPerSecond, etaSeconds } = progress;
      bar.update(loaded, total ?? loaded, { bytesPerSecond, etaSeconds });
    },
    end: () => bar.end(),
  };
}

/** The last characters of a name that is too long for its place. */
function shortened(text: string, length: number): string {
  return text.length <= length ? text : `...${text.slice(3 - length)}`;
}
