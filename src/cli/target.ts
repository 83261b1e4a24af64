import { readFileSync } from "node:fs";
import { CommandError, type Parsed, UsageError } from "./command.ts";

/** gobgpd's port, which is ours too. */
const DEFAULT_TARGET = "127.0.0.1:50051";
const DEFAULT_PORT = 50051;

/** Where the daemon is, and what to show it. */
export interface Target {
  /** As gRPC wants it. */
  readonly address: string;
  /** Undefined: plain text. */
  readonly tls: TlsFiles | undefined;
  readonly token: string | undefined;
}

export interface TlsFiles {
  readonly authorities: Uint8Array | undefined;
  readonly certificate: Uint8Array | undefined;
  readonly key: Uint8Array | undefined;
  readonly name: string | undefined;
}

/** The target that the command line and the environment name. Reads the files that they name. */
export function targetOf({ flags, values }: Parsed, env: Readonly<Record<string, string | undefined>>): Target {
  const value = (name: string) => values.get(name)?.at(-1);
  const [ca, cert, key, name] = ["tls-ca", "tls-cert", "tls-key", "tls-name"].map(value);
  if ((cert === undefined) !== (key === undefined)) throw new UsageError("--tls-cert and --tls-key belong together");
  const isTls = flags.has("tls") || [ca, cert, name].some((given) => given !== undefined);
  const read = (file: string | undefined) => (file === undefined ? undefined : readBytes(file));
  const tokenFile = value("token-file") ?? env["HOLDFAST_TOKEN_FILE"];
  return {
    address: addressOf(value("target") ?? env["HOLDFAST_TARGET"] ?? DEFAULT_TARGET),
    tls: isTls ? { authorities: read(ca), certificate: read(cert), key: read(key), name } : undefined,
    token: tokenFile === undefined ? undefined : tokenIn(tokenFile),
  };
}

/** HOST, HOST:PORT, IPV6, [IPV6]:PORT, unix:/PATH or unix:///PATH, with our port where none is given. */
export function addressOf(text: string): string {
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length).replace(/^\/\/(?=\/)/, "");
    if (path === "") throw new UsageError("--target unix: needs a path");
    return `unix:${path}`;
  }
  const match = /^(?:\[([0-9a-fA-F:.]+(?:%\w+)?)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text);
  if (match === null && /^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(text)) return `[${text}]:${DEFAULT_PORT}`;
  const port = Number(match?.[3] ?? DEFAULT_PORT);
  if (match === null || port < 1 || port > 65_535)
    throw new UsageError(`--target ${text}: HOST, HOST:PORT, [IPV6]:PORT or unix:/PATH`);
  const host = match[1] === undefined ? match[2] : `[${match[1]}]`;
  return `${host}:${port}`;
}

export function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CommandError(`cannot read ${file}: ${(error as Error).message}`);
  }
}

function tokenIn(file: string): string {
  const [token = ""] = new TextDecoder().decode(readBytes(file)).split("\n");
  if (token.trim() === "") throw new CommandError(`${file}: its first line, the token, is empty`);
  return token.trim();
}
