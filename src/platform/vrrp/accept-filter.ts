/*
 * Accept_Mode false (RFC 9568 section 6.1): the Master answers for the virtual addresses and forwards, but takes no
 * packet for itself. As keepalived does, a filter drops what comes in for them; neighbour discovery passes, without
 * which nobody would find the router (section 6.1). One nftables table per virtual router, replaced as a whole.
 */
import { spawnSync } from "node:child_process";
import type { Prefix } from "../../lib/prefix.ts";
import { fail, ok, type Result } from "../../lib/result.ts";
import { PlatformError } from "../errors.ts";
import type { RouterPlace } from "./host-io.ts";

const TIMEOUT_MS = 5_000;

function tableName({ family, virtualRouterId, interface: interfaceName }: RouterPlace): string {
  const safe = interfaceName.replace(/[^A-Za-z0-9_]/g, (character) => `_${character.charCodeAt(0)}_`);
  return `holdfast_vrrp${family}_${virtualRouterId}_${safe}`;
}

/** Adding before deleting makes the deletion succeed whether the table was there or not. */
function removalScript(place: RouterPlace): string {
  return `add table inet ${tableName(place)}\ndelete table inet ${tableName(place)}\n`;
}

/** The script for `nft -f -` that makes the router's table, in one transaction. */
function filterScript(place: RouterPlace): string {
  const drop = (word: string, version: 4 | 6) => {
    const hosts = place.addresses.filter((prefix) => prefix.version === version).map(hostText);
    return hosts.length === 0 ? "" : `    ${word} daddr { ${hosts.join(", ")} } drop\n`;
  };
  return `${removalScript(place)}table inet ${tableName(place)} {
  chain input {
    type filter hook input priority -10; policy accept;
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
${drop("ip", 4)}${drop("ip6", 6)}  }
}
`;
}

function hostText({ address }: Prefix): string {
  return String(address);
}

function runNft(place: RouterPlace, script: string): Result<void, PlatformError> {
  const { error, status, stderr } = spawnSync("nft", ["-f", "-"], { input: script, timeout: TIMEOUT_MS });
  if (status === 0) return ok(undefined);
  const missing = (error as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
  const reason = missing
    ? "it needs the command nft (Debian package nftables), which is not installed"
    : (error?.message ?? stderr.toString().trim());
  return fail(new PlatformError("system", `virtual router ${place.name}: cannot set accept = false: ${reason}`));
}

/** Drops packets to the router's addresses from now on. */
export function installFilter(place: RouterPlace): Result<void, PlatformError> {
  return runNft(place, filterScript(place));
}

export function removeFilter(place: RouterPlace): Result<void, PlatformError> {
  return runNft(place, removalScript(place));
}
