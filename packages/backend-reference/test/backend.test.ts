import { backendConformance } from "@realizar/testing/conformance";
import { referenceBackend } from "../src/index.ts";

backendConformance("reference in f64", referenceBackend, { tolerance: 1e-12 });
backendConformance("reference in f32", () => referenceBackend({ precision: "f32" }), { tolerance: 1e-5 });
