import {
  type Tokenizer,
  tokenizerFromTokenizerJson,
} from "@realizar/tokenizers";
export interface TokenizerOptions { readonly preTokenizer?: string }
import { type Folder, readJson } from "./folder.ts";
export async function folderTokenizer(folder: Folder, _o: TokenizerOptions): Promise<Tokenizer> {
  return tokenizerFromTokenizerJson(await readJson(folder, "tokenizer.json"), await readJson(folder, "tokenizer_config.json"));
}
