export type ToWorker =
  /** The built-in model without a file. */
  { readonly type: "open"; readonly file?: Blob } | { readonly type: "ask"; readonly prompt: string };

export type FromWorker =
  | {
      readonly type: "ready";
      readonly architecture: string;
      readonly parameters: number;
      readonly threads: number;
      readonly isolated: boolean;
    }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "end" }
  | { readonly type: "error"; readonly message: string };
