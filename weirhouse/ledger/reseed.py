# SPDX-License-Identifier: Apache-2.0
"""After Kafka's disks are lost: adopt the new cluster and produce again what the inbox holds undecided or moving."""

from __future__ import annotations

from weirhouse.ledger.postgres.pool import Connection, Database
from weirhouse.ledger.queries import queries
from weirhouse.wire.topics import REPORTS_LIFE, REPORTS_ORDINARY

_SQL = queries("relay")


async def reseed(database: Database, cluster_id: str, prefix: str = "") -> int:
    """Put undecided and moving reports into the outbox and remember `cluster_id`, in one transaction.

    The relay then sends them; a report that was decided meanwhile is a repeat and counts once. Offsets are kept by
    cluster, so that the inputs of the new one begin at their start.

    Returns
    -------
    How many reports wait to be sent again.
    """
    topics = {"life": f"{prefix}{REPORTS_LIFE.name}", "ordinary": f"{prefix}{REPORTS_ORDINARY.name}"}

    async def work(connection: Connection) -> int:
        async with connection.transaction():
            cursor = await connection.execute(_SQL["reseed"], topics)
            await connection.execute(_SQL["change_cluster"], {"cluster": cluster_id})
        return cursor.rowcount

    return await database.run(work)
