import { readFileSync } from "node:fs";
import type { Access, TlsConfig } from "../api/index.ts";
import { parseAddress } from "../lib/address.ts";
import { fail, ok, type Result } from "../lib/result.ts";
import { messageOf, type StreamEndpoint } from "../platform/index.ts";

/** What the command line says of the API: gobgpd's flags, and the token. */
export interface ApiOptions {
  /** Comma-separated: "127.0.0.1:50051", "[::1]:50051", ":50051", "unix:///run/holdfast.sock". "" for none. */
  readonly hosts: string;
  readonly tls: boolean;
  readonly certificateFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly clientAuthorityFile: string | undefined;
  readonly tokenFile: string | undefined;
}

/** GoBGP's port, but on this host alone. */
export const API_HOSTS_DEFAULT = "127.0.0.1:50051";

/** One place to listen at, and what is asked of who comes there. */
export interface ApiEndpoint {
  readonly text: string;
  readonly endpoint: StreamEndpoint;
  readonly tls: TlsConfig | undefined;
  readonly access: Access;
}

const TOKEN_LENGTH_MIN = 16;

/** Reads the files, and judges whether the endpoints are safe. The error is for the operator. */
export function apiEndpoints(options: ApiOptions): Result<readonly ApiEndpoint[], string> {
  const files = readFiles(options);
  if (!files.ok) return files;
  const { tls, token } = files.value;
  const endpoints: ApiEndpoint[] = [];
  for (const text of options.hosts.split(",").map((host) => host.trim())) {
    if (text === "") continue;
    const endpoint = parseEndpoint(text);
    if (endpoint === undefined) return fail(`--api-hosts: ${text} is neither HOST:PORT nor unix://PATH`);
    if (endpoint.type === "unix" || isLoopback(endpoint.host)) {
      endpoints.push({ text, endpoint, tls: endpoint.type === "unix" ? undefined : tls, access: { type: "open" } });
      continue;
    }
    if (token === undefined && tls?.clientAuthorities === undefined)
      return fail(
        `--api-hosts: ${text} can be reached from other hosts, so that anyone there could announce and withdraw: ` +
          "give --api-token-file FILE, or --tls with --tls-client-ca-file FILE, or bind 127.0.0.1",
      );
    endpoints.push({ text, endpoint, tls, access: token === undefined ? { type: "open" } : { type: "token", token } });
  }
  return ok(endpoints);
}

/** What is allowed and unwise. */
export function endpointWarnings(endpoints: readonly ApiEndpoint[]): readonly string[] {
  return endpoints
    .filter(({ tls, access }) => access.type === "token" && tls === undefined)
    .map(({ text }) => `--api-hosts ${text}: without --tls the token can be read by whoever sees the traffic`);
}

/** "HOST:PORT", ":PORT" (everywhere), "[IPV6]:PORT" or "unix://PATH". */
function parseEndpoint(text: string): StreamEndpoint | undefined {
  if (text.startsWith("unix://")) {
    const path = text.slice("unix://".length);
    return path === "" ? undefined : { type: "unix", path };
  }
  const match = /^(\[[^\]]+\]|[^:]*):(\d{1,5})$/.exec(text);
  if (match === null || Number(match[2]) > 65_535) return undefined;
  const host = (match[1] as string).replace(/^\[|\]$/g, "");
  return { type: "tcp", host: host === "" ? undefined : host, port: Number(match[2]) };
}

function isLoopback(host: string | undefined): boolean {
  return host === "localhost" || (host !== undefined && parseAddress(host)?.isLoopback === true);
}

interface Files {
  readonly tls: TlsConfig | undefined;
  readonly token: string | undefined;
}

function readFiles(options: ApiOptions): Result<Files, string> {
  const { certificateFile, keyFile, clientAuthorityFile, tokenFile } = options;
  if (options.tls && (certificateFile === undefined || keyFile === undefined))
    return fail("--tls needs --tls-cert-file and --tls-key-file");
  if (!options.tls && clientAuthorityFile !== undefined) return fail("--tls-client-ca-file needs --tls");
  try {
    const tls = options.tls
      ? {
          certificate: readFileSync(certificateFile as string),
          key: readFileSync(keyFile as string),
          clientAuthorities: clientAuthorityFile === undefined ? undefined : readFileSync(clientAuthorityFile),
        }
      : undefined;
    const token = tokenFile === undefined ? undefined : readFileSync(tokenFile, "utf8").split("\n")[0]?.trim();
    if (token !== undefined && token.length < TOKEN_LENGTH_MIN)
      return fail(`${tokenFile}: the first line is the token, at least ${TOKEN_LENGTH_MIN} characters of it`);
    return ok({ tls, token });
  } catch (error) {
    return fail(`the API cannot be served: ${messageOf(error)}`);
  }
}
