import { type AnyRecord, Resolver } from "node:dns";
import { isIP } from "node:net";
import type { Probe } from "../../health/index.ts";
import { formatAddress, parseAddress } from "../../lib/address.ts";
import { failure, type Outcome, type RunProbe, settle, success } from "./outcome.ts";

type DnsProbe = Probe & { type: "dns" };

/** How many answers a detail names. */
const NAMED_MAX = 3;
/** What c-ares says, for operators. */
const EXPLANATIONS: Readonly<Record<string, string>> = {
  ENOTFOUND: "no such name (NXDOMAIN)",
  ENODATA: "no record of that type",
  ESERVFAIL: "the server failed (SERVFAIL)",
  EREFUSED: "the server refused the query (REFUSED)",
  ENOTIMP: "the server does not know such queries (NOTIMP)",
  EFORMERR: "the server did not understand the query (FORMERR)",
  EBADRESP: "the answer is malformed",
  ECONNREFUSED: "connection refused",
  ETIMEOUT: "no answer in time",
};

/**
 * Asks one server, once: a resolver of its own for each run, so that nothing is cached and nothing of
 * /etc/resolv.conf or /etc/hosts has a part. A truncated answer is fetched by TCP. `server` is an address.
 */
export const runDnsProbe: RunProbe<DnsProbe> = (probe, signal) =>
  settle(signal, (done) => {
    const { server, port } = probe;
    // The run's own time-out ends it; c-ares' must not come first, nor ask again.
    const resolver = new Resolver({ timeout: 3_600_000, tries: 1 });
    resolver.setServers([isIP(server) === 6 ? `[${server}]:${port}` : `${server}:${port}`]);
    resolver.resolve(probe.name, probe.recordType, (error, records) => {
      // A list, but of SOA the one record.
      if (error === null) done(judge(probe, [records].flat().map(formatRecord)));
      else done(failure(EXPLANATIONS[error.code ?? ""] ?? `the query failed (${error.code})`));
    });
    return () => resolver.cancel();
  });

function judge({ name, recordType, expect }: DnsProbe, answers: readonly string[]): Outcome {
  if (answers.length === 0) return failure("no record of that type");
  const more = answers.length > NAMED_MAX ? ` and ${answers.length - NAMED_MAX} more` : "";
  const named = answers.slice(0, NAMED_MAX).join(", ") + more;
  if (expect !== undefined && !answers.some((answer) => normalise(answer) === normalise(expect)))
    return failure(`${name} ${recordType} is ${named}, not ${expect}`);
  return success(`${name} ${recordType} is ${named}`);
}

/** A record as its text in a zone file. */
function formatRecord(record: unknown): string {
  if (typeof record === "string") return record;
  if (Array.isArray(record)) return record.join("");
  if ("exchange" in (record as object)) {
    const { priority, exchange } = record as { priority: number; exchange: string };
    return `${priority} ${exchange}`;
  }
  const { nsname, hostmaster, serial, refresh, retry, expire, minttl } = record as AnyRecord & { type: "SOA" };
  return `${nsname} ${hostmaster} ${serial} ${refresh} ${retry} ${expire} ${minttl}`;
}

/** Names are compared without case and final dot, addresses by value. */
function normalise(text: string): string {
  const address = parseAddress(text);
  return address === undefined ? text.toLowerCase().replace(/\.$/, "") : formatAddress(address);
}
