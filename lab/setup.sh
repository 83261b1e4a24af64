#!/usr/bin/env bash
# Installs what the commands in package.json miss, and nothing that is there already.
#   lab/setup.sh            the npm packages of the lock file
#   lab/setup.sh --peers    and the Debian packages that the tests talk to (needs root)
set -euo pipefail
cd "$(dirname "$0")/.."

apt_install() {
  if [ "$(id -u)" != 0 ]; then
    echo "lab/setup.sh: root is needed to install these Debian packages: $*" >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  # The packages' own services must not start: the lab runs its own instances in network namespaces.
  local policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
    trap "rm -f $policy" EXIT
  fi
  echo "installing Debian packages: $*"
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# raw-socket is compiled during its installation.
tools=$(for tool in python3 make g++; do command -v $tool >/dev/null || echo $tool; done)
[ -z "$tools" ] || apt_install $tools

# npm writes this file last: it is older than the lock file when an install was cut short or the lock file changed.
if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
fi

[ "${1:-}" = --peers ] || exit 0
PEERS="bird2 exabgp frr gobgpd golang-github-hashicorp-memberlist-dev
  golang-github-osrg-gobgp-dev golang-go iproute2 iptables keepalived nftables openbgpd procps prometheus-alertmanager serf tcpdump tshark util-linux"
missing=$(for package in $PEERS; do
  dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"
done)
[ -n "$missing" ] || exit 0
apt_install $missing
