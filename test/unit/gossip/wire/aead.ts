import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { Aead } from "../../../../src/gossip/wire/index.ts";

const name = (key: Uint8Array) => `aes-${key.length * 8}-gcm` as "aes-128-gcm";

/** AES-GCM of node:crypto, with nonces from `nonce` so that vectors can be made again. */
export function testAead(nonce: () => Uint8Array = () => randomBytes(12)): Aead {
  return {
    nonce,
    seal(key, iv, additional, plain) {
      const cipher = createCipheriv(name(key), key, iv).setAAD(additional);
      return new Uint8Array(Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]));
    },
    open(key, iv, additional, sealed) {
      const decipher = createDecipheriv(name(key), key, iv).setAAD(additional);
      decipher.setAuthTag(sealed.subarray(sealed.length - 16));
      try {
        const plain = decipher.update(sealed.subarray(0, sealed.length - 16));
        return new Uint8Array(Buffer.concat([plain, decipher.final()]));
      } catch {
        return undefined;
      }
    },
  };
}
