import type { Micros } from "../lib/time.ts";
import type { Settings, Severity } from "./config.ts";

/** `[[checks]]`: what the health core wants (`CheckConfig` of src/health), and what the VIPs make of it. */
export interface CheckConfig {
  readonly name: string;
  readonly description: string;
  readonly severity: Severity;
  readonly interval: Micros;
  readonly timeout: Micros;
  readonly rise: number;
  readonly fall: number;
  readonly jitter: Micros;
  readonly initFail: boolean;
  readonly probe: ProbeConfig;
  readonly settings: Settings;
}

export type ProbeConfig =
  | { readonly type: "script"; readonly command: readonly string[]; readonly user: string | undefined }
  | {
      readonly type: "process";
      /** One of the two is there. */
      readonly name: string | undefined;
      readonly pidFile: string | undefined;
      readonly min: number;
    }
  | { readonly type: "file"; readonly path: string; readonly min: number | undefined; readonly max: number | undefined }
  | { readonly type: "interface"; readonly interface: string }
  | { readonly type: "tcp"; readonly host: string; readonly port: number }
  | {
      readonly type: "http";
      readonly url: string;
      readonly method: "GET" | "HEAD";
      readonly headers: Readonly<Record<string, string>>;
      readonly status: readonly (readonly [number, number])[];
      readonly body: string | undefined;
      readonly latencyMax: Micros | undefined;
      readonly insecure: boolean;
    }
  | {
      readonly type: "dns";
      readonly server: string;
      readonly port: number;
      readonly name: string;
      readonly recordType: DnsRecordType;
      readonly expect: string | undefined;
    }
  | { readonly type: "ping"; readonly host: string };

export type DnsRecordType = "A" | "AAAA" | "NS" | "SOA" | "TXT" | "CNAME" | "MX";
