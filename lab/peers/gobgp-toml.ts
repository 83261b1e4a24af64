import { familiesOf, lines, type NeighborSpec, type SpeakerSpec } from "./spec.ts";

/** Lines of Holdfast's own for one neighbour, to stand in its `config` and `timers.config` tables. */
export interface OwnKeys {
  readonly config: readonly string[];
  readonly timers: readonly string[];
}

const NO_OWN_KEYS: OwnKeys = { config: [], timers: [] };

/** The part of a gobgpd TOML file that GoBGP and Holdfast read alike: global and neighbours. Times in seconds. */
export function gobgpToml(
  spec: SpeakerSpec,
  connectRetry: number,
  ownKeys: (neighbor: NeighborSpec) => OwnKeys = () => NO_OWN_KEYS,
): string {
  return lines(
    "[global.config]",
    `  as = ${spec.as}`,
    `  router-id = "${spec.routerId}"`,
    ...spec.neighbors.map((neighbor) => neighborTable(neighbor, connectRetry, ownKeys(neighbor))),
    "",
  );
}

function neighborTable(n: NeighborSpec, connectRetry: number, own: OwnKeys): string {
  const gr = n.gracefulRestart;
  const llst = gr?.longLivedStaleTime;
  return lines(
    "[[neighbors]]",
    "  [neighbors.config]",
    `    neighbor-address = "${n.address}"`,
    `    peer-as = ${n.as}`,
    n.password !== undefined && `    auth-password = ${JSON.stringify(n.password)}`,
    ...own.config.map((line) => `    ${line}`),
    "  [neighbors.transport.config]",
    `    local-address = "${n.localAddress}"`,
    `    passive-mode = ${n.passive === true}`,
    "  [neighbors.timers.config]",
    `    hold-time = ${n.holdTime ?? 90}`,
    `    keepalive-interval = ${Math.max(1, Math.floor((n.holdTime ?? 90) / 3))}`,
    `    connect-retry = ${connectRetry}`,
    "    idle-hold-time-after-reset = 1",
    ...own.timers.map((line) => `    ${line}`),
    n.ttlSecurity === true && "  [neighbors.ttl-security.config]\n    enabled = true\n    ttl-min = 255",
    n.multihop !== undefined &&
      `  [neighbors.ebgp-multihop.config]\n    enabled = true\n    multihop-ttl = ${n.multihop}`,
    n.routeReflectorClient === true && "  [neighbors.route-reflector.config]\n    route-reflector-client = true",
    n.addPath !== undefined &&
      lines(
        "  [neighbors.add-paths.config]",
        `    receive = ${n.addPath !== "send"}`,
        `    send-max = ${n.addPath === "receive" ? 0 : 8}`,
      ),
    gr !== undefined &&
      lines(
        "  [neighbors.graceful-restart.config]",
        "    enabled = true",
        `    restart-time = ${gr.restartTime}`,
        "    deferral-time = 5",
        `    notification-enabled = ${gr.notification === true}`,
        `    long-lived-enabled = ${llst !== undefined}`,
      ),
    ...familiesOf(n).map((family) =>
      lines(
        "  [[neighbors.afi-safis]]",
        "    [neighbors.afi-safis.config]",
        `      afi-safi-name = "${family}"`,
        gr !== undefined && "    [neighbors.afi-safis.mp-graceful-restart.config]\n      enabled = true",
        llst !== undefined &&
          `    [neighbors.afi-safis.long-lived-graceful-restart.config]\n      enabled = true\n      restart-time = ${llst}`,
      ),
    ),
  );
}
