import type { Prefix } from "../lib/prefix.ts";
import { seconds } from "../lib/time.ts";
import type { DampingConfig, DePreference, Settings, VipConfig } from "./config.ts";
import type { VrrpInstanceConfig } from "./config-vrrp.ts";
import type { Path } from "./positions.ts";
import { checkDuplicates, reportUnknown } from "./references.ts";
import type { Report } from "./report.ts";
import type { KnownCheck } from "./resolve-check.ts";
import type { FilledVip, GivenVip } from "./schema/index.ts";

/** What the gates of VIPs refer to. */
export interface GateContext {
  readonly report: Report;
  readonly checks: ReadonlyMap<string, KnownCheck>;
  readonly instances: readonly VrrpInstanceConfig[];
  /** Also of instances that are not right. */
  readonly instanceNames: readonly string[];
}

type GateKeys = Pick<
  VipConfig,
  "vrrpInstance" | "checks" | "requireAddress" | "onDegraded" | "drainDelay" | "holdUp" | "damping" | "minAnnouncers"
>;

/** The default of `suppress-max`, as many routers have it. */
const SUPPRESS_MAX_HALF_LIVES = 4;
/** LOCAL_PREF where none is said (RFC 4271 leaves it open; everybody takes this). */
const LOCAL_PREFERENCE = 100;

/** The keys of a VIP that say when it is announced. */
export function resolveGate(
  given: GivenVip,
  filled: FilledVip,
  prefix: Prefix,
  at: Path,
  context: GateContext,
): GateKeys {
  const { report } = context;
  const onDegraded = resolveOnDegraded(given, filled, at, report);
  checkInstanceOf(filled, prefix, at, context);
  return {
    vrrpInstance: filled["vrrp-instance"],
    checks: resolveCheckNames(filled, onDegraded !== undefined, at, context),
    requireAddress: filled["require-address"],
    onDegraded,
    drainDelay: seconds(filled["drain-delay"]),
    holdUp: seconds(filled["hold-up"]),
    damping: resolveDamping(given.damping ?? {}, filled.damping, [...at, "damping"], report),
    minAnnouncers: filled["min-announcers"],
  };
}

/** A check's severity is said with the check: when it changes, so does the VIP. */
export function gateSettings(filled: FilledVip, { checks }: GateContext): Settings {
  const degraded = filled.checks.filter((name) => checks.get(name)?.severity === "degraded");
  return Object.fromEntries(degraded.map((name) => [`checks[${name}].severity`, "degraded"]));
}

function checkInstanceOf(filled: FilledVip, prefix: Prefix, at: Path, context: GateContext): void {
  const { report, instances, instanceNames } = context;
  const name = filled["vrrp-instance"];
  const requires = filled["require-address"];
  if (requires && !prefix.isHost)
    report.error([...at, "require-address"], `\`require-address\` is about one address; the VIP is ${prefix}`, {
      help: `a prefix of length ${prefix.version === 4 ? 32 : 128} has one`,
    });
  if (name === undefined) return;
  if (!instanceNames.includes(name)) {
    reportUnknown(report, [...at, "vrrp-instance"], "VRRP instance", name, instanceNames);
    return;
  }
  const instance = instances.find((candidate) => candidate.name === name);
  if (!requires || instance === undefined) return;
  const { addresses, excludedAddresses } = instance;
  if (![...addresses, ...excludedAddresses].some((virtual) => virtual.equals(prefix)))
    report.warning(
      [...at, "require-address"],
      `${prefix.address} is no virtual address of instance "${name}": somebody else has to put it on this host`,
    );
}

function resolveCheckNames(
  filled: FilledVip,
  hasOnDegraded: boolean,
  at: Path,
  { report, checks }: GateContext,
): VipConfig["checks"] {
  const key = [...at, "checks"];
  checkDuplicates(
    report,
    filled.checks.map((name, i) => [name, [...key, i]]),
  );
  return filled.checks.flatMap((name, i) => {
    const check = checks.get(name);
    if (check === undefined) {
      reportUnknown(report, [...key, i], "check", name, [...checks.keys()]);
      return [];
    }
    if (check.severity === "degraded" && !hasOnDegraded)
      report.error([...key, i], `check "${name}" has severity "degraded", and the VIP has no \`on-degraded\``, {
        help: "[vips.on-degraded] says what is different then: `med = 500`",
      });
    return [{ name, severity: check.severity }];
  });
}

function resolveOnDegraded(given: GivenVip, filled: FilledVip, at: Path, report: Report): DePreference | undefined {
  const key = [...at, "on-degraded"];
  const written = given["on-degraded"];
  const table = filled["on-degraded"];
  const worse: DePreference = {
    med: table.med,
    localPreference: table["local-preference"],
    asPathPrepend: table["as-path-prepend"],
    communities: table.communities,
    largeCommunities: table["large-communities"],
  };
  const { med, localPreference, asPathPrepend, communities, largeCommunities } = worse;
  if (
    [med, localPreference, asPathPrepend, communities[0], largeCommunities[0]].every((value) => value === undefined)
  ) {
    if (written !== undefined && !Object.keys(written).some((name) => report.isFaulty([...key, name])))
      report.error(key, "`on-degraded` is empty: nothing would be different", { help: "`med = 500`" });
    return undefined;
  }
  const warn = (name: keyof typeof table, value: number, than: number) =>
    report.warning(
      [...key, name],
      `\`${name}\` is ${value}: more attractive than ${than}, which the VIP has otherwise`,
    );
  if (med !== undefined && med < (filled.med ?? 0)) warn("med", med, filled.med ?? 0);
  const usual = filled["local-preference"] ?? LOCAL_PREFERENCE;
  if (localPreference !== undefined && localPreference > usual) warn("local-preference", localPreference, usual);
  const prepended = filled["as-path-prepend"];
  if (asPathPrepend !== undefined && asPathPrepend < prepended) warn("as-path-prepend", asPathPrepend, prepended);
  return worse;
}

function resolveDamping(
  given: NonNullable<GivenVip["damping"]>,
  filled: FilledVip["damping"],
  at: Path,
  report: Report,
): DampingConfig | undefined {
  const halfLife = filled["half-life"];
  if (halfLife === undefined) {
    if (report.isFaulty([...at, "half-life"])) return undefined;
    for (const name of ["suppress", "reuse", "suppress-max"] as const)
      if (given[name] !== undefined)
        report.error([...at, name], `\`${name}\` has no meaning without \`half-life\`, which switches damping on`);
    return undefined;
  }
  const { suppress, reuse } = filled;
  const suppressMax = filled["suppress-max"] ?? SUPPRESS_MAX_HALF_LIVES * halfLife;
  const written = given.reuse === undefined ? "suppress" : "reuse";
  if (reuse >= suppress)
    report.error([...at, written], `\`reuse\` is ${reuse}, not less than \`suppress\`, which is ${suppress}`);
  else if (reuse * 2 ** (suppressMax / halfLife) < suppress)
    report.error([...at, "suppress-max"], `\`suppress-max\` is ${suppressMax}: the penalty never gets to ${suppress}`, {
      help: `it is never higher than what decays to \`reuse\` in that time; at least ${minimum(halfLife, suppress / reuse)}`,
    });
  return { halfLife: seconds(halfLife), suppress, reuse, suppressMax: seconds(suppressMax) };
}

/** Seconds in which a penalty decays to one `ratio`-th. */
const minimum = (halfLife: number, ratio: number): number => Math.ceil(halfLife * Math.log2(ratio));
