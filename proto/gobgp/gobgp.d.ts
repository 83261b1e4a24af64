// Made from the .proto files by test/tools/gobgp-types.ts: change those, then run it again.

export interface Any {
  readonly type_url: string;
  readonly value: Uint8Array;
}

export interface Timestamp {
  readonly seconds: number;
  readonly nanos: number;
}

export interface StartBgpRequest {
  readonly global: Global | null;
}

export type StopBgpRequest = Readonly<Record<never, never>>;

export type GetBgpRequest = Readonly<Record<never, never>>;

export interface GetBgpResponse {
  readonly global: Global | null;
}

export type WatchEventRequestPeer = Readonly<Record<never, never>>;

export type WatchEventRequestTableFilterType = "BEST" | "ADJIN" | "POST_POLICY";

export interface WatchEventRequestTableFilter {
  readonly type: WatchEventRequestTableFilterType;
  readonly init: boolean;
}

export interface WatchEventRequestTable {
  readonly filters: readonly WatchEventRequestTableFilter[];
}

export interface WatchEventRequest {
  readonly peer: WatchEventRequestPeer | null;
  readonly table: WatchEventRequestTable | null;
}

export type WatchEventResponsePeerEventType = "UNKNOWN" | "INIT" | "END_OF_INIT" | "STATE";

export interface WatchEventResponsePeerEvent {
  readonly type: WatchEventResponsePeerEventType;
  readonly peer: Peer | null;
}

export interface WatchEventResponseTableEvent {
  readonly paths: readonly Path[];
}

export interface WatchEventResponse {
  readonly peer: WatchEventResponsePeerEvent | null;
  readonly table: WatchEventResponseTableEvent | null;
}

export interface AddPeerRequest {
  readonly peer: Peer | null;
}

export interface DeletePeerRequest {
  readonly address: string;
  readonly interface: string;
}

export interface ListPeerRequest {
  readonly address: string;
  readonly enableAdvertised: boolean;
}

export interface ListPeerResponse {
  readonly peer: Peer | null;
}

export interface UpdatePeerRequest {
  readonly peer: Peer | null;
  readonly doSoftResetIn: boolean;
}

export interface UpdatePeerResponse {
  readonly needsSoftResetIn: boolean;
}

export type ResetPeerRequestSoftResetDirection = "IN" | "OUT" | "BOTH";

export interface ResetPeerRequest {
  readonly address: string;
  readonly communication: string;
  readonly soft: boolean;
  readonly direction: ResetPeerRequestSoftResetDirection;
}

export interface ShutdownPeerRequest {
  readonly address: string;
  readonly communication: string;
}

export interface EnablePeerRequest {
  readonly address: string;
}

export interface DisablePeerRequest {
  readonly address: string;
  readonly communication: string;
}

export interface AddPeerGroupRequest {
  readonly peerGroup: PeerGroup | null;
}

export interface DeletePeerGroupRequest {
  readonly name: string;
}

export interface UpdatePeerGroupRequest {
  readonly peerGroup: PeerGroup | null;
  readonly doSoftResetIn: boolean;
}

export interface UpdatePeerGroupResponse {
  readonly needsSoftResetIn: boolean;
}

export interface ListPeerGroupRequest {
  readonly peerGroupName: string;
}

export interface ListPeerGroupResponse {
  readonly peerGroup: PeerGroup | null;
}

export interface AddDynamicNeighborRequest {
  readonly dynamicNeighbor: DynamicNeighbor | null;
}

export interface DeleteDynamicNeighborRequest {
  readonly prefix: string;
  readonly peerGroup: string;
}

export interface ListDynamicNeighborRequest {
  readonly peerGroup: string;
}

export interface ListDynamicNeighborResponse {
  readonly dynamicNeighbor: DynamicNeighbor | null;
}

export interface AddPathRequest {
  readonly tableType: TableType;
  readonly vrfId: string;
  readonly path: Path | null;
}

export interface AddPathResponse {
  readonly uuid: Uint8Array;
}

export interface DeletePathRequest {
  readonly tableType: TableType;
  readonly vrfId: string;
  readonly family: Family | null;
  readonly path: Path | null;
  readonly uuid: Uint8Array;
}

export type TableLookupPrefixType = "EXACT" | "LONGER" | "SHORTER";

export interface TableLookupPrefix {
  readonly prefix: string;
  readonly type: TableLookupPrefixType;
}

export type ListPathRequestSortType = "NONE" | "PREFIX";

export interface ListPathRequest {
  readonly tableType: TableType;
  readonly name: string;
  readonly family: Family | null;
  readonly prefixes: readonly TableLookupPrefix[];
  readonly sortType: ListPathRequestSortType;
  readonly enableFiltered: boolean;
  readonly enableNlriBinary: boolean;
  readonly enableAttributeBinary: boolean;
  readonly enableOnlyBinary: boolean;
}

export interface ListPathResponse {
  readonly destination: Destination | null;
}

export interface AddPathStreamRequest {
  readonly tableType: TableType;
  readonly vrfId: string;
  readonly paths: readonly Path[];
}

export interface GetTableRequest {
  readonly tableType: TableType;
  readonly family: Family | null;
  readonly name: string;
}

export interface GetTableResponse {
  readonly numDestination: number;
  readonly numPath: number;
  readonly numAccepted: number;
}

export interface AddVrfRequest {
  readonly vrf: Vrf | null;
}

export interface DeleteVrfRequest {
  readonly name: string;
}

export interface ListVrfRequest {
  readonly name: string;
}

export interface ListVrfResponse {
  readonly vrf: Vrf | null;
}

export interface AddPolicyRequest {
  readonly policy: Policy | null;
  readonly referExistingStatements: boolean;
}

export interface DeletePolicyRequest {
  readonly policy: Policy | null;
  readonly preserveStatements: boolean;
  readonly all: boolean;
}

export interface ListPolicyRequest {
  readonly name: string;
}

export interface ListPolicyResponse {
  readonly policy: Policy | null;
}

export interface SetPoliciesRequest {
  readonly definedSets: readonly DefinedSet[];
  readonly policies: readonly Policy[];
  readonly assignments: readonly PolicyAssignment[];
}

export interface AddDefinedSetRequest {
  readonly definedSet: DefinedSet | null;
}

export interface DeleteDefinedSetRequest {
  readonly definedSet: DefinedSet | null;
  readonly all: boolean;
}

export interface ListDefinedSetRequest {
  readonly definedType: DefinedType;
  readonly name: string;
}

export interface ListDefinedSetResponse {
  readonly definedSet: DefinedSet | null;
}

export interface AddStatementRequest {
  readonly statement: Statement | null;
}

export interface DeleteStatementRequest {
  readonly statement: Statement | null;
  readonly all: boolean;
}

export interface ListStatementRequest {
  readonly name: string;
}

export interface ListStatementResponse {
  readonly statement: Statement | null;
}

export interface AddPolicyAssignmentRequest {
  readonly assignment: PolicyAssignment | null;
}

export interface DeletePolicyAssignmentRequest {
  readonly assignment: PolicyAssignment | null;
  readonly all: boolean;
}

export interface ListPolicyAssignmentRequest {
  readonly name: string;
  readonly direction: PolicyDirection;
}

export interface ListPolicyAssignmentResponse {
  readonly assignment: PolicyAssignment | null;
}

export interface SetPolicyAssignmentRequest {
  readonly assignment: PolicyAssignment | null;
}

export interface AddRpkiRequest {
  readonly address: string;
  readonly port: number;
  readonly lifetime: number;
}

export interface DeleteRpkiRequest {
  readonly address: string;
  readonly port: number;
}

export interface ListRpkiRequest {
  readonly family: Family | null;
}

export interface ListRpkiResponse {
  readonly server: Rpki | null;
}

export interface EnableRpkiRequest {
  readonly address: string;
  readonly port: number;
}

export interface DisableRpkiRequest {
  readonly address: string;
  readonly port: number;
}

export interface ResetRpkiRequest {
  readonly address: string;
  readonly port: number;
  readonly soft: boolean;
}

export interface ListRpkiTableRequest {
  readonly family: Family | null;
}

export interface ListRpkiTableResponse {
  readonly roa: Roa | null;
}

export interface EnableZebraRequest {
  readonly url: string;
  readonly routeTypes: readonly string[];
  readonly version: number;
  readonly nexthopTriggerEnable: boolean;
  readonly nexthopTriggerDelay: number;
  readonly mplsLabelRangeSize: number;
  readonly softwareName: string;
}

export type EnableMrtRequestDumpType = "UPDATES" | "TABLE";

export interface EnableMrtRequest {
  readonly type: EnableMrtRequestDumpType;
  readonly filename: string;
  readonly dumpInterval: number;
  readonly rotationInterval: number;
}

export interface DisableMrtRequest {
  readonly filename: string;
}

export type AddBmpRequestMonitoringPolicy = "PRE" | "POST" | "BOTH" | "LOCAL" | "ALL";

export interface AddBmpRequest {
  readonly address: string;
  readonly port: number;
  readonly policy: AddBmpRequestMonitoringPolicy;
  readonly StatisticsTimeout: number;
  readonly SysName: string;
  readonly SysDescr: string;
}

export interface DeleteBmpRequest {
  readonly address: string;
  readonly port: number;
}

export type ListBmpRequest = Readonly<Record<never, never>>;

export interface ListBmpResponseBmpStationConf {
  readonly address: string;
  readonly port: number;
}

export interface ListBmpResponseBmpStationState {
  readonly uptime: Timestamp | null;
  readonly downtime: Timestamp | null;
}

export interface ListBmpResponseBmpStation {
  readonly conf: ListBmpResponseBmpStationConf | null;
  readonly state: ListBmpResponseBmpStationState | null;
}

export interface ListBmpResponse {
  readonly station: ListBmpResponseBmpStation | null;
}

export type FamilyAfi = "AFI_UNKNOWN" | "AFI_IP" | "AFI_IP6" | "AFI_L2VPN" | "AFI_LS" | "AFI_OPAQUE";

export type FamilySafi = "SAFI_UNKNOWN" | "SAFI_UNICAST" | "SAFI_MULTICAST" | "SAFI_MPLS_LABEL" | "SAFI_ENCAPSULATION" | "SAFI_VPLS" | "SAFI_EVPN" | "SAFI_LS" | "SAFI_SR_POLICY" | "SAFI_MUP" | "SAFI_MPLS_VPN" | "SAFI_MPLS_VPN_MULTICAST" | "SAFI_ROUTE_TARGET_CONSTRAINTS" | "SAFI_FLOW_SPEC_UNICAST" | "SAFI_FLOW_SPEC_VPN" | "SAFI_KEY_VALUE";

export interface Family {
  readonly afi: FamilyAfi;
  readonly safi: FamilySafi;
}

export type TableType = "GLOBAL" | "LOCAL" | "ADJ_IN" | "ADJ_OUT" | "VRF";

export type ValidationState = "STATE_NONE" | "STATE_NOT_FOUND" | "STATE_VALID" | "STATE_INVALID";

export type ValidationReason = "REASON_NONE" | "REASON_ASN" | "REASON_LENGTH";

export interface Validation {
  readonly state: ValidationState;
  readonly reason: ValidationReason;
  readonly matched: readonly Roa[];
  readonly unmatchedAsn: readonly Roa[];
  readonly unmatchedLength: readonly Roa[];
}

export interface Path {
  readonly nlri: Any | null;
  readonly pattrs: readonly Any[];
  readonly age: Timestamp | null;
  readonly best: boolean;
  readonly isWithdraw: boolean;
  readonly validation: Validation | null;
  readonly noImplicitWithdraw: boolean;
  readonly family: Family | null;
  readonly sourceAsn: number;
  readonly sourceId: string;
  readonly filtered: boolean;
  readonly stale: boolean;
  readonly isFromExternal: boolean;
  readonly neighborIp: string;
  readonly uuid: Uint8Array;
  readonly isNexthopInvalid: boolean;
  readonly identifier: number;
  readonly localIdentifier: number;
  readonly nlriBinary: Uint8Array;
  readonly pattrsBinary: readonly Uint8Array[];
}

export interface Destination {
  readonly prefix: string;
  readonly paths: readonly Path[];
}

export interface Peer {
  readonly applyPolicy: ApplyPolicy | null;
  readonly conf: PeerConf | null;
  readonly ebgpMultihop: EbgpMultihop | null;
  readonly routeReflector: RouteReflector | null;
  readonly state: PeerState | null;
  readonly timers: Timers | null;
  readonly transport: Transport | null;
  readonly routeServer: RouteServer | null;
  readonly gracefulRestart: GracefulRestart | null;
  readonly afiSafis: readonly AfiSafi[];
  readonly ttlSecurity: TtlSecurity | null;
}

export interface PeerGroup {
  readonly applyPolicy: ApplyPolicy | null;
  readonly conf: PeerGroupConf | null;
  readonly ebgpMultihop: EbgpMultihop | null;
  readonly routeReflector: RouteReflector | null;
  readonly info: PeerGroupState | null;
  readonly timers: Timers | null;
  readonly transport: Transport | null;
  readonly routeServer: RouteServer | null;
  readonly gracefulRestart: GracefulRestart | null;
  readonly afiSafis: readonly AfiSafi[];
  readonly ttlSecurity: TtlSecurity | null;
}

export interface DynamicNeighbor {
  readonly prefix: string;
  readonly peerGroup: string;
}

export interface ApplyPolicy {
  readonly inPolicy: PolicyAssignment | null;
  readonly exportPolicy: PolicyAssignment | null;
  readonly importPolicy: PolicyAssignment | null;
}

export interface PrefixLimit {
  readonly family: Family | null;
  readonly maxPrefixes: number;
  readonly shutdownThresholdPct: number;
}

export type PeerType = "INTERNAL" | "EXTERNAL";

export type RemovePrivate = "REMOVE_NONE" | "REMOVE_ALL" | "REPLACE";

export interface PeerConf {
  readonly authPassword: string;
  readonly description: string;
  readonly localAsn: number;
  readonly neighborAddress: string;
  readonly peerAsn: number;
  readonly peerGroup: string;
  readonly type: PeerType;
  readonly removePrivate: RemovePrivate;
  readonly routeFlapDamping: boolean;
  readonly sendCommunity: number;
  readonly neighborInterface: string;
  readonly vrf: string;
  readonly allowOwnAsn: number;
  readonly replacePeerAsn: boolean;
  readonly adminDown: boolean;
}

export interface PeerGroupConf {
  readonly authPassword: string;
  readonly description: string;
  readonly localAsn: number;
  readonly peerAsn: number;
  readonly peerGroupName: string;
  readonly type: PeerType;
  readonly removePrivate: RemovePrivate;
  readonly routeFlapDamping: boolean;
  readonly sendCommunity: number;
}

export interface PeerGroupState {
  readonly authPassword: string;
  readonly description: string;
  readonly localAsn: number;
  readonly peerAsn: number;
  readonly peerGroupName: string;
  readonly type: PeerType;
  readonly removePrivate: RemovePrivate;
  readonly routeFlapDamping: boolean;
  readonly sendCommunity: number;
  readonly totalPaths: number;
  readonly totalPrefixes: number;
}

export interface TtlSecurity {
  readonly enabled: boolean;
  readonly ttlMin: number;
}

export interface EbgpMultihop {
  readonly enabled: boolean;
  readonly multihopTtl: number;
}

export interface RouteReflector {
  readonly routeReflectorClient: boolean;
  readonly routeReflectorClusterId: string;
}

export type PeerStateSessionState = "UNKNOWN" | "IDLE" | "CONNECT" | "ACTIVE" | "OPENSENT" | "OPENCONFIRM" | "ESTABLISHED";

export type PeerStateAdminState = "UP" | "DOWN" | "PFX_CT";

export interface PeerState {
  readonly authPassword: string;
  readonly description: string;
  readonly localAsn: number;
  readonly messages: Messages | null;
  readonly neighborAddress: string;
  readonly peerAsn: number;
  readonly peerGroup: string;
  readonly type: PeerType;
  readonly queues: Queues | null;
  readonly removePrivate: RemovePrivate;
  readonly routeFlapDamping: boolean;
  readonly sendCommunity: number;
  readonly sessionState: PeerStateSessionState;
  readonly adminState: PeerStateAdminState;
  readonly outQ: number;
  readonly flops: number;
  readonly remoteCap: readonly Any[];
  readonly localCap: readonly Any[];
  readonly routerId: string;
}

export interface Messages {
  readonly received: Message | null;
  readonly sent: Message | null;
}

export interface Message {
  readonly notification: number;
  readonly update: number;
  readonly open: number;
  readonly keepalive: number;
  readonly refresh: number;
  readonly discarded: number;
  readonly total: number;
  readonly withdrawUpdate: number;
  readonly withdrawPrefix: number;
}

export interface Queues {
  readonly input: number;
  readonly output: number;
}

export interface Timers {
  readonly config: TimersConfig | null;
  readonly state: TimersState | null;
}

export interface TimersConfig {
  readonly connectRetry: number;
  readonly holdTime: number;
  readonly keepaliveInterval: number;
  readonly minimumAdvertisementInterval: number;
  readonly idleHoldTimeAfterReset: number;
}

export interface TimersState {
  readonly connectRetry: number;
  readonly holdTime: number;
  readonly keepaliveInterval: number;
  readonly minimumAdvertisementInterval: number;
  readonly negotiatedHoldTime: number;
  readonly uptime: Timestamp | null;
  readonly downtime: Timestamp | null;
}

export interface Transport {
  readonly localAddress: string;
  readonly localPort: number;
  readonly mtuDiscovery: boolean;
  readonly passiveMode: boolean;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly tcpMss: number;
  readonly bindInterface: string;
}

export interface RouteServer {
  readonly routeServerClient: boolean;
  readonly secondaryRoute: boolean;
}

export interface GracefulRestart {
  readonly enabled: boolean;
  readonly restartTime: number;
  readonly helperOnly: boolean;
  readonly deferralTime: number;
  readonly notificationEnabled: boolean;
  readonly longlivedEnabled: boolean;
  readonly staleRoutesTime: number;
  readonly peerRestartTime: number;
  readonly peerRestarting: boolean;
  readonly localRestarting: boolean;
  readonly mode: string;
}

export interface MpGracefulRestartConfig {
  readonly enabled: boolean;
}

export interface MpGracefulRestartState {
  readonly enabled: boolean;
  readonly received: boolean;
  readonly advertised: boolean;
  readonly endOfRibReceived: boolean;
  readonly endOfRibSent: boolean;
}

export interface MpGracefulRestart {
  readonly config: MpGracefulRestartConfig | null;
  readonly state: MpGracefulRestartState | null;
}

export interface AfiSafiConfig {
  readonly family: Family | null;
  readonly enabled: boolean;
}

export interface AfiSafiState {
  readonly family: Family | null;
  readonly enabled: boolean;
  readonly received: number;
  readonly accepted: number;
  readonly advertised: number;
}

export interface RouteSelectionOptionsConfig {
  readonly alwaysCompareMed: boolean;
  readonly ignoreAsPathLength: boolean;
  readonly externalCompareRouterId: boolean;
  readonly advertiseInactiveRoutes: boolean;
  readonly enableAigp: boolean;
  readonly ignoreNextHopIgpMetric: boolean;
  readonly disableBestPathSelection: boolean;
}

export interface RouteSelectionOptionsState {
  readonly alwaysCompareMed: boolean;
  readonly ignoreAsPathLength: boolean;
  readonly externalCompareRouterId: boolean;
  readonly advertiseInactiveRoutes: boolean;
  readonly enableAigp: boolean;
  readonly ignoreNextHopIgpMetric: boolean;
  readonly disableBestPathSelection: boolean;
}

export interface RouteSelectionOptions {
  readonly config: RouteSelectionOptionsConfig | null;
  readonly state: RouteSelectionOptionsState | null;
}

export interface UseMultiplePathsConfig {
  readonly enabled: boolean;
}

export interface UseMultiplePathsState {
  readonly enabled: boolean;
}

export interface EbgpConfig {
  readonly allowMultipleAsn: boolean;
  readonly maximumPaths: number;
}

export interface EbgpState {
  readonly allowMultipleAsn: boolean;
  readonly maximumPaths: number;
}

export interface Ebgp {
  readonly config: EbgpConfig | null;
  readonly state: EbgpState | null;
}

export interface IbgpConfig {
  readonly maximumPaths: number;
}

export interface IbgpState {
  readonly maximumPaths: number;
}

export interface Ibgp {
  readonly config: IbgpConfig | null;
  readonly state: IbgpState | null;
}

export interface UseMultiplePaths {
  readonly config: UseMultiplePathsConfig | null;
  readonly state: UseMultiplePathsState | null;
  readonly ebgp: Ebgp | null;
  readonly ibgp: Ibgp | null;
}

export interface RouteTargetMembershipConfig {
  readonly deferralTime: number;
}

export interface RouteTargetMembershipState {
  readonly deferralTime: number;
}

export interface RouteTargetMembership {
  readonly config: RouteTargetMembershipConfig | null;
  readonly state: RouteTargetMembershipState | null;
}

export interface LongLivedGracefulRestartConfig {
  readonly enabled: boolean;
  readonly restartTime: number;
}

export interface LongLivedGracefulRestartState {
  readonly enabled: boolean;
  readonly received: boolean;
  readonly advertised: boolean;
  readonly peerRestartTime: number;
  readonly peerRestartTimerExpired: boolean;
}

export interface LongLivedGracefulRestart {
  readonly config: LongLivedGracefulRestartConfig | null;
  readonly state: LongLivedGracefulRestartState | null;
}

export interface AfiSafi {
  readonly mpGracefulRestart: MpGracefulRestart | null;
  readonly config: AfiSafiConfig | null;
  readonly state: AfiSafiState | null;
  readonly applyPolicy: ApplyPolicy | null;
  readonly routeSelectionOptions: RouteSelectionOptions | null;
  readonly useMultiplePaths: UseMultiplePaths | null;
  readonly prefixLimits: PrefixLimit | null;
  readonly routeTargetMembership: RouteTargetMembership | null;
  readonly longLivedGracefulRestart: LongLivedGracefulRestart | null;
  readonly addPaths: AddPaths | null;
}

export interface AddPathsConfig {
  readonly receive: boolean;
  readonly sendMax: number;
}

export interface AddPathsState {
  readonly receive: boolean;
  readonly sendMax: number;
}

export interface AddPaths {
  readonly config: AddPathsConfig | null;
  readonly state: AddPathsState | null;
}

export interface Prefix {
  readonly ipPrefix: string;
  readonly maskLengthMin: number;
  readonly maskLengthMax: number;
}

export type DefinedType = "PREFIX" | "NEIGHBOR" | "TAG" | "AS_PATH" | "COMMUNITY" | "EXT_COMMUNITY" | "LARGE_COMMUNITY" | "NEXT_HOP";

export interface DefinedSet {
  readonly definedType: DefinedType;
  readonly name: string;
  readonly list: readonly string[];
  readonly prefixes: readonly Prefix[];
}

export type MatchSetType = "ANY" | "ALL" | "INVERT";

export interface MatchSet {
  readonly type: MatchSetType;
  readonly name: string;
}

export type AsPathLengthType = "EQ" | "GE" | "LE";

export interface AsPathLength {
  readonly type: AsPathLengthType;
  readonly length: number;
}

export type ConditionsRouteType = "ROUTE_TYPE_NONE" | "ROUTE_TYPE_INTERNAL" | "ROUTE_TYPE_EXTERNAL" | "ROUTE_TYPE_LOCAL";

export interface Conditions {
  readonly prefixSet: MatchSet | null;
  readonly neighborSet: MatchSet | null;
  readonly asPathLength: AsPathLength | null;
  readonly asPathSet: MatchSet | null;
  readonly communitySet: MatchSet | null;
  readonly extCommunitySet: MatchSet | null;
  readonly rpkiResult: number;
  readonly routeType: ConditionsRouteType;
  readonly largeCommunitySet: MatchSet | null;
  readonly nextHopInList: readonly string[];
  readonly afiSafiIn: readonly Family[];
}

export type RouteAction = "NONE" | "ACCEPT" | "REJECT";

export type CommunityActionType = "ADD" | "REMOVE" | "REPLACE";

export interface CommunityAction {
  readonly type: CommunityActionType;
  readonly communities: readonly string[];
}

export type MedActionType = "MOD" | "REPLACE";

export interface MedAction {
  readonly type: MedActionType;
  readonly value: number;
}

export interface AsPrependAction {
  readonly asn: number;
  readonly repeat: number;
  readonly useLeftMost: boolean;
}

export interface NexthopAction {
  readonly address: string;
  readonly self: boolean;
  readonly unchanged: boolean;
}

export interface LocalPrefAction {
  readonly value: number;
}

export interface Actions {
  readonly routeAction: RouteAction;
  readonly community: CommunityAction | null;
  readonly med: MedAction | null;
  readonly asPrepend: AsPrependAction | null;
  readonly extCommunity: CommunityAction | null;
  readonly nexthop: NexthopAction | null;
  readonly localPref: LocalPrefAction | null;
  readonly largeCommunity: CommunityAction | null;
}

export interface Statement {
  readonly name: string;
  readonly conditions: Conditions | null;
  readonly actions: Actions | null;
}

export interface Policy {
  readonly name: string;
  readonly statements: readonly Statement[];
}

export type PolicyDirection = "UNKNOWN" | "IMPORT" | "EXPORT";

export interface PolicyAssignment {
  readonly name: string;
  readonly direction: PolicyDirection;
  readonly policies: readonly Policy[];
  readonly defaultAction: RouteAction;
}

export interface RoutingPolicy {
  readonly definedSets: readonly DefinedSet[];
  readonly policies: readonly Policy[];
}

export interface Roa {
  readonly asn: number;
  readonly prefixlen: number;
  readonly maxlen: number;
  readonly prefix: string;
  readonly conf: RPKIConf | null;
}

export interface Vrf {
  readonly name: string;
  readonly rd: Any | null;
  readonly importRt: readonly Any[];
  readonly exportRt: readonly Any[];
  readonly id: number;
}

export interface DefaultRouteDistance {
  readonly externalRouteDistance: number;
  readonly internalRouteDistance: number;
}

export interface Global {
  readonly asn: number;
  readonly routerId: string;
  readonly listenPort: number;
  readonly listenAddresses: readonly string[];
  readonly families: readonly number[];
  readonly useMultiplePaths: boolean;
  readonly routeSelectionOptions: RouteSelectionOptionsConfig | null;
  readonly defaultRouteDistance: DefaultRouteDistance | null;
  readonly confederation: Confederation | null;
  readonly gracefulRestart: GracefulRestart | null;
  readonly applyPolicy: ApplyPolicy | null;
  readonly bindToDevice: string;
}

export interface Confederation {
  readonly enabled: boolean;
  readonly identifier: number;
  readonly memberAsList: readonly number[];
}

export interface RPKIConf {
  readonly address: string;
  readonly remotePort: number;
}

export interface RPKIState {
  readonly uptime: Timestamp | null;
  readonly downtime: Timestamp | null;
  readonly up: boolean;
  readonly recordIpv4: number;
  readonly recordIpv6: number;
  readonly prefixIpv4: number;
  readonly prefixIpv6: number;
  readonly serial: number;
  readonly receivedIpv4: number;
  readonly receivedIpv6: number;
  readonly serialNotify: number;
  readonly cacheReset: number;
  readonly cacheResponse: number;
  readonly endOfData: number;
  readonly error: number;
  readonly serialQuery: number;
  readonly resetQuery: number;
}

export interface Rpki {
  readonly conf: RPKIConf | null;
  readonly state: RPKIState | null;
}

export type SetLogLevelRequestLevel = "PANIC" | "FATAL" | "ERROR" | "WARN" | "INFO" | "DEBUG" | "TRACE";

export interface SetLogLevelRequest {
  readonly level: SetLogLevelRequestLevel;
}

export interface OriginAttribute {
  readonly origin: number;
}

export type AsSegmentType = "UNKNOWN" | "AS_SET" | "AS_SEQUENCE" | "AS_CONFED_SEQUENCE" | "AS_CONFED_SET";

export interface AsSegment {
  readonly type: AsSegmentType;
  readonly numbers: readonly number[];
}

export interface AsPathAttribute {
  readonly segments: readonly AsSegment[];
}

export interface NextHopAttribute {
  readonly nextHop: string;
}

export interface MultiExitDiscAttribute {
  readonly med: number;
}

export interface LocalPrefAttribute {
  readonly localPref: number;
}

export type AtomicAggregateAttribute = Readonly<Record<never, never>>;

export interface AggregatorAttribute {
  readonly asn: number;
  readonly address: string;
}

export interface CommunitiesAttribute {
  readonly communities: readonly number[];
}

export interface OriginatorIdAttribute {
  readonly id: string;
}

export interface ClusterListAttribute {
  readonly ids: readonly string[];
}

export interface IPAddressPrefix {
  readonly prefixLen: number;
  readonly prefix: string;
}

export interface LabeledIPAddressPrefix {
  readonly labels: readonly number[];
  readonly prefixLen: number;
  readonly prefix: string;
}

export interface EncapsulationNLRI {
  readonly address: string;
}

export interface RouteDistinguisherTwoOctetASN {
  readonly admin: number;
  readonly assigned: number;
}

export interface RouteDistinguisherIPAddress {
  readonly admin: string;
  readonly assigned: number;
}

export interface RouteDistinguisherFourOctetASN {
  readonly admin: number;
  readonly assigned: number;
}

export interface EthernetSegmentIdentifier {
  readonly type: number;
  readonly value: Uint8Array;
}

export interface EVPNEthernetAutoDiscoveryRoute {
  readonly rd: Any | null;
  readonly esi: EthernetSegmentIdentifier | null;
  readonly ethernetTag: number;
  readonly label: number;
}

export interface EVPNMACIPAdvertisementRoute {
  readonly rd: Any | null;
  readonly esi: EthernetSegmentIdentifier | null;
  readonly ethernetTag: number;
  readonly macAddress: string;
  readonly ipAddress: string;
  readonly labels: readonly number[];
}

export interface EVPNInclusiveMulticastEthernetTagRoute {
  readonly rd: Any | null;
  readonly ethernetTag: number;
  readonly ipAddress: string;
}

export interface EVPNEthernetSegmentRoute {
  readonly rd: Any | null;
  readonly esi: EthernetSegmentIdentifier | null;
  readonly ipAddress: string;
}

export interface EVPNIPPrefixRoute {
  readonly rd: Any | null;
  readonly esi: EthernetSegmentIdentifier | null;
  readonly ethernetTag: number;
  readonly ipPrefix: string;
  readonly ipPrefixLen: number;
  readonly gwAddress: string;
  readonly label: number;
}

export interface EVPNIPMSIRoute {
  readonly rd: Any | null;
  readonly ethernetTag: number;
  readonly rt: Any | null;
}

export interface SRPolicyNLRI {
  readonly length: number;
  readonly distinguisher: number;
  readonly color: number;
  readonly endpoint: Uint8Array;
}

export interface LabeledVPNIPAddressPrefix {
  readonly labels: readonly number[];
  readonly rd: Any | null;
  readonly prefixLen: number;
  readonly prefix: string;
}

export interface RouteTargetMembershipNLRI {
  readonly asn: number;
  readonly rt: Any | null;
}

export interface FlowSpecIPPrefix {
  readonly type: number;
  readonly prefixLen: number;
  readonly prefix: string;
  readonly offset: number;
}

export interface FlowSpecMAC {
  readonly type: number;
  readonly address: string;
}

export interface FlowSpecComponentItem {
  readonly op: number;
  readonly value: number;
}

export interface FlowSpecComponent {
  readonly type: number;
  readonly items: readonly FlowSpecComponentItem[];
}

export interface FlowSpecNLRI {
  readonly rules: readonly Any[];
}

export interface VPNFlowSpecNLRI {
  readonly rd: Any | null;
  readonly rules: readonly Any[];
}

export interface OpaqueNLRI {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface LsNodeDescriptor {
  readonly asn: number;
  readonly bgpLsId: number;
  readonly ospfAreaId: number;
  readonly pseudonode: boolean;
  readonly igpRouterId: string;
  readonly bgpRouterId: string;
}

export interface LsLinkDescriptor {
  readonly linkLocalId: number;
  readonly linkRemoteId: number;
  readonly interfaceAddrIpv4: string;
  readonly neighborAddrIpv4: string;
  readonly interfaceAddrIpv6: string;
  readonly neighborAddrIpv6: string;
}

export type LsOspfRouteType = "LS_OSPF_ROUTE_TYPE_UNKNOWN" | "LS_OSPF_ROUTE_TYPE_INTRA_AREA" | "LS_OSPF_ROUTE_TYPE_INTER_AREA" | "LS_OSPF_ROUTE_TYPE_EXTERNAL1" | "LS_OSPF_ROUTE_TYPE_EXTERNAL2" | "LS_OSPF_ROUTE_TYPE_NSSA1" | "LS_OSPF_ROUTE_TYPE_NSSA2";

export interface LsPrefixDescriptor {
  readonly ipReachability: readonly string[];
  readonly ospfRouteType: LsOspfRouteType;
}

export interface LsNodeNLRI {
  readonly localNode: LsNodeDescriptor | null;
}

export interface LsLinkNLRI {
  readonly localNode: LsNodeDescriptor | null;
  readonly remoteNode: LsNodeDescriptor | null;
  readonly linkDescriptor: LsLinkDescriptor | null;
}

export interface LsPrefixV4NLRI {
  readonly localNode: LsNodeDescriptor | null;
  readonly prefixDescriptor: LsPrefixDescriptor | null;
}

export interface LsPrefixV6NLRI {
  readonly localNode: LsNodeDescriptor | null;
  readonly prefixDescriptor: LsPrefixDescriptor | null;
}

export type LsNLRIType = "LS_NLRI_UNKNOWN" | "LS_NLRI_NODE" | "LS_NLRI_LINK" | "LS_NLRI_PREFIX_V4" | "LS_NLRI_PREFIX_V6";

export type LsProtocolID = "LS_PROTOCOL_UNKNOWN" | "LS_PROTOCOL_ISIS_L1" | "LS_PROTOCOL_ISIS_L2" | "LS_PROTOCOL_OSPF_V2" | "LS_PROTOCOL_DIRECT" | "LS_PROTOCOL_STATIC" | "LS_PROTOCOL_OSPF_V3";

export interface LsAddrPrefix {
  readonly type: LsNLRIType;
  readonly nlri: Any | null;
  readonly length: number;
  readonly protocolId: LsProtocolID;
  readonly identifier: number;
}

export interface MUPInterworkSegmentDiscoveryRoute {
  readonly rd: Any | null;
  readonly prefix: string;
}

export interface MUPDirectSegmentDiscoveryRoute {
  readonly rd: Any | null;
  readonly address: string;
}

export interface MUPType1SessionTransformedRoute {
  readonly rd: Any | null;
  readonly prefixLength: number;
  readonly prefix: string;
  readonly teid: number;
  readonly qfi: number;
  readonly endpointAddressLength: number;
  readonly endpointAddress: string;
}

export interface MUPType2SessionTransformedRoute {
  readonly rd: Any | null;
  readonly endpointAddressLength: number;
  readonly endpointAddress: string;
  readonly teid: number;
}

export interface MpReachNLRIAttribute {
  readonly family: Family | null;
  readonly nextHops: readonly string[];
  readonly nlris: readonly Any[];
}

export interface MpUnreachNLRIAttribute {
  readonly family: Family | null;
  readonly nlris: readonly Any[];
}

export interface TwoOctetAsSpecificExtended {
  readonly isTransitive: boolean;
  readonly subType: number;
  readonly asn: number;
  readonly localAdmin: number;
}

export interface IPv4AddressSpecificExtended {
  readonly isTransitive: boolean;
  readonly subType: number;
  readonly address: string;
  readonly localAdmin: number;
}

export interface FourOctetAsSpecificExtended {
  readonly isTransitive: boolean;
  readonly subType: number;
  readonly asn: number;
  readonly localAdmin: number;
}

export interface LinkBandwidthExtended {
  readonly asn: number;
  readonly bandwidth: number;
}

export interface ValidationExtended {
  readonly state: number;
}

export interface ColorExtended {
  readonly color: number;
}

export interface EncapExtended {
  readonly tunnelType: number;
}

export type DefaultGatewayExtended = Readonly<Record<never, never>>;

export interface OpaqueExtended {
  readonly isTransitive: boolean;
  readonly value: Uint8Array;
}

export interface ESILabelExtended {
  readonly isSingleActive: boolean;
  readonly label: number;
}

export interface ESImportRouteTarget {
  readonly esImport: string;
}

export interface MacMobilityExtended {
  readonly isSticky: boolean;
  readonly sequenceNum: number;
}

export interface RouterMacExtended {
  readonly mac: string;
}

export interface TrafficRateExtended {
  readonly asn: number;
  readonly rate: number;
}

export interface TrafficActionExtended {
  readonly terminal: boolean;
  readonly sample: boolean;
}

export interface RedirectTwoOctetAsSpecificExtended {
  readonly asn: number;
  readonly localAdmin: number;
}

export interface RedirectIPv4AddressSpecificExtended {
  readonly address: string;
  readonly localAdmin: number;
}

export interface RedirectFourOctetAsSpecificExtended {
  readonly asn: number;
  readonly localAdmin: number;
}

export interface TrafficRemarkExtended {
  readonly dscp: number;
}

export interface MUPExtended {
  readonly subType: number;
  readonly segmentId2: number;
  readonly segmentId4: number;
}

export interface UnknownExtended {
  readonly type: number;
  readonly value: Uint8Array;
}

export interface ExtendedCommunitiesAttribute {
  readonly communities: readonly Any[];
}

export interface As4PathAttribute {
  readonly segments: readonly AsSegment[];
}

export interface As4AggregatorAttribute {
  readonly asn: number;
  readonly address: string;
}

export interface PmsiTunnelAttribute {
  readonly flags: number;
  readonly type: number;
  readonly label: number;
  readonly id: Uint8Array;
}

export interface TunnelEncapSubTLVEncapsulation {
  readonly key: number;
  readonly cookie: Uint8Array;
}

export interface TunnelEncapSubTLVProtocol {
  readonly protocol: number;
}

export interface TunnelEncapSubTLVColor {
  readonly color: number;
}

export interface TunnelEncapSubTLVSRPreference {
  readonly flags: number;
  readonly preference: number;
}

export interface TunnelEncapSubTLVSRCandidatePathName {
  readonly candidatePathName: string;
}

export interface TunnelEncapSubTLVSRPriority {
  readonly priority: number;
}

export interface TunnelEncapSubTLVSRBindingSID {
  readonly bsid: Any | null;
}

export interface SRBindingSID {
  readonly sFlag: boolean;
  readonly iFlag: boolean;
  readonly sid: Uint8Array;
}

export type SRv6Behavior = "RESERVED" | "END" | "END_WITH_PSP" | "END_WITH_USP" | "END_WITH_PSP_USP" | "ENDX" | "ENDX_WITH_PSP" | "ENDX_WITH_USP" | "ENDX_WITH_PSP_USP" | "ENDT" | "ENDT_WITH_PSP" | "ENDT_WITH_USP" | "ENDT_WITH_PSP_USP" | "END_B6_ENCAPS" | "END_BM" | "END_DX6" | "END_DX4" | "END_DT6" | "END_DT4" | "END_DT46" | "END_DX2" | "END_DX2V" | "END_DT2U" | "END_DT2M" | "END_B6_ENCAPS_Red" | "END_WITH_USD" | "END_WITH_PSP_USD" | "END_WITH_USP_USD" | "END_WITH_PSP_USP_USD" | "ENDX_WITH_USD" | "ENDX_WITH_PSP_USD" | "ENDX_WITH_USP_USD" | "ENDX_WITH_PSP_USP_USD" | "ENDT_WITH_USD" | "ENDT_WITH_PSP_USD" | "ENDT_WITH_USP_USD" | "ENDT_WITH_PSP_USP_USD" | "ENDM_GTP6D" | "ENDM_GTP6DI" | "ENDM_GTP6E" | "ENDM_GTP4E";

export interface SRv6EndPointBehavior {
  readonly behavior: SRv6Behavior;
  readonly blockLen: number;
  readonly nodeLen: number;
  readonly funcLen: number;
  readonly argLen: number;
}

export interface SRv6BindingSID {
  readonly sFlag: boolean;
  readonly iFlag: boolean;
  readonly bFlag: boolean;
  readonly sid: Uint8Array;
  readonly endpointBehaviorStructure: SRv6EndPointBehavior | null;
}

export type ENLPType = "Reserved" | "Type1" | "Type2" | "Type3" | "Type4";

export interface TunnelEncapSubTLVSRENLP {
  readonly flags: number;
  readonly enlp: ENLPType;
}

export interface SRWeight {
  readonly flags: number;
  readonly weight: number;
}

export interface SegmentFlags {
  readonly vFlag: boolean;
  readonly aFlag: boolean;
  readonly sFlag: boolean;
  readonly bFlag: boolean;
}

export interface SegmentTypeA {
  readonly flags: SegmentFlags | null;
  readonly label: number;
}

export interface SegmentTypeB {
  readonly flags: SegmentFlags | null;
  readonly sid: Uint8Array;
  readonly endpointBehaviorStructure: SRv6EndPointBehavior | null;
}

export interface TunnelEncapSubTLVSRSegmentList {
  readonly weight: SRWeight | null;
  readonly segments: readonly Any[];
}

export interface TunnelEncapSubTLVEgressEndpoint {
  readonly address: string;
}

export interface TunnelEncapSubTLVUDPDestPort {
  readonly port: number;
}

export interface TunnelEncapSubTLVUnknown {
  readonly type: number;
  readonly value: Uint8Array;
}

export interface TunnelEncapTLV {
  readonly type: number;
  readonly tlvs: readonly Any[];
}

export interface TunnelEncapAttribute {
  readonly tlvs: readonly TunnelEncapTLV[];
}

export interface IPv6AddressSpecificExtended {
  readonly isTransitive: boolean;
  readonly subType: number;
  readonly address: string;
  readonly localAdmin: number;
}

export interface RedirectIPv6AddressSpecificExtended {
  readonly address: string;
  readonly localAdmin: number;
}

export interface IP6ExtendedCommunitiesAttribute {
  readonly communities: readonly Any[];
}

export interface AigpTLVIGPMetric {
  readonly metric: number;
}

export interface AigpTLVUnknown {
  readonly type: number;
  readonly value: Uint8Array;
}

export interface AigpAttribute {
  readonly tlvs: readonly Any[];
}

export interface LargeCommunity {
  readonly globalAdmin: number;
  readonly localData1: number;
  readonly localData2: number;
}

export interface LargeCommunitiesAttribute {
  readonly communities: readonly LargeCommunity[];
}

export interface LsNodeFlags {
  readonly overload: boolean;
  readonly attached: boolean;
  readonly external: boolean;
  readonly abr: boolean;
  readonly router: boolean;
  readonly v6: boolean;
}

export interface LsIGPFlags {
  readonly down: boolean;
  readonly noUnicast: boolean;
  readonly localAddress: boolean;
  readonly propagateNssa: boolean;
}

export interface LsSrRange {
  readonly begin: number;
  readonly end: number;
}

export interface LsSrCapabilities {
  readonly ipv4Supported: boolean;
  readonly ipv6Supported: boolean;
  readonly ranges: readonly LsSrRange[];
}

export interface LsSrLocalBlock {
  readonly ranges: readonly LsSrRange[];
}

export interface LsAttributeNode {
  readonly name: string;
  readonly flags: LsNodeFlags | null;
  readonly localRouterId: string;
  readonly localRouterIdV6: string;
  readonly isisArea: Uint8Array;
  readonly opaque: Uint8Array;
  readonly srCapabilities: LsSrCapabilities | null;
  readonly srAlgorithms: Uint8Array;
  readonly srLocalBlock: LsSrLocalBlock | null;
}

export interface LsAttributeLink {
  readonly name: string;
  readonly localRouterId: string;
  readonly localRouterIdV6: string;
  readonly remoteRouterId: string;
  readonly remoteRouterIdV6: string;
  readonly adminGroup: number;
  readonly defaultTeMetric: number;
  readonly igpMetric: number;
  readonly opaque: Uint8Array;
  readonly bandwidth: number;
  readonly reservableBandwidth: number;
  readonly unreservedBandwidth: readonly number[];
  readonly srAdjacencySid: number;
  readonly srlgs: readonly number[];
}

export interface LsAttributePrefix {
  readonly igpFlags: LsIGPFlags | null;
  readonly opaque: Uint8Array;
  readonly srPrefixSid: number;
}

export interface LsAttributeBgpPeerSegment {
  readonly bgpPeerNodeSid: number;
  readonly bgpPeerAdjacencySid: number;
  readonly bgpPeerSetSid: number;
}

export interface LsAttribute {
  readonly node: LsAttributeNode | null;
  readonly link: LsAttributeLink | null;
  readonly prefix: LsAttributePrefix | null;
  readonly bgpPeerSegment: LsAttributeBgpPeerSegment | null;
}

export interface UnknownAttribute {
  readonly flags: number;
  readonly type: number;
  readonly value: Uint8Array;
}

export interface SRv6StructureSubSubTLV {
  readonly locatorBlockLength: number;
  readonly locatorNodeLength: number;
  readonly functionLength: number;
  readonly argumentLength: number;
  readonly transpositionLength: number;
  readonly transpositionOffset: number;
}

export interface SRv6SIDFlags {
  readonly flag_1: boolean;
}

export interface SRv6TLV {
  readonly tlv: readonly Any[];
}

export interface SRv6InformationSubTLV {
  readonly sid: Uint8Array;
  readonly flags: SRv6SIDFlags | null;
  readonly endpointBehavior: number;
  readonly subSubTlvs: Readonly<Record<string, SRv6TLV>>;
}

export interface SRv6L3ServiceTLV {
  readonly subTlvs: Readonly<Record<string, SRv6TLV>>;
}

export interface SRv6L2ServiceTLV {
  readonly subTlvs: Readonly<Record<string, SRv6TLV>>;
}

export interface PrefixSID {
  readonly tlvs: readonly Any[];
}

export interface MultiProtocolCapability {
  readonly family: Family | null;
}

export type RouteRefreshCapability = Readonly<Record<never, never>>;

export type CarryingLabelInfoCapability = Readonly<Record<never, never>>;

export interface ExtendedNexthopCapabilityTuple {
  readonly nlriFamily: Family | null;
  readonly nexthopFamily: Family | null;
}

export interface ExtendedNexthopCapability {
  readonly tuples: readonly ExtendedNexthopCapabilityTuple[];
}

export interface GracefulRestartCapabilityTuple {
  readonly family: Family | null;
  readonly flags: number;
}

export interface GracefulRestartCapability {
  readonly flags: number;
  readonly time: number;
  readonly tuples: readonly GracefulRestartCapabilityTuple[];
}

export interface FourOctetASNCapability {
  readonly asn: number;
}

export type AddPathCapabilityTupleMode = "NONE" | "RECEIVE" | "SEND" | "BOTH";

export interface AddPathCapabilityTuple {
  readonly family: Family | null;
  readonly mode: AddPathCapabilityTupleMode;
}

export interface AddPathCapability {
  readonly tuples: readonly AddPathCapabilityTuple[];
}

export type EnhancedRouteRefreshCapability = Readonly<Record<never, never>>;

export interface LongLivedGracefulRestartCapabilityTuple {
  readonly family: Family | null;
  readonly flags: number;
  readonly time: number;
}

export interface LongLivedGracefulRestartCapability {
  readonly tuples: readonly LongLivedGracefulRestartCapabilityTuple[];
}

export type RouteRefreshCiscoCapability = Readonly<Record<never, never>>;

export interface FqdnCapability {
  readonly hostName: string;
  readonly domainName: string;
}

export interface UnknownCapability {
  readonly code: number;
  readonly value: Uint8Array;
}
