import { createHub, readHubSettings } from "../src/index.ts";

/** A process to be killed: says so once part of the file is on disk and recorded. */
const hub = createHub(await readHubSettings(process.env));
let told = false;
await hub.pull(process.argv[2]!, {
  saveEveryMs: 0,
  onProgress({ loaded, file }) {
    if (told || loaded < 60_000) return;
    told = true;
    console.log(file);
  },
});
