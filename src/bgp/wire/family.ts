/**
 * Address families this speaker carries. A family is a small index so that per-family state can be an array;
 * AFI/SAFI pairs that are not here are carried nowhere and break nothing.
 */
export const Family = { Ipv4Unicast: 0, Ipv6Unicast: 1 } as const;
export type Family = (typeof Family)[keyof typeof Family];
export const FAMILIES: readonly Family[] = [Family.Ipv4Unicast, Family.Ipv6Unicast];

export interface FamilySpec {
  readonly family: Family;
  readonly afi: number;
  readonly safi: number;
  /** OpenConfig's name, as in configuration files. */
  readonly name: "ipv4-unicast" | "ipv6-unicast";
  readonly addressBits: 32 | 128;
}

export const FAMILY_SPECS: readonly [FamilySpec, FamilySpec] = [
  { family: Family.Ipv4Unicast, afi: 1, safi: 1, name: "ipv4-unicast", addressBits: 32 },
  { family: Family.Ipv6Unicast, afi: 2, safi: 1, name: "ipv6-unicast", addressBits: 128 },
];

/** The family of an AFI/SAFI pair, or undefined when this speaker does not carry it. */
export function familyOf(afi: number, safi: number): Family | undefined {
  if (safi !== 1) return undefined;
  if (afi === 1) return Family.Ipv4Unicast;
  return afi === 2 ? Family.Ipv6Unicast : undefined;
}

/** The family of a configuration name such as "ipv4-unicast", or undefined. */
export function familyByName(name: string): Family | undefined {
  return FAMILY_SPECS.find((spec) => spec.name === name)?.family;
}
