import type { Hono } from "hono";
import type { TlsOptions } from "./options.ts";

/** A port that is being listened on. */
export interface Listener {
  readonly url: string;
  readonly hostname: string;
  readonly port: number;
  /** Takes no new connections; resolves when those there are have ended. */
  stopAccepting(): Promise<void>;
  /** Ends every connection. */
  stop(): Promise<void>;
}

/** Where to listen. */
export interface Address {
  readonly hostname: string;
  /** 0 is any free one. */
  readonly port: number;
  readonly tls?: TlsOptions;
}

/**
 * Serves an application on a port.
 * @throws (rejects) where the address cannot be had
 */
export type Listen = (app: Hono, address: Address) => Promise<Listener>;

/** Seconds of silence after which a connection that has sent no whole request is closed. */
export const REQUEST_IDLE_SECONDS = 60;
