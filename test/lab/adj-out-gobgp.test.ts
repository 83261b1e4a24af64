/**
 * One gobgpd.toml, as it is (adj-out-gobgpd.toml), given to gobgpd and to Holdfast in labs that are alike to the address.
 * The same neighbours announce the same routes to each, and must be sent the same: every prefix, every attribute.
 *
 *     transit 10.0.0.2   eBGP ---+
 *     core    10.0.0.3   client -+
 *     rest    10.0.0.4   iBGP ---+--- gw 10.0.0.1, AS 64500
 *     other   10.0.0.5   eBGP ---+
 *     customer 10.0.0.70 eBGP ---+    by the dynamic prefix
 *
 * The neighbours are gobgpd, which shows what it received with all attributes, before any policy.
 */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { GobgpPath } from "../../lab/peers/gobgp.ts";
import { Lab } from "../../lab/topology.ts";
import { waitFor } from "../../lab/wait.ts";
import "./tell.ts";

const FILE = join(import.meta.dirname, "adj-out-gobgpd.toml");
const DAEMON = join(import.meta.dirname, "../../dist/holdfastd.js");
const API = ["--pprof-disable", "--api-hosts", "127.0.0.1:50051"];
const GATEWAY = "10.0.0.1";
const FAMILIES = ["ipv4", "ipv6"] as const;

interface Node {
  readonly as: number;
  readonly address: string;
  /** What the gateway is to it, if not AS 64500. */
  readonly gatewayAs?: number;
}

const NODES = {
  transit: { as: 64501, address: "10.0.0.2" },
  core: { as: 64500, address: "10.0.0.3" },
  rest: { as: 64500, address: "10.0.0.4" },
  other: { as: 64505, address: "10.0.0.5", gatewayAs: 64599 },
  customer: { as: 64502, address: "10.0.0.70" },
} as const satisfies Readonly<Record<string, Node>>;
type NodeName = keyof typeof NODES;
const NAMES = Object.keys(NODES) as NodeName[];

/** What comes last on every session: who has it has all that was sent before. */
const marker = (n: number, family: (typeof FAMILIES)[number]) =>
  family === "ipv4" ? `203.0.113.${n}/32` : `2001:db8:ffff::${n}/128`;

/** Options of `gobgp global rib add`. Some prefixes come from several neighbours. */
const ROUTES: Readonly<Record<NodeName, readonly string[]>> = {
  transit: [
    "10.1.0.0/16 origin igp",
    "10.1.1.0/24 origin egp med 10",
    "10.1.2.0/24 origin incomplete med 0 aspath 64507,64508",
    "10.1.3.0/24 origin igp aspath 64507,64510,64508",
    "10.1.4.0/24 origin igp aspath 64507,64508,64509,64506,64512,64513",
    "10.1.5.0/24 origin igp aspath 64507,64512,4200000001 community 64500:665,64501:1,no-llgr",
    "10.1.6.0/24 origin igp aspath 64511 large-community 64501:1:1,64502:1:9 rt 64501:1 64501:3",
    "10.1.7.0/24 origin igp community no-export",
    "10.1.8.0/24 origin igp community no-advertise",
    "10.1.9.0/24 origin igp med 4294967295 aspath 64511,64511",
    "192.168.7.0/24 origin igp",
    "198.51.100.0/24 origin igp med 400",
    "0.0.0.0/0 origin igp",
    "172.16.0.0/12 origin igp aspath 64507",
    "172.17.0.0/16 origin igp aspath 64507 med 3",
    "-a ipv6 2001:db8:1::/48 origin igp nexthop 2001:db8::2 aspath 64511",
    "-a ipv6 2001:db8:2::/48 origin egp nexthop 2001:db8::2 med 7 community 64501:6",
    "-a ipv6 fd00:1::/48 origin igp nexthop 2001:db8::2",
  ],
  core: [
    "10.2.0.0/16 origin igp",
    "10.2.1.0/24 origin igp nexthop 10.0.0.30 local-pref 300 med 9",
    "10.2.2.0/24 origin egp nexthop 10.0.0.31 aspath 64512,64520 community 64500:100,64500:1",
    "10.2.3.0/24 origin igp local-pref 0 community no-export-subconfed",
    "198.51.100.64/26 origin igp med 5 community 64500:100",
    "172.16.0.0/12 origin igp aspath 64520",
    "-a ipv6 2001:db8:20::/48 origin igp nexthop 2001:db8::3 large-community 64500:1:5",
    "-a ipv6 2001:db8:21::/48 origin igp nexthop 2001:db8::3 community 64500:100 local-pref 7",
  ],
  rest: [
    "10.3.0.0/16 origin igp",
    "10.3.1.0/24 origin incomplete med 77 aspath 64530 community 64500:100",
    "172.17.0.0/16 origin igp local-pref 90 aspath 64530",
    "-a ipv6 2001:db8:30::/48 origin igp nexthop 2001:db8::4",
  ],
  other: [
    "10.4.0.0/16 origin igp aspath 64540",
    "10.4.1.0/24 origin igp aspath 64500 community 64505:1",
    "172.16.0.0/12 origin igp aspath 64540",
    "172.18.0.0/16 origin igp community 64500:669",
    "-a ipv6 2001:db8:40::/48 origin igp nexthop 2001:db8::5 aspath 64512,64540",
  ],
  customer: [
    "10.5.0.0/16 origin igp",
    "10.5.1.0/24 origin igp large-community 64502:1:1,64502:2:2",
    "10.5.2.0/24 origin igp rt 64502:7",
    "10.5.3.0/24 origin igp community 64502:1,64502:2,64502:3 med 1",
    "10.5.4.0/24 origin igp aspath 64512,64500",
    "10.5.5.0/24 origin igp nexthop 10.0.0.99",
    "10.5.6.0/24 origin igp aspath 64511 community 64500:661",
    "10.5.7.0/24 origin egp aspath 64512,64513 large-community 64502:1:4 rt 64502:7 64502:9",
    "10.5.8.0/24 origin igp aspath 64502,64502,64510 community planned-shut aggregator 64510:10.9.9.9",
    "172.18.0.0/16 origin igp aspath 64502",
    "198.51.100.128/25 origin igp med 260",
    "198.51.100.0/25 origin incomplete med 20 community 64500:660",
    "-a ipv6 2001:db8:50::/48 origin igp nexthop 2001:db8::70 large-community 64502:1:4 rt 64502:7",
    "-a ipv6 2001:db8:51::/48 origin igp nexthop 2001:db8::70 aspath 64512,64511",
  ],
};

const neighborToml = ({ as, address, gatewayAs }: Node) => `[global.config]
  as = ${as}
  router-id = "${address}"
[[neighbors]]
  [neighbors.config]
    neighbor-address = "${GATEWAY}"
    peer-as = ${gatewayAs ?? 64500}
  [neighbors.transport.config]
    local-address = "${address}"
  [neighbors.timers.config]
    connect-retry = 5
${FAMILIES.map((family) => `  [[neighbors.afi-safis]]\n    [neighbors.afi-safis.config]\n      afi-safi-name = "${family}-unicast"\n`).join("")}`;

/** Received by one neighbour: its attributes as JSON, by prefix. */
type Received = Readonly<Record<string, readonly string[]>>;

/**
 * What Holdfast does otherwise on purpose, as a change of what gobgpd sends; docs/from-gobgp.md has the same list.
 *
 * - EXTENDED COMMUNITIES from which all were removed: gobgpd sends the attribute empty, Holdfast leaves it out.
 * - A community added that is there already: gobgpd sends it twice.
 * - RFC 1997: NO_ADVERTISE to anybody, NO_EXPORT and NO_EXPORT_SUBCONFED to eBGP: gobgpd sends them.
 * - RFC 4456: ORIGINATOR_ID and CLUSTER_LIST are for reflected routes, and for all of them. gobgpd has them on all that
 *   goes to clients, eBGP routes too, and on nothing that goes to others.
 * - `allow-own-as` of a peer group: gobgpd forgets it.
 */
const ALLOWED_BY_GROUP = "10.5.4.0/24";
const hasCommunity = (value: number) => new RegExp(`[[,]${value}[\\],]`);
const TO_NOBODY = hasCommunity(0xffffff02);
const TO_NO_EXTERNAL = [hasCommunity(0xffffff01), hasCommunity(0xffffff03)];
const EMPTY_EXT_COMMUNITIES = '{"type":16,"value":[]}';
const ORIGINATOR_ID = '{"type":9,';
const CLUSTER_LIST = '{"type":10,';
/** That core is a client in, says the file. */
const CLUSTER = "10.0.0.9";
/** Whose best path is that of core, a client. */
const REFLECTED = ["172.16.0.0/12", marker(2, "ipv4"), marker(2, "ipv6"), ...ROUTES.core.map(prefixOf)];

function prefixOf(route: string): string {
  return route.split(" ").find((word) => word.includes("/")) as string;
}

function expected(name: NodeName, theirs: Received): Received {
  const isInternal = NODES[name].as === NODES.core.as;
  const isSent = ([, lines]: readonly [string, readonly string[]]) =>
    ![TO_NOBODY, ...(isInternal ? [] : TO_NO_EXTERNAL)].some((community) => lines.some((line) => community.test(line)));
  const changed = (prefix: string, lines: readonly string[]) => {
    const ofReflection = (line: string) => line.startsWith(ORIGINATOR_ID) || line.startsWith(CLUSTER_LIST);
    const isReflected = lines.includes(`${ORIGINATOR_ID}"value":"${NODES.rest.address}"}`);
    const added =
      name === "rest" && REFLECTED.includes(prefix)
        ? [`${ORIGINATOR_ID}"value":"${NODES.core.address}"}`, `${CLUSTER_LIST}"value":["${CLUSTER}"]}`]
        : [];
    const kept = lines.filter((line) => line !== EMPTY_EXT_COMMUNITIES && (isReflected || !ofReflection(line)));
    return [...kept.map(once), ...added].sort();
  };
  const sent = Object.entries(theirs).filter(isSent);
  return Object.fromEntries(sent.map(([prefix, lines]) => [prefix, changed(prefix, lines)]));
}

/** Every community once. */
function once(line: string): string {
  const attribute = JSON.parse(line) as { readonly communities?: readonly number[] };
  const { communities } = attribute;
  return communities === undefined ? line : JSON.stringify({ ...attribute, communities: [...new Set(communities)] });
}

class Network {
  readonly #lab: Lab;

  private constructor(lab: Lab) {
    this.#lab = lab;
  }

  static async start(gateway: "holdfast" | "gobgpd"): Promise<Network> {
    const all = { gw: { address: GATEWAY }, ...NODES };
    const members = Object.entries(all).map(([node, { address }]) => ({
      node,
      interface: "eth0",
      addresses: [`${address}/24`, `2001:db8::${address.split(".").at(-1)}/64`],
    }));
    const lab = await Lab.up({ segments: [{ name: "lan", members }] });
    const network = new Network(lab);
    const start = (node: string, command: readonly string[]) =>
      lab.start(node, { name: `daemon of ${node}`, command, logFile: join(lab.directory, `${node}.log`) });
    // In the file's place for it, but this lab's own: what an earlier run left there would make this one a restart.
    const mount = `mkdir -p /var/lib/holdfast && mount --bind ${lab.subdirectory("state")} /var/lib/holdfast && exec "$@"`;
    const ours = ["unshare", "-m", "sh", "-c", mount, "-", process.execPath, DAEMON, "-f", FILE];
    await start("gw", gateway === "holdfast" ? ours : ["gobgpd", "-f", FILE, ...API]);
    for (const name of NAMES) {
      const file = join(lab.directory, `${name}.toml`);
      await writeFile(file, neighborToml(NODES[name]));
      await start(name, ["gobgpd", "-f", file, ...API]);
    }
    for (const name of NAMES)
      await waitFor(`${gateway}: ${name} to be up`, async () =>
        (await network.gobgp(name, "neighbor")).includes("Establ"),
      );
    await Promise.all(NAMES.map((name, n) => network.#announce(name, n + 1)));
    return network;
  }

  gobgp(node: string, ...words: string[]): Promise<string> {
    return this.#lab.run(node, ["gobgp", ...words]);
  }

  async #announce(name: NodeName, n: number): Promise<void> {
    const markers = [`${marker(n, "ipv4")} origin igp`, `-a ipv6 ${marker(n, "ipv6")} origin igp nexthop 2001:db8::99`];
    const community = " community 64500:100";
    for (const line of [...ROUTES[name], ...markers.map((text) => text + community)])
      await this.gobgp(name, "global", "rib", "add", ...line.split(" "));
  }

  /** When the others' markers are all there. */
  received(name: NodeName): Promise<Received> {
    return waitFor(`all routes at ${name}`, async () => {
      const tables = await Promise.all(
        FAMILIES.map((family) => this.gobgp(name, "-j", "neighbor", GATEWAY, "adj-in", "-a", family)),
      );
      const paths: Record<string, readonly GobgpPath[]> = Object.assign({}, ...tables.map((text) => JSON.parse(text)));
      const others = NAMES.flatMap((other, n) =>
        other === name ? [] : FAMILIES.map((family) => marker(n + 1, family)),
      );
      if (!others.every((prefix) => prefix in paths)) return undefined;
      const lines = (path: GobgpPath) => path.attrs.map((attribute) => JSON.stringify(attribute)).sort();
      return Object.fromEntries(Object.entries(paths).map(([prefix, list]) => [prefix, list.flatMap(lines)]));
    });
  }

  stop(): Promise<void> {
    return this.#lab.down();
  }
}

/** Each difference in a line: a prefix that only one sends, an attribute that is not the other's. */
function differences(theirs: Received, ours: Received): string[] {
  const lines = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])].flatMap((prefix) => {
    const [a, b] = [theirs[prefix], ours[prefix]];
    if (a === undefined) return [`${prefix}: from Holdfast alone: ${b}`];
    if (b === undefined) return [`${prefix}: from gobgpd alone: ${a}`];
    return [
      ...a.filter((line) => !b.includes(line)).map((line) => `${prefix}: gobgpd ${line}`),
      ...b.filter((line) => !a.includes(line)).map((line) => `${prefix}: Holdfast ${line}`),
    ];
  });
  return lines.sort();
}

describe("the same file gives the same routes to every neighbour", () => {
  let gobgpd: Network;
  let holdfast: Network;
  before(async () => {
    [gobgpd, holdfast] = await Promise.all([Network.start("gobgpd"), Network.start("holdfast")]);
  });
  after(() => Promise.all([gobgpd.stop(), holdfast.stop()]));

  for (const name of NAMES)
    test(name, async () => {
      const same = async () => {
        const [theirs, all] = await Promise.all([gobgpd.received(name), holdfast.received(name)]);
        const { [ALLOWED_BY_GROUP]: allowed, ...ours } = all;
        assert.equal(allowed === undefined, name === "customer", `${ALLOWED_BY_GROUP}: ${allowed}`);
        assert.equal(Object.keys(ours).length > 15, true, `only ${Object.keys(ours)}`);
        assert.deepEqual(differences(expected(name, theirs), ours), []);
        return true;
      };
      // What its own routes change of what it is sent may come after the others' last ones.
      await waitFor(`${name} to be sent the same`, same);
    });
});
