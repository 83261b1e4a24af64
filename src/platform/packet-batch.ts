/*
 * Reads waiting packets from a descriptor many at a time, each with its sender and its ancillary data (recvmmsg(2)):
 * one call for up to {@link BATCH_SIZE} packets, where Node and raw-socket take one turn of the event loop for each and
 * drop hop limit and destination. The memory is shared by all descriptors: packets are handed out during the call only.
 *
 * Layouts are those of 64-bit Linux.
 */
import { endianness } from "node:os";
import { allocate, type NativeMemory, receiveMany } from "./libc.ts";

const LITTLE_ENDIAN = endianness() === "LE";
const BATCH_SIZE = 32;
/** Longer than any VRRP message with its IP header: 60 + 8 + 255 * 16 + 8. */
const PACKET_SIZE = 4_352;
const NAME_SIZE = 32;
const CONTROL_SIZE = 128;

/** struct mmsghdr: name, namelen, iov, iovlen, control, controllen, flags, then the packet's length. */
const HEADER = {
  size: 64,
  name: 0,
  nameLength: 8,
  vector: 16,
  vectorCount: 24,
  control: 32,
  controlLength: 40,
  length: 56,
};
const VECTOR_SIZE = 16;
const CONTROL_HEADER_SIZE = 16;

/** One packet, valid during the call that hands it over. */
export interface BatchPacket {
  readonly bytes: Uint8Array;
  /** The sender's `struct sockaddr`. */
  readonly name: Uint8Array;
  /** Ancillary data of this level and type, or undefined. */
  control(level: number, type: number): Uint8Array | undefined;
}

class Batch {
  readonly #headers = allocate(BATCH_SIZE * HEADER.size);
  readonly #vectors = allocate(BATCH_SIZE * VECTOR_SIZE);
  readonly #names = allocate(BATCH_SIZE * NAME_SIZE);
  readonly #controls = allocate(BATCH_SIZE * CONTROL_SIZE);
  readonly #packets = allocate(BATCH_SIZE * PACKET_SIZE);
  readonly #view = viewOf(this.#headers);
  readonly #controlView = viewOf(this.#controls);

  constructor() {
    const vectors = viewOf(this.#vectors);
    for (let i = 0; i < BATCH_SIZE; i++) {
      const header = i * HEADER.size;
      const set = (view: DataView, offset: number, value: bigint) => view.setBigUint64(offset, value, LITTLE_ENDIAN);
      set(vectors, i * VECTOR_SIZE, this.#packets.address + BigInt(i * PACKET_SIZE));
      set(vectors, i * VECTOR_SIZE + 8, BigInt(PACKET_SIZE));
      set(this.#view, header + HEADER.name, this.#names.address + BigInt(i * NAME_SIZE));
      set(this.#view, header + HEADER.vector, this.#vectors.address + BigInt(i * VECTOR_SIZE));
      set(this.#view, header + HEADER.vectorCount, 1n);
      set(this.#view, header + HEADER.control, this.#controls.address + BigInt(i * CONTROL_SIZE));
    }
  }

  read(fd: number, visit: (packet: BatchPacket) => void): number {
    // The kernel has overwritten the room with what it used of it.
    for (let i = 0; i < BATCH_SIZE; i++) {
      this.#view.setUint32(i * HEADER.size + HEADER.nameLength, NAME_SIZE, LITTLE_ENDIAN);
      this.#view.setUint32(i * HEADER.size + HEADER.controlLength, CONTROL_SIZE, LITTLE_ENDIAN);
    }
    const count = receiveMany(fd, this.#headers, BATCH_SIZE);
    for (let i = 0; i < count; i++) visit(this.#packet(i));
    return count;
  }

  #packet(i: number): BatchPacket {
    const header = i * HEADER.size;
    const length = this.#view.getUint32(header + HEADER.length, LITTLE_ENDIAN);
    const nameLength = this.#view.getUint32(header + HEADER.nameLength, LITTLE_ENDIAN);
    return {
      bytes: this.#packets.bytes.subarray(i * PACKET_SIZE, i * PACKET_SIZE + length),
      name: this.#names.bytes.subarray(i * NAME_SIZE, i * NAME_SIZE + nameLength),
      control: (level, type) => this.#control(i, level, type),
    };
  }

  /** struct cmsghdr: length (8 octets), level, type; each starts at a multiple of 8. */
  #control(i: number, level: number, type: number): Uint8Array | undefined {
    const view = this.#controlView;
    let offset = i * CONTROL_SIZE;
    const end = offset + this.#view.getUint32(i * HEADER.size + HEADER.controlLength, LITTLE_ENDIAN);
    while (offset + CONTROL_HEADER_SIZE <= end) {
      const length = view.getUint32(offset, LITTLE_ENDIAN);
      if (length < CONTROL_HEADER_SIZE) return undefined;
      if (view.getInt32(offset + 8, LITTLE_ENDIAN) === level && view.getInt32(offset + 12, LITTLE_ENDIAN) === type)
        return this.#controls.bytes.subarray(offset + CONTROL_HEADER_SIZE, offset + length);
      offset += (length + 7) & ~7;
    }
    return undefined;
  }
}

function viewOf(memory: NativeMemory): DataView {
  return new DataView(memory.bytes.buffer);
}

let batch: Batch | undefined;

/** Reads up to {@link BATCH_SIZE} waiting packets; returns how many there were. Throws SystemCallError. */
export function readBatch(fd: number, visit: (packet: BatchPacket) => void): number {
  batch ??= new Batch();
  return batch.read(fd, visit);
}

/** Whether a read of so many packets may have left some behind. */
export function isFullBatch(count: number): boolean {
  return count === BATCH_SIZE;
}
