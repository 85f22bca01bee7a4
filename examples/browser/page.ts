import type { FromWorker, ToWorker } from "./messages.ts";

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const status = element("status");
const answer = element("answer");
const prompt = element<HTMLInputElement>("prompt");
const ask = element<HTMLButtonElement>("ask");
const file = element<HTMLInputElement>("file");

const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
const tell = (message: ToWorker) => {
  ask.disabled = true;
  worker.postMessage(message);
};

worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
  if (data.type === "text") {
    answer.textContent += data.text;
    return;
  }
  ask.disabled = false;
  if (data.type === "error") status.textContent = data.message;
  if (data.type === "ready") {
    const { architecture, parameters, threads, isolated } = data;
    const why = isolated ? "" : ", as this page is not cross-origin isolated";
    status.textContent = `${architecture}, ${parameters.toLocaleString()} parameters, ${threads === 1 ? "1 thread" : `${threads} threads`}${why}`;
  }
};
worker.onerror = ({ message }) => {
  status.textContent = `the worker failed: ${message}`;
};

element<HTMLFormElement>("form").onsubmit = (event) => {
  event.preventDefault();
  answer.textContent = "";
  tell({ type: "ask", prompt: prompt.value });
};
file.onchange = () => {
  const [chosen] = file.files ?? [];
  if (chosen === undefined) return;
  status.textContent = `loading ${chosen.name}`;
  tell({ type: "open", file: chosen });
};

tell({ type: "open" });
