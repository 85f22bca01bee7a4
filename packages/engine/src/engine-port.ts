/** One end of a two-way channel of messages. */
export interface EnginePort<Out, In> {
  post(message: Out, transfer?: Transferable[]): void;
  /** Sets who takes messages. Once. */
  onMessage(take: (message: In) => void): void;
  /** Sets who hears that the other end is gone, and why. Once. */
  onDeath(hear: (reason: string) => void): void;
  /** Ends the other side's thread, where it is one. */
  terminate(): void;
}

/** What Worker, MessagePort and a worker's global scope have in common. */
export interface MessageTarget {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: string, listener: (event: Event) => void): void;
  start?(): void;
  terminate?(): unknown;
}

/**
 * The port of a web `Worker` seen from outside, of a `MessagePort`, or of `self` inside a worker.
 * An error nobody caught, a message that cannot be read and the end of the thread all count as its death.
 */
export function enginePort<Out, In>(target: MessageTarget): EnginePort<Out, In> {
  return {
    post: (message, transfer = []) => target.postMessage(message, transfer),
    onMessage(take) {
      target.addEventListener("message", (event) => take((event as MessageEvent<In>).data));
      target.start?.();
    },
    onDeath(hear) {
      target.addEventListener("error", (event) => hear((event as ErrorEvent).message ?? "error"));
      target.addEventListener("messageerror", () => hear("a message could not be read"));
      target.addEventListener("close", () => hear("its thread ended"));
    },
    terminate: () => void target.terminate?.(),
  };
}
