"""Whom a connection was to: a database, or another peer of which the operating system says the same words."""

from __future__ import annotations

from collections.abc import Sequence

from forge_doctor.regex import regex
from forge_doctor.streams.heads.frames import Section

_DATABASE = regex(
    r"(?:^|/)(?:sqlalchemy|asyncpg|psycopg2?|psycopg_pool|sqlmodel|alembic|django/db|tortoise|gino|piccolo)/"
)
_OTHER_PEER = regex(
    r"(?:^|/)(?:redis|httpx|httpcore|aiohttp|aiokafka|aio_pika|aiormq|botocore|elastic\w*|requests|urllib3|motor|pymongo"
    r"|confluent_kafka|nats|grpc|aiosmtplib|boto3|opentelemetry|websockets?|aioredis|valkey|channels_redis|amqp|kombu|pika"
    r"|paho|aiomqtt|asyncssh|paramiko|ldap3|kubernetes\w*|docker|minio|cassandra|neo4j|pymemcache|aiomcache|kazoo|hvac)/"
    r"|(?:^|/)(?:smtplib|imaplib|poplib|ftplib|http/client|urllib/request|xmlrpc/client)\.py$"
)
_OTHER_PORT = regex(r"\b(?:6379|6380|9092|5672|27017|9200|11211|4317|4318|8125|8126|443|80|25|587)\)")
# Other clients by what their messages name; where a database is named as well, it may be that one's.
_OTHER_CLIENT = regex(
    r"(?i:\b(?:amqps?|rabbitmq|aio_pika|pika|kombu|redis|valkey|a?i?o?kafka|elasticsearch|opensearch|memcached?|mqtt|nats"
    r"|smtp|imap|grpc|mongodb?|clickhouse|botocore|urllib3|websockets?|wss?://|https?://)\b|AMQP|kafka|HTTPS?ConnectionPool)"
    r"|StreamLostError|ClientConnectorError|ClientOSError"
)
DATABASE_NAMED = regex(r"(?i:postgres|psycopg|asyncpg|sqlalche|mysql|mariadb|pymysql|libpq|database|5432|3306)")
# What the operating system says to any program that has a peer.
ANY_PEER = {"connect-refused", "dns-failure", "network-unreachable", "reset-by-peer"}


def names_other_peer(text: str) -> bool:
    """Whether a message says that the connection was to something else than a database."""
    if _OTHER_PORT.search(text):
        return True
    return _OTHER_CLIENT.search(text) is not None and DATABASE_NAMED.search(text) is None


def is_other_peer(sections: Sequence[Section], message: str) -> bool:
    """Whether the connection was to something else than a database."""
    files = [frame.file.replace("\\", "/") for section in sections for frame in section.frames]
    if any(_DATABASE.search(file) for file in files):
        return False
    return any(_OTHER_PEER.search(file) for file in files) or bool(_OTHER_PORT.search(message))
