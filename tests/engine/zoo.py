"""Small nets that several tests share."""

from __future__ import annotations

from immunity.compiler.tables import Tables
from tests.engine.nets import Builder, curve, hill, proportional, saturating


def decay(hazard: float = 1.0, start: float = 100.0, *, countable: bool = False) -> Tables:
    """a -> gone."""
    net = Builder()
    net.pool("a", start, countable=countable)
    net.flow("decay", hazard, {"a": -1}, "a")
    net.read_pool("a")
    return net.tables()


def exchange(hazard: float, start: float, *, countable: bool = False, leak: float = 0.0) -> Tables:
    """a <-> b -> gone."""
    net = Builder()
    net.pool("a", start, countable=countable)
    net.pool("b", 0.0, countable=countable)
    net.flow("there", hazard, {"a": -1, "b": 1}, "a")
    net.flow("back", hazard, {"a": 1, "b": -1}, "b")
    net.flow("leak", leak, {"b": -1}, "b")
    net.read_pool("a")
    net.read_pool("b")
    return net.tables()


def birth_death(birth: float, death: float, start: float) -> Tables:
    net = Builder()
    net.pool("x", start, countable=True)
    net.flow("birth", birth, {"x": 1}, "x")
    net.flow("death", death, {"x": -1}, "x")
    net.read_pool("x")
    return net.tables()


def immigration_death(arrivals: float, death: float, start: float = 0.0, batch: int = 1) -> Tables:
    net = Builder()
    net.pool("x", start, countable=True)
    net.flow("arrive", arrivals, {"x": batch})
    net.flow("death", death, {"x": -1}, "x")
    net.read_pool("x")
    return net.tables()


def dimerisation(start: float, meet: float, part: float, volume: float = 1.0) -> Tables:
    """2 p <-> d."""
    net = Builder()
    net.pool("p", start, countable=True)
    net.pool("d", 0.0, countable=True)
    net.signal("level", ["p"], divisor=volume)
    net.flow("meet", meet, {"p": -2, "d": 1}, "p", [proportional("level")], [("p", "level", 1.0)])
    net.flow("part", part, {"p": 2, "d": -1}, "d")
    net.read_pool("p")
    return net.tables()


def everything(scale: float = 1.0, *, countable: bool = True) -> Tables:
    """Every kind of law and term: hunters and prey, and two molecules that tell them what to do."""
    net = Builder()
    net.pool("prey", 40.0 * scale, countable=countable)
    net.pool("hunter", 25.0 * scale, countable=countable)
    net.pool("resting", 60.0 * scale, countable=countable)
    net.pool("alarm", 3.0, floor=0.01)
    net.pool("shield", 2.0, floor=0.01)
    net.signal("alarm level", ["alarm"], divisor=2.0)
    net.signal("shield level", ["shield"])
    net.signal("prey level", [("prey", 1.0 / scale)])
    net.signal("hunter level", [("hunter", 1.0 / scale)])
    net.signal("mood", [("alarm level", 0.5), ("shield level", 0.2)], constant=0.1, laws=[hill("alarm level", n=2.0)])
    net.signal("season", [("time", 0.3)], constant=0.5)
    dim = curve("season", [(0.0, 0.5), (1.0, 1.0), (2.0, 0.8)])
    net.flow("divide", 1.5, {"prey": 1}, "prey", [hill("prey level", base=1.0, top=0.0, half=60.0, n=3.0)])
    net.flow("kill", 3.0, {"prey": -1, "alarm": 0.05 / scale}, "prey", [saturating("hunter level", "prey level", 50.0)])
    net.flow("wake", 0.2, {"resting": -1, "hunter": 1}, "resting", [hill("mood", base=1.0, top=8.0, half=0.5, n=1.5)])
    net.flow("tire", 0.6, {"hunter": -1, "resting": 1}, "hunter", [dim])
    net.flow("arrive", 4.0 * scale, {"resting": 1})
    net.flow("die", 0.1, {"hunter": -1}, "hunter")
    net.flow("secrete", 0.4 / scale, {"alarm": 1}, "hunter", [hill("alarm level", base=1.0, top=0.1, half=4.0, n=4.0)])
    net.flow("fade", 5.0, {"alarm": -1}, "alarm")
    net.flow("make", 30.0, {"shield": 1}, None, [hill("mood", base=0.2, top=2.0, half=0.3, n=2.0)])
    net.flow("wear", 12.0, {"shield": -1}, "shield")
    bound = ("alarm", "alarm level", 1.0)
    net.flow("bind", 0.3, {"shield": -1, "alarm": -1}, "shield", [proportional("alarm level")], [bound])
    for pool in ("prey", "hunter", "resting", "alarm", "shield"):
        net.read_pool(pool)
    return net.tables()
