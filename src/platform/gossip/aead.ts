import { createCipheriv, createDecipheriv, randomFillSync } from "node:crypto";

const TAG = 16;
const NONCE = 12;
/** Nonces are cut from a stretch of random octets: a system call each would cost more than the encryption. */
const POOL = 170 * NONCE;

const algorithm = (key: Uint8Array) => `aes-${key.length * 8}-gcm` as "aes-256-gcm";

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

/** AES-GCM by OpenSSL, as the gossip core wants it: plain Uint8Arrays, tags of 16 octets behind the ciphertext. */
export function createAead() {
  const pool = new Uint8Array(POOL);
  let used = POOL;
  return {
    /** 12 random octets. */
    nonce(): Uint8Array {
      if (used === POOL) {
        randomFillSync(pool);
        used = 0;
      }
      used += NONCE;
      return pool.slice(used - NONCE, used);
    },
    seal(key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, plain: Uint8Array): Uint8Array {
      const cipher = createCipheriv(algorithm(key), key, nonce).setAAD(additional);
      const sealed = cipher.update(plain);
      cipher.final();
      return joined(sealed, cipher.getAuthTag());
    },
    /** The plaintext, or undefined when the tag does not agree. */
    open(key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
      const split = sealed.length - TAG;
      const decipher = createDecipheriv(algorithm(key), key, nonce, { authTagLength: TAG }).setAAD(additional);
      decipher.setAuthTag(sealed.subarray(split));
      const plain = decipher.update(sealed.subarray(0, split));
      try {
        decipher.final();
      } catch {
        return undefined;
      }
      return new Uint8Array(plain);
    },
  };
}
