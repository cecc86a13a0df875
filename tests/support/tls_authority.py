"""A certificate authority of a test, and the certificate that it gave to one name."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

_EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True)
class Certified:
    """Files in PEM. authority: who trusts it trusts the certificate."""

    authority: Path
    certificate: Path
    key: Path

    def trusting(self) -> ssl.SSLContext:
        """What a client trusts who knows this authority alone."""
        return ssl.create_default_context(cafile=str(self.authority))


def certify(name: str, folder: Path) -> Certified:
    """An authority that is made now, and a certificate of two days for ``name``."""
    authority, authority_key = folder / "authority.pem", folder / "authority.key"
    made = Certified(authority, folder / "certificate.pem", folder / "certificate.key")
    request = folder / "request.pem"
    extensions = folder / "extensions"
    extensions.write_text(f"subjectAltName = DNS:{name}\nextendedKeyUsage = serverAuth\n")
    openssl("req", "-x509", *_EC, "-days", "2", "-subj", "/CN=Authority of a test",
            "-addext", "keyUsage = critical, keyCertSign, cRLSign",
            "-keyout", authority_key, "-out", authority)  # fmt: skip
    openssl("req", "-new", *_EC, "-subj", f"/CN={name}", "-keyout", made.key, "-out", request)
    openssl("x509", "-req", "-days", "2", "-in", request, "-extfile", extensions, "-CA", authority,
            "-CAkey", authority_key, "-set_serial", "2", "-out", made.certificate)  # fmt: skip
    return made


def openssl(*words: str | Path) -> None:
    """Run openssl; the test fails with what it said."""
    command = ["openssl", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
