"""A Kafka with ACLs that knows its clients by passwords, tokens and certificates, over TLS."""

import json
import subprocess
import time
from base64 import urlsafe_b64encode
from pathlib import Path

from monitor.demo.process import free_port
from tests.integration.apache_kafka import ApacheKafka

USER, STRANGER, PASSWORD = "flowdrift", "stranger", "right-secret"
"""Two users with one password: the second is permitted nothing."""

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-512")
_MODULES = "org.apache.kafka.common.security"
_CONFIG = """
listeners=BROKER://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},SASL://127.0.0.1:{sasl},MTLS://127.0.0.1:{mtls}
advertised.listeners=BROKER://127.0.0.1:{port},SASL://localhost:{sasl},MTLS://localhost:{mtls}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,MTLS:SSL
ssl.keystore.type=PEM
ssl.keystore.location={certificates}/broker-store.pem
ssl.truststore.type=PEM
ssl.truststore.location={certificates}/ca.pem
listener.name.mtls.ssl.client.auth=required
ssl.principal.mapping.rules=RULE:^CN=(.*)$/$1/
sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512,PLAIN,OAUTHBEARER
listener.name.sasl.scram-sha-256.sasl.jaas.config={modules}.scram.ScramLoginModule required;
listener.name.sasl.scram-sha-512.sasl.jaas.config={modules}.scram.ScramLoginModule required;
listener.name.sasl.plain.sasl.jaas.config={modules}.plain.PlainLoginModule required user_{user}="{password}";
listener.name.sasl.oauthbearer.sasl.jaas.config={modules}.oauthbearer.OAuthBearerLoginModule required \
unsecuredLoginStringClaim_sub="broker";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""


class SecuredKafka(ApacheKafka):
    """Three listeners: `bootstrap` for the tests themselves, `sasl` over TLS, `mtls` by certificates.

    The broker's certificate is for `localhost` alone, signed by `certificates / 'ca.pem'`. A token of
    OAUTHBEARER needs no signature (`token`).
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.certificates = directory / "certificates"
        self._sasl, self._mtls = free_port(), free_port()

    @property
    def sasl(self) -> str:
        """host:port for clients with a password or a token."""
        return f"localhost:{self._sasl}"

    @property
    def mtls(self) -> str:
        """host:port for clients with a certificate."""
        return f"localhost:{self._mtls}"

    def _format(self, classpath: str, *arguments: str) -> None:
        make_certificates(self.certificates)
        users = [
            f"{each}=[name={user},password={PASSWORD}]" for each in _MECHANISMS for user in (USER, STRANGER)
        ]
        added = [argument for user in users for argument in ("--add-scram", user)]
        super()._format(classpath, *arguments, *added)
        written = self._config.read_text()
        controller = written.partition("controller.quorum.voters=1@127.0.0.1:")[2].split()[0]
        ports = {"port": self._port, "controller": controller, "sasl": self._sasl, "mtls": self._mtls}
        known = {"user": USER, "password": PASSWORD, "modules": _MODULES, "certificates": self.certificates}
        self._config.write_text(written + _CONFIG.format(**ports, **known))


def make_certificates(directory: Path) -> None:
    """An authority, a certificate of it for the broker and one for `USER`, and another authority."""
    directory.mkdir()
    for authority in ("ca", "other-ca"):
        of = ("-keyout", f"{authority}.key", "-out", f"{authority}.pem")
        _openssl(directory, "req", "-x509", *_KEY, *of, "-subj", f"/CN={authority}", "-days", "2")
    for name, subject in (("broker", "localhost"), (USER, USER)):
        of = ("-keyout", f"{name}.key", "-out", f"{name}.csr")
        _openssl(directory, "req", *_KEY, *of, "-subj", f"/CN={subject}")
        (directory / "extensions").write_text(f"subjectAltName=DNS:{subject}\n")
        signed = (
            "-in",
            f"{name}.csr",
            "-out",
            f"{name}.pem",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
        )
        _openssl(directory, "x509", "-req", *signed, "-days", "2", "-extfile", "extensions")
    store = (directory / "broker.key").read_text() + (directory / "broker.pem").read_text()
    (directory / "broker-store.pem").write_text(store)


def token(user: str = USER, seconds: int = 3600) -> str:
    """A token without a signature (RFC 7515, appendix A.5), as a Kafka for tests believes it."""
    now = int(time.time())
    parts = ({"alg": "none"}, {"sub": user, "iat": now, "exp": now + seconds})
    return ".".join(urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


def _openssl(directory: Path, *arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
