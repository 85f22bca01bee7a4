// What a host calls: run a recorded program, and wait for one.
export { publish_work, wait_for_work } from "./barrier";
export { run } from "./program";
// Sizes that the host needs to lay out memory.
export { group_bytes } from "./weights/table";
export { key_head_bytes, value_head_bytes } from "./ops/kv";
