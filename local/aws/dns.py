"""An authoritative name server for the emulated hosted zones."""

import logging
from collections.abc import Callable, Sequence

from dnslib import CLASS, QTYPE, RCODE, RD, RR, TXT, DNSLabel, DNSRecord
from dnslib.server import DNSHandler, DNSLogger, DNSServer

from .zones import RecordSet, Zone, canonical_name, record_sets_at, texts_of, zone_of

_log = logging.getLogger(__name__)
# RFC 1035, 4.2.1. Whatever is longer is asked for again over TCP.
_LONGEST_UDP_MESSAGE = 512
_LONGEST_CNAME_CHAIN = 8
_PORT_ATTEMPTS = 20


class NameServer:
    """Answers over UDP and TCP on one port of `address`, from the zones as they are when a question comes."""

    def __init__(self, address: str, zones: Callable[[], list[Zone]]):
        self._zones = zones
        self._servers = self._bind(address)

    @property
    def port(self) -> int:
        """The port, free at the start."""
        return self._servers[0].server.server_address[1]

    def start(self) -> None:
        """Answer until the process ends."""
        for server in self._servers:
            server.start_thread()

    def resolve(self, request: DNSRecord, handler: DNSHandler) -> DNSRecord:
        """Return the reply to a question; dnslib calls it."""
        reply = reply_to(request, self._zones())
        if handler.protocol == "udp" and len(reply.pack()) > _LONGEST_UDP_MESSAGE:
            # dnslib would leave the question out, too, and resolvers would take it for no reply to theirs.
            reply = request.reply(ra=0)
            reply.header.tc = 1
        return reply

    def _bind(self, address: str) -> tuple[DNSServer, DNSServer]:
        logger = DNSLogger(log="error", logf=_log.warning)
        for _ in range(_PORT_ATTEMPTS):
            udp = DNSServer(self, address, 0, logger=logger)
            try:
                return udp, DNSServer(self, address, udp.server.server_address[1], True, logger)
            except OSError:
                # The port that UDP got is taken for TCP.
                udp.server.server_close()
        raise OSError(f"no port on {address} is free for both UDP and TCP")


def reply_to(request: DNSRecord, zones: Sequence[Zone]) -> DNSRecord:
    """Return the reply of a server that is authoritative for `zones`; a name in none of them does not exist."""
    reply = request.reply(ra=0)
    name = canonical_name(str(request.q.qname))
    type_ = QTYPE.get(request.q.qtype, "")
    for _ in range(_LONGEST_CNAME_CHAIN):
        found = record_sets_at(zones, name)
        answer = next((record_set for record_set in found if record_set.type in (type_, "CNAME")), None)
        if answer is None:
            break
        reply.add_answer(*_resource_records(answer))
        if answer.type == type_:
            break
        name = canonical_name(answer.values[0])
    if not reply.rr:
        if not found and not _leads_to_others(zones, name):
            reply.header.rcode = RCODE.NXDOMAIN
        reply.add_auth(*_start_of_authority(zones, name))
    return reply


def _start_of_authority(zones: Sequence[Zone], name: str) -> list[RR]:
    """The SOA record of the zone that holds `name`: it tells for how long nothing will be there (RFC 2308)."""
    zone = zone_of(zones, name)
    found = record_sets_at(zones, zone.name) if zone else []
    return [
        record for record_set in found if record_set.type == "SOA" for record in _resource_records(record_set)
    ]


def _leads_to_others(zones: Sequence[Zone], name: str) -> bool:
    """Whether names exist below `name`: then it exists too, without records of its own (RFC 8020)."""
    return any(record_set.name.endswith(f".{name}") for zone in zones for record_set in zone.record_sets)


def _resource_records(record_set: RecordSet) -> list[RR]:
    return [
        RR(
            DNSLabel(record_set.name),
            QTYPE.reverse[record_set.type],
            CLASS.IN,
            record_set.ttl,
            _data(record_set, value),
        )
        for value in record_set.values
    ]


def _data(record_set: RecordSet, value: str) -> RD:
    if record_set.type == "TXT":
        # dnslib takes an escaped octet for a character, and encodes it.
        return TXT([text.encode("latin-1") for text in texts_of(value)])
    # dnslib reads the notation of zone files, in which a name is easily misread: it is set apart.
    return RR.fromZone(f"name. {record_set.ttl} IN {record_set.type} {value}")[0].rdata
