"""Lessons and their attendance: a lesson lies within its offering, and marks are of those expected in it."""

from datetime import date, timedelta

from pairs import entered, found
from recipes import maker, recipe
from register import RANDOM

# How often something is tried: chance may pick an offering without participants.
TRIES = 6


def offerings(hooks):
    """The offerings that have begun, as far as anybody sees them."""
    today = date.today().isoformat()
    return [item for item in hooks.register.items("/v1/course-offerings")
            if (days := days_of(item)) and days[0] <= today]


def days_of(offering):
    held = offering.get("period") or {}
    days = held.get("from") or offering.get("firstDay"), held.get("to") or offering.get("lastDay")
    return days if all(days) else None


def a_day(offering, back=None):
    """A day of the offering up to today, no more than so many days back."""
    first, last = (date.fromisoformat(day) for day in days_of(offering))
    last = min(last, date.today())
    first = first if back is None else max(first, last - timedelta(days=back))
    return (first + timedelta(days=RANDOM.randint(0, max((last - first).days, 0)))).isoformat()


def times(day):
    """An early lesson on the day: it has begun when the day is today."""
    hour, minute = RANDOM.randint(1, 5), RANDOM.randint(0, 9)
    return {"startsAt": f"{day}T{hour:02}:{minute:02}:00Z", "endsAt": f"{day}T{hour:02}:50:00Z"}


def lesson(hooks, back=None):
    """A lesson of its own, with somebody in it where there is."""
    those = hooks.kept("begun", lambda: offerings(hooks))
    for _ in range(TRIES if those else 0):
        offering = RANDOM.choice(those)
        body = {"offeringId": offering["id"], **times(a_day(offering, back))}
        if made := entered(hooks, "createLesson", "/v1/lessons", body=body):
            return made
    return None


def sheet(hooks, back=None):
    """A lesson of its own in which somebody is expected, with its register."""
    for _ in range(TRIES):
        made = lesson(hooks, back)
        register, version = hooks.server.read(f"/v1/lessons/{made['id']}/attendance") if made else (None, None)
        if register and register["participants"]:
            return register, version
    return None, None


def recent(hooks):
    """As `sheet`, of a lesson for which a reason for absence is still taken: within ninety days."""
    return sheet(hooks, 80)


def marks(register):
    kinds = ["present", "absent", "absent-authorised", "absent-unauthorised", "other"]
    return [{"personId": of["personId"], "kind": RANDOM.choice(kinds)} for of in register["participants"]]


@recipe("createLesson")
def enter(hooks, case):
    those = hooks.kept("begun", lambda: offerings(hooks))
    if isinstance(case.body, dict) and those and RANDOM.random() < 0.9:
        offering = RANDOM.choice(those)
        case.body = {**case.body, "offeringId": offering["id"], **times(a_day(offering)), "roomIds": [], "staff": []}


@recipe("updateLesson")
def move(hooks, case):
    now, _ = hooks.server.read(f"/v1/lessons/{case.path_parameters['id']}")
    if now and isinstance(case.body, dict) and RANDOM.random() < 0.9:
        case.body = {**case.body, **times(now["startsAt"][:10])}
        case.body.pop("roomIds", None)
        case.body.pop("staff", None)


@maker("ownLesson")
def own_lesson(hooks):
    return found(lesson(hooks))


@maker("cancelledLesson")
def cancelled_lesson(hooks):
    made = lesson(hooks)
    if made is None:
        return None
    response = hooks.server.ask("POST", f"/v1/lessons/{made['id']}/cancellation", headers={"If-Match": "*"},
                                json={"reason": "Läraren är sjuk"})
    return found(response.json()) if response.ok else None


@maker("ownSeries")
def own_series(hooks):
    return found(entered(hooks, "createLessonSeries", "/v1/lesson-series", body=series(hooks)))


def series(hooks):
    """A pattern of some weeks within an offering."""
    those = hooks.kept("begun", lambda: offerings(hooks))
    if not those:
        return {}
    offering = RANDOM.choice(those)
    first, last = days_of(offering)
    to = min(date.fromisoformat(last), date.fromisoformat(first) + timedelta(days=60)).isoformat()
    slots = [{"number": 0, "weekday": "tuesday", "startsAt": "08:10", "endsAt": "09:00"}]
    return {"offeringId": offering["id"], "period": {"from": first, "to": to}, "slots": slots}


@recipe("createLessonSeries")
def enter_series(hooks, case):
    if isinstance(case.body, dict) and RANDOM.random() < 0.9:
        case.body = {**series(hooks), "title": case.body.get("title")}


@recipe("updateLessonSeries")
def change_series(hooks, case):
    if isinstance(case.body, dict) and RANDOM.random() < 0.9:
        case.body = {"slots": [{"number": 0, "weekday": RANDOM.choice(["monday", "friday"]),
                                "startsAt": "10:00", "endsAt": "10:50"}]}


@recipe("saveAttendanceRegister")
def save(hooks, case):
    register, version = sheet(hooks)
    if register and RANDOM.random() < 0.9:
        case.path_parameters["id"] = register["lessonId"]
        case.headers = {**(case.headers or {}), "If-Match": version}
        case.body = {"marks": marks(register), "close": RANDOM.random() < 0.3}


def marked(hooks, close=False):
    """A register with a mark for everybody."""
    register, version = sheet(hooks)
    if register is None:
        return None, None
    path = f"/v1/lessons/{register['lessonId']}/attendance"
    body = {"marks": marks(register), "close": close}
    response = hooks.server.ask("PUT", path, headers={"If-Match": version}, json=body)
    return (response.json(), response.headers.get("ETag")) if response.ok else (None, None)


@recipe("closeAttendanceRegister")
@recipe("reopenAttendanceRegister")
def change_register(hooks, case):
    opens = case.operation.definition.raw["operationId"].startswith("reopen")
    register, version = marked(hooks, close=opens)
    if register and RANDOM.random() < 0.95:
        case.path_parameters["id"] = register["lessonId"]
        case.headers = {**(case.headers or {}), "If-Match": version}
        case.body = {}


@recipe("getAttendanceMark")
@recipe("saveAttendanceMark")
@recipe("removeAttendanceMark")
def one_mark(hooks, case):
    register, _ = marked(hooks)
    if register and RANDOM.random() < 0.95:
        of = RANDOM.choice(register["participants"])
        case.path_parameters.update(id=register["lessonId"], personId=of["personId"])
        case.headers = {**(case.headers or {}), "If-Match": f'"{of["version"]}"'}
        if case.operation.definition.raw["operationId"].startswith("save"):
            case.body = {"kind": RANDOM.choice(["present", "absent", "other"])}


@recipe("listAttendanceExemptions")
@recipe("getAttendanceExemption")
@recipe("saveAttendanceExemption")
@recipe("withdrawAttendanceExemption")
def exemption(hooks, case):
    register, _ = sheet(hooks)
    free = [of["personId"] for of in (register or {}).get("participants", []) if not of["mark"]]
    if not free or RANDOM.random() < 0.05:
        return
    operation = case.operation.definition.raw["operationId"]
    case.path_parameters["id"] = register["lessonId"]
    if operation.startswith("list"):
        return
    person = RANDOM.choice(free)
    case.path_parameters["personId"] = person
    version = '"0"'
    if not operation.startswith("save"):
        path = f"/v1/lessons/{register['lessonId']}/exemptions/{person}"
        made = hooks.server.ask("PUT", path, headers={"If-Match": version}, json={"reason": "Delad klass"})
        version = made.headers.get("ETag", version)
    if not operation.startswith("get"):
        case.headers = {**(case.headers or {}), "If-Match": version}


@recipe("createAbsenceExcuse")
def excuse(hooks, case):
    register, _ = sheet(hooks)
    if register is None or RANDOM.random() < 0.05:
        return
    persons = [of["personId"] for of in register["participants"]]
    if hooks.server.role == "teacher":
        # Mentors excuse those of their own group.
        page, _ = hooks.server.read("/v1/group-memberships?limit=500")
        members = {of["personId"] for of in (page or {}).get("data", [])}
        persons = [person for person in persons if person in members]
        if not persons:
            return
    person = RANDOM.choice(persons)
    path = f"/v1/lessons/{register['lessonId']}/attendance/{person}"
    hooks.server.ask("PUT", path, headers={"If-Match": '"0"'}, json={"kind": "absent"})
    case.path_parameters["id"] = register["lessonId"]
    case.body = {"personId": person, "authorised": RANDOM.random() < 0.8, "reason": "Läkarbesök, intyg visat"}


@recipe("createAttendanceBatch")
def batch(hooks, case):
    register, _ = sheet(hooks)
    if register and RANDOM.random() < 0.9:
        case.body = {"registers": [{"lessonId": register["lessonId"], "version": 0, "marks": marks(register)}]}


@recipe("getAttendanceStatistics")
@recipe("getWeeklyAttendanceChart")
def figures(hooks, case):
    """A term or a period, not both; of a year at the most."""
    query = dict(case.query or {})
    for name in ("termId", "from", "to"):
        query.pop(name, None)
    if RANDOM.random() < 0.5:
        query.update({"from": "2026-08-17", "to": "2026-12-18"})
    if "by" in query and query["by"] == "participant" and not query.get("offeringId"):
        query.pop("by")
    case.query = query


@recipe("getAttendanceWatchList")
def watch(hooks, case):
    units = hooks.register.items("/v1/school-units")
    if units and RANDOM.random() < 0.95:
        case.query = {**(case.query or {}), "schoolUnitId": [RANDOM.choice(units)["id"]]}


@recipe("listLessonClashes")
def clashes(hooks, case):
    """A month at the most."""
    query = dict(case.query or {})
    query.pop("to", None)
    if RANDOM.random() < 0.5:
        query.update({"from": "2026-08-17", "to": "2026-09-16"})
    case.query = query


@recipe("saveScheduleSettings")
def save_settings(hooks, case):
    """There is one set of them, and no id in its address that would lead to its version. What is refused here would refuse
    the lessons of other calls."""
    _, version = hooks.server.read("/v1/schedule-settings")
    if version:
        case.headers = {**(case.headers or {}), "If-Match": version}
    if isinstance(case.body, dict) and RANDOM.random() < 0.9:
        case.body = {name: RANDOM.choice(["ignored", "warned"])
                     for name in ("teacherClashes", "roomClashes", "participantClashes")}
