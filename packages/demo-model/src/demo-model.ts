/** What the model is called where models have names. */
export const DEMO_MODEL_NAME = "realizar-demo";

/**
 * The bytes of the demo model's GGUF file, about 2 MB: a LLaMA with its vocabulary and chat template.
 * They are part of the code, so that every runtime and bundler finds them without reading a file; the code that holds
 * them is loaded when this is first called. Each call gives a copy of its own.
 */
export async function demoModel(): Promise<Uint8Array<ArrayBuffer>> {
  const { demo } = await import("../build/demo.ts");
  return Uint8Array.from(atob(demo), (character) => character.charCodeAt(0));
}
