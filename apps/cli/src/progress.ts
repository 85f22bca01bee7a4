import type { Io } from "./io.ts";

/** "1.4 GB": decimal units, as file systems show them. */
export function bytesText(bytes: number): string {
  for (const [unit, size] of [
    ["GB", 1e9],
    ["MB", 1e6],
    ["kB", 1e3],
  ] as const) {
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`;
  }
  return `${bytes} B`;
}

/** Speed as someone else measured it; else it is the mean since the start. */
export interface Rate {
  readonly bytesPerSecond: number;
  readonly etaSeconds: number | undefined;
}

export interface ProgressBar {
  update(done: number, total: number, rate?: Rate): void;
  /** Clears the line. */
  end(): void;
}

/** A bar on standard error where that is a terminal, else nothing. */
export function progressBar(io: Io, label: string, now: () => number = () => performance.now()): ProgressBar {
  const start = now();
  let last = Number.NEGATIVE_INFINITY;
  let shown = false;
  return {
    update(done, total, rate) {
      const time = now();
      if (!io.terminal || (time - last < 80 && done < total)) return;
      last = time;
      shown = true;
      const share = total > 0 ? Math.min(1, done / total) : 1;
      const speed = rate?.bytesPerSecond ?? done / Math.max(1e-3, (time - start) / 1000);
      const seconds = rate === undefined ? (total - done) / Math.max(1, speed) : rate.etaSeconds;
      const left = share < 1 && seconds !== undefined ? ` ${Math.ceil(seconds)}s left` : "";
      const tail = ` ${String(Math.floor(share * 100)).padStart(3)}% ${bytesText(done)}/${bytesText(total)} ${bytesText(speed)}/s${left}`;
      const room = Math.max(0, Math.min(40, io.columns - label.length - tail.length - 4));
      const full = Math.round(room * share);
      io.err(`\r\x1b[K${label} [${"#".repeat(full)}${".".repeat(room - full)}]${tail}`);
    },
    end() {
      if (shown) io.err("\r\x1b[K");
    },
  };
}
