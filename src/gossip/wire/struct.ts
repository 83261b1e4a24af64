import { type Reader, Writer } from "../../lib/bytes.ts";
import { NAME_MAX, STREAM_PAYLOAD_MAX } from "./codes.ts";
import { malformed } from "./malformed.ts";
import {
  arrayCount,
  mapCount,
  readBool,
  readOctets,
  readText,
  readUint,
  skipValue,
  writeBool,
  writeMapHead,
  writeNil,
  writeRaw,
  writeText,
  writeUint,
} from "./msgpack.ts";

/** Kinds of fields; a `?` marks Go's omitempty: a field with the zero value is not written. */
type Kind = "u8" | "u16" | "u32" | "bool" | "text" | "octets" | "u16?" | "text?" | "octets?";

type ValueOf<K extends Kind> = K extends "u8" | "u16" | "u32" | "u16?"
  ? number
  : K extends "bool"
    ? boolean
    : K extends "text" | "text?"
      ? string
      : Uint8Array;

type Shape = Readonly<Record<string, Kind>>;
type Value = number | boolean | string | Uint8Array;

/** The object that a struct of fields `S` decodes to. */
export type Decoded<S extends Shape> = { -readonly [F in keyof S]: ValueOf<S[F]> };

interface Field {
  /** Key in our object: the wire name with a small first letter. */
  readonly key: string;
  /** Key on the wire: the exact name of the Go field. */
  readonly wireName: string;
  /** `wireName` as it is written. */
  readonly wireKey: Uint8Array;
  readonly kind: Kind;
  /** Whether a zero value is not written. */
  readonly omitsZero: boolean;
}

const INTEGER_MAX = { u8: 0xff, u16: 0xffff, "u16?": 0xffff, u32: 0xffffffff } as const;
/** Longest text field: a name is under 1 KiB in UTF-8, and so is an error. */
const TEXT_MAX = 4 * NAME_MAX;
const KEY_MAX = 64;

/**
 * A Go struct as go-msgpack writes it: a map whose keys are the exact field names in alphabetical order. Reads keys in
 * any order, skips those it does not know, leaves missing ones at zero, and takes an array in order of declaration.
 */
export class Struct<S extends Shape> {
  readonly #declared: readonly Field[];
  readonly #sorted: readonly Field[];
  readonly #byName: ReadonlyMap<string, Field>;
  readonly #zeros: Readonly<Record<string, Value>>;

  /** `shape` lists the fields in the order of Go's declaration. */
  constructor(shape: S) {
    this.#declared = Object.entries(shape).map(([key, kind]) => {
      const wireName = key.charAt(0).toUpperCase() + key.slice(1);
      return { key, wireName, wireKey: textBytes(wireName), kind, omitsZero: kind.endsWith("?") };
    });
    this.#sorted = this.#declared.toSorted((a, b) => (a.wireName < b.wireName ? -1 : 1));
    this.#byName = new Map(this.#declared.map((field) => [field.wireName, field]));
    this.#zeros = Object.fromEntries(this.#declared.map(({ key, kind }) => [key, zeroOf(kind)]));
  }

  /** Appends the struct. */
  encode(out: Writer, value: Decoded<S>): void {
    const values = value as Readonly<Record<string, Value>>;
    let count = this.#sorted.length;
    for (const field of this.#sorted) if (field.omitsZero && isZero(values[field.key] as Value)) count--;
    writeMapHead(out, count);
    for (const field of this.#sorted) {
      if (field.omitsZero && isZero(values[field.key] as Value)) continue;
      out.bytes(field.wireKey);
      writeValue(out, values[field.key] as Value);
    }
  }

  /** Reads the struct; throws Malformed or ShortRead. Octets are copies (empty ones may be shared). */
  decode(reader: Reader): Decoded<S> {
    const values: Record<string, Value> = { ...this.#zeros };
    const tag = reader.u8();
    const pairs = mapCount(reader, tag);
    if (pairs >= 0) this.#decodeMap(reader, pairs, values);
    else if (tag !== 0xc0) {
      const items = arrayCount(reader, tag);
      if (items < 0) malformed("a struct was expected");
      this.#decodeArray(reader, items, values);
    }
    return values as Decoded<S>;
  }

  #decodeMap(reader: Reader, pairs: number, values: Record<string, Value>): void {
    let expected = 0;
    for (let i = 0; i < pairs; i++) {
      // Keys come in order, as a rule: then there is no need to read them as text.
      while (expected < this.#sorted.length && !skipIfNext(reader, (this.#sorted[expected] as Field).wireKey))
        expected++;
      const field = this.#sorted[expected++] ?? this.#byName.get(readText(reader, KEY_MAX));
      if (field === undefined) skipValue(reader);
      else values[field.key] = readValue(reader, field.kind);
    }
  }

  #decodeArray(reader: Reader, items: number, values: Record<string, Value>): void {
    for (let i = 0; i < items; i++) {
      const field = this.#declared[i];
      if (field === undefined) skipValue(reader);
      else values[field.key] = readValue(reader, field.kind);
    }
  }
}

function textBytes(text: string): Uint8Array {
  const out = new Writer(1 + text.length);
  writeText(out, text);
  return out.toBytes();
}

/** Skips `bytes` if they are what comes next. */
function skipIfNext(reader: Reader, bytes: Uint8Array): boolean {
  if (reader.remaining < bytes.length) return false;
  for (let i = 0; i < bytes.length; i++) if (reader.bytes[reader.position + i] !== bytes[i]) return false;
  reader.skip(bytes.length);
  return true;
}

function zeroOf(kind: Kind): Value {
  if (kind === "bool") return false;
  if (kind.startsWith("text")) return "";
  return kind.startsWith("octets") ? new Uint8Array(0) : 0;
}

function isZero(value: Value): boolean {
  return value === 0 || value === "" || value === false || (value instanceof Uint8Array && value.length === 0);
}

function writeValue(out: Writer, value: Value): void {
  if (typeof value === "number") writeUint(out, value);
  else if (typeof value === "boolean") writeBool(out, value);
  else if (typeof value === "string") writeText(out, value);
  else if (value.length === 0) writeNil(out);
  else writeRaw(out, value);
}

function readValue(reader: Reader, kind: Kind): Value {
  switch (kind) {
    case "bool":
      return readBool(reader);
    case "text":
    case "text?":
      return readText(reader, TEXT_MAX);
    case "octets":
    case "octets?":
      return readOctets(reader, STREAM_PAYLOAD_MAX);
    default:
      return readUint(reader, INTEGER_MAX[kind]);
  }
}
