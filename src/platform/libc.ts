/*
 * System calls that Node does not offer, by FFI. Only this file and checks/posix-spawn.ts know koffi. The library is
 * loaded by the first call (9 ms), so that commands which need none of this do not pay for it. Every function throws
 * SystemCallError.
 */
import { createRequire } from "node:module";
import { SystemCallError } from "./errors.ts";

/** Linux numbers (asm-generic), as the headers name them. */
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_DUPFD_CLOEXEC = 1030;
const LOCK_EX = 2;
const LOCK_NB = 4;
const MSG_DONTWAIT = 0x40;
const EAGAIN = 11;
const MSG_NOSIGNAL = 0x4000;

type Call = (...args: unknown[]) => number;
interface Koffi {
  load(path: null): { func(definition: string): Call };
  errno(): number;
  alloc(type: "uint8_t", length: number): bigint;
  view(pointer: bigint, length: number): ArrayBuffer;
}
interface Libc {
  readonly socket: Call;
  readonly bind: Call;
  readonly listen: Call;
  readonly close: Call;
  readonly fcntl: Call;
  readonly dup3: Call;
  readonly setsockopt: Call;
  readonly getsockopt: Call;
  readonly recv: Call;
  readonly recvmmsg: Call;
  readonly sendto: Call;
  readonly nameToIndex: Call;
  readonly flock: Call;
  readonly errno: () => number;
  readonly allocate: (length: number) => NativeMemory;
}

/** Memory for structures that hold addresses. It never moves, and is never freed: for what lives as long as the process. */
export interface NativeMemory {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

let loaded: Libc | undefined;

function libc(): Libc {
  if (loaded !== undefined) return loaded;
  const koffi = createRequire(import.meta.url)("koffi") as Koffi;
  const library = koffi.load(null);
  loaded = {
    socket: library.func("int socket(int, int, int)"),
    bind: library.func("int bind(int, const void *, uint32_t)"),
    listen: library.func("int listen(int, int)"),
    close: library.func("int close(int)"),
    fcntl: library.func("int fcntl(int, int, int)"),
    dup3: library.func("int dup3(int, int, int)"),
    setsockopt: library.func("int setsockopt(int, int, int, const void *, uint32_t)"),
    getsockopt: library.func("int getsockopt(int, int, int, void *, _Inout_ uint32_t *)"),
    recv: library.func("int64_t recv(int, void *, size_t, int)"),
    recvmmsg: library.func("int recvmmsg(int, void *, uint32_t, int, void *)"),
    sendto: library.func("int64_t sendto(int, const void *, size_t, int, const void *, uint32_t)"),
    nameToIndex: library.func("uint32_t if_nametoindex(const char *)"),
    flock: library.func("int flock(int, int)"),
    errno: () => koffi.errno(),
    allocate: (length) => {
      const address = koffi.alloc("uint8_t", length);
      return { address, bytes: new Uint8Array(koffi.view(address, length)).fill(0) };
    },
  };
  return loaded;
}

function check(call: string, result: number): number {
  if (result < 0) throw new SystemCallError(call, libc().errno());
  return result;
}

/** A new socket, non-blocking and closed on exec. The caller owns the descriptor. */
export function socket(family: number, type: number, protocol = 0): number {
  return check("socket", libc().socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
}

export function bind(fd: number, sockaddr: Uint8Array): void {
  check("bind", libc().bind(fd, sockaddr, sockaddr.length));
}

export function listen(fd: number, backlog: number): void {
  check("listen", libc().listen(fd, backlog));
}

export function close(fd: number): void {
  check("close", libc().close(fd));
}

/** A second descriptor (closed on exec) for the same socket. The caller owns it. */
export function duplicate(fd: number): number {
  return check("fcntl", libc().fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

/** Makes the number `to` (closed on exec) mean what `from` means; what it meant before is closed. */
export function duplicateOnto(from: number, to: number): void {
  check("dup3", libc().dup3(from, to, SOCK_CLOEXEC));
}

/** Programs that this process starts do not get the descriptor. */
export function setCloseOnExec(fd: number): void {
  check("fcntl", libc().fcntl(fd, F_SETFD, FD_CLOEXEC));
}

export function setsockopt(fd: number, level: number, option: number, value: Uint8Array): void {
  check("setsockopt", libc().setsockopt(fd, level, option, value, value.length));
}

/** The option's value as the kernel gives it, at most `lengthMax` octets. */
export function getsockopt(fd: number, level: number, option: number, lengthMax: number): Uint8Array {
  const value = new Uint8Array(lengthMax);
  const length = [lengthMax];
  check("getsockopt", libc().getsockopt(fd, level, option, value, length));
  return value.subarray(0, length[0]);
}

/** Octets waiting on the socket, into `buffer`: how many, 0 at the end of the stream. Throws EAGAIN when none wait. */
export function receive(fd: number, buffer: Uint8Array): number {
  return check("recv", Number(libc().recv(fd, buffer, buffer.length, MSG_DONTWAIT)));
}

/**
 * As many waiting datagrams as `headers` (an array of `struct mmsghdr` of `count`) has room for; how many there were,
 * 0 when none wait.
 */
export function receiveMany(fd: number, headers: NativeMemory, count: number): number {
  const received = libc().recvmmsg(fd, headers.bytes, count, MSG_DONTWAIT, null);
  if (received >= 0) return received;
  const errno = libc().errno();
  if (errno === EAGAIN) return 0;
  throw new SystemCallError("recvmmsg", errno);
}

/** {@link NativeMemory} of `length` octets, zeroed. */
export function allocate(length: number): NativeMemory {
  return libc().allocate(length);
}

/** Sends one datagram to `sockaddr`. */
export function sendTo(fd: number, bytes: Uint8Array, sockaddr: Uint8Array): void {
  check("sendto", Number(libc().sendto(fd, bytes, bytes.length, MSG_NOSIGNAL, sockaddr, sockaddr.length)));
}

/** The kernel's number for a network interface. Throws ENODEV when there is none of that name. */
export function interfaceIndex(name: string): number {
  const index = libc().nameToIndex(name);
  if (index === 0) throw new SystemCallError(`interface ${name}`, libc().errno());
  return index;
}

/** Locks an open file for this process alone, until the descriptor is closed or the process ends. Throws EAGAIN when another has it. */
export function lockFile(fd: number): void {
  check("flock", libc().flock(fd, LOCK_EX | LOCK_NB));
}
