/**
 * A failure inside the interpreter, before the line is known.
 * `render` turns it into the public error, adding the line of the node under evaluation.
 */
export class Fault extends Error {
  readonly kind: "runtime" | "raised";
  constructor(kind: "runtime" | "raised", message: string) {
    super(message);
    this.kind = kind;
  }
}

export class LimitFault extends Error {
  readonly limit: string;
  readonly allowed: number;
  constructor(limit: string, allowed: number) {
    super(limit);
    this.limit = limit;
    this.allowed = allowed;
  }
}

export function fail(message: string): never {
  throw new Fault("runtime", message);
}
