"""Databases and brokers by what they are, whatever a library calls them.

Whoever speaks a protocol is called by it in some libraries: MariaDB is `mysql`, Valkey is `redis`, a database
of a cloud is what its driver is of. So those of one protocol are one family, and differ in nothing. What the
table does not have is of no family: nothing is claimed of it.

Sources: opentelemetry.io/docs/specs/semconv, db.system.name and messaging.system, with their older values.
"""

from collections.abc import Mapping

_FAMILIES = {
    "PostgreSQL": (
        *("postgresql", "postgres", "pgsql", "cockroachdb", "cockroach", "aws.redshift", "redshift"),
        *("yugabytedb", "greenplum", "edb", "timescaledb", "alloydb"),
    ),
    "MySQL": ("mysql", "mariadb", "tidb", "memsql", "singlestore", "percona"),
    "SQL Server": ("microsoft.sql_server", "mssql", "sqlserver", "mssqlcompact"),
    "Oracle": ("oracle.db", "oracle", "oracledb"),
    "Db2": ("ibm.db2", "db2"),
    "MongoDB": ("mongodb", "mongo", "documentdb", "azure.cosmosdb", "cosmosdb"),
    "Redis": ("redis", "valkey", "keydb", "dragonfly"),
    "Memcached": ("memcached",),
    "Cassandra": ("cassandra", "scylladb", "scylla"),
    "Elasticsearch": ("elasticsearch", "opensearch"),
    "Kafka": ("kafka", "redpanda"),
    "RabbitMQ": ("rabbitmq",),
}
_IN_PROCESS = {
    "H2": ("h2database", "h2"),
    "HSQLDB": ("hsqldb",),
    "Derby": ("derby",),
    "SQLite": ("sqlite", "sqlite3"),
    "DuckDB": ("duckdb",),
    "memory": ("in-memory", "in_memory", "inmemory", "memory"),
}
"""They run in the process that asks them, and keep what they hold in memory or in a file."""

_HOSTED = frozenset(
    (
        *("aws.dynamodb", "dynamodb", "aws_sqs", "aws.sqs", "aws.sns", "aws_sns", "aws_kinesis"),
        *("aws.kinesis", "amazonsqs", "gcp_pubsub", "gcp.pubsub", "gcp.spanner", "spanner", "firestore"),
        *("azure.cosmosdb", "cosmosdb", "servicebus", "eventhubs", "eventgrid", "snowflake", "gcp.bigquery"),
    )
)
"""Their makers alone run them: what answers for them elsewhere is no more than like them."""

_OF = {name: family for family, names in (_FAMILIES | _IN_PROCESS).items() for name in names}


def system_of(attributes: Mapping[str, str]) -> str:
    """The family of the database or broker that a span asks; '' where it says none, or one of no family."""
    return family_of(_stated(attributes))


def family_of(system: str) -> str:
    """The family of a system by one of its names; '' for none."""
    return _OF.get(system.lower(), "")


def is_in_process(family: str) -> bool:
    """Whether a family runs in the process that asks it."""
    return family in _IN_PROCESS


def is_self_hosted(attributes: Mapping[str, str]) -> bool:
    """Whether a span asks a database or broker that everybody may run, wherever that is."""
    stated = _stated(attributes)
    return bool(stated) and stated.lower() not in _HOSTED


def _stated(attributes: Mapping[str, str]) -> str:
    return attributes.get("db.system.name") or attributes.get("messaging.system", "")
