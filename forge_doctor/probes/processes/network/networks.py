"""Networks that exist only on this host, read from its interfaces; sends nothing."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_interface

# Interfaces that container engines make for the containers of this host alone.
LOCAL_INTERFACES = ("lo", "docker", "br-", "podman", "cni")


def local_networks() -> tuple[str, ...]:
    """`127.0.0.0/8`, `172.17.0.0/16`, ...: whoever has such an address is a process of this host.

    An overlay network reaches other hosts, so only the names engines give to local bridges count.
    """
    import psutil

    networks = set()
    for name, addresses in psutil.net_if_addrs().items():
        if not name.startswith(LOCAL_INTERFACES):
            continue
        for address in addresses:
            if address.family.name in ("AF_INET", "AF_INET6") and address.netmask:
                written = address.address.partition("%")[0]
                prefix = address.netmask if address.family.name == "AF_INET" else _prefix_length(address.netmask)
                network = ip_interface(f"{written}/{prefix}").network
                if not network.is_link_local:
                    networks.add(str(network))
    return tuple(sorted(networks))


def _prefix_length(netmask: str) -> int:
    """`ffff:ffff::` -> 32: psutil gives an IPv6 prefix as an address."""
    return int(IPv6Address(netmask)).bit_count()
