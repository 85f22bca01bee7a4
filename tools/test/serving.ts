/** Reads what `realizar serve` says until it is ready; gives its address. */
export async function serving(child: Bun.Subprocess<"ignore", "pipe", "pipe">): Promise<string> {
  let said = "";
  const address = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr])
    void (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of stream) {
        said += decoder.decode(chunk, { stream: true });
        const found = /^ {2}address +(\S+)$/m.exec(said);
        if (found !== null) address.resolve(found[1]!);
      }
    })();
  void child.exited.then((code) => address.reject(new Error(`serve ended with ${code}: ${said}`)));
  return address.promise;
}

/** The first words of the demo model's likeliest story. */
export async function answerOf(url: string): Promise<string> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      messages: [{ role: "user", content: "Tell me a story." }],
      temperature: 0,
      max_tokens: 20,
    }),
  });
  const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
  return choices[0]!.message.content;
}
