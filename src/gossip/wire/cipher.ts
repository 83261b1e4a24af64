import { bytesEqual, Writer } from "../../lib/bytes.ts";
import { fail, ok, type Result } from "../../lib/result.ts";
import { EncryptionVersion } from "./codes.ts";

/**
 * AES-GCM and a source of nonces: what the core cannot do purely and is therefore given. What it gives back must be
 * plain Uint8Arrays: `slice` of a Buffer is a view, where cores expect a copy.
 */
export interface Aead {
  /** 12 octets from a cryptographic source, never the same twice for a key. */
  nonce(): Uint8Array;
  /** Ciphertext followed by its tag of 16 octets. The key has 16, 24 or 32 octets. */
  seal(key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, plain: Uint8Array): Uint8Array;
  /** The plaintext, or undefined when the tag does not agree. */
  open(key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
}

const NONCE = 12;
const TAG = 16;
const BLOCK = 16;

/** Most octets that encryption adds to a payload. */
export function encryptionOverhead(version: EncryptionVersion): number {
  return 1 + NONCE + TAG + (version === EncryptionVersion.Padded ? BLOCK : 0);
}

/** Octets that encryption makes of a payload of `length`. */
export function encryptedLength(version: EncryptionVersion, length: number): number {
  const padding = version === EncryptionVersion.Padded ? BLOCK - (length % BLOCK) : 0;
  return 1 + NONCE + length + padding + TAG;
}

/** Version, nonce, ciphertext and tag. */
export function encryptPayload(
  aead: Aead,
  key: Uint8Array,
  version: EncryptionVersion,
  plain: Uint8Array,
  additional: Uint8Array,
): Uint8Array {
  const nonce = aead.nonce();
  const sealed = aead.seal(key, nonce, additional, version === EncryptionVersion.Padded ? pad(plain) : plain);
  return new Writer(1 + NONCE + sealed.length).u8(version).bytes(nonce).bytes(sealed).toBytes();
}

/** The plaintext under the first of `keys` that fits. */
export function decryptPayload(
  aead: Aead,
  keys: readonly Uint8Array[],
  payload: Uint8Array,
  additional: Uint8Array,
): Result<Uint8Array, string> {
  const version = payload[0];
  if (version === undefined) return fail("the payload is too small to decrypt");
  if (version !== EncryptionVersion.Padded && version !== EncryptionVersion.Plain)
    return fail("the encryption version is not known (not encrypted?)");
  if (payload.length < encryptedLength(version, 0)) return fail("the payload is too small to decrypt");
  const nonce = payload.subarray(1, 1 + NONCE);
  const sealed = payload.subarray(1 + NONCE);
  for (const key of keys) {
    const plain = aead.open(key, nonce, additional, sealed);
    if (plain !== undefined) return version === EncryptionVersion.Padded ? unpad(plain) : ok(plain);
  }
  return fail("no installed key decrypts the payload");
}

/** PKCS #7 to blocks of 16. */
function pad(plain: Uint8Array): Uint8Array {
  const count = BLOCK - (plain.length % BLOCK);
  const padded = new Uint8Array(plain.length + count).fill(count);
  padded.set(plain);
  return padded;
}

function unpad(padded: Uint8Array): Result<Uint8Array, string> {
  const count = padded[padded.length - 1] ?? 0;
  if (count < 1 || count > BLOCK || count > padded.length) return fail("the padding is wrong");
  return ok(padded.subarray(0, padded.length - count));
}

/** Keys of a cluster: the first encrypts, each decrypts. Rotation is install everywhere, use everywhere, remove. */
export class KeyRing {
  /** Most keys held: each undecryptable packet is tried with every one. */
  static readonly keysMax = 16;
  #keys: Uint8Array[] = [];

  /** Keys of 16, 24 or 32 octets, the primary first. Throws RangeError on another length or too many keys. */
  constructor(keys: readonly Uint8Array[] = []) {
    for (const key of keys) {
      const outcome = this.install(key);
      if (!outcome.ok) throw new RangeError(outcome.error);
    }
  }

  /** All keys, the primary first. */
  get keys(): readonly Uint8Array[] {
    return this.#keys;
  }

  get primary(): Uint8Array | undefined {
    return this.#keys[0];
  }

  /** Adds a key that decrypts from now on (the first one also encrypts). One that is there stays as it is. */
  install(key: Uint8Array): Result<undefined, string> {
    if (key.length !== 16 && key.length !== 24 && key.length !== 32)
      return fail(`a key has 16, 24 or 32 octets, not ${key.length}`);
    if (this.#keys.some((k) => bytesEqual(k, key))) return ok(undefined);
    if (this.#keys.length >= KeyRing.keysMax) return fail(`the key ring is full (${KeyRing.keysMax} keys)`);
    this.#keys = [...this.#keys, key.slice()];
    return ok(undefined);
  }

  /** Makes an installed key the one that encrypts. */
  use(key: Uint8Array): Result<undefined, string> {
    const found = this.#keys.find((k) => bytesEqual(k, key));
    if (found === undefined) return fail("the key is not in the key ring");
    this.#keys = [found, ...this.#keys.filter((k) => k !== found)];
    return ok(undefined);
  }

  /** Removes a key that is not the primary. One that is not there is no error. */
  remove(key: Uint8Array): Result<undefined, string> {
    if (this.primary !== undefined && bytesEqual(this.primary, key)) return fail("the primary key cannot be removed");
    this.#keys = this.#keys.filter((k) => !bytesEqual(k, key));
    return ok(undefined);
  }
}
