// The model.
export { DEMO_MODEL_NAME, demoModel } from "./demo-model.ts";
