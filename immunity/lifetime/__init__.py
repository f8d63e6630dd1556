"""Lives: what meets one person from birth on, and what comes of it."""

from immunity.lifetime.episodes import Episode, Year
from immunity.lifetime.life import Life, Lives
from immunity.lifetime.load import built_in, read_schedule, read_world
from immunity.lifetime.plan import LifePlan, plan_life
from immunity.lifetime.run import run_life, run_lives

__all__ = [
    "Episode",
    "Life",
    "LifePlan",
    "Lives",
    "Year",
    "built_in",
    "plan_life",
    "read_schedule",
    "read_world",
    "run_life",
    "run_lives",
]
