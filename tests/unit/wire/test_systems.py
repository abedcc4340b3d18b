"""Databases and brokers by what they are."""

import pytest

from monitor.wire.systems import is_in_process, is_self_hosted, system_of


@pytest.mark.parametrize(
    ("names", "family"),
    [
        (("postgresql", "postgres", "cockroachdb", "PostgreSQL"), "PostgreSQL"),
        (("mysql", "mariadb"), "MySQL"),
        (("redis", "valkey"), "Redis"),
        (("elasticsearch", "opensearch"), "Elasticsearch"),
        (("h2", "h2database"), "H2"),
        (("sqlite",), "SQLite"),
        (("clickhouse", "other_sql", ""), ""),
    ],
)
def test_one_system_under_several_names_is_one(names: tuple[str, ...], family: str) -> None:
    """Libraries and conventions call it otherwise; of what nobody knows nothing is claimed."""
    assert {system_of({"db.system.name": name}) for name in names} == {family}


def test_brokers_are_systems() -> None:
    """A span about messages names its broker."""
    assert system_of({"messaging.system": "kafka"}) == "Kafka"


@pytest.mark.parametrize(("system", "alone"), [("H2", True), ("memory", True), ("PostgreSQL", False)])
def test_what_runs_in_the_process(system: str, alone: bool) -> None:
    """A database in the process of its caller is in the place of one that is shared."""
    assert is_in_process(system) is alone


@pytest.mark.parametrize(
    ("attributes", "hosted"),
    [
        ({"db.system.name": "postgresql"}, True),
        ({"messaging.system": "rabbitmq"}, True),
        ({"db.system.name": "aws.dynamodb"}, False),
        ({"messaging.system": "aws_sqs"}, False),
        ({"http.request.method": "GET"}, False),
    ],
)
def test_who_may_run_it(attributes: dict[str, str], hosted: bool) -> None:
    """Where it is says something only of what its makers alone run."""
    assert is_self_hosted(attributes) is hosted
