import type { Peer } from "../bgp/index.ts";
import type { SessionConfig } from "../config/index.ts";
import { type Address, formatAddress, parseAddress } from "../lib/address.ts";
import { ok, type Result } from "../lib/result.ts";
import { invalid, type Outcome, refused } from "./fault.ts";
import { started } from "./global.ts";
import type { ApiHost } from "./host.ts";
import type * as api from "./messages.ts";
import { peerMessage } from "./peer-message.ts";
import { listedTable, neighborTable, withOwnKeys, withoutRepeated } from "./peer-table.ts";
import { type Message, type Methods, sourceOf, stream, unary } from "./service.ts";

/** RFC 9003: octets of a shutdown text that a neighbour is sure to take. */
const TEXT_OCTETS_MAX = 128;
/** What `ResetPeer` calls every neighbour. */
const ALL = "all";

/** The settings of a neighbour, or of the dynamic prefix it came by. */
export function sessionOf({ config }: ApiHost, peer: Peer): SessionConfig | undefined {
  if (!peer.dynamic) return config.neighbors.find(({ address }) => formatAddress(address) === peer.name);
  return config.dynamicNeighbors
    .filter(({ prefix }) => prefix.contains(peer.config.address))
    .reduce<(typeof config.dynamicNeighbors)[number] | undefined>(
      (best, one) => (best === undefined || one.prefix.length > best.prefix.length ? one : best),
      undefined,
    )?.session;
}

/** The neighbour of that address, or GoBGP's words for there being none. */
export function findPeer(host: ApiHost, address: string): Outcome<Peer> {
  const parsed = parseAddress(address);
  const peer = parsed && host.speaker.peers.get(formatAddress(parsed));
  return peer === undefined ? refused(`neighbor that has ${shorten(address)} doesn't exist`) : ok(peer);
}

export function peerMethods(host: ApiHost): Methods {
  const act = (address: string, action: (peer: Peer) => void): Outcome<Message> => {
    const ready = started(host);
    if (!ready.ok) return ready;
    const peer = findPeer(host, address);
    if (!peer.ok) return peer;
    action(peer.value);
    return ok({});
  };
  return {
    ListPeer: stream<api.ListPeerRequest>(({ address, enableAdvertised }) =>
      ok(sourceOf(listPeers(host, address, enableAdvertised))),
    ),
    AddPeer: unary<api.AddPeerRequest>(({ peer }) => addPeer(host, peer)),
    DeletePeer: unary<api.DeletePeerRequest>(({ address }) => deletePeer(host, address)),
    UpdatePeer: unary<api.UpdatePeerRequest>(({ peer }) => updatePeer(host, peer)),
    EnablePeer: unary<api.EnablePeerRequest>(({ address }) =>
      act(address, ({ name }) => host.tell({ type: "EnablePeer", peer: name })),
    ),
    DisablePeer: unary<api.DisablePeerRequest>(({ address, communication }) => {
      const text = shutdownText(communication);
      return text.ok
        ? act(address, ({ name }) => host.tell({ type: "DisablePeer", peer: name, text: text.value }))
        : invalid(text.error);
    }),
    ShutdownPeer: unary<api.ShutdownPeerRequest>(({ address, communication }) => {
      const text = shutdownText(communication);
      if (!text.ok) return invalid(text.error);
      return act(address, ({ name }) => {
        // GoBGP's "shutdown" comes back by itself; to stay down is what "disable" is for.
        host.tell({ type: "DisablePeer", peer: name, text: text.value });
        host.tell({ type: "EnablePeer", peer: name });
      });
    }),
    ResetPeer: unary<api.ResetPeerRequest>((request) => resetPeer(host, request)),
  };
}

function* listPeers(host: ApiHost, address: string, advertised: boolean): Iterable<Message | "pause"> {
  const wanted = parseAddress(address);
  if (address !== "" && wanted === undefined) return;
  const { speaker } = host;
  const chosen = wanted === undefined ? [...speaker.peers.values()] : [speaker.peers.get(formatAddress(wanted))];
  for (const peer of chosen) {
    const session = peer && sessionOf(host, peer);
    if (peer === undefined || session === undefined) continue;
    yield {
      peer: peerMessage(peer, session, speaker.rib, host.watch.factsOf(host), advertised),
    } satisfies api.Given<api.ListPeerResponse>;
  }
}

function addPeer(host: ApiHost, given: api.Peer | null): Outcome<Message> {
  const subject = subjectOf(host, given);
  if (!subject.ok) return subject;
  const { peer, name, known } = subject.value;
  if (known !== undefined && !known.dynamic) return refused(`can't overwrite the existing peer: ${name}`);
  const group = groupFault(host, peer);
  if (group !== undefined) return refused(group);
  const vrf = peer.conf?.vrf ?? "";
  if (vrf !== "") return refused(`VRF not found: ${shorten(vrf)}`);
  const done = host.edit({ type: "neighbor", address: name, table: neighborTable(peer) });
  return done.ok ? ok({}) : invalid(done.error);
}

function deletePeer(host: ApiHost, address: string): Outcome<Message> {
  const ready = started(host);
  if (!ready.ok) return ready;
  const parsed = parseAddress(address);
  const peer = parsed && host.speaker.peers.get(formatAddress(parsed));
  if (peer === undefined || peer.dynamic) return refused(`can't delete a peer configuration for ${shorten(address)}`);
  const done = host.edit({ type: "neighbor", address: peer.name, table: undefined });
  return done.ok ? ok({}) : invalid(done.error);
}

/** What is changed is judged as in the configuration file: it may reset the session, or judge its routes again at once. */
function updatePeer(host: ApiHost, given: api.Peer | null): Outcome<Message> {
  const subject = subjectOf(host, given);
  if (!subject.ok) return subject;
  const { peer, name, known } = subject.value;
  if (known === undefined || known.dynamic) return refused(`neighbor that has ${name} doesn't exist`);
  const group = groupFault(host, peer);
  if (group !== undefined) return refused(group);
  const before = host.tableOf("neighbor", name);
  const session = sessionOf(host, known);
  const listed =
    session === undefined
      ? {}
      : listedTable(peerMessage(known, session, host.speaker.rib, host.watch.factsOf(host), false));
  const table = withOwnKeys(withoutRepeated(neighborTable(peer), listed, before ?? {}), before);
  const done = host.edit({ type: "neighbor", address: name, table });
  return done.ok ? ok({ needsSoftResetIn: false } satisfies api.UpdatePeerResponse) : invalid(done.error);
}

function resetPeer(host: ApiHost, request: api.ResetPeerRequest): Outcome<Message> {
  const ready = started(host);
  if (!ready.ok) return ready;
  const text = shutdownText(request.communication);
  if (!text.ok) return invalid(text.error);
  const { address, soft } = request;
  const one = address === ALL || address === "" ? undefined : findPeer(host, address);
  if (one?.ok === false) return one;
  const direction = DIRECTIONS[request.direction];
  if (soft && direction === undefined) return invalid("unknown direction");
  for (const { name } of one === undefined ? [...host.speaker.peers.values()] : [one.value]) {
    if (soft && direction !== undefined) host.tell({ type: "SoftReset", peer: name, direction });
    else if (!soft) host.tell({ type: "ResetPeer", peer: name, text: text.value });
  }
  return ok({});
}

const DIRECTIONS: Readonly<Record<api.ResetPeerRequestSoftResetDirection, "in" | "out" | "both">> = {
  IN: "in",
  OUT: "out",
  BOTH: "both",
};

/** What a request to add or change a neighbour is about. */
interface Subject {
  readonly peer: api.Peer;
  readonly name: string;
  /** The neighbour, if it is there already. */
  readonly known: Peer | undefined;
}

function subjectOf(host: ApiHost, peer: api.Peer | null): Outcome<Subject> {
  const ready = started(host);
  if (!ready.ok) return ready;
  if (peer === null) return invalid("nil request");
  const address = addressOf(peer);
  if (!address.ok) return address;
  const name = formatAddress(address.value);
  return ok({ peer, name, known: host.speaker.peers.get(name) });
}

function addressOf(peer: api.Peer): Outcome<Address> {
  const text = peer.conf?.neighborAddress ?? "";
  if (text === "" && (peer.conf?.neighborInterface ?? "") !== "")
    return invalid("unnumbered neighbours are not implemented: give the link-local address with its interface");
  const address = parseAddress(text);
  return address === undefined ? invalid(`${JSON.stringify(shorten(text))} is no neighbour address`) : ok(address);
}

function groupFault({ config }: ApiHost, { conf }: api.Peer): string | undefined {
  const name = conf?.peerGroup ?? "";
  if (name === "" || config.peerGroups.some((group) => group.name === name)) return undefined;
  return `no such peer-group: ${shorten(name)}`;
}

function shutdownText(text: string): Result<string, string> {
  const octets = Buffer.byteLength(text);
  if (octets <= TEXT_OCTETS_MAX) return ok(text);
  return { ok: false, error: `the text has ${octets} octets, a NOTIFICATION takes ${TEXT_OCTETS_MAX}` };
}

/** What is quoted from a request is not repeated at any length. */
export const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}...` : text);
