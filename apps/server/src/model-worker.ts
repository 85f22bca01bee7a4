import { enginePort, serveEngine } from "@realizar/engine";
import { outsideWorker } from "./start-worker-node.ts";
import { loadInWorker, type WorkerPort } from "./worker-model.ts";

const port: WorkerPort = enginePort(outsideWorker());
serveEngine(port, loadInWorker(port));
