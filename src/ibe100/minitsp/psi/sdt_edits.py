"""Changes to services of an SDT, for tsp's -P sdt, -P svrename and -P zap."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from ibe100.minitsp.chain.options import Arguments
from ibe100.mpegts.constants import SERVICE_TAG
from ibe100.mpegts.descriptors import Descriptor
from ibe100.mpegts.dvb_text import decode_dvb_text, encode_dvb_text
from ibe100.mpegts.psi import Sdt, SdtService
from ibe100.mpegts.table_assembler import Table

_MOST_SERVICE_BYTES: Final = 1024 - 12 - 3
_TELEVISION: Final = 0x01
_RUNNING: Final = 4

Services = dict[int, SdtService]
"""Services by service_id."""


@dataclass(frozen=True, slots=True)
class ServiceChange:
    """New properties of a service; None leaves one as it is."""

    name: str | None = None
    provider: str | None = None
    service_type: int | None = None
    running_status: int | None = None
    free_ca_mode: bool | None = None
    eit_schedule: bool | None = None
    eit_present_following: bool | None = None

    @classmethod
    def of(cls, arguments: Arguments) -> "ServiceChange":
        """Read --name, --provider, --type, --running-status, --free-ca-mode and --eit-…."""

        def flag(option: str) -> bool | None:
            return bool(arguments.integer(option)) if arguments.present(option) else None

        return cls(
            name=arguments.optional_text("name"),
            provider=arguments.optional_text("provider"),
            service_type=arguments.optional_integer("type"),
            running_status=arguments.optional_integer("running-status"),
            free_ca_mode=flag("free-ca-mode"),
            eit_schedule=flag("eit-schedule"),
            eit_present_following=flag("eit-pf"),
        )

    def apply(self, service: SdtService) -> SdtService:
        """The service with the changes."""

        def chosen(new: bool | None, old: bool) -> bool:
            return old if new is None else new

        return replace(
            service,
            descriptors=self._descriptors(service.descriptors),
            running_status=service.running_status if self.running_status is None else self.running_status,
            free_ca_mode=chosen(self.free_ca_mode, service.free_ca_mode),
            eit_schedule=chosen(self.eit_schedule, service.eit_schedule),
            eit_present_following=chosen(self.eit_present_following, service.eit_present_following),
        )

    def _descriptors(self, descriptors: tuple[Descriptor, ...]) -> tuple[Descriptor, ...]:
        if self.name is None and self.provider is None and self.service_type is None:
            return descriptors
        if not any(one.tag == SERVICE_TAG for one in descriptors):
            return (*descriptors, self._service_descriptor(b"\x00\x00\x00"))
        at = next(index for index, one in enumerate(descriptors) if one.tag == SERVICE_TAG)
        changed = self._service_descriptor(descriptors[at].data)
        return (*descriptors[:at], changed, *descriptors[at + 1 :])

    def _service_descriptor(self, data: bytes) -> Descriptor:
        """The service_descriptor (ETSI EN 300 468 clause 6.2.33) with new type and names."""
        provider_end = 2 + data[1] if len(data) > 1 else 2
        name_end = provider_end + 1 + (data[provider_end] if provider_end < len(data) else 0)
        provider, name = data[2:provider_end], data[provider_end + 1 : name_end]
        service_type = data[0] if data else 0
        if self.service_type is not None:
            service_type = self.service_type
        if self.name is not None or self.provider is not None:
            # Written anew by the same rule as tsp does it, both of them even if only one changes.
            provider = encode_dvb_text(decode_dvb_text(provider) if self.provider is None else self.provider)
            name = encode_dvb_text(decode_dvb_text(name) if self.name is None else self.name)
        provider, name = provider[:126], name[:126]
        body = bytes((service_type, len(provider))) + provider + bytes((len(name),)) + name
        return Descriptor(SERVICE_TAG, body)


def new_service(service_id: int) -> SdtService:
    """A running television service without names."""
    return SdtService(
        service_id, (Descriptor(SERVICE_TAG, bytes((_TELEVISION, 0, 0))),), running_status=_RUNNING
    )


def services_of(table: Table) -> tuple[Sdt, Services]:
    """The first section (for what all share) and all services. Raises PsiError."""
    parts = [Sdt.parse(section) for section in table.sections]
    return parts[0], {one.service_id: one for part in parts for one in part.services}


def sdt_sections(shared: Sdt, services: Mapping[int, SdtService]) -> list[bytes]:
    """Sections with the services in the order of service_id, as many to a section as it holds."""
    groups: list[list[SdtService]] = [[]]
    size = 0
    for _, service in sorted(services.items()):
        bytes_needed = 5 + sum(2 + len(one.data) for one in service.descriptors)
        if groups[-1] and size + bytes_needed > _MOST_SERVICE_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(service)
        size += bytes_needed
    last = len(groups) - 1
    return [
        replace(shared, services=tuple(group), section_number=number, last_section_number=last).encode()
        for number, group in enumerate(groups)
    ]


def similar(name: str, other: str) -> bool:
    """True if two service names are the same to tsp: case and blanks do not count."""
    return "".join(name.split()).casefold() == "".join(other.split()).casefold()


def find_service(services: Services, matches: Callable[[SdtService], bool]) -> int | None:
    """The lowest service_id that matches; None without one."""
    return min((number for number, service in services.items() if matches(service)), default=None)
