import { enginePort, type MessageTarget, serveEngine } from "@realizar/engine";
import { loadInWorker, type WorkerPort } from "./worker-model.ts";

const port: WorkerPort = enginePort(globalThis as unknown as MessageTarget);
serveEngine(port, loadInWorker(port));
