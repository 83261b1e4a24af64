import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { GobgpWorld, loaded, QUIET } from "./gobgp-world.ts";

let world: GobgpWorld;
before(async () => {
  world = await GobgpWorld.start();
});
after(() => world.stop());

interface PeerMessage {
  readonly conf: { readonly peerAsn: number; readonly description: string; readonly authPassword: string };
  readonly state: { readonly adminState: string; readonly sessionState: string };
}

async function peers(address = ""): Promise<readonly PeerMessage[]> {
  const { messages } = await world.call("ListPeer", { address });
  return (messages as { readonly peer: PeerMessage }[]).map(({ peer }) => peer);
}

async function expect(method: string, request: object, code = "OK", details = ""): Promise<void> {
  const answer = await world.call(method, request);
  assert.deepEqual([answer.code, answer.details], [code, details], `${method} ${JSON.stringify(request)}`);
}

const peer = (neighborAddress: string, conf: object = {}, more: object = {}) => ({
  peer: {
    conf: { neighborAddress, peerAsn: 65044, ...conf },
    transport: { passiveMode: true },
    ...more,
  },
});

describe("neighbours over GoBGP's API", () => {
  test("one is added, shown, changed and removed", async () => {
    await expect("AddPeer", peer("192.0.2.44", { description: "new" }));
    assert.equal((await peers("192.0.2.44"))[0]?.conf.description, "new");
    await expect("AddPeer", peer("192.0.2.44"), "UNKNOWN", "can't overwrite the existing peer: 192.0.2.44");
    await expect("UpdatePeer", peer("192.0.2.44", { peerAsn: 65045 }));
    assert.equal((await peers("192.0.2.44"))[0]?.conf.peerAsn, 65045);
    await expect("DeletePeer", { address: "192.0.2.44" });
    assert.deepEqual(await peers("192.0.2.44"), []);
    const gone = "can't delete a peer configuration for 192.0.2.44";
    await expect("DeletePeer", { address: "192.0.2.44" }, "UNKNOWN", gone);
  });

  test("an update keeps what its message has no words for, and the password nobody is told", async () => {
    await expect("AddPeer", peer("192.0.2.50", { authPassword: "secret" }));
    assert.equal((await peers("192.0.2.50"))[0]?.conf.authPassword, "");
    await expect("UpdatePeer", peer("192.0.2.50", { description: "changed" }));
    const config = world.running.tableOf("neighbor", "192.0.2.50")?.["config"] as { readonly "auth-password"?: string };
    assert.equal(config["auth-password"], "secret");
    await expect("DeletePeer", { address: "192.0.2.50" });
  });

  test("who changes one thing and sends back the rest as it was listed changes that one thing", async () => {
    const restart = { gracefulRestart: { enabled: true } };
    await expect("AddPeer", peer("192.0.2.55", {}, restart));
    const settings = () =>
      world.running.current.config.neighbors.find(({ address }) => `${address}` === "192.0.2.55")?.settings ?? {};
    const before = settings();
    const [listed] = (await world.call("ListPeer", { address: "192.0.2.55" })).messages as { readonly peer: object }[];
    const message = listed?.peer as { readonly conf: object };
    const { code } = await world.call("UpdatePeer", {
      peer: { ...message, conf: { ...message.conf, description: "x" } },
    });
    assert.equal(code, "OK");
    const after = settings();
    const changed = Object.keys({ ...before, ...after }).filter((key) => before[key] !== after[key]);
    assert.deepEqual(changed, ["config.description"]);
    await expect("DeletePeer", { address: "192.0.2.55" });
  });

  test("what a file would be refused for is refused here", async () => {
    const hold = { timers: { config: { holdTime: 1 } } };
    const answer = await world.call("AddPeer", peer("192.0.2.45", {}, hold));
    assert.equal(answer.code, "INVALID_ARGUMENT");
    assert.match(answer.details, /hold-time/);
    assert.deepEqual(await peers("192.0.2.45"), []);
    await expect("AddPeer", peer("192.0.2.45", { peerGroup: "nope" }), "UNKNOWN", "no such peer-group: nope");
    await expect("AddPeer", { peer: null }, "INVALID_ARGUMENT", "nil request");
  });

  test("disable and enable show in the admin state", async () => {
    await expect("DisablePeer", { address: "192.0.2.1", communication: "maintenance" });
    assert.equal((await peers("192.0.2.1"))[0]?.state.adminState, "DOWN");
    await expect("EnablePeer", { address: "192.0.2.1" });
    assert.equal((await peers("192.0.2.1"))[0]?.state.adminState, "UP");
    await expect("EnablePeer", { address: "192.0.2.9" }, "UNKNOWN", "neighbor that has 192.0.2.9 doesn't exist");
    const long = await world.call("DisablePeer", { address: "192.0.2.1", communication: "x".repeat(1000) });
    assert.equal(long.code, "INVALID_ARGUMENT");
  });

  test("a group's settings reach its members, and it stays as long as it has some", async () => {
    const group = { peerGroup: { conf: { peerGroupName: "g", peerAsn: 65077 }, transport: { passiveMode: true } } };
    await expect("AddPeerGroup", group);
    await expect("AddPeerGroup", group, "UNKNOWN", "can't overwrite the existing peer-group: g");
    await expect("AddPeer", peer("192.0.2.60", { peerGroup: "g", peerAsn: 0 }));
    assert.equal((await peers("192.0.2.60"))[0]?.conf.peerAsn, 65077);
    const used = "failed to delete peer-group g: neighbor 192.0.2.60 is in use";
    await expect("DeletePeerGroup", { name: "g" }, "UNKNOWN", used);
    await expect("AddDynamicNeighbor", { dynamicNeighbor: { prefix: "198.18.0.0/24", peerGroup: "g" } });
    const { messages } = await world.call("ListDynamicNeighbor", {});
    assert.deepEqual(messages, [{ dynamicNeighbor: { prefix: "198.18.0.0/24", peerGroup: "g" } }]);
    await expect("DeleteDynamicNeighbor", { prefix: "198.18.0.0/24", peerGroup: "g" });
    await expect("DeletePeer", { address: "192.0.2.60" });
    await expect("DeletePeerGroup", { name: "g" });
  });

  test("what the API has made stays when the file is read again, and what the file changes counts", async () => {
    await expect("AddPeer", peer("192.0.2.70", { description: "of the API" }));
    await expect("UpdatePeer", peer("192.0.2.1", { peerAsn: 65002, description: "changed over the API" }));
    const same = world.running.reload(loaded(QUIET));
    assert.equal(same.ok, true);
    const names = () =>
      world.running.current.config.neighbors.map(({ address, description }) => `${address} ${description}`);
    assert.deepEqual(names().sort(), ["192.0.2.1 changed over the API", "192.0.2.70 of the API"]);
    const other = QUIET.replace("peer-as = 65002", 'peer-as = 65002\n    description = "changed in the file"');
    assert.equal(world.running.reload(loaded(other)).ok, true);
    assert.deepEqual(names().sort(), ["192.0.2.1 changed in the file", "192.0.2.70 of the API"]);
  });
});

const statement = (name: string, more: object = {}) => ({ statement: { name, conditions: {}, actions: {}, ...more } });
const names = async (method: string, request: object, key: string) =>
  ((await world.call(method, request)).messages as Record<string, { readonly name: string }>[]).map(
    (one) => one[key]?.name,
  );

describe("policies over GoBGP's API", () => {
  test("sets are made, grown, shrunk and removed", async () => {
    const set = (...prefixes: string[]) => ({
      definedSet: {
        definedType: "PREFIX",
        name: "ps",
        prefixes: prefixes.map((ipPrefix) => ({ ipPrefix, maskLengthMin: 16, maskLengthMax: 24 })),
      },
    });
    await expect("AddDefinedSet", set("10.0.0.0/8"));
    await expect("AddDefinedSet", set("172.16.0.0/12"));
    await expect("AddDefinedSet", set("2001:db8::/16"), "UNKNOWN", "can't append different family");
    await expect("DeleteDefinedSet", set("10.0.0.0/8"));
    const { messages } = await world.call("ListDefinedSet", { definedType: "PREFIX", name: "ps" });
    const [listed] = messages as { readonly definedSet: { readonly prefixes: readonly object[] } }[];
    assert.deepEqual(listed?.definedSet.prefixes, [
      { ipPrefix: "172.16.0.0/12", maskLengthMin: 16, maskLengthMax: 24 },
    ]);
    await expect("AddStatement", statement("s0", { conditions: { prefixSet: { name: "ps" } } }));
    await expect("DeleteDefinedSet", { ...set(), all: true }, "UNKNOWN", "can't delete. defined-set ps is in use");
    await expect("DeleteStatement", { ...statement("s0"), all: true });
    await expect("DeleteDefinedSet", { ...set(), all: true });
    await expect("DeleteDefinedSet", { ...set(), all: true }, "UNKNOWN", "not found defined-set: ps");
  });

  test("statements grow condition by condition, and are one in all their policies", async () => {
    await expect("AddStatement", statement("s1"));
    await expect("AddStatement", statement("s1", { actions: { routeAction: "REJECT" } }));
    await expect(
      "AddStatement",
      statement("s1", { actions: { routeAction: "ACCEPT" } }),
      "UNKNOWN",
      "action disposition is already set",
    );
    const nowhere = { conditions: { communitySet: { name: "nope" } } };
    await expect("AddStatement", statement("s1", nowhere), "UNKNOWN", "not found community set nope");
    await expect("AddPolicy", { policy: { name: "p1", statements: [{ name: "s1" }] }, referExistingStatements: true });
    await expect("AddPolicy", { policy: { name: "p2", statements: [{ name: "s1" }] }, referExistingStatements: true });
    await expect("AddStatement", statement("s1", { actions: { med: { type: "REPLACE", value: 77 } } }));
    const { messages } = await world.call("ListPolicy", {});
    assert.equal(JSON.stringify(messages).match(/"value":77/g)?.length, 2);
    await expect(
      "DeleteStatement",
      { ...statement("s1"), all: true },
      "UNKNOWN",
      "can't delete. statement s1 is in use",
    );
    await expect(
      "AddPolicy",
      { policy: { name: "p3", statements: [{ name: "s1" }] } },
      "UNKNOWN",
      "statement s1 already defined",
    );
  });

  test("assignments are made and undone, and hold their policies", async () => {
    const assignment = (policies: string[], more: object = {}) => ({
      assignment: { name: "global", direction: "EXPORT", policies: policies.map((name) => ({ name })), ...more },
    });
    await expect("AddPolicyAssignment", assignment(["p1"], { defaultAction: "REJECT" }));
    await expect("AddPolicyAssignment", assignment(["p1"]), "UNKNOWN", "duplicated policy p1");
    await expect("AddPolicyAssignment", assignment(["nope"]), "UNKNOWN", "not found policy nope");
    const [neighbor] = world.running.current.config.neighbors;
    assert.equal(neighbor?.defaultExport, "reject");
    await expect("DeletePolicy", { policy: { name: "p1" }, all: true }, "UNKNOWN", "can't delete. policy p1 is in use");
    await expect("SetPolicyAssignment", assignment(["p2"], { defaultAction: "ACCEPT" }));
    await expect("DeletePolicy", { policy: { name: "p1" }, all: true });
    await expect("DeletePolicyAssignment", assignment(["p2"]));
    await expect("DeletePolicy", { policy: { name: "p2" }, all: true });
    assert.deepEqual(await names("ListPolicy", {}, "policy"), []);
    assert.deepEqual(await names("ListStatement", {}, "statement"), []);
    const other = "non-rs-client peer 192.0.2.1 doesn't have per peer policy";
    await expect("ListPolicyAssignment", { name: "192.0.2.1", direction: "IMPORT" }, "UNKNOWN", other);
  });

  test("SetPolicies replaces everything, or nothing", async () => {
    const policies = [{ name: "all", statements: [{ name: "a", actions: { routeAction: "ACCEPT" } }] }];
    await expect("SetPolicies", {
      policies,
      assignments: [{ name: "global", direction: "IMPORT", policies: [{ name: "all" }] }],
    });
    assert.deepEqual(await names("ListPolicy", {}, "policy"), ["all"]);
    const wrong = [{ name: "bad", statements: [{ name: "b", conditions: { prefixSet: { name: "nope" } } }] }];
    assert.equal((await world.call("SetPolicies", { policies: wrong })).code, "INVALID_ARGUMENT");
    assert.deepEqual(await names("ListPolicy", {}, "policy"), ["all"]);
    await expect("SetPolicies", {});
  });
});

describe("the speaker over GoBGP's API", () => {
  test("a second start is refused; after a stop nothing is left, and a start begins anew", async () => {
    const start = { global: { asn: 65009, routerId: "10.0.0.9", listenPort: 10179, listenAddresses: ["127.0.0.77"] } };
    assert.equal((await world.call("StartBgp", start)).code, "FAILED_PRECONDITION");
    await expect("StopBgp", {});
    assert.deepEqual(await peers(), []);
    await expect("AddPeer", peer("192.0.2.44"), "UNKNOWN", "bgp server hasn't started yet");
    const path = { tableType: "GLOBAL", path: {} };
    await expect("AddPath", path, "UNKNOWN", "bgp server hasn't started yet");
    assert.equal(
      (await world.call("StartBgp", { global: { asn: 65009, routerId: "nonsense" } })).code,
      "INVALID_ARGUMENT",
    );
    await expect("StartBgp", start);
    const { messages } = await world.call("GetBgp", {});
    const [{ global }] = messages as [{ readonly global: { readonly asn: number; readonly listenPort: number } }];
    assert.deepEqual([global.asn, global.listenPort], [65009, 10179]);
    await expect("AddPeer", peer("192.0.2.44"));
  });

  test("what Holdfast does not have says so", async () => {
    for (const method of ["AddVrf", "AddRpki", "AddBmp", "EnableMrt", "EnableZebra"])
      assert.equal((await world.call(method, {})).code, "UNIMPLEMENTED", method);
    for (const method of ["ListVrf", "ListRpki", "ListRpkiTable", "ListBmp"]) await expect(method, {});
  });
});
