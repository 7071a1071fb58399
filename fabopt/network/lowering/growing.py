"""What grows by an expansion: its resource, words and tags, and what else its units act on."""

from __future__ import annotations

from dataclasses import dataclass

from fabopt.network.tables import Tags


@dataclass(frozen=True)
class Growing:
    """What grows: the resource, its words and tags, and the ids of what is added.

    Attributes
    ----------
    resource, name, tags
        The resource, what it is called, and the tags of what is added to it.
    unit
        Id of the unit; of the units of a curve, what theirs begin with.
    ground
        Id of the resource that holds all projects of a curve together, and its name; left out, they follow from the
        unit and what it is called.
    space, places
        A resource to which one step adds as well (tool places of a fab), and how much.
    turned, loss, keeps
        A resource that loses as much as is added, the share of it that it loses before, and what is left of it here.
    site
        Whether it is the power of a site, which takes components by the megawatt.
    instrument
        What ordering it is called.
    """

    resource: str
    name: str
    tags: Tags
    unit: str
    ground: tuple[str, str] = ("", "")
    space: str = ""
    places: float = 0.0
    turned: str = ""
    loss: float = 1.0
    keeps: float = 1.0
    site: bool = False
    instrument: str = "order"

    @property
    def room(self) -> tuple[str, str]:
        """Id and name of the resource that holds all projects of a curve together."""
        return self.ground if self.ground[0] else (f"ground:{self.unit}", f"{self.name}: room for more")
