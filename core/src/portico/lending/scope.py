"""What every lent object knows: for whom it works, and where."""

from dataclasses import dataclass

from portico.runtime import Runtime
from portico.stores.models import Mode, Store


@dataclass(frozen=True, slots=True)
class Lent:
    """A plugin in a store (or in none)."""

    rt: Runtime
    store: Store | None
    plugin: str
    locale: str

    @property
    def slug(self) -> str | None:
        return self.store.slug if self.store else None

    @property
    def store_id(self) -> str:
        """The store's id; LookupError in a call that is about no store."""
        return self.require_store().id

    @property
    def mode(self) -> Mode:
        return self.require_store().mode

    def require_store(self) -> Store:
        """The store; LookupError in a call that is about no store."""
        if self.store is None:
            raise LookupError(f"plugin {self.plugin} was called without a store")
        return self.store
