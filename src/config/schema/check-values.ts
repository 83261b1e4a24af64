import { type Checked, parsed, type Scalar } from "../values.ts";

/** Values of health checks. */

/** "200", "200-299". */
export const statusRange = parsed<readonly [number, number]>(
  "status",
  'an HTTP status or a range of them, 100..599 ("301", "200-299")',
  (text) => {
    const match = /^(\d{3})(?:-(\d{3}))?$/.exec(text);
    if (match === null) return undefined;
    const low = Number(match[1]);
    const high = Number(match[2] ?? match[1]);
    return low >= 100 && low <= high && high <= 599 ? [low, high] : undefined;
  },
  ([low, high]) => (low === high ? `${low}` : `${low}-${high}`),
);

/** "Name: value". RFC 9110 section 5: a token, and a value without control characters. */
export const headerLine = parsed<readonly [name: string, value: string]>(
  "header line",
  '"Name: value"',
  (text) => {
    const match = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\x20-\x7e]*)$/.exec(text);
    return match === null ? undefined : [match[1] as string, (match[2] as string).trimEnd()];
  },
  ([name, value]) => `${name}: ${value}`,
);

export const httpUrl: Scalar<string> = {
  kind: "scalar",
  written: "string",
  name: "URL",
  allowed: '"http://" or "https://", a host, and what else there is ("http://192.0.2.80:8080/health")',
  check: (value: string): Checked<string> => {
    if (!/^https?:\/\/[^/?#\s]/.test(value) || !URL.canParse(value)) return { ok: false };
    const { username, password } = new URL(value);
    return username + password === "" ? { ok: true, value } : { ok: false, why: "it has a password in it" };
  },
};

export const regularExpression: Scalar<string> = {
  kind: "scalar",
  written: "string",
  name: "regular expression",
  allowed: "a regular expression",
  check: (value: string): Checked<string> => {
    try {
      new RegExp(value);
      return { ok: true, value };
    } catch {
      return { ok: false, why: "it is not one" };
    }
  },
};
