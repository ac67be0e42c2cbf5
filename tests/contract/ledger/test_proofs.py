# SPDX-License-Identifier: Apache-2.0
"""Do the proofs find what is wrong, and nothing where nothing is?"""

from __future__ import annotations

import psycopg
import pytest

from tests.contract.ledger.conftest import hire
from tests.contract.ledger.examples import NOW, TOPIC, accept, joining, plan, report
from weirhouse.domain.decision import AuditEntry, DeskWrite
from weirhouse.domain.incident import Incident
from weirhouse.domain.lifecycle import IncidentState
from weirhouse.ledger.personal import PostgresPersonal
from weirhouse.ledger.ports import Accept, IncidentWrite
from weirhouse.ledger.postgres import PostgresLedger
from weirhouse.ledger.reconcile import reconcile
from weirhouse.ledger.verify import verify
from weirhouse.wire.sealed import Personal, Unsealable, box, new_box_keys, shut


async def afternoon(ledger: PostgresLedger) -> list[Incident]:
    """Three reports in two incidents, one of them closed by the desk; a fourth report in flight."""
    await ledger.doors.accept([accept(report(key, reporter=key)) for key in "1234"])
    worker = await hire(ledger.slices)
    rows = await worker.open("1", "2")
    rows[0].reports, rows[0].reporters = 2, 2
    joined = [joining(report("3", reporter="3"), rows[0])]
    await worker.commit(plan(worker.epoch, worker.partition, 2, joined, [IncidentWrite(rows[0], 1)]))
    line = AuditEntry(
        at=NOW, actor="lin", action="close", entity="incident", entity_id=rows[1].id, after={"state": "closed"}
    )
    rows[1].state, rows[1].closed_at = IncidentState.CLOSED, NOW
    await ledger.desk.write(DeskWrite(incident=rows[1], audit=(line,)), NOW)
    return rows


async def test_conservation_by_sets_of_ids(postgres_ledger: PostgresLedger, migrated: str) -> None:
    rows = await afternoon(postgres_ledger)
    found = await reconcile(postgres_ledger.database)
    assert (found.accepted, found.decided, found.in_flight, found.in_outbox) == (4, {"opened": 2, "joined": 1}, 1, 1)
    assert found.holds
    drained = await reconcile(postgres_ledger.database, drained=True)
    assert (drained.lost, drained.holds) == ((report("4").id,), False)
    with psycopg.connect(migrated, autocommit=True) as hand:
        hand.execute("set search_path = weirhouse")
        hand.execute("delete from reports where report_id = %s", (report("3").id,))
        hand.execute("update dispositions set incident_id = gen_random_uuid() where report_id = %s", (report("2").id,))
        hand.execute(
            "insert into reports select report_id, received_at + interval '1 day', source, zone, lane, type,"
            " event_time, body from reports where report_id = %s",
            (report("1").id,),
        )
    broken = await reconcile(postgres_ledger.database)
    assert broken.without_report == (report("3").id,)
    assert broken.without_incident == (report("2").id,)
    assert broken.doubled == (report("1").id,)
    assert rows


async def test_every_row_is_borne_out_by_its_history(postgres_ledger: PostgresLedger, migrated: str) -> None:
    rows = await afternoon(postgres_ledger)
    found = await verify(postgres_ledger.database)
    # The example's reporters are told twice: the opening report has none, the row says two.
    assert {(d.incident_id, d.field) for d in found.differences} == {(rows[0].id, "reporters")}
    with psycopg.connect(migrated, autocommit=True) as hand:
        hand.execute("set search_path = weirhouse")
        hand.execute("update incidents set priority = 1, reports = 9 where incident_id = %s", (rows[0].id,))
        hand.execute("update incidents set state = 'triaged' where incident_id = %s", (rows[1].id,))
    forged = await verify(postgres_ledger.database)
    assert not forged.holds
    assert {(d.incident_id, d.field) for d in forged.differences} >= {
        (rows[0].id, "priority (column and body)"),
        (rows[0].id, "reports"),
        (rows[1].id, "state (column and body)"),
    }


async def test_the_last_word_of_the_audit_counts(postgres_ledger: PostgresLedger) -> None:
    rows = await afternoon(postgres_ledger)
    wrong = AuditEntry(
        at=NOW, actor="wu", action="reopen", entity="incident", entity_id=rows[1].id, after={"state": "triaged"}
    )
    await postgres_ledger.desk.write(DeskWrite(audit=(wrong,)), NOW)
    fields = {(d.field, d.stands, d.derived) for d in (await verify(postgres_ledger.database)).differences}
    assert ("state (audit)", "closed", "triaged") in fields


async def test_a_person_is_read_until_erased(postgres_ledger: PostgresLedger) -> None:
    public, private = new_box_keys()
    store = PostgresPersonal(postgres_ledger.database, b"h" * 32, private)
    who = Personal(phone="0123", name="Li")
    plain = b'{"phone":"0123","name":"Li"}'
    for key in "12":
        secret, wrapped = await store.subject_key("ab12")
        one = report(key)
        sealed = shut(secret, plain, one.id)
        item = Accept(
            report=one, body_sha256=b"s" * 32, topic=TOPIC, subject="ab12", subject_key=wrapped, personal=sealed
        )
        await postgres_ledger.doors.accept([item])
        assert (await store.subject_key("ab12"))[0] == secret
    assert await store.read(report("1").id) == await store.read(report("2").id) == who
    assert await store.read(report("9").id) is None
    worker = await hire(postgres_ledger.slices)
    made = plan(worker.epoch, worker.partition, 0, [], [])
    made.inbox = [(report("3"), b"{}")]
    made.sealed = {report("3").id: box(public, plain, report("3").id)}
    await worker.commit(made)
    assert await store.read(report("3").id) == who
    with pytest.raises(Unsealable):
        await PostgresPersonal(postgres_ledger.database, b"h" * 32).read(report("3").id)
    assert await store.erase("ab12") == 1
    with pytest.raises(Unsealable, match="erased"):
        await store.read(report("1").id)
