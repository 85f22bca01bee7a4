// The specification of the verbs.
export { type ReferenceOptions, referenceBackend } from "./backend.ts";
