import { LOCAL_PEER, type PeerIndex, type RouteView } from "../bgp/index.ts";
import { formatIpv4Word } from "../lib/address.ts";
import { AttributeEncoder, writeAttributes, writeBinaryAttributes, writeFamily, writeNlri } from "./attributes-out.ts";
import { binaryNlri } from "./binary-routes.ts";
import type { ApiHost } from "./host.ts";
import { PbWriter } from "./pb.ts";

/** Which forms of NLRI and attributes a path has. */
export interface PathForms {
  readonly objects: boolean;
  readonly nlriBinary: boolean;
  readonly attributesBinary: boolean;
}

const OBJECTS: PathForms = { objects: true, nlriBinary: false, attributesBinary: false };

/** What of a path depends on where it is listed. */
export interface PathMarks {
  readonly isBest: boolean;
  readonly isWithdraw: boolean;
  /** The identifier is one that was sent, not received. */
  readonly isSent: boolean;
  readonly uuid: Uint8Array | undefined;
}

/** Where a path came from, as GoBGP words it. */
interface Source {
  readonly as: number;
  readonly id: string;
  readonly address: string;
}

const NO_ADDRESS = "<nil>";

/** Writes GoBGP's Path messages: one for all calls, so that attribute sets are encoded once. */
export class PathEncoder {
  readonly #host: ApiHost;
  readonly #attributes = new AttributeEncoder();
  readonly #out = new PbWriter(16_384);
  #sources = new Map<PeerIndex, Source>();
  #sourcesFor: unknown;

  constructor(host: ApiHost) {
    this.#host = host;
  }

  /** A ListPathResponse. `routes` are all of one prefix. */
  destination(routes: readonly RouteView[], forms: PathForms, marks: (route: RouteView) => PathMarks): Uint8Array {
    const out = this.#out;
    out.reset();
    const destination = out.begin(1);
    const [first] = routes;
    if (first !== undefined) out.string(1, first.prefix.toString());
    for (const route of routes) this.#path(2, route, forms, marks(route));
    out.end(destination);
    return out.toBytes();
  }

  /** A WatchEventResponse with one path. */
  tableEvent(route: RouteView, isWithdraw: boolean): Uint8Array {
    const out = this.#out;
    out.reset();
    const event = out.begin(3);
    this.#path(2, route, OBJECTS, { isBest: route.best, isWithdraw, isSent: false, uuid: undefined });
    out.end(event);
    return out.toBytes();
  }

  #path(field: number, route: RouteView, forms: PathForms, { isBest, isWithdraw, isSent, uuid }: PathMarks): void {
    const out = this.#out;
    const { family, prefix, learnedAt, pathId } = route;
    const isLocal = route.peer === LOCAL_PEER;
    const at = out.begin(field);
    if (forms.objects) {
      writeNlri(out, 1, prefix);
      writeAttributes(out, this.#attributes.encode(route.attributes, family, isLocal && !isSent), family, prefix);
    }
    if (learnedAt !== undefined) {
      const age = out.begin(3);
      out.long(1, Math.floor(this.#host.unixMs(learnedAt) / 1_000));
      out.end(age);
    }
    out.bool(4, isBest);
    out.bool(5, isWithdraw);
    out.end(out.begin(7)); // a validation that says nothing
    writeFamily(out, 9, family);
    const source = this.#sourceOf(route.peer);
    if (source.as !== 0) out.uint(10, source.as);
    out.string(11, source.id);
    out.bool(12, route.rejected !== undefined);
    out.bool(13, route.stale);
    out.string(15, source.address);
    if (uuid !== undefined) out.octets(16, uuid);
    // GoBGP numbers what it sends from 1, also where no identifier is sent.
    if (isSent) out.uint(19, pathId === 0 ? 1 : pathId);
    else if (pathId !== 0) out.uint(18, pathId);
    if (forms.nlriBinary) out.octets(20, binaryNlri(prefix));
    if (forms.attributesBinary) writeBinaryAttributes(out, route.attributes, binaryNlri(prefix), family);
    out.end(at);
  }

  /** Remembered within one turn of the event loop: listing goes by slices, neighbours come and go between them. */
  #sourceOf(index: PeerIndex): Source {
    const now = this.#host.now();
    if (this.#sourcesFor !== now) {
      this.#sourcesFor = now;
      this.#sources = this.#allSources();
    }
    return this.#sources.get(index) ?? { as: 0, id: NO_ADDRESS, address: NO_ADDRESS };
  }

  #allSources(): Map<PeerIndex, Source> {
    const sources = new Map<PeerIndex, Source>();
    // A neighbour that is down may have routes here still, as stale ones: they are those of its last session.
    for (const { index, lastUp, name } of this.#host.speaker.peers.values()) {
      if (index === undefined || lastUp === undefined) continue;
      const { negotiated, receivedOpen } = lastUp;
      sources.set(index, { as: negotiated.peerAs, id: formatIpv4Word(receivedOpen.identifier), address: name });
    }
    return sources;
  }
}
