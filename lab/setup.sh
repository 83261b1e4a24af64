#!/usr/bin/env bash
# Installs what the commands in package.json miss, and nothing that is there already.
#   lab/setup.sh            the npm packages of the lock file
#   lab/setup.sh --peers    and the Debian packages that the tests talk to (needs root)
set -euo pipefail
cd "$(dirname "$0")/.."

# npm writes this file last: it is older than the lock file when an install was cut short or the lock file changed.
if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
fi

[ "${1:-}" = --peers ] || exit 0
PEERS="bird2 exabgp frr gobgpd golang-github-hashicorp-memberlist-dev golang-go iproute2 iptables
  openbgpd procps prometheus-alertmanager serf tcpdump tshark util-linux"
missing=$(for package in $PEERS; do
  dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"
done)
[ -n "$missing" ] || exit 0
echo "installing Debian packages: $(echo $missing)"
if [ "$(id -u)" != 0 ]; then
  echo "lab/setup.sh: the tests against real peers need root to install them and to make network namespaces" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# The packages' own services must not start: the lab runs its own instances in network namespaces.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod +x $policy
  trap 'rm -f $policy' EXIT
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends $missing >/dev/null
