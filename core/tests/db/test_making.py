"""Objects of rows, made quickly."""

import dataclasses
from dataclasses import dataclass, field

import pytest
from portico.db.making import maker


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 0

    @property
    def sum(self) -> int:
        return self.x + self.y


@dataclass(frozen=True, slots=True)
class Point3(Point):
    z: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    x: int

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("below zero")


@dataclass(frozen=True, slots=True)
class Derived:
    x: int
    twice: int = field(init=False, default=2)


@dataclass(frozen=True)
class Loose:
    x: int


def test_what_is_made_quickly_is_a_frozen_object_of_the_model_like_any_other() -> None:
    made = maker(Point)(1, 2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.x = 7
    assert type(made) is Point
    assert made == Point(1, 2)
    assert hash(made) == hash(Point(1, 2))
    assert repr(made) == repr(Point(1, 2))
    assert made.sum == 3
    assert dataclasses.replace(made, y=5) == Point(1, 5)


def test_a_wrong_number_of_values_is_refused() -> None:
    with pytest.raises(TypeError):
        maker(Point)(1, 2, 3)


@pytest.mark.parametrize("model", [Point3, Checked, Derived, Loose, str, tuple])
def test_a_model_that_does_more_than_fill_its_slots_is_left_as_it_is(model: type) -> None:
    assert maker(model) is model
