import { configTable, key, table, tableList } from "../schema-node.ts";
import * as value from "../values.ts";
import { commonConfig, sessionTables } from "./session.ts";

export const neighborTable = {
  config: table("Who the neighbour is.", {
    "neighbor-address": key(value.neighborAddress, {
      doc: 'The neighbour\'s address; a link-local one with the interface: "fe80::1%eth0".',
      reload: "reset",
    }),
    "peer-group": key(value.text(255, "peer-group name", false), {
      defaultText: "none",
      doc: "Take from this group whatever the neighbour does not say itself.",
      reload: "soft",
    }),
    "admin-down": key(value.boolean, {
      default: false,
      doc: "Keep the session down (Cease/2) until enabled by an operator or by this key.",
      reload: "live",
    }),
    ...commonConfig,
    "neighbor-interface": key(value.text(15, "interface name", false), {
      doc: 'BGP unnumbered is not implemented: such a neighbour is left out. Write its link-local address with the interface in `neighbor-address` ("fe80::1%eth0").',
      reload: "live",
      support: "unsupported",
    }),
    vrf: key(value.text(255, "VRF name", false), {
      doc: "VRFs are not implemented: a neighbour in one is left out.",
      reload: "live",
      support: "unsupported",
    }),
  }),
  ...sessionTables,
};

export const neighbors = tableList("One neighbour each.", neighborTable);

export const peerGroupTable = {
  config: table("The group.", {
    "peer-group-name": key(value.text(255, "peer-group name", false), {
      doc: "How neighbours, dynamic neighbours and VIPs refer to it.",
      reload: "soft",
    }),
    ...commonConfig,
  }),
  ...sessionTables,
};

export const peerGroups = tableList("Settings that several neighbours share; keys as in `neighbors`.", peerGroupTable);

export const dynamicNeighbors = tableList("Neighbours that may connect from anywhere in a prefix.", {
  ...configTable("The prefix and its settings.", {
    prefix: key(value.prefix("warning"), {
      doc: "Whoever connects from here is a neighbour. The narrower, the safer.",
      reload: "reset",
    }),
    "peer-group": key(value.text(255, "peer-group name", false), {
      doc: "The group whose settings such a neighbour gets.",
      reload: "reset",
    }),
  }).children,
});
