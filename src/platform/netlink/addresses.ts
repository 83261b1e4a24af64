/* Addresses of interfaces: RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR (linux/if_addr.h). */
import { Address } from "../../lib/address.ts";
import type { Prefix } from "../../lib/prefix.ts";
import { familyOf, LITTLE_ENDIAN } from "../sockaddr.ts";
import { bytesOf, eachAttribute, type Message, type MessageWriter, NLM_F } from "./message.ts";
import type { RouteSocket } from "./route-socket.ts";

const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_GETADDR = 22;
const IFA = { ADDRESS: 1, LOCAL: 2, CACHEINFO: 6, FLAGS: 8, PROTO: 11 } as const;
const IFA_F = { SECONDARY: 0x01, NODAD: 0x02, DADFAILED: 0x08, TENTATIVE: 0x40 } as const;
const IFADDRMSG_SIZE = 8;
const FOREVER = 0xffffffff;

/**
 * Who put an address on (IFA_PROTO, Linux 5.18), shown by `ip -d address` as `proto`: ours are told from others' by it,
 * also after a crash. The kernel itself uses 1 to 3; the number is free for all above.
 */
const ADDRESS_PROTOCOL = 72;

/** An address as it is on an interface. */
export interface HostAddress {
  readonly interfaceIndex: number;
  readonly address: Address;
  readonly prefixLength: number;
  /** Of another address in the same subnet. IPv4 only. */
  readonly isSecondary: boolean;
  /** Not (or never) usable: duplicate address detection runs, or found a duplicate. */
  readonly isTentative: boolean;
  /** Put on by us, in this run or a former one. Always false on kernels before 5.18. */
  readonly isOurs: boolean;
}

/** All addresses of the host; of an interface in the kernel's order, the primary one first. Throws SystemCallError. */
export function dumpAddresses(socket: RouteSocket): HostAddress[] {
  const found = socket.dump("list addresses", RTM_GETADDR, (message) => writeHeader(message, 0, 0, 0), readAddress);
  return found.filter((address) => address !== undefined);
}

/** Puts `prefix` on. Throws SystemCallError: EEXIST when it is there already. */
export function addAddress(socket: RouteSocket, interfaceIndex: number, prefix: Prefix): void {
  const { address } = prefix;
  socket.change("put on address", RTM_NEWADDR, NLM_F.CREATE | NLM_F.EXCL, (message) => {
    writeHeader(message, familyOf(address), prefix.length, interfaceIndex);
    writeAddress(message, address);
    message.u8Attribute(IFA.PROTO, ADDRESS_PROTOCOL);
    if (address.version === 4) return;
    // Usable at once: the Master before us has just gone, or is about to learn that it has to.
    message.u32Attribute(IFA.FLAGS, IFA_F.NODAD);
    // Preferred for no time: never the source of the host's own connections, which would break with the role.
    if (prefix.isHost) message.u32Attribute(IFA.CACHEINFO, 0, FOREVER, 0, 0);
  });
}

/** Takes `prefix` off. Throws SystemCallError: EADDRNOTAVAIL when it is not there. */
export function deleteAddress(socket: RouteSocket, interfaceIndex: number, prefix: Prefix): void {
  socket.change("take off address", RTM_DELADDR, 0, (message) => {
    writeHeader(message, familyOf(prefix.address), prefix.length, interfaceIndex);
    writeAddress(message, prefix.address);
  });
}

/** `struct ifaddrmsg`, with scope "global". */
function writeHeader(message: MessageWriter, family: number, prefixLength: number, interfaceIndex: number): void {
  message.u8(family).u8(prefixLength).u8(0).u8(0).u32(interfaceIndex);
}

function writeAddress(message: MessageWriter, address: Address): void {
  const bytes = address.toBytes();
  message.attribute(IFA.LOCAL, bytes);
  message.attribute(IFA.ADDRESS, bytes);
}

function readAddress({ payload }: Message): HostAddress | undefined {
  let local: Uint8Array | undefined;
  let remote: Uint8Array | undefined;
  let flags = payload.getUint8(2);
  let protocol = 0;
  eachAttribute(payload, IFADDRMSG_SIZE, (type, value) => {
    if (type === IFA.LOCAL) local = bytesOf(value);
    else if (type === IFA.ADDRESS) remote = bytesOf(value);
    else if (type === IFA.FLAGS) flags = value.getUint32(0, LITTLE_ENDIAN);
    else if (type === IFA.PROTO) protocol = value.getUint8(0);
  });
  // On point-to-point interfaces ADDRESS is the other end; for IPv6 LOCAL stands only there.
  const bytes = local ?? remote;
  if (bytes === undefined) return undefined;
  const address = Address.fromBytes(bytes);
  return {
    interfaceIndex: payload.getUint32(4, LITTLE_ENDIAN),
    address,
    prefixLength: payload.getUint8(1),
    isSecondary: address.version === 4 && (flags & IFA_F.SECONDARY) !== 0,
    isTentative: (flags & (IFA_F.TENTATIVE | IFA_F.DADFAILED)) !== 0,
    isOurs: protocol === ADDRESS_PROTOCOL,
  };
}
