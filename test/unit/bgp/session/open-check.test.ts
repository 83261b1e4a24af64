/** What is wrong with a neighbour's OPEN, and the NOTIFICATION it gets: code, subcode and data. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PeerConfig } from "../../../../src/bgp/peer-config.ts";
import { type Capability, encodeOpen, Family, type OpenMessage } from "../../../../src/bgp/wire/index.ts";
import { familyConfig, peerOpen, Rig, withCapability } from "./harness.ts";

/** What the session answers to `open`: "KEEPALIVE" when it likes it. */
function answer(config: Partial<PeerConfig>, open: OpenMessage): string {
  const rig = new Rig(config).to("OpenSent");
  rig.take();
  rig.receive(encodeOpen(open));
  return (rig.take()[0] as string).replace("send 1 ", "");
}

const role = (name: "provider" | "customer" | "peer" | "rs" | "rs-client"): Capability => ({
  type: "role",
  role: name,
});
const fourOctet = (as: number): Capability => ({ type: "four-octet-as", as });
const withRoles = (...roles: Capability[]): OpenMessage => withCapability(peerOpen(), "role", ...roles);

test("an OPEN as expected is answered by a KEEPALIVE", () => {
  assert.equal(answer({}, peerOpen()), "KEEPALIVE");
});

test("another version is 2/1, and the data is the version we speak", () => {
  assert.equal(answer({}, peerOpen({ version: 3 })), "NOTIFICATION 2/1 0004");
});

test("another AS than the configured one is 2/2", () => {
  assert.equal(answer({}, withCapability(peerOpen({ as2: 65003 }), "four-octet-as")), "NOTIFICATION 2/2");
  assert.equal(answer({}, withCapability(peerOpen(), "four-octet-as", fourOctet(65003))), "NOTIFICATION 2/2");
  assert.equal(answer({}, peerOpen({ as2: 0 })), "NOTIFICATION 2/2");
});

test("the capability's AS counts, whatever the 2-octet field says", () => {
  const open = withCapability(peerOpen({ as2: 23456 }), "four-octet-as", fourOctet(4_200_000_000));
  assert.equal(answer({ peerAs: 4_200_000_000 }, open), "KEEPALIVE");
  assert.equal(answer({ peerAs: 23456 }, open), "NOTIFICATION 2/2");
  const old = withCapability(peerOpen({ as2: 23456 }), "four-octet-as");
  assert.equal(answer({ peerAs: 4_200_000_000 }, old), "NOTIFICATION 2/2");
});

test("peer AS 0 accepts any AS but 0 and AS_TRANS", () => {
  assert.equal(answer({ peerAs: 0 }, peerOpen()), "KEEPALIVE");
  assert.equal(answer({ peerAs: 0 }, withCapability(peerOpen({ as2: 7 }), "four-octet-as")), "KEEPALIVE");
  assert.equal(answer({ peerAs: 0 }, withCapability(peerOpen({ as2: 23456 }), "four-octet-as")), "NOTIFICATION 2/2");
});

test("identifier 0 is 2/3; our own is 2/3 within an AS and fine between two", () => {
  const ours = 0x0a000001;
  assert.equal(answer({}, peerOpen({ identifier: 0 })), "NOTIFICATION 2/3");
  assert.equal(answer({}, peerOpen({ identifier: ours })), "KEEPALIVE");
  const internal = peerOpen({ identifier: ours }, { localAs: 65001, peerAs: 65001 });
  assert.equal(answer({ peerAs: 65001 }, internal), "NOTIFICATION 2/3");
  assert.equal(answer({ peerAs: 65001 }, { ...internal, identifier: ours + 1 }), "KEEPALIVE");
});

test("hold time 1 and 2 are 2/6, 0 and 3 are fine", () => {
  const answers = [0, 1, 2, 3].map((holdTimeSeconds) => answer({}, peerOpen({ holdTimeSeconds })));
  assert.deepEqual(answers, ["KEEPALIVE", "NOTIFICATION 2/6", "NOTIFICATION 2/6", "KEEPALIVE"]);
});

test("no family in common is 2/7, and the data lists ours", () => {
  const families = [familyConfig(Family.Ipv4Unicast), familyConfig(Family.Ipv6Unicast)];
  const vpn: Capability = { type: "multiprotocol", afi: 1, safi: 128 };
  const open = withCapability(peerOpen(), "multiprotocol", vpn);
  assert.equal(answer({ families }, open), "NOTIFICATION 2/7 010400010001010400020001");
});

test("a neighbour without multiprotocol capability carries IPv4 unicast", () => {
  const open = withCapability(peerOpen(), "multiprotocol");
  assert.equal(answer({}, open), "KEEPALIVE");
  const families = [familyConfig(Family.Ipv6Unicast)];
  assert.equal(answer({ families }, open), "NOTIFICATION 2/7 010400020001");
});

test("roles that do not correspond are 2/11", () => {
  const pairs: [Capability & { type: "role" }, string][] = [];
  for (const theirs of ["provider", "rs", "rs-client", "customer", "peer"] as const)
    for (const ours of ["provider", "rs", "rs-client", "customer", "peer"] as const)
      pairs.push([{ type: "role", role: theirs }, answer({ role: ours }, withRoles(role(theirs)))]);
  const accepted = pairs.flatMap(([{ role: theirs }, got], i) => (got === "KEEPALIVE" ? [[i % 5, theirs]] : []));
  // By index of ours: provider 0, rs 1, rs-client 2, customer 3, peer 4.
  assert.deepEqual(accepted, [
    [3, "provider"],
    [2, "rs"],
    [1, "rs-client"],
    [0, "customer"],
    [4, "peer"],
  ]);
  assert.ok(pairs.every(([, got]) => got === "KEEPALIVE" || got === "NOTIFICATION 2/11"));
});

test("a missing role is 2/11 in strict mode alone; several different ones and unknown ones always", () => {
  assert.equal(answer({ role: "provider" }, withRoles()), "KEEPALIVE");
  assert.equal(answer({ role: "provider", roleStrict: true }, withRoles()), "NOTIFICATION 2/11");
  const twice = withRoles(role("customer"), role("customer"));
  assert.equal(answer({ role: "provider" }, twice), "KEEPALIVE");
  assert.equal(answer({ role: "provider" }, withRoles(role("customer"), role("peer"))), "NOTIFICATION 2/11");
  const unknown: Capability = { type: "unknown", code: 9, value: Uint8Array.of(200) };
  assert.equal(answer({ role: "provider" }, withRoles(unknown)), "NOTIFICATION 2/11");
  assert.equal(answer({}, withRoles(role("peer"))), "KEEPALIVE");
});

test("roles are for external neighbours", () => {
  const internal = { localAs: 65001, peerAs: 65001 };
  const open = peerOpen({}, internal);
  assert.equal(answer({ peerAs: 65001, role: "provider", roleStrict: true }, open), "KEEPALIVE");
  const rig = new Rig({ peerAs: 65001, role: "provider" }).to("OpenSent");
  assert.ok(!rig.out.lastOpen?.capabilities.some(({ type }) => type === "role"));
});

test("the log is told what was seen and what was expected", () => {
  const rig = new Rig().to("OpenSent").receiveOpen({}, { localAs: 7 });
  assert.equal(rig.out.notices[0]?.text, "the neighbour's AS is 7, expected 65002");
  assert.equal(
    rig.session.statistics.lastError?.text,
    `sent ${"OPEN Message Error/Bad Peer AS"}: the neighbour's AS is 7, expected 65002`,
  );
});
