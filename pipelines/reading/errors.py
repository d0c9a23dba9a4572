"""How a document fails us: as a whole, or in one thing it says."""


class DocumentUnreadable(Exception):
    """Nothing can be read from a document; the message says why and what to do."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class DocumentNamesOrder(DocumentUnreadable):
    """A document says that something became of an order, and has to be asked for the order."""

    def __init__(self, order_id: str, event: str) -> None:
        self.order_id = order_id
        super().__init__(
            f"The event {event} only names the order {order_id}: fetch that order from Duffel."
        )


class Unusable(Exception):
    """One thing a document says cannot be used; the reason is a sentence a person can act on."""

    def __init__(self, column_name: str, reason: str) -> None:
        self.column_name, self.reason = column_name, reason
        super().__init__(f"{column_name}: {reason}")
