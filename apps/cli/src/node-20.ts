/** What is filled in: constructors, or in a test stand-ins for them. */
export interface Constructors {
  readonly Promise: { withResolvers?: unknown };
  readonly Set: { readonly prototype: { union?: unknown; isSubsetOf?: unknown } };
}

/** Gives Node 20 what came with 22 and this program uses. Source: ECMA-262 2025, 27.2.4.8, 24.2.4.18, 24.2.4.11. */
export function fillIn({ Promise: promises, Set: { prototype: sets } }: Constructors): void {
  promises.withResolvers ??= () => {
    let resolve: unknown;
    let reject: unknown;
    const promise = new Promise((...given) => {
      [resolve, reject] = given;
    });
    return { promise, resolve, reject };
  };
  sets.union ??= function (this: Set<unknown>, other: Set<unknown>) {
    return new Set([...this, ...other]);
  };
  sets.isSubsetOf ??= function (this: Set<unknown>, other: Set<unknown>) {
    return [...this].every((value) => other.has(value));
  };
}
