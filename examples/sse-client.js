/** Reads a stream of tokens with fetch, in Node, Bun or a browser. node examples/sse-client.js URL [PROMPT] */

/** The events of a stream: { event, data } with data as parsed JSON. */
export async function* serverSentEvents(response) {
  let rest = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + chunk).split("\n\n");
    rest = events.pop();
    for (const text of events) {
      const fields = Object.fromEntries(text.split("\n").map((line) => line.split(/: (.*)/s)));
      // A comment keeps the connection alive and has no data.
      if (fields.data !== undefined) yield { event: fields.event, data: JSON.parse(fields.data) };
    }
  }
}

/** Generates after a prompt; gives each token when it is made. */
export async function* generate(url, request, signal) {
  const response = await fetch(new URL("/stream/generate", url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
    signal, // aborting it stops the generation on the server too
  });
  if (!response.ok) throw new Error((await response.json()).error);
  for await (const { event, data } of serverSentEvents(response)) {
    if (event === "error") throw new Error(data.error);
    yield { event, ...data };
  }
}

if (import.meta.main ?? process.argv[1] === import.meta.filename) {
  const [url = "http://127.0.0.1:8080", prompt = "Once upon a time"] = process.argv.slice(2);
  process.stdout.write(prompt);
  for await (const event of generate(url, { prompt, max_tokens: 40 })) {
    if (event.event === "token") process.stdout.write(event.text);
    else console.log(`\n${event.num_generated} tokens, ${event.finish_reason}`);
  }
}
