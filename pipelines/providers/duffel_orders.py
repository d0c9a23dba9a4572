"""Orders that agencies make at Duffel: one after an event names it, or all of them page by page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pipelines.providers.answers import read_answer
from pipelines.providers.errors import ProviderRefused
from pipelines.providers.http import ProviderClient
from pipelines.reading.duffel_orders import next_page_of, read_orders
from pipelines.reading.segments import Understood

ORDERS_PATH: Final = "air/orders"
ORDERS_A_PAGE: Final = 50
_ORDER_ID: Final = re.compile(r"ord_[A-Za-z0-9]+")


@dataclass(frozen=True)
class DuffelOrders:
    """Duffel's orders of the account whose token the client carries."""

    client: ProviderClient

    def order(self, order_id: str) -> Understood:
        """Fetch one order anew, because an event says no more of it than that it changed.

        Parameters
        ----------
        order_id:
            As an event names it.

        Returns
        -------
        :
            The order as it stands now.

        Raises
        ------
        ProviderRefused
            There is no such order, or the answer is none.
        """
        if _ORDER_ID.fullmatch(order_id) is None:
            # It goes into an address, and events come from outside.
            raise ProviderRefused(self.client.name, f"has no order called {order_id[:60]}")
        answer = self.client.get(f"{ORDERS_PATH}/{order_id}")
        return read_answer(self.client.name, read_orders, answer)

    def pages(self) -> Iterator[Understood]:
        """Ask for every order; Duffel cannot be asked for those changed since.

        Yields
        ------
        :
            Orders, a page at a time.

        Raises
        ------
        ProviderRefused
            The pages go round in a circle, or an answer is none.
        """
        after: str | None = None
        seen: set[str] = set()
        while True:
            params = {"limit": ORDERS_A_PAGE} | ({"after": after} if after is not None else {})
            answer = self.client.get(ORDERS_PATH, params)
            yield read_answer(self.client.name, read_orders, answer)
            after = next_page_of(answer)
            if after is None:
                return
            if after in seen:
                raise ProviderRefused(
                    self.client.name, f"sends its pages in a circle: {after[:60]} came twice"
                )
            seen.add(after)
