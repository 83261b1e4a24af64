/**
 * How fast the RIB is by itself: `tsx test/bench/rib.ts [PREFIXES]`. One feeder, one sink: UPDATEs are decoded, taken in,
 * decided, and pulled as they would be in the daemon, a socket's worth of octets at a time. Not a test.
 */
import { realisticStream } from "../../lab/bench/stream.ts";
import { Rib } from "../../src/bgp/rib/index.ts";
import { Family, UpdateDecoder, type UpdateSink } from "../../src/bgp/wire/index.ts";
import { ribPeer } from "../unit/bgp/rib/rib-harness.ts";

const CHUNK = 64 * 1024;
const HEADER = 19;

const prefixes = Number(process.argv[2] ?? 1_000_000);
const { bytes } = realisticStream({ prefixes, seed: 1, as: 65010, nextHop: 0x0a630002 });
const feeder = ribPeer({ peerAs: 65010, address: "10.99.0.2" });
const sink = ribPeer({ peerAs: 65020, address: "10.99.0.3" });

/** Feeds the stream; returns microseconds. */
function feed(to: UpdateSink, between: () => void): { readonly total: number; readonly longest: number } {
  const decoder = new UpdateDecoder(feeder.negotiated, { treatAsWithdraw: true, loopbackNextHop: false });
  const start = process.hrtime.bigint();
  let turn = start;
  let longest = 0n;
  let limit = CHUNK;
  for (let at = 0; at < bytes.length; ) {
    const end = at + (((bytes[at + 16] as number) << 8) | (bytes[at + 17] as number));
    decoder.decode(bytes, at + HEADER, end, to);
    at = end;
    if (at < limit && at < bytes.length) continue;
    limit += CHUNK;
    between();
    const now = process.hrtime.bigint();
    if (now - turn > longest) longest = now - turn;
    turn = now;
  }
  return { total: Number(process.hrtime.bigint() - start) / 1000, longest: Number(longest) / 1000 };
}

const nothing: UpdateSink = { withdraw() {}, reach() {}, endOfRib() {} };
const warm = feed(nothing, () => {});
const decodeOnly = feed(nothing, () => {});
const idle = process.memoryUsage.rss();
let peak = idle;

const rib = new Rib(
  { alwaysCompareMed: false, ignoreAsPathLength: false, externalCompareRouterId: false },
  { readable() {} },
);
const from = rib.addPeer(feeder);
const to = rib.addPeer(sink);
let sent = 0;
const turn = () => {
  while (rib.pending) rib.work();
  rib.pull(from);
  for (let slab = rib.pull(to); slab !== undefined; slab = rib.pull(to)) sent += slab.length;
  const rss = process.memoryUsage.rss();
  if (rss > peak) peak = rss;
};
const { total, longest } = feed(
  {
    withdraw() {},
    reach: (family, batch, attributes) => rib.reach(from, family, batch, attributes),
    endOfRib() {},
  },
  turn,
);
const mb = (octets: number) => (octets / 1e6).toFixed(1);
const each = (micros: number) => ((micros * 1000) / prefixes).toFixed(0);
process.stdout.write(`${prefixes} prefixes, ${rib.usage.attributeSets} attribute sets, ${mb(bytes.length)} MB in\n`);
process.stdout.write(
  `decode alone  ${(decodeOnly.total / 1e6).toFixed(3)} s (first run ${(warm.total / 1e6).toFixed(3)} s)\n`,
);
process.stdout.write(
  `all           ${(total / 1e6).toFixed(3)} s, RIB ${each(total - decodeOnly.total)} ns a prefix, longest turn ${(longest / 1000).toFixed(1)} ms\n`,
);
process.stdout.write(`sent          ${mb(sent)} MB, ${rib.advertisedCount(to, Family.Ipv4Unicast)} routes\n`);
process.stdout.write(`memory        ${mb(peak - idle)} MB above ${mb(idle)} at its peak\n`);

const removeStart = process.hrtime.bigint();
rib.removePeer(from);
turn();
process.stdout.write(
  `feeder gone   ${(Number(process.hrtime.bigint() - removeStart) / 1e9).toFixed(3)} s, ${rib.view.counts(0).destinations} destinations and ${rib.usage.attributeSets} sets left\n`,
);
