/**
 * How fast is text encoded and decoded, beside @huggingface/tokenizers from npm? `bun bench/tokenizer.ts [TEXT]`
 * Needs the test data (REALIZAR_TEST_DATA) for its tokenizers.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openTokenizer } from "@realizar/formats";
import { installPeers } from "./peers/install.ts";
import { type Bench, report } from "./report.ts";

/** What is used of the peer, which is installed outside the workspaces. */
interface Peer {
  encode(text: string, options?: object): { ids: number[] };
  decode(ids: number[]): string;
}

const FOLDERS = ["gpt2", "llama2", "falcon", "bert-wiki", "t5-small", "wiki-bpe"];
const LENGTH = 1e6;

const data = process.env.REALIZAR_TEST_DATA ?? join(import.meta.dir, "../../shared/data");
const textPath = process.argv[2] ?? join(data, "text/tinyshakespeare.txt");
if (!existsSync(textPath)) {
  console.error(`no text at ${textPath}: give one, and set REALIZAR_TEST_DATA to the test data`);
  process.exit(2);
}
installPeers();
const { Tokenizer: Huggingface } = (await import(
  Bun.resolveSync("@huggingface/tokenizers", join(import.meta.dir, "peers"))
)) as { Tokenizer: new (tokenizer: unknown, config: unknown) => Peer };

const text = readFileSync(textPath, "utf8").slice(0, LENGTH);
const bytes = new TextEncoder().encode(text).length;
const benches: Bench[] = [];
for (const folder of FOLDERS) {
  const path = join(data, "tokenizers", folder, "tokenizer.json");
  if (!existsSync(path)) continue;
  const json = (name: string) => {
    const file = join(data, "tokenizers", folder, name);
    return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  };
  const ours = await openTokenizer(path);
  const theirs = new Huggingface(json("tokenizer.json"), json("tokenizer_config.json"));
  const ids = ours.encode(text);
  const amount = [bytes, "B"] as const;
  benches.push(
    { name: `${folder}: encode`, run: () => ours.encode(text), amount },
    { name: `${folder}: encode, @huggingface/tokenizers`, run: () => theirs.encode(text), amount },
    { name: `${folder}: decode`, run: () => ours.decode(ids), amount },
    { name: `${folder}: decode, @huggingface/tokenizers`, run: () => theirs.decode(ids), amount },
  );
}
await report(`text of ${bytes} bytes`, benches);
