/** Totals since the start. Only ever rise. */
export interface Counters {
  packetsIn: number;
  packetsOut: number;
  octetsIn: number;
  octetsOut: number;
  /** Packets that were not for us or not whole: key, label, checksum. */
  packetsRejected: number;
  /** Messages in good packets that were malformed, or parts that were cut off. */
  messagesMalformed: number;
  streamsAccepted: number;
  streamsDialed: number;
  streamsFailed: number;
  probes: number;
  probesFailed: number;
  /** Probes that only TCP answered. */
  probesByTcp: number;
  /** Pings that we made for others. */
  relayed: number;
  /** Claims about ourselves that we had to refute. */
  refutations: number;
  pushPulls: number;
}

export function newCounters(): Counters {
  return {
    packetsIn: 0,
    packetsOut: 0,
    octetsIn: 0,
    octetsOut: 0,
    packetsRejected: 0,
    messagesMalformed: 0,
    streamsAccepted: 0,
    streamsDialed: 0,
    streamsFailed: 0,
    probes: 0,
    probesFailed: 0,
    probesByTcp: 0,
    relayed: 0,
    refutations: 0,
    pushPulls: 0,
  };
}
