import type { Address } from "../lib/address.ts";
import type { GlobalConfig } from "./config.ts";
import type { FilledNeighbor } from "./schema/index.ts";
import type { SessionScope } from "./session-scope.ts";

/** A session's values, and what they are checked against. */
interface Subject {
  readonly scope: SessionScope;
  readonly global: GlobalConfig;
  readonly filled: FilledNeighbor;
  /** The neighbour's address; of a dynamic neighbour its prefix's. */
  readonly address: Address;
  /** Also where any AS is accepted: the careful reading. */
  readonly isExternal: boolean;
}

/** Reports what keys of one session say against each other. */
export function checkSession(subject: Subject): void {
  checkTimers(subject);
  checkAddresses(subject);
  checkExternal(subject);
  checkInternal(subject);
  checkExclusive(subject);
}

function checkTimers({ scope, filled }: Subject): void {
  const timers = filled.timers.config;
  const hold = timers["hold-time"];
  const keepalive = timers["keepalive-interval"] ?? 0;
  if (hold > 0 && keepalive >= hold)
    scope.error(
      ["timers", "config", "keepalive-interval"],
      `\`keepalive-interval\` is ${keepalive}, not shorter than \`hold-time\`, which is ${hold}`,
      "a third of it is usual, and the default",
    );
  if (timers["idle-hold-time"] > timers["idle-hold-time-max"])
    scope.error(
      [
        "timers",
        "config",
        scope.isWritten("timers", "config", "idle-hold-time") ? "idle-hold-time" : "idle-hold-time-max",
      ],
      `\`idle-hold-time\` is ${timers["idle-hold-time"]}, longer than \`idle-hold-time-max\`, which is ${timers["idle-hold-time-max"]}`,
    );
  const sendHold = timers["send-hold-time"] ?? 0;
  if (sendHold > 0 && sendHold <= hold)
    scope.error(
      ["timers", "config", "send-hold-time"],
      `\`send-hold-time\` is ${sendHold}, not longer than \`hold-time\`, which is ${hold} (RFC 9687)`,
    );
}

function checkAddresses({ scope, global, filled, address }: Subject): void {
  const transport = filled.transport.config;
  const key = ["config", "neighbor-address"];
  const local = transport["local-address"];
  const isOwn = (own: Address) => own.equals(address);
  const isOurs = global.localAddresses.some(isOwn) || (local !== undefined && isOwn(local));
  if (isOurs && scope.isWritten(...key)) scope.error(key, `\`neighbor-address\` ${address} is an address of our own`);
  if (local !== undefined && local.version !== address.version)
    scope.error(
      ["transport", "config", "local-address"],
      `\`local-address\` ${local} is IPv${local.version}, the neighbour's address is IPv${address.version}`,
    );
  if (transport["passive-mode"] && global.listenPort === undefined)
    scope.error(
      ["transport", "config", "passive-mode"],
      "`passive-mode` is true and `global.config.port` is -1: neither side would connect",
    );
}

function checkExternal({ scope, filled, isExternal }: Subject): void {
  if (!isExternal) return;
  const reflector = filled["route-reflector"].config;
  if (reflector["route-reflector-client"] && filled.config["peer-as"] !== 0)
    scope.warning(
      ["route-reflector", "config", "route-reflector-client"],
      "`route-reflector-client` has no meaning for an eBGP neighbour",
    );
}

/** RFC 4271: what these keys change is not changed within one AS. */
function checkInternal({ scope, filled, isExternal }: Subject): void {
  if (isExternal) return;
  const { config } = filled;
  const only = (key: readonly string[], name: string) =>
    scope.error(key, `\`${name}\` is for eBGP neighbours; this one is in our own AS ${config["peer-as"]}`);
  if (config["remove-private-as"] !== undefined) only(["config", "remove-private-as"], "remove-private-as");
  if (config.role !== undefined) only(["config", "role"], "role");
  if (filled["as-path-options"].config["replace-peer-as"])
    only(["as-path-options", "config", "replace-peer-as"], "replace-peer-as");
  if (filled["ebgp-multihop"].config.enabled)
    scope.warning(["ebgp-multihop", "config", "enabled"], "`ebgp-multihop` has no meaning for an iBGP neighbour");
}

function checkExclusive({ scope, filled }: Subject): void {
  const { config } = filled;
  if (filled["ebgp-multihop"].config.enabled && filled["ttl-security"].config.enabled)
    scope.error(["ttl-security", "config", "enabled"], "`ttl-security` and `ebgp-multihop` exclude each other");
  if (config["auth-password"] !== undefined && config["auth-password-file"] !== undefined)
    scope.error(["config", "auth-password-file"], "`auth-password-file` and `auth-password` exclude each other");
  if (config["role-strict"] && config.role === undefined && !scope.isFaulty("config", "role"))
    scope.error(["config", "role-strict"], "`role-strict` needs a `role`");
}
