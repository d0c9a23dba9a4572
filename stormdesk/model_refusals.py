"""What `stormdesk model` refuses: no release yet, an instant to come, an empty reason."""

from datetime import datetime

from stormdesk.errors import StormdeskRefused


class ReleaseMissing(StormdeskRefused):
    """There is no release to speak of yet."""

    def __init__(self) -> None:
        super().__init__("No release predicts yet.", "Train the first: stormdesk model train")


class AsOfAhead(StormdeskRefused):
    """The instant to train as of has not come."""

    exit_code = 2

    def __init__(self, as_of: datetime, at: datetime) -> None:
        super().__init__(
            f"At {as_of:%Y-%m-%d %H:%M} UTC nothing is known yet: the desk's clock stands at "
            f"{at:%Y-%m-%d %H:%M} UTC.",
            "Give --as-of an instant that has passed, or leave it out.",
        )


class ReasonMissing(StormdeskRefused):
    """A reason was given that says nothing."""

    exit_code = 2

    def __init__(self, option: str) -> None:
        super().__init__(
            f"{option} is empty.", "Say in words why: colleagues read it in the audit history."
        )
