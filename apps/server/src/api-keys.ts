/** Says whether a request carries one of the keys. */
export type KeyCheck = (headers: Headers) => Promise<boolean>;

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

/** Whether two digests of 32 bytes are equal, in a time that does not depend on them. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}

function keyOf(headers: Headers): string | undefined {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(headers.get("authorization") ?? "")?.[1];
  return bearer ?? headers.get("x-api-key") ?? undefined;
}

/** Compares digests of the keys, every one of them whatever is found: the time tells nothing about a key. */
export function createKeyCheck(keys: readonly string[]): KeyCheck {
  const known = Promise.all(keys.map(digest));
  return async (headers) => {
    const key = keyOf(headers);
    if (key === undefined) return false;
    const given = await digest(key);
    let found = false;
    for (const each of await known) found = equal(each, given) || found;
    return found;
  };
}
