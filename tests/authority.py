"""A time authority of our own, by OpenSSL: a root, a certificate for time stamping, answers to requests."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from audit.proofs.timestamp import TimeAuthority

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
OPERATOR = "Trung tâm chứng thực (minh họa)"
CONFIG = """
[tsa]
default_tsa = ours
[ours]
serial = {folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:2, millisecs:500, microsecs:100
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True, slots=True)
class Authority:
    """A folder with its keys and certificates."""

    folder: Path
    root: x509.Certificate

    @property
    def known(self) -> TimeAuthority:
        """It, as a trust file names it."""
        return known(self.root)

    def stamp(self, text: bytes, *options: str, digest: str = "sha256", certificate: bool = True) -> bytes:
        """Stamp a text, as `openssl ts` does it."""
        (self.folder / "text").write_bytes(text)
        self._openssl(
            "-query", "-data", "text", f"-{digest}", *(["-cert"] * certificate), "-out", "asked.tsq"
        )
        return self.answer((self.folder / "asked.tsq").read_bytes(), *options)

    def answer(self, request: bytes, *options: str) -> bytes:
        """Answer a request."""
        (self.folder / "request.tsq").write_bytes(request)
        signing = ("-signer", "tsa.pem", "-inkey", "tsa.key", "-config", "ts.cnf")
        self._openssl("-reply", "-queryfile", "request.tsq", *signing, *options, "-out", "answer.tsr")
        return (self.folder / "answer.tsr").read_bytes()

    def _openssl(self, *words: str) -> None:
        openssl("ts", *words, folder=self.folder)


def openssl(*words: str, folder: Path) -> None:
    """Run OpenSSL; skip where there is none."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on PATH; a local time authority is run with it")
    ended = subprocess.run(["openssl", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def known(root: x509.Certificate, name: str = "tsa", url: str | None = None) -> TimeAuthority:
    """Name an authority by its root."""
    return TimeAuthority(name, OPERATOR, root.public_bytes(Encoding.DER), url)


def found_authority(
    folder: Path,
    *,
    purposes: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.TIME_STAMPING,),
    critical: bool = True,
    key: Key | None = None,
    until: timedelta = timedelta(days=1),
) -> Authority:
    """Make one; `purposes`, `critical`, `key` and `until` are those of the certificate that stamps."""
    folder.mkdir(parents=True)
    top = ec.generate_private_key(ec.SECP256R1())
    root = certificate("Gốc minh họa", top.public_key(), top, "Gốc minh họa", ca=True)
    stamping = key or ec.generate_private_key(ec.SECP256R1())
    leaf = certificate(
        "Đóng dấu minh họa",
        stamping.public_key(),
        top,
        "Gốc minh họa",
        purposes=purposes,
        critical=critical,
        until=until,
    )
    (folder / "tsa.pem").write_bytes(leaf.public_bytes(Encoding.PEM))
    (folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    pem = stamping.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "tsa.key").write_bytes(pem)
    (folder / "serial").write_text("01\n", "ascii")
    (folder / "ts.cnf").write_text(CONFIG.format(folder=folder), "utf-8")
    return Authority(folder, root)


def certificate(
    subject: str,
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    signer: Key,
    issuer: str,
    *,
    ca: bool = False,
    purposes: Sequence[x509.ObjectIdentifier] = (),
    critical: bool = True,
    until: timedelta = timedelta(days=1),
) -> x509.Certificate:
    """Make a certificate."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + until)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=critical)
    return builder.sign(signer, hashes.SHA256())


def tlv(tag: int, content: bytes) -> bytes:
    """Write one value in DER."""
    size = len(content)
    long = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, *([size] if size < 0x80 else [0x80 | len(long), *long])]) + content


def parts(content: bytes) -> list[tuple[int, bytes]]:
    """Read the values that stand one after the other."""
    found, at = [], 0
    while at < len(content):
        tag, size, at = content[at], content[at + 1], at + 2
        if size & 0x80:
            at, size = at + (size & 0x7F), int.from_bytes(content[at : at + (size & 0x7F)], "big")
        found.append((tag, content[at : at + size]))
        at += size
    return found


def with_extensions(der: bytes, change: Callable[[list[bytes]], list[bytes]]) -> bytes:
    """Write a certificate again with other extensions; its signature fits no more, which nobody asks."""
    signed, *rest = parts(parts(der)[0][1])
    *before, (_, extensions) = parts(signed[1])
    changed = change([tlv(*one) for one in parts(parts(extensions)[0][1])])
    fields = [*before, (0xA3, tlv(0x30, b"".join(changed)))]
    return tlv(0x30, b"".join(tlv(*one) for one in ((0x30, b"".join(tlv(*f) for f in fields)), *rest)))


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
