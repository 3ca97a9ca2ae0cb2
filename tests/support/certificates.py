# SPDX-License-Identifier: MIT
#
# Certificates for the tests of programs, made by OpenSSL's own: an authority, and servers that it
# signs for. None is in the repository, so none can expire there.
import os
import pathlib
import ssl
import subprocess


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Authority:
    """Signs certificates for localhost; `trust` is for clients that believe it and nobody else."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.certificate, self.key = self.path("authority.pem"), self.path("authority-key.pem")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "1", "-subj", "/CN=test authority", "-addext",
                "keyUsage=critical,keyCertSign", "-keyout", self.key, "-out", self.certificate)
        self.trust = ssl.create_default_context(cafile=self.certificate)

    def path(self, name):
        return os.path.join(self.folder, name)

    def sign(self, name="server", common_name="localhost", days="1"):
        """(certificate, key): files. A negative number of days: it has expired."""
        request, key = self.path(f"{name}.csr"), self.path(f"{name}-key.pem")
        certificate, extensions = self.path(f"{name}.pem"), self.path("extensions.txt")
        pathlib.Path(extensions).write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n"
                                            "extendedKeyUsage=serverAuth\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                f"/CN={common_name}", "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key,
                "-CAcreateserial", "-days", days, "-extfile", extensions, "-out", certificate)
        os.chmod(key, 0o600)
        return certificate, key
