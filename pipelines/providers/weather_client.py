"""Connects to weather services that answer only those who say who asks."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from pipelines.providers.errors import ProviderRefused
from pipelines.providers.http import Judge, Patience, ProviderClient


@dataclass(frozen=True)
class Asker:
    """Who asks, and how patiently."""

    user_agent: str
    """With an address to write to: "Stormdesk (desk@agency.example)"."""
    patience: Patience = field(default_factory=Patience)
    sleep: Callable[[float], None] = time.sleep
    jitter: Random = field(default_factory=Random, repr=False)  # noqa: S311 # no secret

    def client(
        self, name: str, base_url: str, judge: Judge, *, accept: str = "application/json"
    ) -> ProviderClient:
        """Set up a client that says who asks.

        Parameters
        ----------
        name:
            Of the service.
        base_url:
            Its address.
        judge:
            Says what is wrong with its answers.
        accept:
            The form of answer wanted.

        Returns
        -------
        :
            Asks nothing yet.

        Raises
        ------
        ProviderRefused
            Nobody is said to ask.
        """
        who = self.user_agent.strip()
        if not who:
            reason = "answers nobody unknown: set a user agent with an address to write to"
            raise ProviderRefused(name, reason)
        return ProviderClient(
            name,
            base_url,
            headers={"User-Agent": who, "Accept": accept},
            judge=judge,
            patience=self.patience,
            sleep=self.sleep,
            jitter=self.jitter,
        )
