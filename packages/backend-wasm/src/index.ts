// The backend.
export type { WasmBackendOptions } from "./backend.ts";
export { wasmBackend } from "./backend.ts";
