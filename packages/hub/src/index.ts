// The hub and its cache

export { type Checksum, checksumOfEtag } from "./checksum-node.ts";
export { allChoices, type Choice, chooseFiles, quantTag, splitParts } from "./choose.ts";
// The endpoint
export {
  createHubClient,
  type HubClient,
  type RemoteFile,
  type RemoteListing,
  type RemoteMetadata,
} from "./client.ts";
// Downloads
export { type Downloaded, type DownloadProgress, type DownloadRequest, download } from "./download-node.ts";
// Errors
export {
  AccessDeniedError,
  BadAnswerError,
  BusyError,
  CacheFolderError,
  CachePermissionError,
  ChecksumError,
  ConnectionError,
  DiskFullError,
  HttpStatusError,
  HubError,
  ModelNameError,
  NoMatchingQuantError,
  NoModelFilesError,
  NotFoundError,
  OfflineError,
  SettingError,
  UnsafePathError,
} from "./errors.ts";
export type { Fetch, HttpOptions } from "./http.ts";
export { createHub, type Hub, type HubOptions } from "./hub-node.ts";
export type { LocalFile, LocalModel, Removed } from "./local-node.ts";
export { type Lock, type LockOptions, takeLock } from "./lock-node.ts";
// Names
export { formatModelName, type ModelName, parseModelName, type RepoName, type UrlName } from "./names.ts";
export type { Pulled, PullOptions, PullProgress } from "./pull-node.ts";
export type { RetryPolicy } from "./retry.ts";
export { checkFilePath } from "./safe-names.ts";
// Settings
export { type Environment, type HubSettings, hubSettings, tokenPath } from "./settings.ts";
export { readHubSettings } from "./settings-node.ts";
