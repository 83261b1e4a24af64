/** First octet of a plaintext message: memberlist's message types. */
export const MessageType = {
  Ping: 0,
  IndirectPing: 1,
  Ack: 2,
  Suspect: 3,
  Alive: 4,
  Dead: 5,
  PushPull: 6,
  Compound: 7,
  User: 8,
  Compress: 9,
  Encrypt: 10,
  Nack: 11,
  HasCrc: 12,
  Error: 13,
  HasLabel: 244,
} as const;

/** The `State` of a node in a push/pull, by index. */
export const WIRE_STATES = ["alive", "suspect", "dead", "left"] as const;
/** What a member is believed to be. */
export type MemberState = (typeof WIRE_STATES)[number];

/** `Algo` of a compressed message: Go's compress/lzw, least significant bit first, literals of 8 bits. */
export const COMPRESS_LZW = 0;

/** First octet of an encrypted payload. 0 pads to 16 octets (protocol 1), 1 does not. */
export const EncryptionVersion = { Padded: 0, Plain: 1 } as const;
export type EncryptionVersion = (typeof EncryptionVersion)[keyof typeof EncryptionVersion];

/** Lowest `PMax` of a peer that answers a ping over TCP, sends nacks, understands checksums. */
export const PROTOCOL_TCP_PING = 3;
export const PROTOCOL_NACK = 4;
export const PROTOCOL_CRC = 5;

/** Longest node meta that may be sent. Receivers take more, up to {@link META_RECEIVED_MAX}. */
export const META_MAX = 512;
/** Longest node meta that is believed; memberlist itself sets no limit but that of a packet. */
export const META_RECEIVED_MAX = 4096;
/** Longest node name that is believed, in UTF-16 units. */
export const NAME_MAX = 256;
/** Longest label: its length is one octet. */
export const LABEL_MAX = 255;
/** Most parts of one compound packet: their count is one octet. */
export const COMPOUND_PARTS_MAX = 255;
/** Most parts of one that we send: memberlist 0.2 computes twice their number in an octet. */
export const COMPOUND_PARTS_SENT_MAX = 127;

/** Most messages taken from one packet, over all nested compounds. A packet of 64 KiB that holds more is hostile. */
export const PACKET_MESSAGES_MAX = 2048;
/** Deepest nesting of wrappers (compress, compound) in a packet. */
export const PACKET_DEPTH_MAX = 8;
/** Octets that one packet may decompress to, over all its nested parts. */
export const PACKET_INFLATED_MAX = 256 * 1024;

/** Most nodes in a push/pull header: memberlist's own limit since 0.6.0. */
export const PUSH_PULL_NODES_MAX = 1 << 20;
/** Longest user state, user message, compressed or encrypted frame on a stream, in octets. */
export const STREAM_PAYLOAD_MAX = 20 * 1024 * 1024;
/** Octets that a compressed stream message may decompress to. */
export const STREAM_INFLATED_MAX = 40 * 1024 * 1024;
/** Longest encoding of one node in a push/pull; what is not whole by then is not a node. */
export const NODE_ENCODED_MAX = 64 * 1024;
