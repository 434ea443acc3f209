"""A directory as a house has one: OpenLDAP's slapd on free ports of loopback, with TLS, people and groups."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from loopback import free_ports

SLAPD = shutil.which("slapd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
SLAPADD = shutil.which("slapadd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
MODULES = Path("/usr/lib/ldap")
SCHEMAS = Path("/etc/ldap/schema")
WHY_NOT = "needs slapd of OpenLDAP (apt-get install slapd)"
PASSWORD = "correct horse battery"
BASE = "dc=example,dc=org"
DEADLINE_S = 30
PEOPLE = f"""
dn: {BASE}
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ou=people,{BASE}
objectClass: organizationalUnit
ou: people

dn: ou=groups,{BASE}
objectClass: organizationalUnit
ou: groups

dn: uid=dora,ou=people,{BASE}
objectClass: inetOrgPerson
uid: dora
cn: Dora
sn: Dora
userPassword: {PASSWORD}
memberOf: cn=mcr,ou=groups,{BASE}

dn: uid=emil,ou=people,{BASE}
objectClass: inetOrgPerson
uid: emil
cn: Emil
sn: Emil
userPassword: {PASSWORD}

dn: uid=anna,ou=people,{BASE}
objectClass: inetOrgPerson
uid: anna
cn: Anna
sn: Anna
userPassword: {PASSWORD}

dn: cn=searcher,{BASE}
objectClass: person
cn: searcher
sn: searcher
userPassword: searching

dn: cn=mcr,ou=groups,{BASE}
objectClass: groupOfNames
cn: mcr
member: uid=dora,ou=people,{BASE}
member: uid=anna,ou=people,{BASE}

dn: cn=everybody,ou=groups,{BASE}
objectClass: groupOfNames
cn: everybody
member: uid=dora,ou=people,{BASE}
member: uid=emil,ou=people,{BASE}
"""


@dataclass
class Slapd:
    """One directory that runs."""

    folder: Path
    port: int
    tls_port: int
    process: subprocess.Popen[bytes]

    @property
    def ca_file(self) -> Path:
        return self.folder / "cert.pem"


@contextlib.contextmanager
def slapd(folder: Path) -> Iterator[Slapd]:
    """A directory of PEOPLE until the context ends."""
    assert SLAPD is not None and SLAPADD is not None
    folder.mkdir(parents=True)
    (folder / "db").mkdir()
    _certificate(folder)
    conf = folder / "slapd.conf"
    conf.write_text(
        "".join(f"include {SCHEMAS}/{name}.schema\n" for name in ("core", "cosine", "inetorgperson"))
        + f"modulepath {MODULES}\nmoduleload back_mdb\nmoduleload memberof\n"
        + f"TLSCertificateFile {folder}/cert.pem\nTLSCertificateKeyFile {folder}/key.pem\n"
        + f'database mdb\nsuffix "{BASE}"\nrootdn "cn=root,{BASE}"\ndirectory {folder}/db\noverlay memberof\n'
        + "access to attrs=userPassword by anonymous auth by * none\naccess to * by * read\n"
    )
    (folder / "people.ldif").write_text(PEOPLE)
    subprocess.run([SLAPADD, "-f", conf, "-l", folder / "people.ldif"], check=True, capture_output=True)
    port, tls_port = free_ports(2)
    places = f"ldap://127.0.0.1:{port} ldaps://127.0.0.1:{tls_port}"
    process = subprocess.Popen(
        [SLAPD, "-f", conf, "-h", places, "-d", "0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port, process)
        yield Slapd(folder, port, tls_port, process)
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        assert process.poll() is None, "slapd ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError("slapd did not listen")


def _certificate(folder: Path) -> None:
    """Of 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
