"""How a provider fails us: it refuses for good, or it is busy and may answer later."""


class ProviderError(Exception):
    """A provider gave no usable answer; the message names it, says why and what to do."""

    def __init__(self, provider: str, reason: str) -> None:
        self.provider, self.reason = provider, reason
        super().__init__(f"{provider}: {reason}")


class ProviderRefused(ProviderError):
    """The provider will not answer this however often it is asked."""

    def __init__(self, provider: str, reason: str, *, status: int | None = None) -> None:
        super().__init__(provider, reason)
        self.status = status


class ProviderBusy(ProviderError):
    """The provider may answer later; whether it took a request in meanwhile, nobody can tell."""

    def __init__(self, provider: str, reason: str, *, wait_seconds: float | None = None) -> None:
        super().__init__(provider, reason)
        self.wait_seconds = wait_seconds
        """How long the provider asked us to wait; None if it did not say."""
