/** GoBGP's messages, under one name for this folder. */
export type * from "../../proto/gobgp/gobgp.d.ts";

/**
 * A message as we give it: what is left out has its default value. Lists and messages that are left out are empty or
 * absent on the wire.
 */
export type Given<T> = T extends Uint8Array
  ? Uint8Array
  : T extends readonly (infer Item)[]
    ? readonly Given<Item>[]
    : T extends object
      ? { readonly [K in keyof T]?: Given<T[K]> | undefined }
      : T;
