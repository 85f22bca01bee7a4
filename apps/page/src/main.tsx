import { render } from "hono/jsx/dom";
import { App } from "./app.tsx";
import { createSession } from "./session.ts";

const session = createSession({
  fetch: (url, init) => fetch(url, init),
  base: document.baseURI,
  storage: localStorage,
  keyStorage: sessionStorage,
  now: () => performance.now(),
  schedule: (callback) => requestAnimationFrame(callback),
});
render(<App session={session} />, document.getElementById("page")!);
void session.loadModels();
