"""Certificates for the system tests, made by openssl: an authority, and what it vouches for."""

import subprocess


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    """A certificate authority with its files in `directory`, which is made."""

    def __init__(self, directory):
        self.directory = directory
        directory.mkdir()
        self.certificate = directory / "ca.pem"
        self.key = directory / "ca.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", 2, "-subj", "/CN=Test authority", "-keyout", self.key,
                "-out", self.certificate)

    def issue(self, name, hosts):
        """The files of a certificate for `hosts`, such as IP:127.0.0.1, and of its key."""
        certificate, key, request, extensions = (
            self.directory / f"{name}.{kind}" for kind in ("pem", "key", "csr", "ext"))
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        extensions.write_text(f"subjectAltName={','.join(hosts)}\n")
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                "-CAcreateserial", "-days", 2, "-extfile", extensions, "-out", certificate)
        return certificate, key
