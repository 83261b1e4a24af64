import { key, listKey, tableList } from "../schema-node.ts";
import * as value from "../values.ts";
import { checkName, groupName, hostAddress, instanceName, interfaceName } from "./names.ts";

/** VRRP: tables that GoBGP does not have. What keepalived calls these keys is in docs/from-keepalived.md. */

const track = tableList(
  "What lowers the priority, or puts the instance into Fault, while it fails. Each has a `check` or an `interface`. The instance's own interface is always watched.",
  {
    check: key(checkName, { defaultText: "none", doc: "A `[[checks]]` by name.", reload: "live" }),
    interface: key(interfaceName, {
      defaultText: "none",
      doc: "An interface that has to be up and running.",
      reload: "live",
    }),
    weight: key(value.integer(-253, 253), {
      default: 0,
      doc: "0: Fault while it is down. Above 0: added to the priority while it is up. Below 0: taken off while it is down. The sum is kept within 1..254.",
      reload: "live",
    }),
    reverse: key(value.boolean, {
      default: false,
      doc: "Turns the sign of `weight`; with weight 0: Fault while it is up.",
      reload: "live",
    }),
  },
  { own: true },
);

export const vrrpInstanceTable = {
  name: key(instanceName, {
    defaultText: "-",
    doc: "How VIPs, logs and the command line call it. Another name is another instance.",
    reload: "reset",
  }),
  description: key(value.text(255), { default: "", doc: "For people.", reload: "live" }),
  interface: key(interfaceName, {
    doc: "Where adverts are sent and received.",
    reload: "reset",
  }),
  "virtual-router-id": key(value.integer(1, 255), {
    doc: "The VRID that all routers for the same addresses share; no other instance has it on this interface and in this IP version.",
    reload: "reset",
  }),
  version: key(value.oneOfNumbers(3, 2), {
    default: 3,
    doc: "The protocol's version; all routers must speak the same. keepalived speaks 2 unless told otherwise. 2 is for IPv4 and whole seconds.",
    reload: "reset",
  }),
  priority: key(value.integer(1, 255), {
    default: 100,
    doc: "The highest becomes Master. 255 is for the router that owns the addresses: it takes them whatever `preempt` says.",
    reload: "live",
  }),
  "advertisement-interval": key(value.seconds(0.01, 255), {
    default: 1,
    doc: "How often the Master says that it lives. A dead Master is replaced after a bit more than three of them: less is faster, and takes a stalled machine for a dead one sooner. Version 3: 0.01..40.95, in hundredths. Version 2: whole seconds, and the same on all routers.",
    reload: "live",
  }),
  preempt: key(value.boolean, {
    default: true,
    doc: "false: whoever is Master stays, also when a router of higher priority comes back. One interruption less.",
    reload: "live",
  }),
  "preempt-delay": key(value.seconds(0, 1000), {
    default: 0,
    doc: "How long a Master of lower priority is heard before it is preempted: time for this node to warm up.",
    reload: "live",
  }),
  "startup-delay": key(value.seconds(0, 1000), {
    default: 0,
    doc: "How long after the start it is not Master because nobody is heard: time for the network to come up.",
    reload: "live",
  }),
  accept: key(value.boolean, {
    default: true,
    doc: "Whether packets to the virtual addresses are taken. false is for routers that only forward.",
    reload: "live",
  }),
  "virtual-mac": key(value.boolean, {
    default: false,
    doc: "true: the addresses have the MAC address 00:00:5e:00:01 (IPv6: 02) and the VRID, on a macvlan interface; hosts keep their ARP entry when the Master changes.",
    reload: "reset",
  }),
  "virtual-addresses": listKey(hostAddress, {
    doc: "The addresses that the Master has, in the order in which adverts name them; all IPv4 or all IPv6. For IPv6 the first is link-local. The same list on all routers.",
    reload: "live",
  }),
  "excluded-addresses": listKey(hostAddress, {
    default: [],
    doc: "Addresses that the Master has, and that no advert names: of the other IP version, or too many for a packet.",
    reload: "live",
  }),
  "address-interface": key(interfaceName, {
    defaultText: "`interface`",
    doc: 'Where the addresses are put: "lo" for service addresses that are only routed to.',
    reload: "reset",
  }),
  "on-address-loss": key(value.oneOf("restore", "step-down"), {
    default: "restore",
    doc: "What happens when somebody takes an address off a Master: it is put back, or (keepalived's way) the Master says priority 0 and becomes Backup.",
    reload: "live",
  }),
  "unicast-peers": listKey(value.address, {
    defaultText: "multicast",
    doc: "The other routers, where there is no multicast: each gets adverts of its own.",
    reload: "live",
  }),
  "unicast-source": key(value.address, {
    defaultText: "the interface's own address",
    doc: "The address that adverts to `unicast-peers` come from.",
    reload: "live",
  }),
  "unicast-ttl-min": key(value.integer(0, 255), {
    default: 0,
    doc: "Adverts from `unicast-peers` with a lower TTL (hop limit) are dropped. Senders start with 255: each router on the way takes one off. 255 for peers on the same link.",
    reload: "live",
  }),
  "unicast-ttl-max": key(value.integer(0, 255), {
    default: 255,
    doc: "Adverts from `unicast-peers` with a higher TTL are dropped.",
    reload: "live",
  }),
  "unicast-check-source": key(value.boolean, {
    default: true,
    doc: "false: adverts from addresses that are not in `unicast-peers` count too.",
    reload: "live",
  }),
  password: key(value.text(8, "password", false), {
    defaultText: "none",
    doc: "Version 2: RFC 2338's simple password, readable on the wire, as keepalived's `auth_type PASS`. It keeps out mistakes, not attackers.",
    reload: "live",
    secret: true,
  }),
  "rfc9568-checksum": key(value.boolean, {
    default: false,
    doc: "Version 3, IPv4: true sends the checksum over the message alone, as RFC 9568 says; false with the pseudo-header, as keepalived and FRR send it unless told otherwise. Both are accepted.",
    reload: "live",
  }),
  "answer-lower-priority": key(value.boolean, {
    default: true,
    doc: "A Master that hears of a lower one says at once that it is there (RFC 9568). false is silence, as RFC 5798.",
    reload: "live",
  }),
  "garp-repeat": key(value.integer(1, 100, "count"), {
    default: 5,
    doc: "How many gratuitous ARPs (IPv6: neighbour advertisements) a new Master sends for each address.",
    reload: "live",
  }),
  "garp-delay": key(value.seconds(0, 1000), {
    default: 5,
    doc: "When it sends them a second time; 0 never.",
    reload: "live",
  }),
  "garp-refresh": key(value.seconds(0, 86400), {
    default: 0,
    doc: "How often it sends them as long as it is Master; 0 never.",
    reload: "live",
  }),
  "garp-lower-priority-repeat": key(value.integer(0, 100, "count"), {
    default: 5,
    doc: "How many it sends when it hears of a lower Master, whom hosts may have believed.",
    reload: "live",
  }),
  "sync-group": key(groupName, {
    defaultText: "none",
    doc: "A `[[vrrp-sync-groups]]` by name: its members are Master together, and in Fault together.",
    reload: "live",
  }),
  track,
};

export const vrrpInstances = tableList("Virtual routers that this node takes part in.", vrrpInstanceTable, {
  own: true,
});

export const vrrpSyncGroupTable = {
  name: key(groupName, { defaultText: "-", doc: "What `sync-group` of its members says.", reload: "live" }),
  description: key(value.text(255), { default: "", doc: "For people.", reload: "live" }),
  track,
};

export const vrrpSyncGroups = tableList(
  "Virtual routers that belong together, such as the IPv4 and the IPv6 one of a gateway. What is in `track` counts for each member.",
  vrrpSyncGroupTable,
  { own: true },
);
