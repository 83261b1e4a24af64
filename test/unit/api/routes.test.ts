import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { MessageTypeDefinition, PackageDefinition } from "@grpc/proto-loader";
import { loadProtos } from "../../../src/api/proto.ts";
import { GobgpWorld } from "./gobgp-world.ts";

const IPV4 = { afi: "AFI_IP", safi: "SAFI_UNICAST" };
const IPV6 = { afi: "AFI_IP6", safi: "SAFI_UNICAST" };
let world: GobgpWorld;
const protos: PackageDefinition = await loadProtos("gobgp", ["gobgp.proto", "attribute.proto", "capability.proto"]);

before(async () => {
  world = await GobgpWorld.start();
});
after(() => world.stop());

/** A google.protobuf.Any, by the library: what we write by hand is compared with it. */
function any(type: string, message: object) {
  const { serialize } = protos[`apipb.${type}`] as MessageTypeDefinition<object, object>;
  return { type_url: `type.googleapis.com/apipb.${type}`, value: serialize(message) };
}

interface AnyMessage {
  readonly type_url: string;
  readonly value: Buffer;
}

function plain({ type_url, value }: AnyMessage): readonly [string, object] {
  const type = type_url.slice(type_url.lastIndexOf(".") + 1);
  const { deserialize } = protos[`apipb.${type}`] as MessageTypeDefinition<object, object>;
  return [type, JSON.parse(JSON.stringify(deserialize(value)))];
}

const nlri = (prefix: string, prefixLen: number) => any("IPAddressPrefix", { prefix, prefixLen });
const origin = any("OriginAttribute", { origin: 2 });
const path4 = (prefix: string, more: object = {}) => ({
  family: IPV4,
  nlri: nlri(prefix, 32),
  pattrs: [origin, any("NextHopAttribute", { nextHop: "0.0.0.0" })],
  ...more,
});
const add = (path: object) => world.call("AddPath", { tableType: "GLOBAL", path });

interface ListedPath {
  readonly nlri: AnyMessage;
  readonly pattrs: readonly AnyMessage[];
  readonly pattrsBinary: readonly Buffer[];
  readonly nlriBinary: Buffer;
  readonly best: boolean;
  readonly uuid: Buffer;
  readonly identifier: number;
  readonly age: { readonly seconds: number };
}

interface Listed {
  readonly destination: { readonly prefix: string; readonly paths: readonly ListedPath[] };
}

async function list(request: object = {}): Promise<readonly Listed["destination"][]> {
  await world.settle();
  const answer = await world.call("ListPath", { tableType: "GLOBAL", family: IPV4, ...request });
  assert.equal(answer.code, "OK", answer.details);
  return (answer.messages as Listed[]).map(({ destination }) => destination);
}

const prefixes = (prefix: string, type = "EXACT") => ({ prefixes: [{ prefix, type }] });

describe("routes over GoBGP's API", () => {
  test("a route comes back with every attribute it was added with", async () => {
    const pattrs = [
      any("OriginAttribute", { origin: 1 }),
      any("AsPathAttribute", {
        segments: [
          { type: "AS_SEQUENCE", numbers: [65100, 4200000000] },
          { type: "AS_SET", numbers: [7] },
        ],
      }),
      any("MultiExitDiscAttribute", { med: 4294967295 }),
      any("LocalPrefAttribute", { localPref: 300 }),
      any("AtomicAggregateAttribute", {}),
      any("AggregatorAttribute", { asn: 65100, address: "192.0.2.9" }),
      any("CommunitiesAttribute", { communities: [4259905636, 4294967041] }),
      any("OriginatorIdAttribute", { id: "192.0.2.7" }),
      any("ClusterListAttribute", { ids: ["192.0.2.8", "192.0.2.9"] }),
      any("ExtendedCommunitiesAttribute", {
        communities: [
          any("TwoOctetAsSpecificExtended", { isTransitive: true, subType: 2, asn: 65001, localAdmin: 100000 }),
          any("IPv4AddressSpecificExtended", { isTransitive: true, subType: 3, address: "192.0.2.1", localAdmin: 7 }),
          any("FourOctetAsSpecificExtended", { subType: 2, asn: 70000, localAdmin: 8 }),
          any("LinkBandwidthExtended", { asn: 65001, bandwidth: 1000000 }),
          any("ColorExtended", { color: 99 }),
          any("EncapExtended", { tunnelType: 8 }),
          any("DefaultGatewayExtended", {}),
          any("ValidationExtended", { state: 1 }),
          any("OpaqueExtended", { isTransitive: true, value: Buffer.of(9, 1, 2, 3, 4, 5, 6) }),
          any("UnknownExtended", { type: 0x88, value: Buffer.of(1, 2, 3, 4, 5, 6, 7) }),
        ],
      }),
      any("AigpAttribute", { tlvs: [any("AigpTLVIGPMetric", { metric: 50 })] }),
      any("LargeCommunitiesAttribute", {
        communities: [{ globalAdmin: 65001, localData1: 1, localData2: 4294967295 }],
      }),
      any("UnknownAttribute", { flags: 0xc0, type: 200, value: Buffer.of(1, 2, 3) }),
      any("NextHopAttribute", { nextHop: "192.0.2.33" }),
    ];
    const answer = await add(path4("203.0.113.1", { pattrs }));
    assert.equal(answer.code, "OK", answer.details);
    const [destination] = await list(prefixes("203.0.113.1/32"));
    const [path] = destination?.paths ?? [];
    assert.deepEqual(
      path?.pattrs.map(plain),
      pattrs.map(plain).map((one) => JSON.parse(JSON.stringify(one))),
    );
    assert.deepEqual(plain((path as ListedPath).nlri), ["IPAddressPrefix", { prefix: "203.0.113.1", prefixLen: 32 }]);
  });

  test("an IPv6 route has its next hop and prefix in MP_REACH_NLRI", async () => {
    const reach = any("MpReachNLRIAttribute", {
      family: IPV6,
      nextHops: ["2001:db8::1"],
      nlris: [nlri("2001:db8:77::1", 128)],
    });
    const path = { family: IPV6, nlri: nlri("2001:db8:77::1", 128), pattrs: [origin, reach] };
    assert.equal((await add(path)).code, "OK");
    const [destination] = await list({ family: IPV6 });
    assert.equal(destination?.prefix, "2001:db8:77::1/128");
    assert.deepEqual(destination?.paths[0]?.pattrs.map(plain), [plain(origin), plain(reach)]);
  });

  test("what differs in the next hop alone is not taken for the same attributes", async () => {
    const to = (nextHop: string) => [origin, any("NextHopAttribute", { nextHop })];
    await add(path4("203.0.113.20", { pattrs: to("192.0.2.1") }));
    await add(path4("203.0.113.21", { pattrs: to("192.0.2.2") }));
    const reach = (nextHop: string, prefix: string) => [
      origin,
      any("MpReachNLRIAttribute", { family: IPV6, nextHops: [nextHop], nlris: [nlri(prefix, 128)] }),
    ];
    await add({ family: IPV6, nlri: nlri("2001:db8::20", 128), pattrs: reach("2001:db8::a", "2001:db8::20") });
    await add({ family: IPV6, nlri: nlri("2001:db8::21", 128), pattrs: reach("2001:db8::b", "2001:db8::21") });
    const next = async (request: object) => JSON.stringify((await list(request))[0]?.paths[0]?.pattrs.map(plain));
    assert.match(await next(prefixes("203.0.113.20/32")), /192\.0\.2\.1/);
    assert.match(await next(prefixes("203.0.113.21/32")), /192\.0\.2\.2/);
    assert.match(await next({ family: IPV6, ...prefixes("2001:db8::20/128") }), /2001:db8::a/);
    assert.match(await next({ family: IPV6, ...prefixes("2001:db8::21/128") }), /2001:db8::b/);
  });

  test("two identifiers are two paths, one of them the best; the same one again replaces", async () => {
    await add(path4("203.0.113.60", { identifier: 5 }));
    await add(path4("203.0.113.60", { identifier: 6 }));
    await add(
      path4("203.0.113.60", {
        identifier: 6,
        pattrs: [...path4("").pattrs, any("MultiExitDiscAttribute", { med: 7 })],
      }),
    );
    const [destination] = await list(prefixes("203.0.113.60/32"));
    assert.deepEqual(
      destination?.paths.map(({ best }) => best),
      [true, false],
    );
    assert.deepEqual(destination?.paths.map(({ identifier }) => identifier).sort(), [5, 6]);
  });

  test("AddPath names a route, DeletePath finds it by that name once", async () => {
    const { messages } = await add(path4("203.0.113.70"));
    const { uuid } = messages[0] as { readonly uuid: Buffer };
    assert.equal(uuid.length, 16);
    assert.deepEqual((await list(prefixes("203.0.113.70/32")))[0]?.paths[0]?.uuid, uuid);
    assert.equal((await world.call("DeletePath", { uuid })).code, "OK");
    assert.deepEqual(await list(prefixes("203.0.113.70/32")), []);
    const again = await world.call("DeletePath", { uuid });
    assert.deepEqual([again.code, again.details], ["UNKNOWN", "can't find a specified path"]);
  });

  test("longer, shorter and a bare address find what they should", async () => {
    for (const [prefix, length] of [
      ["10.0.0.0", 8],
      ["10.1.0.0", 16],
      ["10.1.1.0", 24],
    ] as const)
      assert.equal((await add({ ...path4(""), nlri: nlri(prefix, length) })).code, "OK");
    const found = async (prefix: string, type: string) =>
      (await list(prefixes(prefix, type))).map((one) => one.prefix).sort();
    assert.deepEqual(await found("10.1.0.0/16", "LONGER"), ["10.1.0.0/16", "10.1.1.0/24"]);
    assert.deepEqual(await found("10.1.0.0/16", "SHORTER"), ["10.0.0.0/8", "10.1.0.0/16"]);
    assert.deepEqual(await found("10.1.2.3", "EXACT"), ["10.1.0.0/16"]);
    assert.deepEqual(await found("10.1.0.0/24", "EXACT"), []);
  });

  test("binary forms say what the others say, and may be given instead", async () => {
    const request = { ...prefixes("203.0.113.1/32"), enableNlriBinary: true, enableAttributeBinary: true };
    const [path] = (await list(request))[0]?.paths ?? [];
    const { nlriBinary, pattrsBinary, pattrs } = path as ListedPath;
    assert.deepEqual([...nlriBinary], [32, 203, 0, 113, 1]);
    assert.equal((await add({ family: IPV4, nlriBinary: Buffer.of(32, 203, 0, 113, 99), pattrsBinary })).code, "OK");
    const [copy] = (await list(prefixes("203.0.113.99/32")))[0]?.paths ?? [];
    const text = (list: readonly AnyMessage[] | undefined) => JSON.stringify((list ?? []).map(plain).sort());
    assert.equal(text(copy?.pattrs), text(pattrs));
  });

  test("without a path DeletePath takes all routes of the API, of one family if that is named", async () => {
    assert.equal((await world.call("DeletePath", { family: IPV4 })).code, "OK");
    assert.deepEqual(await list(), []);
    assert.equal((await list({ family: IPV6 })).length > 0, true);
    assert.equal((await world.call("DeletePath", {})).code, "OK");
    assert.deepEqual(await list({ family: IPV6 }), []);
  });

  test("a stream is applied as it comes, and up to its first fault", async () => {
    const { requestSerialize } = world.definition["AddPathStream"] as (typeof world.definition)[string];
    const message = (...paths: object[]) => requestSerialize({ tableType: "GLOBAL", paths });
    const good = (i: number) => path4(`203.0.113.${i}`);
    const fine = await world.raw("AddPathStream", [
      message(good(1), good(2)),
      message(good(3)),
      message({ ...good(2), isWithdraw: true }),
    ]);
    assert.equal(fine.code, "OK", fine.details);
    assert.deepEqual((await list()).map(({ prefix }) => prefix).sort(), ["203.0.113.1/32", "203.0.113.3/32"]);
    const bad = await world.raw("AddPathStream", [
      message(good(4), { ...good(5), pattrs: [] }, good(6)),
      message(good(7)),
    ]);
    assert.equal(bad.code, "INVALID_ARGUMENT");
    assert.deepEqual((await list()).map(({ prefix }) => prefix).sort(), [
      "203.0.113.1/32",
      "203.0.113.3/32",
      "203.0.113.4/32",
    ]);
  });

  test("a message of many routes is applied slice by slice, all of it", async () => {
    const { requestSerialize } = world.definition["AddPathStream"] as (typeof world.definition)[string];
    const paths = Array.from({ length: 3_000 }, (_, i) => path4(`198.18.${i >> 8}.${i & 255}`));
    assert.equal((await world.raw("AddPathStream", [requestSerialize({ paths })])).code, "OK");
    assert.equal((await list(prefixes("198.18.0.0/15", "LONGER"))).length, 3_000);
    const withdraw = requestSerialize({ paths: paths.map((path) => ({ ...path, isWithdraw: true })) });
    assert.equal((await world.raw("AddPathStream", [withdraw])).code, "OK");
    assert.deepEqual(await list(prefixes("198.18.0.0/15", "LONGER")), []);
  });

  test("the table is counted as it is listed", async () => {
    const { messages } = await world.call("GetTable", { tableType: "GLOBAL", family: IPV4 });
    assert.deepEqual(messages, [{ numDestination: 3, numPath: 3, numAccepted: 0 }]);
  });

  const faults: readonly (readonly [what: string, path: object, code: string, details: RegExp])[] = [
    ["no family", { ...path4("203.0.113.1"), family: undefined }, "INVALID_ARGUMENT", /family cannot be nil/],
    [
      "a family of GoBGP's",
      { ...path4("203.0.113.1"), family: { afi: "AFI_L2VPN", safi: "SAFI_EVPN" } },
      "UNIMPLEMENTED",
      /not carried/,
    ],
    [
      "no origin",
      { ...path4("203.0.113.1"), pattrs: [any("NextHopAttribute", { nextHop: "0.0.0.0" })] },
      "INVALID_ARGUMENT",
      /ORIGIN/,
    ],
    ["no next hop", { ...path4("203.0.113.1"), pattrs: [origin] }, "INVALID_ARGUMENT", /nexthop not found/],
    [
      "an attribute twice",
      { ...path4("203.0.113.1"), pattrs: [origin, origin] },
      "INVALID_ARGUMENT",
      /duplicated path attribute type: 1/,
    ],
    ["a length beyond 32", { ...path4(""), nlri: nlri("203.0.113.1", 33) }, "INVALID_ARGUMENT", /prefix length 33/],
    ["an IPv6 prefix in IPv4", { ...path4(""), nlri: nlri("2001:db8::", 32) }, "INVALID_ARGUMENT", /no IPv4 address/],
    ["a giant prefix", { ...path4(""), nlri: nlri("9".repeat(100_000), 32) }, "INVALID_ARGUMENT", /no IPv4 address/],
    [
      "a loopback next hop",
      path4("203.0.113.1", { pattrs: [origin, any("NextHopAttribute", { nextHop: "127.0.0.1" })] }),
      "INVALID_ARGUMENT",
      /invalid nexthop/,
    ],
    [
      "attributes beyond an UPDATE",
      path4("203.0.113.1", {
        pattrs: [...path4("").pattrs, any("CommunitiesAttribute", { communities: new Array(2000).fill(1) })],
      }),
      "INVALID_ARGUMENT",
      /UPDATE/,
    ],
    [
      "an AS path with AS 0",
      path4("203.0.113.1", {
        pattrs: [...path4("").pattrs, any("AsPathAttribute", { segments: [{ type: "AS_SEQUENCE", numbers: [0] }] })],
      }),
      "INVALID_ARGUMENT",
      /AS 0/,
    ],
  ];
  for (const [what, path, code, details] of faults)
    test(`a path with ${what} is ${code}`, async () => {
      const answer = await add(path);
      assert.equal(answer.code, code, answer.details);
      assert.match(answer.details, details);
      assert.equal(answer.details.length < 300, true, "what was given is not repeated at length");
    });
});
