/** Every error of this package. `code` is stable; the structured fields are for programs, the message for people. */
export class HubError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A model name that cannot be read. */
export class ModelNameError extends HubError {
  readonly input: string;
  constructor(input: string, problem: string) {
    super(
      "HUB_BAD_NAME",
      `"${clip(input)}" is no model name: ${problem}; write org/name, org/name:Q4_K_M, org/name/file.gguf or a URL`,
    );
    this.input = input;
  }
}

/** An environment variable that cannot be used. */
export class SettingError extends HubError {
  readonly variable: string;
  constructor(variable: string, problem: string) {
    super("HUB_BAD_SETTING", `${variable}: ${problem}`);
    this.variable = variable;
  }
}

/** A server named a file, an etag or a commit that would leave the cache folder. */
export class UnsafePathError extends HubError {
  readonly path: string;
  constructor(path: string, problem: string) {
    super(
      "HUB_UNSAFE_PATH",
      `refused the name ${JSON.stringify(clip(path))}: ${problem}; the server or the repository is not sound`,
    );
    this.path = path;
  }
}

/** 401 or 403. */
export class AccessDeniedError extends HubError {
  readonly status: number;
  readonly url: string;
  readonly hadToken: boolean;
  constructor(facts: { status: number; url: string; hadToken: boolean; gated: boolean }) {
    const advice = facts.gated
      ? "the model is gated: accept its terms on its page, and set HF_TOKEN to a token of that account"
      : facts.hadToken
        ? "the token was refused: check that HF_TOKEN is valid and may read this model, and the model's name"
        : "the name may be wrong, or the model private: check it, or set HF_TOKEN to a token that may read it";
    super("HUB_ACCESS_DENIED", `${facts.status} from ${facts.url}: ${advice}`);
    this.status = facts.status;
    this.url = facts.url;
    this.hadToken = facts.hadToken;
  }
}

/** No such repository, revision or file. */
export class NotFoundError extends HubError {
  readonly what: string;
  /** Files that do exist, likeliest first. */
  readonly suggestions: readonly string[];
  constructor(what: string, suggestions: readonly string[] = []) {
    const advice =
      suggestions.length > 0 ? `there are: ${enumerate(suggestions)}` : "check the name (capitals count)";
    super("HUB_NOT_FOUND", `${what} was not found; ${advice}`);
    this.what = what;
    this.suggestions = suggestions;
  }
}

/** No GGUF file of the asked quantization. */
export class NoMatchingQuantError extends HubError {
  readonly asked: string;
  readonly available: readonly string[];
  constructor(where: string, asked: string, available: readonly string[]) {
    const advice =
      available.length > 0
        ? `there are: ${enumerate(available, 40)}`
        : "it has no GGUF files; leave the tag out to take its safetensors";
    super("HUB_NO_MATCHING_QUANT", `${where} has no quantization "${asked}"; ${advice}`);
    this.asked = asked;
    this.available = available;
  }
}

/** A repository without a model of a format that can be opened, or with only some parts of it. */
export class NoModelFilesError extends HubError {
  readonly where: string;
  constructor(where: string, problem: string) {
    super("HUB_NO_MODEL_FILES", `${where} ${problem}`);
    this.where = where;
  }
}

/** Offline mode is on and the model is not in the cache. */
export class OfflineError extends HubError {
  readonly model: string;
  constructor(model: string, cacheDir: string) {
    super(
      "HUB_OFFLINE",
      `${model} is not in the cache (${cacheDir}) and HF_HUB_OFFLINE is set; unset it and pull the model once`,
    );
    this.model = model;
  }
}

/** The server could not be reached, or cut the connection, more often than is retried. */
export class ConnectionError extends HubError {
  readonly url: string;
  readonly attempts: number;
  constructor(url: string, attempts: number, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      "HUB_CONNECTION",
      `no answer to the end from ${url} after ${attempts} attempts (${reason}); check the network, then run it again: what has arrived is kept`,
      { cause },
    );
    this.url = url;
    this.attempts = attempts;
  }
}

/** A status that is neither success nor one of the named errors. */
export class HttpStatusError extends HubError {
  readonly status: number;
  readonly url: string;
  constructor(status: number, url: string) {
    super("HUB_HTTP_STATUS", `${status} from ${url}; try again later, or check HF_ENDPOINT`);
    this.status = status;
    this.url = url;
  }
}

/** An answer that does not speak the hub's protocol. */
export class BadAnswerError extends HubError {
  readonly url: string;
  constructor(url: string, problem: string) {
    super("HUB_BAD_ANSWER", `${url}: ${problem}; check that it is a Hugging Face compatible endpoint`);
    this.url = url;
  }
}

/** The bytes that arrived are not those the hub promised. They have been deleted. */
export class ChecksumError extends HubError {
  readonly file: string;
  readonly expected: string;
  readonly actual: string;
  constructor(file: string, expected: string, actual: string) {
    super(
      "HUB_CHECKSUM",
      `${file} arrived damaged (expected ${expected}, got ${actual}) and was deleted; pull it again, and if it repeats, suspect a proxy or the mirror`,
    );
    this.file = file;
    this.expected = expected;
    this.actual = actual;
  }
}

/** The file system is full. */
export class DiskFullError extends HubError {
  readonly path: string;
  readonly neededBytes: number | undefined;
  readonly freeBytes: number | undefined;
  constructor(path: string, neededBytes?: number, freeBytes?: number, options?: ErrorOptions) {
    const numbers = neededBytes === undefined ? "" : ` (${neededBytes} bytes needed, ${freeBytes} free)`;
    super(
      "HUB_DISK_FULL",
      `no space left for ${path}${numbers}; free some, or set HF_HUB_CACHE to a larger disk`,
      options,
    );
    this.path = path;
    this.neededBytes = neededBytes;
    this.freeBytes = freeBytes;
  }
}

/** The cache folder may not be written or read. */
export class CachePermissionError extends HubError {
  readonly path: string;
  constructor(path: string, cause: unknown) {
    super(
      "HUB_PERMISSION",
      `no permission for ${path}; fix its owner, or set HF_HUB_CACHE to a folder that is yours`,
      { cause },
    );
    this.path = path;
  }
}

/** A file stands where a folder of the cache should be. */
export class CacheFolderError extends HubError {
  readonly path: string;
  constructor(path: string, cause: unknown) {
    super(
      "HUB_CACHE_FOLDER",
      `${path} cannot be made: a file is in its way; move it, or set HF_HUB_CACHE to a folder`,
      {
        cause,
      },
    );
    this.path = path;
  }
}

/** Another process is writing the same file and did not finish in the time given. */
export class BusyError extends HubError {
  readonly path: string;
  constructor(path: string, holder: string) {
    super("HUB_BUSY", `${path} is being downloaded by ${holder}; wait for it or stop it`);
    this.path = path;
  }
}

function clip(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}

function enumerate(names: readonly string[], most = 12): string {
  const shown = names.slice(0, most).join(", ");
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
