import type { Aead, KeyRing } from "./cipher.ts";
import type { EncryptionVersion } from "./codes.ts";

/** How messages are wrapped on their way out and what is demanded of those that come in: the same for both transports. */
export interface Envelope {
  /** UTF-8 of the cluster's label; empty for none. */
  readonly label: Uint8Array;
  /** Whether to send compressed what gets smaller by it. Compressed messages are always understood. */
  readonly compress: boolean;
  readonly encryption: Encryption | undefined;
}

export interface Encryption {
  readonly aead: Aead;
  readonly keys: KeyRing;
  readonly version: EncryptionVersion;
  /** false: plaintext is taken too (first step of a migration to encryption). */
  readonly verifyIncoming: boolean;
  /** false: plaintext is sent (until every node has the key). */
  readonly verifyOutgoing: boolean;
}

/** The encryption that applies to what is sent, or undefined for plaintext. */
export function outgoingEncryption(envelope: Envelope): (Encryption & { readonly key: Uint8Array }) | undefined {
  const encryption = envelope.encryption;
  const key = encryption?.keys.primary;
  return encryption?.verifyOutgoing && key !== undefined ? { ...encryption, key } : undefined;
}
