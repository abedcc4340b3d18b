"""Permissions of a Kafka with ACLs: what one is, and what to do where it is missing."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from monitor.base.errors import ConfigurationError

Kind = Literal["topic", "group"]


class Grant(NamedTuple):
    """Operations, by the names that Kafka's tools have for them, on a topic or a consumer group."""

    kind: Kind
    name: str
    operations: tuple[str, ...]

    @property
    def command(self) -> str:
        """What grants it: one line for a shell, in which USER stands for the name of this client."""
        operations = " ".join(f"--operation {each}" for each in self.operations)
        return (
            "kafka-acls.sh --bootstrap-server BROKER --add --allow-principal User:USER "
            f"{operations} --{self.kind} {self.name}"
        )

    @property
    def says(self) -> str:
        """The operations and the resource: `Describe and Read on topic otlp_spans`."""
        return f"{' and '.join(self.operations)} on {self.kind} {self.name}"


def not_permitted(kind: Kind, name: str, *operations: str) -> ConfigurationError:
    """The error for a permission that is missing, with the command that grants it."""
    return all_not_permitted([Grant(kind, name, operations)])


def all_not_permitted(missing: Sequence[Grant]) -> ConfigurationError:
    """The error for several."""
    says = ", ".join(each.says for each in missing)
    commands = "; ".join(each.command for each in missing)
    return ConfigurationError(f"not permitted: {says}; grant it: {commands}", code="not_permitted")


def named_in(error: Exception) -> str:
    """The topics or the group that aiokafka names in its refusal."""
    named = error.args[0] if error.args else "?"
    return ",".join(sorted(named)) if isinstance(named, set | frozenset | list | tuple) else str(named)
