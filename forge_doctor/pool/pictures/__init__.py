"""A look as pictures: sessions over time by who holds them, who waits for whom, what fits into the slots; judges nothing."""

from __future__ import annotations

from forge_doctor.picture import Picture
from forge_doctor.pool.inference.capacity import Sizing
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.pictures.session_lanes import session_lanes
from forge_doctor.pool.pictures.slots import slots
from forge_doctor.pool.pictures.wait_tree import wait_tree


def pictures(situation: Situation, sizing: Sizing | None) -> tuple[Picture, ...]:
    """Those that there is anything to show of."""
    drawn = (session_lanes(situation), wait_tree(situation), slots(situation, sizing))
    return tuple(one for one in drawn if one is not None)
