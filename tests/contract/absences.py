"""Absence that is reported or asked for beforehand: by today's date, and by those who may."""

from datetime import date, timedelta

from lessons import recent
from recipes import maker, recipe
from register import RANDOM


def whose(hooks, role=None):
    """Somebody about whom the role may speak."""
    role = role or hooks.server.role
    if role == "participant":
        own, _ = hooks.server.read("/v1/me/person", role)
        return own and own["id"]
    page, _ = hooks.server.read("/v1/me/wards?limit=50" if role == "guardian" else "/v1/persons?limit=50", role)
    rows = page["data"] if page else []
    return RANDOM.choice(rows)["id"] if rows else None


def report(person):
    first = date.today() + timedelta(days=RANDOM.randrange(1, 10))
    return {"personIds": [person], "extent": "day", "firstDay": first.isoformat()}


@recipe("createAbsenceReports")
def report_absence(hooks, case):
    if isinstance(case.body, dict) and (person := whose(hooks)):
        case.body = report(person)


@recipe("createLeaveRequest")
def ask_for_leave(hooks, case):
    if isinstance(case.body, dict) and (person := whose(hooks)):
        first = date.today() + timedelta(days=RANDOM.randrange(1, 90))
        case.body = {
            "personId": person,
            "firstDay": first.isoformat(),
            "lastDay": (first + timedelta(days=RANDOM.randrange(0, 9))).isoformat(),
            "reason": "Kusinens bröllop i Kiruna",
        }


@maker("absenceReport")
def absence_report(hooks):
    role = hooks.server.role
    person = whose(hooks)
    if person is None:
        return None
    response = hooks.server.ask("POST", "/v1/absence-reports", role, json=report(person))
    if response.status_code != 201:
        hooks.note("absenceReport", response)
        return None
    made = response.json()["reports"][0]
    return {"id": made["id"]}, made


@maker("leaveRequest")
def leave_request(hooks):
    """Asked for by somebody whom the role meets; staff decide about it."""
    # A teacher of the folk high school meets its participants, and none of the children.
    asks = {"guardian": "guardian", "participant": "participant", "teacher": "participant"}
    role = asks.get(hooks.server.role, "guardian")
    wards, _ = hooks.server.read("/v1/me/wards?limit=50", "guardian")
    own, _ = hooks.server.read("/v1/me/person", "participant") if role == "participant" else (None, None)
    rows = [ward["id"] for ward in (wards or {"data": []})["data"] if "decide" in ward["rights"]]
    person = own["id"] if own else (RANDOM.choice(rows) if rows else None)
    if person is None:
        return None
    first = date.today() + timedelta(days=RANDOM.randrange(1, 90))
    body = {"personId": person, "firstDay": first.isoformat(), "lastDay": first.isoformat(), "reason": "Flytt"}
    response = hooks.server.ask("POST", "/v1/leave-requests", role, json=body)
    if response.status_code != 201:
        hooks.note("leaveRequest", response)
        return None
    return {"id": response.json()["id"]}, response.json()


@recipe("saveAttendanceSettings")
def save_settings(hooks, case):
    """There is one set of them, and no id in its address that would lead to its version."""
    _, version = hooks.server.read("/v1/attendance-settings")
    if version:
        case.headers = {**(case.headers or {}), "If-Match": version}


def asked_for_reasons(hooks):
    """Reasons are stated where the organiser has decided it, and calls in between may have decided otherwise."""
    body = {"reportDaysAhead": 14, "reportDaysLong": 14, "mentorLeaveDays": 10, "countedIn": "lessons",
            "denominator": "reported", "lateCounts": "as-present", "detailedReasons": True, "reasonsKeptDays": 90}
    hooks.server.ask("PUT", "/v1/attendance-settings", "principal", headers={"If-Match": "*"}, json=body)


def explain(hooks, case, path):
    """What is withdrawn was stated before."""
    asked_for_reasons(hooks)
    version = '"0"'
    if case.operation.definition.raw["operationId"].startswith("withdraw"):
        made = hooks.server.ask("PUT", path, headers={"If-Match": "*"}, json={"reasonCode": "illness"})
        version = made.headers.get("ETag", version)
    case.headers = {**(case.headers or {}), "If-Match": version}


@recipe("stateAbsenceReason")
@recipe("withdrawAbsenceReason")
def explain_lesson(hooks, case):
    register, _ = recent(hooks)
    if register is None or RANDOM.random() < 0.05:
        return
    lesson, person = register["lessonId"], RANDOM.choice(register["participants"])["personId"]
    mark = f"/v1/lessons/{lesson}/attendance/{person}"
    hooks.server.ask("PUT", mark, headers={"If-Match": "*"}, json={"kind": "absent"})
    case.path_parameters.update(id=lesson, personId=person)
    explain(hooks, case, f"{mark}/reason")


@recipe("stateAbsenceReportReason")
@recipe("withdrawAbsenceReportReason")
def explain_report(hooks, case):
    explain(hooks, case, f"/v1/absence-reports/{case.path_parameters['id']}/reason")
