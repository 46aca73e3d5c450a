"""A child that dies is started again, later and later while it keeps dying."""

import itertools
from dataclasses import dataclass, field

import pytest

from cli.children import Keeper
from domain.errors import Unavailable


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Fragile:
    """A child that dies when told to."""

    clock: Clock
    name: str = "fragile"
    pid: int = 0
    fails: bool = False
    dead: bool = False
    starts: list[float] = field(default_factory=list)

    def start(self) -> None:
        self.starts.append(self.clock.now)
        if self.fails:
            raise Unavailable("it does not start")
        self.pid += 1
        self.dead = False

    def alive(self) -> bool:
        return not self.dead

    def stop(self, _seconds: float) -> None:
        self.dead = True


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def child(clock: Clock) -> Fragile:
    return Fragile(clock)


@pytest.fixture
def keeper(child: Fragile, clock: Clock) -> Keeper:
    made = Keeper(child, clock)
    made.start()
    return made


def look_for(keeper: Keeper, clock: Clock, seconds: float) -> int:
    """Look ten times a second; return how often the child was started again."""
    started = 0
    for _ in range(round(seconds * 10)):
        clock.now += 0.1
        started += keeper.look()
    return started


def test_a_living_child_is_left_alone(keeper: Keeper, clock: Clock, child: Fragile) -> None:
    assert look_for(keeper, clock, 60) == 0
    assert len(child.starts) == 1


def test_the_first_death_is_answered_at_once(keeper: Keeper, child: Fragile) -> None:
    child.dead = True
    assert keeper.look()
    assert child.alive()


def test_pauses_grow_while_it_keeps_dying_and_stay_bounded(
    keeper: Keeper, clock: Clock, child: Fragile
) -> None:
    for _ in range(600):
        clock.now += 0.1
        child.dead = True
        keeper.look()
    pauses = [round(b - a, 1) for a, b in itertools.pairwise(child.starts)]
    assert pauses == sorted(pauses)
    assert 9.5 < pauses[-1] < 10.5


def test_a_long_life_ends_the_row_of_deaths(keeper: Keeper, clock: Clock, child: Fragile) -> None:
    for _ in range(200):
        clock.now += 0.1
        child.dead = True
        keeper.look()
    child.start()
    assert look_for(keeper, clock, 31) == 0
    child.dead = True
    assert look_for(keeper, clock, 11) == 1
    assert look_for(keeper, clock, 31) == 0
    child.dead = True
    assert keeper.look()


def test_one_that_does_not_start_is_tried_again(
    keeper: Keeper, clock: Clock, child: Fragile
) -> None:
    child.dead = child.fails = True
    assert look_for(keeper, clock, 5) == 0
    tried = len(child.starts)
    assert 2 <= tried <= 8
    child.fails = False
    assert look_for(keeper, clock, 10) == 1
    assert child.alive()
