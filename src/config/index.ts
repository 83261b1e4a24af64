export type * from "./config.ts";
export { type Diagnostic, formatDiagnostic, formatDiagnostics } from "./diagnostic.ts";
export type { Change, Effect, KeyChange, Subject } from "./diff.ts";
export { type Loaded, loadConfig } from "./load.ts";
