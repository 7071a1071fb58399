"""The instance: everything a chain consists of, checked as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from fabopt.domain.base import Frozen, Named, Record, Slug
from fabopt.domain.charges import Charge, Lane
from fabopt.domain.chips import Chip, Designer
from fabopt.domain.components import Component
from fabopt.domain.contracts import Contract
from fabopt.domain.customers import BarredFlow, DemandCurve, Lab, Market, Site, Workload
from fabopt.domain.disruptions import Disruption
from fabopt.domain.diversity import ShareCap, Survival
from fabopt.domain.expectations import Expectation
from fabopt.domain.fabs import Fab
from fabopt.domain.horizon import About, Horizon, Party, Pins, Solving, SourceNote
from fabopt.domain.limits import Factor, Limit
from fabopt.domain.lithography import ScannerClass
from fabopt.domain.memory import HbmGeneration, MemoryMaker
from fabopt.domain.nodes import Die, Node
from fabopt.domain.outcomes import Outcome
from fabopt.domain.packaging import PackagingLine
from fabopt.domain.plain import PlainNetwork
from fabopt.domain.policies import Policy
from fabopt.domain.predictions import Prediction
from fabopt.domain.quantity import Quantity
from fabopt.domain.quantity_field import In
from fabopt.domain.stability import Stability
from fabopt.domain.states import Event, State
from fabopt.domain.tasks import Model
from fabopt.domain.tastes import Premium, Taste
from fabopt.domain.uncertainty import Correlation, Distribution


class Instance(Record):
    """A supply chain as data. Every section is a mapping from ids (lower-case slugs) to records."""

    moved: ClassVar[Mapping[str, str]] = {
        "substrates": "substrates are components now: 'components: {ID: {name: .., unit: substrate, sources: {OWNER: "
        "{owner: .., region: .., capacity: 60 ksubstrate/month, price: 150 USD/substrate, lead: 2 month}}}}', and in a "
        "bill of materials 'components: {ID: 1}'"
    }

    about: About = About()
    """What the instance is."""
    horizon: Horizon
    """Decision date, periods, discounting."""
    solving: Solving = Solving()
    """Gap and time limit of a run that states none."""
    currencies: Frozen[str, Annotated[Quantity, In("1", gt=0, usual=(1e-6, 100))]] = Field(default_factory=dict)
    """US dollars per unit of each other currency used (EUR: 1.16)."""
    sources: Named[SourceNote] = Field(default_factory=dict)
    """Publications that numbers refer to."""
    parties: tuple[Slug, ...] | Named[Party] = ()
    """A list: all owners and makers that the instance speaks of (labs, designers and markets need not stand in it);
    or a mapping: what is known of some parties. Absent, they are known by being used."""
    regions: tuple[Slug, ...] = ()
    """Regions that the instance speaks of; absent: known by being used."""
    scanners: Named[ScannerClass] = Field(default_factory=dict)
    """Lithography tool classes."""
    nodes: Named[Node] = Field(default_factory=dict)
    """Process nodes."""
    fabs: Named[Fab] = Field(default_factory=dict)
    """Fabs."""
    hbm: Named[HbmGeneration] = Field(default_factory=dict)
    """HBM generations."""
    memory_makers: Named[MemoryMaker] = Field(default_factory=dict)
    """HBM businesses."""
    packaging_lines: Named[PackagingLine] = Field(default_factory=dict)
    """Packaging lines."""
    components: Named[Component] = Field(default_factory=dict)
    """What is bought by the piece or by the megawatt: substrates, transceivers, racks, transformers, turbines ..."""
    designers: Named[Designer] = Field(default_factory=dict)
    """Chip designers."""
    dies: Named[Die] = Field(default_factory=dict)
    """Die designs."""
    chips: Named[Chip] = Field(default_factory=dict)
    """Chips."""
    workloads: Named[Workload] = Field(default_factory=dict)
    """Workloads."""
    models: Named[Model] = Field(default_factory=dict)
    """AI models that serve the tasks of labs' customers."""
    demand_curve: DemandCurve | None = None
    """Inverse demand curve for compute."""
    labs: Named[Lab] = Field(default_factory=dict)
    """Labs and other buyers of accelerators."""
    sites: Named[Site] = Field(default_factory=dict)
    """Sites."""
    markets: Named[Market] = Field(default_factory=dict)
    """Other buyers of wafers."""
    barred_flows: tuple[BarredFlow, ...] = ()
    """Export rules."""
    network: PlainNetwork | None = None
    """A plain process network, alone or beside the chain."""
    policies: Named[Policy] = Field(default_factory=dict)
    """Rules by which owners of capacity and designers split it among customers."""
    policy_mode: Literal["model", "two-stage", "off"] = "model"
    """model: policies are constraints of the plan. two-stage: the rules allot what is there by stated orders first,
    then the plan is made. off: value decides."""
    contracts: Named[Contract] = Field(default_factory=dict)
    """Contracts, signed or open."""
    diversity: Named[ShareCap] = Field(default_factory=dict)
    """Largest shares of a lab's compute that a supplier may make."""
    resilience: Named[Survival] = Field(default_factory=dict)
    """Shares of planned compute that must remain if a supplier stops."""
    tastes: Named[Taste] = Field(default_factory=dict)
    """How labs spread new compute over designers (docs/tastes.md)."""
    premiums: Named[Premium] = Field(default_factory=dict)
    """What else moves labs to designers or from them, as `fabopt calibrate` finds it (docs/calibrate.md)."""
    limits: Named[Limit] = Field(default_factory=dict)
    """Floors, ceilings, shares and ramps on measures of the chain, chosen by tags (docs/limits.md)."""
    charges: Named[Charge] = Field(default_factory=dict)
    """Money on measures of the chain: tariffs, freight, taxes, carbon."""
    factors: Named[Factor] = Field(default_factory=dict)
    """What one unit of a measure emits."""
    lanes: Named[Lane] = Field(default_factory=dict)
    """Ways between regions that take time and money; absent: none does."""
    states: Named[State] = Field(default_factory=dict)
    """What may come, with probabilities and dates, for `fabopt solve --states` (docs/states.md)."""
    events: Named[Event] = Field(default_factory=dict)
    """What happens in one way or another, whatever else comes; with the states they make a tree."""
    pins: Pins = Pins()
    """Decisions already taken."""
    stability: Stability | None = None
    """Orders of an earlier plan, and a charge for changing them; absent: all is decided anew."""
    distributions: Named[Distribution] = Field(default_factory=dict)
    """How numbers are drawn that are not drawn from a triangular distribution (docs/uncertainty.md)."""
    correlations: Named[Correlation] = Field(default_factory=dict)
    """Which numbers go together when they are drawn."""
    disruptions: Named[Disruption] = Field(default_factory=dict)
    """Suppliers that fail, how often, and how long they take to recover, for `fabopt disruptions`."""
    outcomes: Named[Outcome] = Field(default_factory=dict)
    """Published figures that the instance and its plan are held against, for `fabopt reconcile`."""
    expectations: Named[Expectation] = Field(default_factory=dict)
    """What is expected of every plan, told with pass or reason by `fabopt reconcile`."""
    predictions: Named[Prediction] = Field(default_factory=dict)
    """Outcomes that a plan is judged by as a prediction, each with what was before (docs/backcast.md)."""

    def __repr__(self) -> str:
        held = [f"{len(part):,} {name.replace('_', ' ')}" for name, part in self if isinstance(part, Mapping) and part]
        return f"Data of {self.about.title or 'an instance'!r}: {', '.join(held) or 'a plain network'}"
