import { configTable, key, listKey, tableList } from "../schema-node.ts";
import * as value from "../values.ts";

/** Parts of GoBGP that are not here. Their keys are checked, so that a file is either GoBGP's or wrong. */

const text = key(value.text(4096), { doc: "Not implemented.", reload: "live" });
const u8 = key(value.integer(0, 255), { doc: "Not implemented.", reload: "live" });
const u16 = key(value.integer(0, 65535), { doc: "Not implemented.", reload: "live" });
const u32 = key(value.integer(0, 4294967295), { doc: "Not implemented.", reload: "live" });
const number = key(value.integer(0, Number.MAX_SAFE_INTEGER), { doc: "Not implemented.", reload: "live" });
const flag = key(value.boolean, { doc: "Not implemented.", reload: "live" });
const texts = listKey(value.text(4096), { doc: "Not implemented.", reload: "live" });
const word = (...words: readonly string[]) => key(value.oneOf(...words), { doc: "Not implemented.", reload: "live" });
const unsupported = { support: "unsupported" } as const;

export const zebra = configTable(
  "Routes to the kernel by way of Zebra: not implemented.",
  {
    enabled: flag,
    url: text,
    "redistribute-route-type-list": texts,
    version: u8,
    "nexthop-trigger-enable": flag,
    "nexthop-trigger-delay": u8,
    "mpls-label-range-size": u32,
    "software-name": text,
  },
  unsupported,
);

export const bmpServers = tableList(
  "BMP (RFC 7854): not implemented.",
  configTable("Not implemented.", {
    address: text,
    port: u32,
    "route-monitoring-policy": word("pre-policy", "post-policy", "both", "local-rib", "all"),
    "statistics-timeout": u16,
    "route-mirroring-enabled": flag,
    "sys-name": text,
    "sys-descr": text,
  }).children,
  unsupported,
);

export const mrtDump = tableList(
  "MRT dumps (RFC 6396): not implemented.",
  configTable("Not implemented.", {
    "dump-type": word("updates", "table"),
    "file-name": text,
    "table-name": text,
    "dump-interval": number,
    "rotation-interval": number,
  }).children,
  unsupported,
);

export const rpkiServers = tableList(
  "RPKI (RFC 8210): not implemented.",
  configTable("Not implemented.", {
    address: text,
    port: u32,
    "refresh-time": number,
    "hold-time": number,
    "record-lifetime": number,
    preference: u8,
  }).children,
  unsupported,
);

export const vrfs = tableList(
  "VRFs: not implemented.",
  configTable("Not implemented.", {
    name: text,
    id: u32,
    rd: text,
    "import-rt-list": texts,
    "export-rt-list": texts,
    "both-rt-list": texts,
  }).children,
  unsupported,
);

export const collector = configTable(
  "Not implemented, in GoBGP too.",
  { url: text, "db-name": text, "table-dump-interval": number },
  unsupported,
);
