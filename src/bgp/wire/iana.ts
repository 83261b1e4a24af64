/**
 * Every codepoint of BGP that this speaker knows, by its IANA registry name. The RFC in each comment defines it.
 * Plain numbers on the wire, names for people; the behaviour behind them lives in the codecs.
 */

/** The protocol version of OPEN (RFC 4271 section 4.2). */
export const BGP_VERSION = 4;
/** Stands for an AS number that does not fit two octets (RFC 6793 section 9). */
export const AS_TRANS = 23456;
/** Well-known TCP port (RFC 4271 section 8). */
export const BGP_PORT = 179;

/** Registry "BGP Message Types". */
export const MessageType = {
  Open: 1, // RFC 4271
  Update: 2, // RFC 4271
  Notification: 3, // RFC 4271
  Keepalive: 4, // RFC 4271
  RouteRefresh: 5, // RFC 2918
} as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** Registry "BGP OPEN Optional Parameter Types". */
export const OpenParameter = {
  Capabilities: 2, // RFC 5492
  ExtendedLength: 255, // RFC 9072
} as const;

/** Registry "Capability Codes". */
export const CapabilityCode = {
  Multiprotocol: 1, // RFC 4760
  RouteRefresh: 2, // RFC 2918
  ExtendedNextHop: 5, // RFC 8950
  ExtendedMessage: 6, // RFC 8654
  Role: 9, // RFC 9234
  GracefulRestart: 64, // RFC 4724, RFC 8538
  FourOctetAs: 65, // RFC 6793
  AddPath: 69, // RFC 7911
  EnhancedRouteRefresh: 70, // RFC 7313
  LongLivedGracefulRestart: 71, // RFC 9494
  Fqdn: 73, // draft-walton-bgp-hostname-capability
  SoftwareVersion: 75, // draft-abraitis-bgp-version-capability
} as const;

/** RFC 9234 section 4.1: value of the BGP Role capability. */
export const RoleValue = { provider: 0, rs: 1, "rs-client": 2, customer: 3, peer: 4 } as const;

/** RFC 7911 section 4: value of the Send/Receive field. */
export const AddPathMode = { Receive: 1, Send: 2, Both: 3 } as const;

/** Message subtypes of ROUTE-REFRESH (RFC 7313 section 3.2); 0 is RFC 2918's plain request. */
export const RefreshSubtype = { Request: 0, Begin: 1, End: 2 } as const;

/** Bits of the Attribute Flags octet (RFC 4271 section 4.3). */
export const AttributeFlag = { Optional: 0x80, Transitive: 0x40, Partial: 0x20, ExtendedLength: 0x10 } as const;

/** Registry "BGP Path Attributes". Flags, lengths and rules stand in attribute-table.ts. */
export const AttributeType = {
  Origin: 1, // RFC 4271
  AsPath: 2, // RFC 4271
  NextHop: 3, // RFC 4271
  MultiExitDisc: 4, // RFC 4271
  LocalPref: 5, // RFC 4271
  AtomicAggregate: 6, // RFC 4271
  Aggregator: 7, // RFC 4271
  Communities: 8, // RFC 1997
  OriginatorId: 9, // RFC 4456
  ClusterList: 10, // RFC 4456
  MpReachNlri: 14, // RFC 4760
  MpUnreachNlri: 15, // RFC 4760
  ExtendedCommunities: 16, // RFC 4360
  As4Path: 17, // RFC 6793
  As4Aggregator: 18, // RFC 6793
  Ipv6ExtendedCommunities: 25, // RFC 5701
  Aigp: 26, // RFC 7311
  LargeCommunities: 32, // RFC 8092
  OnlyToCustomer: 35, // RFC 9234
} as const;

/** ORIGIN values (RFC 4271 section 5.1.1). */
export const OriginValue = { igp: 0, egp: 1, incomplete: 2 } as const;

/** AS_PATH segment types (RFC 4271 section 4.3, RFC 5065 section 3). */
export const SegmentType = { Set: 1, Sequence: 2, ConfedSequence: 3, ConfedSet: 4 } as const;

/** AIGP TLV types (RFC 7311 section 3). */
export const AIGP_TLV_TYPE = 1;

/** Registry "BGP Error (Notification) Codes". */
export const ErrorCode = {
  MessageHeader: 1, // RFC 4271
  Open: 2, // RFC 4271
  Update: 3, // RFC 4271
  HoldTimerExpired: 4, // RFC 4271
  FiniteStateMachine: 5, // RFC 4271
  Cease: 6, // RFC 4271
  RouteRefresh: 7, // RFC 7313
  SendHoldTimerExpired: 8, // RFC 9687
} as const;

/** Subcodes of Message Header Error (RFC 4271 section 6.1). */
export const HeaderError = { ConnectionNotSynchronized: 1, BadMessageLength: 2, BadMessageType: 3 } as const;

/** Subcodes of OPEN Message Error. */
export const OpenError = {
  Unspecific: 0, // RFC 4271
  UnsupportedVersionNumber: 1, // RFC 4271
  BadPeerAs: 2, // RFC 4271, RFC 7607
  BadBgpIdentifier: 3, // RFC 6286
  UnsupportedOptionalParameter: 4, // RFC 4271
  UnacceptableHoldTime: 6, // RFC 4271
  UnsupportedCapability: 7, // RFC 5492
  RoleMismatch: 11, // RFC 9234
} as const;

/** Subcodes of UPDATE Message Error (RFC 4271 section 6.3). */
export const UpdateError = {
  MalformedAttributeList: 1,
  UnrecognizedWellKnownAttribute: 2,
  MissingWellKnownAttribute: 3,
  AttributeFlagsError: 4,
  AttributeLengthError: 5,
  InvalidOriginAttribute: 6,
  InvalidNextHopAttribute: 8,
  OptionalAttributeError: 9,
  InvalidNetworkField: 10,
  MalformedAsPath: 11,
} as const;

/** Subcodes of Finite State Machine Error (RFC 6608). */
export const FsmError = {
  Unspecified: 0,
  UnexpectedMessageInOpenSent: 1,
  UnexpectedMessageInOpenConfirm: 2,
  UnexpectedMessageInEstablished: 3,
} as const;

/** Subcodes of Cease. */
export const CeaseError = {
  MaximumPrefixesReached: 1, // RFC 4486
  AdministrativeShutdown: 2, // RFC 4486, text by RFC 9003
  PeerDeConfigured: 3, // RFC 4486
  AdministrativeReset: 4, // RFC 4486, text by RFC 9003
  ConnectionRejected: 5, // RFC 4486
  OtherConfigurationChange: 6, // RFC 4486
  ConnectionCollisionResolution: 7, // RFC 4486
  OutOfResources: 8, // RFC 4486
  HardReset: 9, // RFC 8538
  BfdDown: 10, // RFC 9384
} as const;

/** Subcodes of ROUTE-REFRESH Message Error (RFC 7313 section 5). */
export const RouteRefreshError = { InvalidMessageLength: 1 } as const;

interface ErrorNames {
  readonly name: string;
  readonly subcodes: Readonly<Record<number, string>>;
}

/** Names of NOTIFICATION codes and subcodes, for people. Obsolete subcodes are here too: peers still send them. */
export const ERROR_NAMES: Readonly<Record<number, ErrorNames>> = {
  1: {
    name: "Message Header Error",
    subcodes: { 1: "Connection Not Synchronized", 2: "Bad Message Length", 3: "Bad Message Type" },
  },
  2: {
    name: "OPEN Message Error",
    subcodes: {
      1: "Unsupported Version Number",
      2: "Bad Peer AS",
      3: "Bad BGP Identifier",
      4: "Unsupported Optional Parameter",
      5: "Authentication Failure (deprecated)",
      6: "Unacceptable Hold Time",
      7: "Unsupported Capability",
      11: "Role Mismatch",
    },
  },
  3: {
    name: "UPDATE Message Error",
    subcodes: {
      1: "Malformed Attribute List",
      2: "Unrecognized Well-known Attribute",
      3: "Missing Well-known Attribute",
      4: "Attribute Flags Error",
      5: "Attribute Length Error",
      6: "Invalid ORIGIN Attribute",
      7: "AS Routing Loop (deprecated)",
      8: "Invalid NEXT_HOP Attribute",
      9: "Optional Attribute Error",
      10: "Invalid Network Field",
      11: "Malformed AS_PATH",
    },
  },
  4: { name: "Hold Timer Expired", subcodes: {} },
  5: {
    name: "Finite State Machine Error",
    subcodes: {
      1: "Receive Unexpected Message in OpenSent State",
      2: "Receive Unexpected Message in OpenConfirm State",
      3: "Receive Unexpected Message in Established State",
    },
  },
  6: {
    name: "Cease",
    subcodes: {
      1: "Maximum Number of Prefixes Reached",
      2: "Administrative Shutdown",
      3: "Peer De-configured",
      4: "Administrative Reset",
      5: "Connection Rejected",
      6: "Other Configuration Change",
      7: "Connection Collision Resolution",
      8: "Out of Resources",
      9: "Hard Reset",
      10: "BFD Down",
    },
  },
  7: { name: "ROUTE-REFRESH Message Error", subcodes: { 1: "Invalid Message Length" } },
  8: { name: "Send Hold Timer Expired", subcodes: {} },
};

/** Registry "BGP Well-known Communities". */
export const WellKnownCommunity = {
  Internet: 0x0000_0000, // not in the registry: what operators mean by "any"
  GracefulShutdown: 0xffff_0000, // RFC 8326
  AcceptOwn: 0xffff_0001, // RFC 7611
  RouteFilterTranslatedV4: 0xffff_0002, // draft-l3vpn-legacy-rtc
  RouteFilterV4: 0xffff_0003, // draft-l3vpn-legacy-rtc
  RouteFilterTranslatedV6: 0xffff_0004, // draft-l3vpn-legacy-rtc
  RouteFilterV6: 0xffff_0005, // draft-l3vpn-legacy-rtc
  LlgrStale: 0xffff_0006, // RFC 9494
  NoLlgr: 0xffff_0007, // RFC 9494
  Blackhole: 0xffff_029a, // RFC 7999
  NoExport: 0xffff_ff01, // RFC 1997
  NoAdvertise: 0xffff_ff02, // RFC 1997
  NoExportSubconfed: 0xffff_ff03, // RFC 1997
  NoPeer: 0xffff_ff04, // RFC 3765
} as const;
