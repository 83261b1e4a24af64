import { ok } from "../../lib/result.ts";
import { faultOf, type Outcome } from "../fault.ts";
import { type Service, type Source, sourceOf, stream, unary } from "../service.ts";
import { announce, diff, drain, reload, stop, tell, withdraw } from "./commands.ts";
import { fleetMessage, fleetNodeMessage, nodesOf } from "./describe-fleet.ts";
import { checkMessage, routerMessage, vipMessage } from "./describe-node.ts";
import { peerMessage } from "./describe-peer.ts";
import { watchEvents } from "./event-source.ts";
import type { HoldfastHost } from "./host.ts";
import type {
  AnnounceRequest,
  DiffConfigRequest,
  DrainRequest,
  ListPeersRequest,
  ListRibRequest,
  ReloadRequest,
  SetVipRequest,
  StopRequest,
  Vip,
  WatchEventsRequest,
  WhyRequest,
  WithdrawRequest,
} from "./messages.ts";
import { peerOf, vipOf } from "./requests.ts";
import { listRib } from "./rib-listing.ts";
import { statusMessage } from "./status.ts";

/**
 * holdfast.v1: the operator's service, for what GoBGP's API has no words for.
 *
 * The messages are those of proto/holdfast/v1/holdfast.proto. A request is checked here (requests.ts, route-request.ts,
 * commands.ts), then the host answers or acts; what it shows is described here (describe-*.ts, status.ts). Lists are
 * streams, described item by item as the client reads.
 */
export function holdfastService(host: HoldfastHost): Service {
  const list = <T>(items: () => Iterable<T>, describe: (item: T) => object) =>
    stream(() => ok(sourceOf(map([...items()], describe))));
  return {
    name: "holdfast.v1.Holdfast",
    folder: "",
    files: ["holdfast/v1/holdfast.proto"],
    methods: {
      GetStatus: unary(() => ok(statusMessage(host))),
      ListVips: list(
        () => host.vips(),
        (vip) => vipMessage(host, vip),
      ),
      Why: unary((request: WhyRequest) => why(host, request.vip)),
      SetVip: unary((request: SetVipRequest) => setVip(host, request)),
      ListVrrp: list(
        () => host.routers(),
        (router) => routerMessage(router, host.now()),
      ),
      ListChecks: list(
        () => host.checks(),
        (check) => checkMessage(check, host.now()),
      ),
      GetFleet: unary(() => {
        const fleet = host.fleet();
        return fleet === undefined ? NO_FLEET : ok(fleetMessage(fleet, host.now()));
      }),
      ListFleet: stream(() => {
        const fleet = host.fleet();
        return fleet === undefined ? NO_FLEET : ok(sourceOf(map(nodesOf(fleet), fleetNodeMessage)));
      }),
      ListPeers: stream((request: ListPeersRequest) => listPeers(host, request)),
      ListRib: stream((request: ListRibRequest) => {
        const slices = listRib(host, request);
        return slices.ok ? ok(sourceOf(slices.value)) : slices;
      }),
      Announce: unary((request: AnnounceRequest) => announce(host, request)),
      Withdraw: unary((request: WithdrawRequest) => withdraw(host, request)),
      Drain: unary((request: DrainRequest) => drain(host, request, true)),
      Undrain: unary((request: DrainRequest) => drain(host, request, false)),
      Stop: unary((request: StopRequest) => stop(host, request)),
      Reload: unary((request: ReloadRequest) => reload(host, request)),
      DiffConfig: unary((request: DiffConfigRequest) => diff(host, request)),
      WatchEvents: stream((request: WatchEventsRequest) => watchEvents(host.events, request)),
    },
  };
}

const NO_FLEET = faultOf("FAILED_PRECONDITION", "there is no [cluster] in the configuration");

function why(host: HoldfastHost, text: string): Outcome<Vip> {
  const vip = vipOf(host, text);
  return vip.ok ? ok(vipMessage(host, vip.value)) : vip;
}

function setVip(host: HoldfastHost, { vip: text, up }: SetVipRequest): Outcome<Vip> {
  const vip = vipOf(host, text);
  if (!vip.ok) return vip;
  const done = host.setVip(vip.value.name, up ? "up" : "down");
  if (!done.ok) return done;
  tell(host, up ? "admin-up" : "admin-down", vip.value.name, `an operator ${up ? "lets it up" : "takes it down"}`);
  return why(host, text);
}

function listPeers(host: HoldfastHost, { peer }: ListPeersRequest): Outcome<Source> {
  if (peer === undefined)
    return ok(sourceOf(map([...host.speaker.peers.values()], (each) => peerMessage(host, each, true))));
  const found = peerOf(host, peer);
  return found.ok ? ok(sourceOf([peerMessage(host, found.value, true)])) : found;
}

/** Described when it is its turn, not before. */
function* map<T>(items: readonly T[], describe: (item: T) => object): Generator<object> {
  for (const item of items) yield describe(item);
}
