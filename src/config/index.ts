export type * from "./config.ts";
export { type Diagnostic, formatDiagnostic, formatDiagnostics } from "./diagnostic.ts";
export { type Change, diffConfigs, type KeyChange, type Subject } from "./diff.ts";
export { type Loaded, loadConfig } from "./load.ts";
