# SPDX-License-Identifier: Apache-2.0
"""How long the ledger keeps things: the part of the settings that its retention reads."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

Age = Annotated[timedelta, Field(ge=timedelta(hours=1))]


class Ages(BaseSettings):
    """Ages past which things go; `weirhouse.settings.Settings` has them among its own."""

    keep_idempotency: Age = Field(
        default=timedelta(days=2),
        title="Keep answers",
        description="Idempotency keys of the desk with their answers; a repeat after this is a new request.",
    )
    keep_links: Age = Field(
        default=timedelta(days=1), title="Keep links", description="Sign-in links, after they ran out."
    )
    keep_changes: Age = Field(
        default=timedelta(days=7),
        title="Keep changes",
        description="Numbered changes of the feed; the newest 50,000 stay whatever their age.",
    )
    keep_inbox: Age = Field(
        default=timedelta(days=30),
        title="Keep inbox",
        description="What decided reports said, in the inbox; ids and hashes stay, undecided reports stay whole.",
    )
    keep_reports: Age = Field(
        default=timedelta(days=400),
        title="Keep reports",
        description="Reports with their words, as the desk reads them; whole days go (UTC). Dispositions stay.",
    )
