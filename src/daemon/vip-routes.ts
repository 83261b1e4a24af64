import { type LocalRoute, localRoute, localRouteWith } from "../bgp/index.ts";
import type { VipConfig } from "../config/index.ts";
import type { Action, DePreference } from "../vip/index.ts";

/** How a VIP is announced: as configured, as second choice, or on its way out. */
export interface RouteForm {
  readonly action: Exclude<Action, "withdraw">;
  readonly dePreference: DePreference | undefined;
}

/** RFC 8326: GRACEFUL_SHUTDOWN. */
const GSHUT = 0xffff0000;

/**
 * The routes of VIPs. VIPs with equal attributes share their octets: with many of them, that is most of the work.
 */
export class VipRoutes {
  readonly #attributes = new Map<string, LocalRoute["attributes"]>();

  /** The route of a VIP in this form. Without a form it serves to withdraw: its attributes are those configured. */
  of(vip: VipConfig, globalAs: number, form: RouteForm | undefined): LocalRoute {
    const formed = formOf(vip, form);
    const { origin, med, localPreference, asPathPrepend, communities, extCommunities, largeCommunities } = formed;
    const nextHop = vip.nextHop?.toString();
    const key = JSON.stringify([
      ...[vip.prefix.version, globalAs, origin, med, localPreference, asPathPrepend, nextHop],
      ...[communities, extCommunities, largeCommunities],
    ]);
    const attributes = this.#attributes.get(key);
    if (attributes !== undefined) return localRouteWith(vip.prefix, attributes, { neighbors: vip.neighbors });
    const route = localRouteOf(formed, globalAs);
    this.#attributes.set(key, route.attributes);
    return route;
  }

  /** Forgets what no VIP may use any more; to be called before a configuration is applied. */
  reset(): void {
    this.#attributes.clear();
  }
}

/** The VIP as it would be configured to be announced in this form. */
function formOf(vip: VipConfig, form: RouteForm | undefined): VipConfig {
  if (form === undefined || form.action === "announce") return vip;
  const { dePreference } = form;
  const second: VipConfig =
    dePreference === undefined
      ? vip
      : {
          ...vip,
          med: dePreference.med ?? vip.med,
          localPreference: dePreference.localPreference ?? vip.localPreference,
          asPathPrepend: dePreference.asPathPrepend ?? vip.asPathPrepend,
          communities: [...vip.communities, ...dePreference.communities],
          largeCommunities: [...vip.largeCommunities, ...dePreference.largeCommunities],
        };
  if (form.action === "de-prefer") return second;
  // RFC 8326 section 4: GRACEFUL_SHUTDOWN for neighbours outside, the lowest LOCAL_PREF inside.
  return { ...second, communities: [...second.communities, GSHUT], localPreference: 0 };
}

/** The route of a VIP, with octets of its own. `globalAs` is what `as-path-prepend` repeats. */
function localRouteOf(vip: VipConfig, globalAs: number): LocalRoute {
  const prepended = new Array<number>(vip.asPathPrepend).fill(globalAs);
  return localRoute(
    vip.prefix,
    {
      origin: vip.origin,
      asPath: prepended.length === 0 ? [] : [{ type: "sequence", asns: prepended }],
      nextHop: vip.nextHop,
      med: vip.med,
      localPref: vip.localPreference,
      communities: vip.communities,
      extCommunities: vip.extCommunities.map(wordOf),
      largeCommunities: vip.largeCommunities.map(([globalAdministrator, localData1, localData2]) => ({
        globalAdministrator,
        localData1,
        localData2,
      })),
    },
    { neighbors: vip.neighbors },
  );
}

function wordOf(octets: readonly number[]): bigint {
  return octets.reduce((word, octet) => (word << 8n) | BigInt(octet), 0n);
}
