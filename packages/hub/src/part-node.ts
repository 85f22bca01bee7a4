import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { fileBytes, readJsonFile, writeWhole } from "./disk-node.ts";
import { addRange, areRanges, coveredBytes, type Range } from "./ranges.ts";

/** What the bytes are of: a part is resumed only if both are as they were. */
export interface PartIdentity {
  etag: string | undefined;
  bytes: number | undefined;
}

/** Huggingface_hub resumes "<etag>.incomplete" by its length, which says nothing of a file filled in parallel. */
const PART_SUFFIX = ".realizar-part";

/** A file being filled in any order, with a record beside it of the ranges that are on disk. */
export interface Part {
  /** Sorted disjoint ranges that are written. */
  readonly done: readonly Range[];
  /** Bytes that were there when it was opened. */
  readonly resumedBytes: number;
  write(chunk: Uint8Array, at: number): Promise<void>;
  /** Forgets everything written. */
  reset(): Promise<void>;
  /** Brings data and then their record to disk, and closes; the next `openPart` goes on from here. */
  keep(): Promise<void>;
  /** Brings data to disk and gives the file its name. */
  finish(): Promise<void>;
  /** Deletes it. */
  discard(): Promise<void>;
  readonly path: string;
}

/** @param saveEveryMs how often the record is brought to disk: what a kill can cost */
export async function openPart(
  finalPath: string,
  identity: PartIdentity,
  saveEveryMs: number,
): Promise<Part> {
  const { etag, bytes } = identity;
  const path = `${finalPath}${PART_SUFFIX}`;
  const recordPath = `${path}.json`;
  let done: Range[] = await recordedRanges(path, recordPath, identity);
  const resumedBytes = coveredBytes(done);
  const file: FileHandle = await open(path, resumedBytes > 0 ? "r+" : "w+");
  let lastSave = performance.now();
  let saving = false;

  async function save(): Promise<void> {
    const ranges = done;
    await file.datasync();
    await writeWhole(recordPath, JSON.stringify({ etag, bytes, done: ranges }));
  }

  return {
    path,
    resumedBytes,
    get done() {
      return done;
    },
    async write(chunk, at) {
      for (let sent = 0; sent < chunk.length; ) {
        const { bytesWritten } = await file.write(chunk, sent, chunk.length - sent, at + sent);
        sent += bytesWritten;
      }
      done = addRange(done, [at, at + chunk.length]);
      if (saving || performance.now() - lastSave < saveEveryMs) return;
      saving = true;
      try {
        await save();
      } finally {
        saving = false;
        lastSave = performance.now();
      }
    },
    async reset() {
      await rm(recordPath, { force: true });
      await file.truncate(0);
      done = [];
    },
    async keep() {
      try {
        await save();
      } finally {
        await file.close();
      }
    },
    async finish() {
      await file.sync();
      await file.close();
      await rename(path, finalPath);
      await rm(recordPath, { force: true });
    },
    async discard() {
      await file.close();
      await rm(path, { force: true });
      await rm(recordPath, { force: true });
    },
  };
}

async function recordedRanges(path: string, recordPath: string, identity: PartIdentity): Promise<Range[]> {
  const { etag, bytes } = identity;
  if (etag === undefined || bytes === undefined) return [];
  const record = (await readJsonFile(recordPath)) as
    | { etag?: unknown; bytes?: unknown; done?: unknown }
    | null
    | undefined;
  if (record?.etag !== etag || record.bytes !== bytes) return [];
  // Ranges beyond what the file has were never written.
  const present = (await fileBytes(path)) ?? 0;
  return areRanges(record.done, Math.min(bytes, present)) ? record.done : [];
}
