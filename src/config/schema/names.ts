import { parseAddress } from "../../lib/address.ts";
import { Prefix, parsePrefix } from "../../lib/prefix.ts";
import { type Checked, type Scalar, text } from "../values.ts";

/** Names of things, and addresses that are put on interfaces. */

/** Long enough for people, short enough for a column of a table. */
const NAME_BYTES_MAX = 64;

export const instanceName = text(NAME_BYTES_MAX, "instance name", false);
export const groupName = text(NAME_BYTES_MAX, "group name", false);
export const checkName = text(NAME_BYTES_MAX, "check name", false);

/** As the kernel takes it (dev_valid_name). */
export const interfaceName: Scalar<string> = {
  kind: "scalar",
  written: "string",
  name: "interface name",
  allowed: '1 to 15 characters without space, "/" and ":"',
  check: (value: string): Checked<string> =>
    /^[^\s/:]{1,15}$/.test(value) && value !== "." && value !== ".." ? { ok: true, value } : { ok: false },
};

/** An address by itself, or with the length of a host prefix. */
export const hostAddress: Scalar<Prefix> = {
  kind: "scalar",
  written: "string",
  name: "address",
  allowed: 'an address ("203.0.113.10", "203.0.113.10/32", "2001:db8::10")',
  check: (value: string): Checked<Prefix> => {
    const [addressText = ""] = value.split("/");
    const address = parseAddress(addressText);
    const prefix = value.includes("/") ? parsePrefix(value) : undefined;
    if (address === undefined || address.zone !== undefined || (value.includes("/") && prefix === undefined))
      return { ok: false };
    const host = new Prefix(address, address.version === 4 ? 32 : 128);
    if (prefix !== undefined && !prefix.isHost)
      return { ok: false, why: `the network belongs to the interface's own address; here it is ${host}` };
    if (address.isMulticast || address.isUnspecified) return { ok: false, why: "nobody has this address" };
    return { ok: true, value: host };
  },
};
