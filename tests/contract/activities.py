"""Activity: of a day without lessons, and of those who take part in the offering on it."""

from lessons import TRIES, a_day, offerings
from recipes import recipe
from register import RANDOM


def free_day(hooks):
    """An offering and a day of it up to today on which it has no lesson."""
    those = hooks.kept("begun", lambda: offerings(hooks))
    for _ in range(TRIES if those else 0):
        offering = RANDOM.choice(those)
        day = a_day(offering)
        found, _ = hooks.server.read(f"/v1/lessons?offeringId={offering['id']}&from={day}&to={day}&state=planned")
        if found and not found["data"]:
            return offering["id"], day
    return None, None


@recipe("getOfferingActivity")
@recipe("saveOfferingActivity")
def day_of(hooks, case):
    offering, day = free_day(hooks)
    if offering is None or RANDOM.random() > 0.95:
        return
    case.path_parameters = {"id": offering, "date": day}
    if not case.operation.definition.raw["operationId"].startswith("save"):
        return
    now, version = hooks.server.read(f"/v1/course-offerings/{offering}/activity/{day}")
    if now:
        case.headers = {**(case.headers or {}), "If-Match": version}
        case.body = {"entries": [{"personId": of["personId"], "isActive": RANDOM.random() < 0.8}
                                 for of in now["participants"]]}


@recipe("getOfferingActivityFigures")
def figures(hooks, case):
    """The days of the offering, or a month of it."""
    query = {name: value for name, value in (case.query or {}).items() if name not in ("from", "to")}
    if RANDOM.random() < 0.3:
        query.update({"from": "2026-09-01", "to": "2026-09-30"})
    case.query = query
