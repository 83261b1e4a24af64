import type { PeerGroupConfig } from "../config/index.ts";
import { parsePrefix } from "../lib/prefix.ts";
import { ok } from "../lib/result.ts";
import { invalid, type Outcome, refused } from "./fault.ts";
import { started } from "./global.ts";
import type { ApiHost, Table } from "./host.ts";
import type * as api from "./messages.ts";
import { peerGroupTable, withOwnKeys } from "./peer-table.ts";
import { shorten } from "./peers.ts";
import { type Message, type Methods, sourceOf, stream, unary } from "./service.ts";

/** Peer groups, and prefixes from which neighbours of a group may come unannounced. */
export function peerGroupMethods(host: ApiHost): Methods {
  return {
    ListPeerGroup: stream<api.ListPeerGroupRequest>(({ peerGroupName }) =>
      ok(sourceOf(listGroups(host, peerGroupName))),
    ),
    AddPeerGroup: unary<api.AddPeerGroupRequest>(({ peerGroup }) => putGroup(host, peerGroup, false)),
    UpdatePeerGroup: unary<api.UpdatePeerGroupRequest>(({ peerGroup }) => putGroup(host, peerGroup, true)),
    DeletePeerGroup: unary<api.DeletePeerGroupRequest>(({ name }) => deleteGroup(host, name)),
    ListDynamicNeighbor: stream<api.ListDynamicNeighborRequest>(({ peerGroup }) =>
      ok(sourceOf(listDynamic(host, peerGroup))),
    ),
    AddDynamicNeighbor: unary<api.AddDynamicNeighborRequest>(({ dynamicNeighbor }) =>
      addDynamic(host, dynamicNeighbor),
    ),
    DeleteDynamicNeighbor: unary<api.DeleteDynamicNeighborRequest>((request) => deleteDynamic(host, request)),
  };
}

function findGroup({ config }: ApiHost, name: string): PeerGroupConfig | undefined {
  return config.peerGroups.find((group) => group.name === name);
}

function* listGroups(host: ApiHost, wanted: string): Iterable<Message> {
  for (const { name } of host.config.peerGroups)
    if (wanted === "" || wanted === name)
      yield {
        peerGroup: groupMessage(name, host.tableOf("peer-group", name) ?? {}),
      } satisfies api.Given<api.ListPeerGroupResponse>;
}

function putGroup(host: ApiHost, group: api.PeerGroup | null, isUpdate: boolean): Outcome<Message> {
  const ready = started(host);
  if (!ready.ok) return ready;
  const name = group?.conf?.peerGroupName ?? "";
  if (group === null || name === "") return invalid("a peer group has a name");
  const known = findGroup(host, name) !== undefined;
  if (known && !isUpdate) return refused(`can't overwrite the existing peer-group: ${shorten(name)}`);
  if (!known && isUpdate) return refused(`peer-group ${shorten(name)} doesn't exist`);
  const table = withOwnKeys(peerGroupTable(group), isUpdate ? host.tableOf("peer-group", name) : undefined);
  const done = host.edit({ type: "peer-group", name, table });
  if (!done.ok) return invalid(done.error);
  return ok(isUpdate ? ({ needsSoftResetIn: false } satisfies api.UpdatePeerGroupResponse) : {});
}

function deleteGroup(host: ApiHost, name: string): Outcome<Message> {
  const ready = started(host);
  if (!ready.ok) return ready;
  if (findGroup(host, name) === undefined)
    return refused(`can't delete a peer-group ${shorten(name)} which does not exist`);
  const { neighbors, dynamicNeighbors } = host.config;
  const member = neighbors.find(({ peerGroup }) => peerGroup === name)?.address;
  const user = member ?? dynamicNeighbors.find(({ peerGroup }) => peerGroup === name)?.prefix;
  if (user !== undefined) return refused(`failed to delete peer-group ${name}: neighbor ${user} is in use`);
  const done = host.edit({ type: "peer-group", name, table: undefined });
  return done.ok ? ok({}) : invalid(done.error);
}

function* listDynamic({ config }: ApiHost, group: string): Iterable<Message> {
  for (const { prefix, peerGroup } of config.dynamicNeighbors)
    if (group === "" || group === peerGroup)
      yield { dynamicNeighbor: { prefix: prefix.toString(), peerGroup } } satisfies api.ListDynamicNeighborResponse;
}

function addDynamic(host: ApiHost, dynamic: api.DynamicNeighbor | null): Outcome<Message> {
  const ready = started(host);
  if (!ready.ok) return ready;
  if (dynamic === null) return invalid("nil request");
  const prefix = parsePrefix(dynamic.prefix);
  if (prefix === undefined) return invalid(`${JSON.stringify(shorten(dynamic.prefix))} is no prefix`);
  if (findGroup(host, dynamic.peerGroup) === undefined)
    return refused(`no such peer-group: ${shorten(dynamic.peerGroup)}`);
  const done = host.edit({ type: "dynamic-neighbor", prefix: prefix.toString(), peerGroup: dynamic.peerGroup });
  return done.ok ? ok({}) : invalid(done.error);
}

function deleteDynamic(host: ApiHost, request: api.DeleteDynamicNeighborRequest): Outcome<Message> {
  const ready = started(host);
  if (!ready.ok) return ready;
  const prefix = parsePrefix(request.prefix);
  const known = host.config.dynamicNeighbors.find(
    (dynamic) => prefix?.equals(dynamic.prefix) === true && ["", dynamic.peerGroup].includes(request.peerGroup),
  );
  if (known === undefined) return refused(`there are no dynamic neighbors in ${shorten(request.prefix)}`);
  const done = host.edit({ type: "dynamic-neighbor", prefix: known.prefix.toString(), peerGroup: undefined });
  return done.ok ? ok({}) : invalid(done.error);
}

const AFIS: Readonly<Record<string, api.FamilyAfi>> = { "ipv4-unicast": "AFI_IP", "ipv6-unicast": "AFI_IP6" };

/** A group as it was given: what it does not say is not there. */
function groupMessage(name: string, table: Table): api.Given<api.PeerGroup> {
  const section = (of: Table, key: string): Table => (((of[key] ?? {}) as Table)["config"] as Table) ?? {};
  const config = (table["config"] ?? {}) as Table;
  const number = (value: unknown) => (typeof value === "number" ? Math.round(value) : 0);
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  const timers = section(table, "timers");
  const transport = section(table, "transport");
  const restart = section(table, "graceful-restart");
  const multihop = section(table, "ebgp-multihop");
  const security = section(table, "ttl-security");
  const reflector = section(table, "route-reflector");
  const families = (table["afi-safis"] ?? []) as readonly Table[];
  return {
    applyPolicy: {},
    conf: {
      peerGroupName: name,
      description: text(config["description"]),
      peerAsn: number(config["peer-as"]),
      localAsn: number(config["local-as"]),
      removePrivate:
        config["remove-private-as"] === "all"
          ? "REMOVE_ALL"
          : config["remove-private-as"] === "replace"
            ? "REPLACE"
            : "REMOVE_NONE",
    },
    ebgpMultihop: { enabled: multihop["enabled"] === true, multihopTtl: number(multihop["multihop-ttl"]) },
    routeReflector: {
      routeReflectorClient: reflector["route-reflector-client"] === true,
      routeReflectorClusterId: text(reflector["route-reflector-cluster-id"]),
    },
    info: { peerGroupName: name },
    timers: {
      config: {
        connectRetry: number(timers["connect-retry"]),
        holdTime: number(timers["hold-time"]),
        keepaliveInterval: number(timers["keepalive-interval"]),
      },
      state: {},
    },
    transport: {
      localAddress: text(transport["local-address"]),
      localPort: number(transport["local-port"]),
      remotePort: number(transport["remote-port"]),
      passiveMode: transport["passive-mode"] === true,
      bindInterface: text(transport["bind-interface"]),
    },
    routeServer: {},
    gracefulRestart: {
      enabled: restart["enabled"] === true,
      restartTime: number(restart["restart-time"]),
      helperOnly: restart["helper-only"] === true,
      deferralTime: number(restart["deferral-time"]),
      notificationEnabled: restart["notification-enabled"] === true,
      longlivedEnabled: restart["long-lived-enabled"] === true,
    },
    afiSafis: families.map((family) => {
      const afi = AFIS[text(section({ one: family }, "one")["afi-safi-name"])];
      return {
        config: { family: { afi: afi ?? "AFI_UNKNOWN", safi: "SAFI_UNICAST" }, enabled: true },
        mpGracefulRestart: { config: { enabled: section(family, "mp-graceful-restart")["enabled"] === true } },
      };
    }),
    ttlSecurity: { enabled: security["enabled"] === true, ttlMin: number(security["ttl-min"]) },
  };
}
