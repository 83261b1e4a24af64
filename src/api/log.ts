import { ok } from "../lib/result.ts";
import { invalid } from "./fault.ts";
import type { ApiHost } from "./host.ts";
import type * as api from "./messages.ts";
import { type Methods, unary } from "./service.ts";

/** GoBGP knows more levels than there are here. */
const LEVELS: Readonly<Record<api.SetLogLevelRequestLevel, "error" | "warn" | "info" | "debug">> = {
  PANIC: "error",
  FATAL: "error",
  ERROR: "error",
  WARN: "warn",
  INFO: "info",
  DEBUG: "debug",
  TRACE: "debug",
};

export function logMethods(host: ApiHost): Methods {
  return {
    SetLogLevel: unary<api.SetLogLevelRequest>(({ level }) => {
      const ours = LEVELS[level];
      if (ours === undefined) return invalid(`there is no log level ${String(level)}`);
      host.setLogLevel(ours);
      return ok({});
    }),
  };
}
