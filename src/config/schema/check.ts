import { key, listKey, tableList } from "../schema-node.ts";
import * as value from "../values.ts";
import { headerLine, httpUrl, regularExpression, statusRange } from "./check-values.ts";
import { checkName, interfaceName } from "./names.ts";

/** Health checks: a table that GoBGP does not have. */

/** Longer than any path or argument that makes sense. */
const TEXT_BYTES_MAX = 4096;
const nonEmpty = (name: string) => value.text(TEXT_BYTES_MAX, name, false);
const host = value.text(253, "address or host name", false);

/** Which keys, besides those that every check has, belong to which type. */
export const KEYS_OF_TYPE = {
  script: ["command", "user"],
  process: ["process", "pid-file", "min"],
  file: ["path", "min", "max"],
  interface: ["interface"],
  tcp: ["host", "port"],
  http: ["url", "method", "headers", "status", "body", "latency-max", "insecure"],
  dns: ["server", "port", "query", "record-type", "expect"],
  ping: ["host"],
} as const;

export const checkTable = {
  name: key(checkName, {
    defaultText: "-",
    doc: "How VIPs, instances and logs call it.",
    reload: "live",
  }),
  description: key(value.text(255), { default: "", doc: "For people.", reload: "live" }),
  type: key(value.oneOf("script", "process", "file", "interface", "tcp", "http", "dns", "ping"), {
    doc: "What is looked at. The keys at the end of this table belong to one type each, as their meaning says.",
    reload: "live",
  }),
  severity: key(value.oneOf("fail", "degraded"), {
    default: "fail",
    doc: 'What its failure does to the VIPs that name it: "fail" withdraws them, "degraded" announces them with `on-degraded`.',
    reload: "live",
  }),
  interval: key(value.seconds(0.01, 86400), {
    default: 1,
    doc: "How often it runs. Less notices sooner, and costs more.",
    reload: "live",
  }),
  timeout: key(value.seconds(0.01, 86400), {
    defaultText: "`interval`",
    doc: "A run that takes longer is ended and has failed. May be longer than `interval`: runs that would overlap are skipped.",
    reload: "live",
  }),
  rise: key(value.integer(1, 1000, "count"), {
    default: 1,
    doc: "Successes in a row that bring it up.",
    reload: "live",
  }),
  fall: key(value.integer(1, 1000, "count"), {
    default: 1,
    doc: "Failures in a row that bring it down. More survives a lost packet, and notices later.",
    reload: "live",
  }),
  jitter: key(value.seconds(0, 86400), {
    default: 0,
    doc: "Each run starts up to so much later, so that many checks do not run in the same moment. Shorter than `interval`.",
    reload: "live",
  }),
  "init-fail": key(value.boolean, {
    default: false,
    doc: "true: down after the start until `rise` successes; false: the first result decides.",
    reload: "live",
  }),
  command: listKey(nonEmpty("program or argument"), {
    defaultText: "-",
    doc: "script: the program with an absolute path, and its arguments. No shell is involved. Exit status 0 is success.",
    reload: "live",
  }),
  user: key(value.text(32, "user name", false), {
    defaultText: "the daemon's",
    doc: "script: the user that runs it.",
    reload: "live",
  }),
  process: key(value.text(15, "process name", false), {
    defaultText: "none",
    doc: "process: its name as the kernel has it (`/proc/PID/comm`), at most 15 octets.",
    reload: "live",
  }),
  "pid-file": key(nonEmpty("path"), {
    defaultText: "none",
    doc: "process: instead of `process`, a file with the process id.",
    reload: "live",
  }),
  path: key(nonEmpty("path"), {
    defaultText: "-",
    doc: "file: it has to be there; with `min` or `max` its first line has to be a number.",
    reload: "live",
  }),
  min: key(value.integer(-2147483648, 2147483647), {
    defaultText: "process: 1; file: none",
    doc: "process: so many have to run. file: the least that the number may be.",
    reload: "live",
  }),
  max: key(value.integer(-2147483648, 2147483647), {
    defaultText: "none",
    doc: "file: the most that the number may be.",
    reload: "live",
  }),
  interface: key(interfaceName, { defaultText: "-", doc: "interface: it has to be up and running.", reload: "live" }),
  host: key(host, { defaultText: "-", doc: "tcp, ping: whom to ask.", reload: "live" }),
  port: key(value.integer(1, 65535, "port"), {
    defaultText: "tcp: -; dns: 53",
    doc: "tcp: it has to accept a connection. dns: where the server listens.",
    reload: "live",
  }),
  url: key(httpUrl, { defaultText: "-", doc: "http: what is asked for.", reload: "live" }),
  method: key(value.oneOf("GET", "HEAD"), { default: "GET", doc: "http: how it is asked for.", reload: "live" }),
  headers: listKey(headerLine, {
    default: [],
    doc: 'http: header lines besides the usual ones, "Host: example.net".',
    reload: "live",
  }),
  status: listKey(statusRange, {
    default: [[200, 299]],
    doc: "http: what counts as success. Redirects are not followed.",
    reload: "live",
  }),
  body: key(regularExpression, {
    defaultText: "any",
    doc: "http: a regular expression that the first 64 KiB of the body have to match.",
    reload: "live",
  }),
  "latency-max": key(value.seconds(0.001, 86400), {
    defaultText: "none",
    doc: "http: a slower answer is a failure.",
    reload: "live",
  }),
  insecure: key(value.boolean, { default: false, doc: "http: true accepts any certificate.", reload: "live" }),
  server: key(host, { defaultText: "-", doc: "dns: whom to ask.", reload: "live" }),
  query: key(value.text(253, "domain name", false), {
    defaultText: "-",
    doc: "dns: the name that is asked for.",
    reload: "live",
  }),
  "record-type": key(value.oneOf("A", "AAAA", "NS", "SOA", "TXT", "CNAME", "MX"), {
    default: "A",
    doc: "dns: the type that is asked for.",
    reload: "live",
  }),
  expect: key(value.text(255, "text", false), {
    defaultText: "any record",
    doc: "dns: one of the records has to be this.",
    reload: "live",
  }),
};

export const checks = tableList(
  "Health checks. One that neither a VIP nor a VRRP instance names does not run.",
  checkTable,
  { own: true },
);
