// The command line, for programs that embed it.
export { Interruption, UsageError } from "./errors.ts";
export type { Io } from "./io.ts";
export { main } from "./program.ts";
export { VERSION } from "./version.ts";
