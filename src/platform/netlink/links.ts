/* Network interfaces: RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK (linux/if_link.h). */
import { LITTLE_ENDIAN } from "../sockaddr.ts";
import { bytesOf, eachAttribute, type Message, type MessageWriter, NLM_F, textOf } from "./message.ts";
import type { RouteSocket } from "./route-socket.ts";

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const IFLA = { ADDRESS: 1, IFNAME: 3, LINK: 5, LINKINFO: 18, IFALIAS: 20, EXT_MASK: 29 } as const;
const IFLA_INFO = { KIND: 1, DATA: 2 } as const;
const IFLA_MACVLAN_MODE = 1;
const MACVLAN_MODE_PRIVATE = 1;
const RTEXT_FILTER_SKIP_STATS = 8;
const IFF = { UP: 0x1, RUNNING: 0x40, NOARP: 0x80 } as const;
const ARPHRD_ETHER = 1;
const IFINFOMSG_SIZE = 16;

/** A network interface as it is. */
export interface HostLink {
  readonly index: number;
  readonly name: string;
  /** Switched on by the administrator. */
  readonly isEnabled: boolean;
  /** Switched on, with carrier, and everything below it too (operational state). */
  readonly isUp: boolean;
  /** Has neighbours that are found by ARP or neighbour discovery over Ethernet frames. */
  readonly isEthernet: boolean;
  /** MAC address; empty when the kind of interface has none. */
  readonly hardwareAddress: Uint8Array;
  /** "macvlan", "veth", ...; empty for hardware. */
  readonly kind: string;
  /** Index of the interface that this one stands on; 0: none. */
  readonly parentIndex: number;
  /** A note by whoever made it; empty: none. */
  readonly alias: string;
}

/** All interfaces of the host. Throws SystemCallError. */
export function dumpLinks(socket: RouteSocket): HostLink[] {
  const write = (message: MessageWriter) => {
    writeHeader(message, 0, 0, 0);
    message.u32Attribute(IFLA.EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  };
  return socket.dump("list interfaces", RTM_GETLINK, write, readLink);
}

/** Makes a macvlan interface that neither answers nor hears other macvlans of its parent. Throws SystemCallError. */
export function addMacvlan(socket: RouteSocket, name: string, parentIndex: number, mac: Uint8Array): void {
  socket.change(`make interface ${name}`, RTM_NEWLINK, NLM_F.CREATE | NLM_F.EXCL, (message) => {
    writeHeader(message, 0, 0, 0);
    message.textAttribute(IFLA.IFNAME, name).u32Attribute(IFLA.LINK, parentIndex).attribute(IFLA.ADDRESS, mac);
    message.nested(IFLA.LINKINFO, () => {
      message.textAttribute(IFLA_INFO.KIND, "macvlan");
      message.nested(IFLA_INFO.DATA, () => message.u32Attribute(IFLA_MACVLAN_MODE, MACVLAN_MODE_PRIVATE));
    });
  });
}

/** Switches an interface on, and notes on it (`ip link` shows an alias) whose it is. Throws SystemCallError. */
export function enableLink(socket: RouteSocket, index: number, alias: string): void {
  socket.change("switch on interface", RTM_NEWLINK, 0, (message) => {
    writeHeader(message, index, IFF.UP, IFF.UP);
    message.textAttribute(IFLA.IFALIAS, alias);
  });
}

/** Removes an interface, and with it the addresses on it. Throws SystemCallError. */
export function deleteLink(socket: RouteSocket, index: number): void {
  socket.change("remove interface", RTM_DELLINK, 0, (message) => writeHeader(message, index, 0, 0));
}

/** `struct ifinfomsg`; `change` says which of `flags` count. */
function writeHeader(message: MessageWriter, index: number, flags: number, change: number): void {
  message.u32(0).u32(index).u32(flags).u32(change);
}

function readLink({ payload }: Message): HostLink {
  let name = "";
  let kind = "";
  let alias = "";
  let parentIndex = 0;
  let hardwareAddress: Uint8Array = new Uint8Array();
  eachAttribute(payload, IFINFOMSG_SIZE, (type, value) => {
    if (type === IFLA.IFNAME) name = textOf(value);
    else if (type === IFLA.ADDRESS) hardwareAddress = bytesOf(value).slice();
    else if (type === IFLA.IFALIAS) alias = textOf(value);
    else if (type === IFLA.LINK) parentIndex = value.getUint32(0, LITTLE_ENDIAN);
    else if (type === IFLA.LINKINFO)
      eachAttribute(value, 0, (infoType, info) => {
        if (infoType === IFLA_INFO.KIND) kind = textOf(info);
      });
  });
  const flags = payload.getUint32(8, LITTLE_ENDIAN);
  const isEnabled = (flags & IFF.UP) !== 0;
  return {
    index: payload.getUint32(4, LITTLE_ENDIAN),
    name,
    isEnabled,
    isUp: isEnabled && (flags & IFF.RUNNING) !== 0,
    isEthernet: payload.getUint16(2, LITTLE_ENDIAN) === ARPHRD_ETHER && (flags & IFF.NOARP) === 0,
    hardwareAddress,
    kind,
    parentIndex,
    alias,
  };
}
