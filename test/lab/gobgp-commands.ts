/** What an operator types, in this order, and what the command must answer: see api-gobgp.test.ts. */
export interface Command {
  readonly name: string;
  /** Shell; `g` is gobgp on the gateway, `t` on its neighbour; gobgp-pair.ts has more. */
  readonly run: string;
  readonly says: RegExp;
  /** What it must not say. */
  readonly never?: RegExp;
}

/** Waits until the session is back. */
const BACK = "for i in $(seq 100); do g neighbor | grep -q '10.77.0.2 .*Establ' && break; sleep 0.5; done";

export const COMMANDS: readonly Command[] = [
  // The speaker and its neighbours.
  {
    name: "global",
    run: "g global",
    says: /^AS: +65001\nRouter-ID: 10\.0\.0\.1\nListening Port: 179, Addresses: 10\.77\.0\.1$/m,
  },
  {
    name: "global as JSON",
    run: "g -j global",
    says: /^\{"asn":65001,"router_id":"10\.0\.0\.1","listen_port":179,"listen_addresses":\["10\.77\.0\.1"\]/,
  },
  { name: "table of neighbours", run: "g neighbor", says: /^Peer +AS +Up\/Down State +\|#Received +Accepted$/m },
  {
    name: "a neighbour that is up",
    run: "g neighbor",
    says: /^10\.77\.0\.2 65002 \d\d:\d\d:\d\d Establ +\| +\d+ +\d+$/m,
  },
  {
    name: "a neighbour that never was",
    run: "g neighbor",
    says: /^10\.77\.0\.3 65003 +never (Active|Idle|Connect) +\| +0 +0$/m,
  },
  { name: "addresses alone", run: "g -q neighbor", says: /^10\.77\.0\.2\n10\.77\.0\.3\n$/ },
  {
    name: "one neighbour",
    run: "g neighbor 10.77.0.2",
    says: /remote AS 65002\n.*router ID 10\.0\.0\.2\n {2}BGP state = ESTABLISHED, up for \d\d:/,
  },
  {
    name: "timers",
    run: "g neighbor 10.77.0.2",
    says: /Hold time is 9, keepalive interval is 3 seconds\n {2}Configured hold time is 9, keepalive interval is 3 seconds$/m,
  },
  {
    name: "counters",
    run: "g neighbor 10.77.0.2",
    says: /Opens: +1 +1\n +Notifications: +0 +0\n +Updates: +\d+ +\d+\n +Keepalives: +[1-9]\d* +[1-9]/,
  },
  {
    name: "families",
    run: "g neighbor 10.77.0.2",
    says: /multiprotocol:\n +ipv4-unicast:\tadvertised and received\n +ipv6-unicast:\tadvertised and received\n +route-refresh:\tadvertised and received$/m,
  },
  { name: "four-octet AS", run: "g neighbor 10.77.0.2", says: /4-octet-as:\tadvertised and received$/m },
  {
    name: "our graceful restart",
    run: "g neighbor 10.77.0.2",
    says: /Local: restart time 120 sec, notification flag set\n\t +ipv4-unicast.*\n\t +ipv6-unicast/,
  },
  {
    name: "its graceful restart",
    run: "g neighbor 10.77.0.2",
    says: /Remote: restart time 90 sec, notification flag set\n\t +ipv4-unicast\n\t +ipv6-unicast$/m,
  },
  {
    name: "our long-lived restart",
    run: "g neighbor 10.77.0.2",
    says: /Local:\n\t +ipv4-unicast, restart time 3600 sec.*\n\t +ipv6-unicast, restart time 3600 sec/,
  },
  {
    name: "its long-lived restart",
    run: "g neighbor 10.77.0.2",
    says: /Remote:\n\t +ipv4-unicast, restart time 600 sec\n\t +ipv6-unicast, restart time 600 sec$/m,
  },
  {
    name: "a neighbour as JSON",
    run: "g -j neighbor 10.77.0.2",
    says: /"conf":\{"description":"tor","local_asn":65001,"neighbor_address":"10\.77\.0\.2","peer_asn":65002,"type":1\}.*"session_state":6.*"restart_time":120,"deferral_time":30/,
  },
  {
    name: "restart state as JSON",
    run: "g -j neighbor 10.77.0.2",
    says: /"mp_graceful_restart":\{"config":\{"enabled":true\},"state":\{"enabled":true,"received":true,"advertised":true,"end_of_rib_received":true\}\}/,
  },
  {
    name: "long-lived settings as JSON",
    run: "g -j neighbor 10.77.0.2",
    says: /"long_lived_graceful_restart":\{"config":\{"enabled":true,"restart_time":3600\}/,
  },
  {
    name: "no such neighbour",
    run: "g neighbor 10.77.0.99; echo rc=$?",
    says: /^not found neighbor 10\.77\.0\.99\nrc=1$/m,
  },
  {
    name: "prefix limit",
    run: "g neighbor 10.77.0.2",
    says: /Prefix Limits:\n +ipv4-unicast:\tMaximum prefixes allowed 1000, Threshold for warning message 80%$/m,
  },
  // Routes of ours.
  { name: "nothing there", run: "g global rib -a ipv4 203.0.113.0/24", says: /^Network not in table$/m },
  {
    name: "add IPv4",
    run: "g global rib add 203.0.113.1/32 && g global rib",
    says: /^\*> 203\.0\.113\.1\/32 +0\.0\.0\.0 +\d\d:\d\d:\d\d +\[\{Origin: \?\}\]$/m,
  },
  {
    name: "add IPv6",
    run: "g global rib add -a ipv6 2001:db8:77::1/128 nexthop 2001:db8::1 && g global rib -a ipv6",
    says: /^\*> 2001:db8:77::1\/128 +2001:db8::1 +\d\d:\d\d:\d\d +\[\{Origin: \?\}\]$/m,
  },
  { name: "head of the table", run: "g global rib", says: /^ +Network +Next Hop +AS_PATH +Age +Attrs$/m },
  {
    name: "add with attributes",
    run: "g global rib add 203.0.113.2/32 nexthop 10.77.0.1 origin igp med 20 local-pref 300 community 65001:100,no-export large-community 65001:1:2 && g global rib 203.0.113.2/32",
    says: /\[\{Origin: i\} \{Med: 20\} \{LocalPref: 300\} \{Communities: 65001:100, no-export\} \{LargeCommunity: \[ 65001:1:2\]\}\]$/m,
  },
  {
    name: "add with an AS path",
    run: "g global rib add 203.0.113.3/32 aspath 65100,65101 && g global rib 203.0.113.3/32",
    says: /^\*> 203\.0\.113\.3\/32 +0\.0\.0\.0 +65100 65101 /m,
  },
  {
    name: "what is sent",
    run: "until_says 203.0.113.1/32 g neighbor 10.77.0.2 adj-out",
    says: /203\.0\.113\.1\/32 +10\.77\.0\.1 +65001 +\[\{Origin: \?\} \{Med: 50\} \{Communities: 65001:999\}\]$/m,
  },
  {
    name: "what is sent of IPv6",
    run: "until_says 2001:db8:77::1/128 g neighbor 10.77.0.2 adj-out -a ipv6",
    says: /2001:db8:77::1\/128 +2001:db8::1 +65001 /,
  },
  {
    name: "what the neighbour has",
    run: "until_says 203.0.113.1/32 t neighbor 10.77.0.1 adj-in",
    says: /203\.0\.113\.1\/32 +10\.77\.0\.1 +65001 .*\{Med: 50\} \{Communities: 65001:999\}/,
    never: /203\.0\.113\.2\/32/,
  },
  { name: "how many are sent", run: "g neighbor 10.77.0.2", says: /Advertised: +[1-9]/ },
  {
    name: "what policy keeps back",
    run: "g global rib add 192.0.2.77/32 && sleep 0.5 && g neighbor 10.77.0.2 adj-out",
    says: /203\.0\.113\.1/,
    never: /192\.0\.2\.77/,
  },
  {
    name: "the table counted",
    run: "g global rib summary",
    says: /AFI_IP {1,2}safi:SAFI_UNICAST\nDestination: 5, Path: 5$/m,
  },
  {
    name: "a route as JSON",
    run: "g -j global rib 203.0.113.1/32",
    says: /^\{"203\.0\.113\.1\/32":\[\{"nlri":\{"prefix":"203\.0\.113\.1\/32"\},"age":\d{10},"best":true,"attrs":\[\{"type":1,"value":2\},.*"nexthop":"0\.0\.0\.0"\}.*"stale":false/,
  },
  {
    name: "longer prefixes",
    run: "g global rib 203.0.113.0/24 longer-prefixes",
    says: /203\.0\.113\.1\/32[\s\S]*203\.0\.113\.2\/32[\s\S]*203\.0\.113\.3\/32/,
  },
  {
    name: "shorter prefixes",
    run: "g global rib 198.51.100.9/32 shorter-prefixes",
    says: /^\*> 198\.51\.100\.0\/24 /m,
  },
  { name: "the longest match", run: "g global rib 198.51.100.9", says: /^\*> 198\.51\.100\.0\/24 /m },
  {
    name: "delete",
    run: "g global rib del 203.0.113.3/32 && g global rib 203.0.113.3/32",
    says: /^Network not in table$/m,
  },
  {
    name: "gone at the neighbour",
    run: "until_says 'not in table' t global rib 203.0.113.3/32",
    says: /^Network not in table$/m,
  },
  {
    name: "add again replaces",
    run: "g global rib add 203.0.113.1/32 med 7 && g global rib 203.0.113.1/32 | grep -c '^.> 203'; g global rib 203.0.113.1/32",
    says: /^1\n[\s\S]*\{Med: 7\}\]$/m,
  },
  {
    name: "a bad prefix",
    run: "g global rib add 203.0.113.300/32; echo rc=$?",
    says: /invalid CIDR address: 203\.0\.113\.300\/32[\s\S]*rc=1$/m,
  },
  // What neighbours send.
  {
    name: "what came",
    run: "g neighbor 10.77.0.2 adj-in",
    says: /^ +0 +198\.51\.100\.0\/24 +10\.77\.0\.2 +65002 +\d\d:\d\d:\d\d +\[\{Origin: i\} \{Med: 10\} \{Communities: 65002:100\}\]$/m,
  },
  {
    name: "what came of IPv6",
    run: "g neighbor 10.77.0.2 adj-in -a ipv6",
    says: /2001:db8:2::\/48 +2001:db8::2 +65002 /,
  },
  {
    name: "what came as JSON",
    run: "g -j neighbor 10.77.0.2 adj-in",
    says: /"198\.51\.100\.0\/24".*"source-id":"10\.0\.0\.2","neighbor-ip":"10\.77\.0\.2"/,
  },
  {
    name: "from whom nothing can come",
    run: "g neighbor 10.77.0.3 adj-in; echo rc=$?",
    says: /^neighbor 10\.77\.0\.3's BGP session is not established\nrc=1$/m,
  },
  { name: "what came, counted", run: "g neighbor 10.77.0.2 adj-in summary", says: /Destination: 1, Path: 1$/m },
  { name: "what was accepted", run: "g neighbor 10.77.0.2 accepted", says: /198\.51\.100\.0\/24/ },
  {
    name: "a table of its own",
    run: "g neighbor 10.77.0.2 local; echo rc=$?",
    says: /code = Unknown desc = neighbor 10\.77\.0\.2 doesn't have local rib\nrc=1$/m,
  },
  // Events.
  {
    name: "watch the table",
    run: "monitor 'ROUTE. 203.0.113.50[^\\n]*\\n[^\\n]*DELROUTE' 'g global rib add 203.0.113.50/32; sleep 0.2; g global rib del 203.0.113.50/32' gobgp monitor global rib",
    says: /\[ROUTE\] 203\.0\.113\.50\/32 via 0\.0\.0\.0 aspath \[\] attrs \[\{Origin: \?\}\]\n\S+ \[DELROUTE\] 203\.0\.113\.50\/32 via 0\.0\.0\.0/,
  },
  {
    name: "watch from what is there",
    run: "monitor 'ROUTE. 203.0.113.1/32' : gobgp monitor global rib --current",
    says: /\[ROUTE\] 203\.0\.113\.1\/32 via /,
  },
  {
    name: "watch what comes",
    run: "monitor 'ROUTE. 198.51.100.200/32' 't global rib add 198.51.100.200/32; sleep 0.2; t global rib del 198.51.100.200/32' gobgp monitor adj-in",
    says: /\[ROUTE\] 198\.51\.100\.200\/32 via 10\.77\.0\.2 aspath \[65002\]/,
  },
  {
    name: "watch a neighbour",
    run: `monitor 'admin: DOWN' 'g neighbor 10.77.0.2 disable; sleep 0.5; g neighbor 10.77.0.2 enable' gobgp monitor neighbor 10.77.0.2; ${BACK}`,
    says: /\[NEIGH\] 10\.77\.0\.2 fsm: (IDLE|UNKNOWN) admin: DOWN$/m,
  },
  { name: "it comes back", run: `${BACK}; g neighbor`, says: /^10\.77\.0\.2 65002 \d\d:\d\d:\d\d Establ /m },
  {
    name: "and has our routes again",
    run: "until_says 203.0.113.1/32 t neighbor 10.77.0.1 adj-in",
    says: /203\.0\.113\.1\/32/,
  },
  // What operators do to sessions.
  {
    name: "soft reset out",
    run: "g neighbor 10.77.0.2 softresetout; echo rc=$?; sleep 0.3; g neighbor 10.77.0.2",
    says: /^rc=0\n[\s\S]*BGP state = ESTABLISHED/m,
  },
  {
    name: "soft reset in",
    run: "g neighbor 10.77.0.2 softresetin; echo rc=$?; sleep 0.3; g neighbor 10.77.0.2 adj-in",
    says: /^rc=0\n[\s\S]*198\.51\.100\.0\/24/m,
  },
  { name: "soft reset of all", run: "g neighbor all softreset; echo rc=$?", says: /^rc=0$/m },
  {
    name: "disable",
    run: "g neighbor 10.77.0.2 disable; until_says 'Idle(Admin)' g neighbor",
    says: /^10\.77\.0\.2 65002 +\S+ Idle\(Admin\) \| +0 +0$/m,
  },
  { name: "disabled as JSON", run: "g -j neighbor 10.77.0.2", says: /"admin_state":1/ },
  { name: "enable", run: `g neighbor 10.77.0.2 enable; ${BACK}; g neighbor`, says: /^10\.77\.0\.2 65002 \S+ Establ /m },
  {
    name: "reset with a reason",
    run: `g neighbor 10.77.0.2 reset --reason maint; echo rc=$?; sleep 0.3; ${BACK}; g neighbor`,
    says: /^rc=0\n[\s\S]*^10\.77\.0\.2 65002 \S+ Establ /m,
  },
  {
    name: "add a neighbour",
    run: "g neighbor add 10.77.0.44 as 65044 local-as 65099 family ipv4-unicast,ipv6-unicast ebgp-multihop-ttl 5; g neighbor; g -j neighbor 10.77.0.44",
    says: /^10\.77\.0\.44 65044 +never [\s\S]*"local_asn":65099.*"ebgp_multihop":\{"enabled":true,"multihop_ttl":5\}/m,
  },
  {
    name: "add it again",
    run: "g neighbor add 10.77.0.44 as 65044; echo rc=$?",
    says: /code = Unknown desc = can't overwrite the existing peer: 10\.77\.0\.44\nrc=1$/m,
  },
  {
    name: "update it",
    run: "g neighbor update 10.77.0.44 as 65045; echo rc=$?; g neighbor",
    says: /^rc=0\n[\s\S]*^10\.77\.0\.44 65045 /m,
  },
  {
    name: "remove it",
    run: "g neighbor del 10.77.0.44; echo rc=$?; g neighbor 10.77.0.44",
    says: /^rc=0\nnot found neighbor 10\.77\.0\.44$/m,
  },
  { name: "log level", run: "g log-level debug; echo rc=$?", says: /^rc=0$/m },
  // Policies.
  {
    name: "global policies",
    run: "g global policy",
    says: /^Import policy:\n +Default: ACCEPT\nExport policy:\n +Default: ACCEPT\n +Name pol-export:\n[\s\S]*PrefixSet: any ps-block \n +Actions:\n +reject\n[\s\S]*Community: +add\[65001:999\]\n +MED: +50\n +accept$/m,
    never: /RPKI/,
  },
  { name: "policies", run: "g policy", says: /^Name pol-export:\n +StatementName st-block:/m },
  { name: "prefix sets", run: "g policy prefix", says: /^ps-block +192\.0\.2\.0\/24 24\.\.32$/m },
  { name: "no sets", run: "g policy ext-community", says: /^Nothing defined yet$/m },
  { name: "community sets", run: "g policy community cs0", says: /^cs0 +\^65001:100\$$/m },
  {
    name: "a prefix set made and removed",
    run: "g policy prefix add ps1 10.9.0.0/16 16..24 && g policy prefix ps1 && g policy prefix del ps1 && echo gone && g policy prefix",
    says: /^ps1 +10\.9\.0\.0\/16 16\.\.24[\s\S]*gone[\s\S]*^ps-block/m,
    never: /gone[\s\S]*ps1/,
  },
  {
    name: "a statement made",
    run: "g policy statement add st9 && g policy statement st9 add condition prefix ps-block && g policy statement st9 add action reject && g policy add pol9 st9 && g policy pol9",
    says: /^Name pol9:\n +StatementName st9:\n +Conditions:\n +PrefixSet: any ps-block \n +Actions:\n +reject$/m,
  },
  {
    name: "a policy assigned and taken back",
    run: "g global policy import add pol9 default reject && g global policy import && g global policy import del pol9 && g global policy import set default accept && g global policy import && g policy del pol9 && g policy",
    says: /^Import policy:\nDefault: REJECT\nName pol9:[\s\S]*^Import policy:\nDefault: ACCEPT\nName pol-export:/m,
  },
  {
    name: "policies of a neighbour",
    run: "g neighbor 10.77.0.2 policy; echo rc=$?",
    says: /non-rs-client peer 10\.77\.0\.2 doesn't have per peer policy\nrc=1$/m,
  },
  // Beyond.
  {
    name: "two paths of a prefix",
    run: "g global rib add 203.0.113.60/32 identifier 5 nexthop 10.77.0.1 && g global rib add 203.0.113.60/32 identifier 6 nexthop 10.77.0.2 && g global rib 203.0.113.60/32",
    says: /^\*> 203\.0\.113\.60\/32 [\s\S]*^\* {2}203\.0\.113\.60\/32 /m,
  },
  {
    name: "VRFs are not there, and say so",
    run: "g vrf add v1 rd 65001:1 rt both 65001:1; g -j vrf",
    says: /code = Unimplemented desc = Holdfast has no VRFs[\s\S]*^\[\]$/m,
  },
  {
    name: "RPKI: nothing",
    run: "g rpki server; g rpki table",
    says: /^Session +State +Uptime +#IPv4\/IPv6 records\nNetwork +Maxlen AS +Server$/m,
  },
  {
    name: "BMP is not there, and says so",
    run: "g bmp add 10.77.0.9:11019; g bmp",
    says: /code = Unimplemented desc = Holdfast sends no BMP[\s\S]*^Session +State +Uptime/m,
  },
  {
    name: "routes of an MRT file",
    run: "g mrt inject global $MRT; echo rc=$?; until_says 100.64.9.0/24 g global rib 100.64.9.0/24; g global rib summary",
    says: /^rc=0\n[\s\S]*100\.64\.9\.0\/24 +10\.77\.0\.2 +65002 65200 [\s\S]*Destination: \d{4,5},/m,
  },
  {
    name: "delete all",
    run: "g global rib del all && g global rib && g global rib -a ipv6",
    says: /198\.51\.100\.0\/24[\s\S]*2001:db8:77::1\/128/,
    never: /203\.0\.113/,
  },
  {
    name: "nobody there",
    run: "gobgp --target unix:///nonexistent.sock global; echo rc=$?",
    says: /context deadline exceeded\nrc=1$/m,
  },
  {
    name: "stop",
    run: "g global del all; echo rc=$?; g global; g neighbor",
    says: /^rc=0\nAS: +0\nRouter-ID: *\n/m,
    never: /10\.77\.0\.2/,
  },
  {
    name: "start",
    run: "g global as 65001 router-id 10.0.0.1 listen-port 179 listen-addresses 10.77.0.1; echo rc=$?; g global",
    says: /^rc=0\nAS: +65001\nRouter-ID: 10\.0\.0\.1\nListening Port: 179, Addresses: 10\.77\.0\.1$/m,
  },
];
