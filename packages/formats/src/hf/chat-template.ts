import { type Folder, isObject, readJson, readText } from "../folder.ts";

/**
 * The chat template of a folder: chat_template.jinja, chat_template.json or tokenizer_config.json, as transformers
 * looks for them. Of several named ones it is that named "default".
 */
export async function readChatTemplate(folder: Folder): Promise<string | undefined> {
  const file = await readText(folder, "chat_template.jinja");
  if (file !== undefined) return file;
  for (const name of ["chat_template.json", "tokenizer_config.json"]) {
    const template = templateIn((await readJson(folder, name))?.chat_template);
    if (template !== undefined) return template;
  }
  return undefined;
}

function templateIn(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return undefined;
  const named = value.filter(isObject);
  const chosen = named.find(({ name }) => name === "default") ?? named[0];
  return typeof chosen?.template === "string" ? chosen.template : undefined;
}
