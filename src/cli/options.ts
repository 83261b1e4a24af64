import type { OptionSpec } from "./command.ts";

/** Options of every command. */
export const GLOBAL_OPTIONS = {
  target: {
    type: "string",
    short: "u",
    value: "ADDRESS",
    help: "where the daemon listens: HOST, HOST:PORT, [IPV6]:PORT or unix:/PATH (HOLDFAST_TARGET, else 127.0.0.1:50051)",
  },
  tls: { type: "boolean", help: "speak TLS; implied by the other --tls options" },
  "tls-ca": {
    type: "string",
    value: "FILE",
    help: "who may have signed the daemon's certificate (PEM)",
    complete: "file",
  },
  "tls-cert": { type: "string", value: "FILE", help: "our own certificate (PEM), with --tls-key", complete: "file" },
  "tls-key": { type: "string", value: "FILE", help: "its key (PEM)", complete: "file" },
  "tls-name": {
    type: "string",
    value: "NAME",
    help: "the name in the daemon's certificate, when it is not the target's",
  },
  "token-file": {
    type: "string",
    value: "FILE",
    help: "the first line of it is the token to show (HOLDFAST_TOKEN_FILE)",
    complete: "file",
  },
  json: { type: "boolean", short: "j", help: "JSON for programs: one document, or one a line for what does not end" },
  "no-color": { type: "boolean", help: "no colours on a terminal (NO_COLOR)" },
  help: { type: "boolean", short: "h", help: "the help of a command" },
} as const satisfies Readonly<Record<string, OptionSpec>>;
