"""What hangs on a protected person: handling plans, clearings, relations, contact bans.

A read of it is a POST with a reason, so that the hooks cannot look up what is there: it is made for the call.
"""

from datetime import date, timedelta

from pairs import another, entered
from recipes import maker, recipe
from register import RANDOM

OFFICER = "protection-officer"


def someone(hooks):
    """A person about whom it is stated that they are not protected."""
    body = hooks.bodies.grown("createPerson")
    body.pop("id", None)
    body.update(identityNumbers=[], externalIdentifiers=[], birthDate="2012-01-15", protection="none")
    return entered(hooks, "createPerson", "/v1/persons", "registrar", body)


def marked(hooks):
    """A person who is protected."""
    person = someone(hooks)
    if person is None:
        return None
    path = f"/v1/persons/{person['id']}/protection"
    response = hooks.server.ask("PUT", path, OFFICER, headers={"If-Match": "*"}, json={"protection": "marked"})
    if not response.ok:
        hooks.note("setPersonProtection", response)
        return None
    return person


def at_work(hooks):
    """The id of somebody who works at the school."""
    duties = hooks.kept("duties", lambda: hooks.server.read("/v1/duties?limit=50", "registrar")[0]["data"])
    return RANDOM.choice(duties)["personId"]


def in_time():
    """A day on which a plan may be reviewed again."""
    return (date.today() + timedelta(days=RANDOM.randrange(1, 1500))).isoformat()


def related(hooks):
    """A protected person and a relative: the two, and the relation, which waits."""
    person, relative = marked(hooks), someone(hooks)
    if person is None or relative is None:
        return None
    body = {"personId": person["id"], "relativeId": relative["id"], "kind": "guardian", "rights": ["see"],
            "period": {"from": "2020-01-01"}, "reason": "Enligt folkbokföringen"}
    relation = entered(hooks, "createProtectedRelation", "/v1/protected-relations", another(hooks, OFFICER), body)
    return relation and (person, relative, relation)


@maker("markedPerson")
def marked_person(hooks):
    person = marked(hooks)
    return person and ({"id": person["id"]}, {"id": person["id"], "version": 1})


@maker("emergencyOpening")
def emergency_opening(hooks):
    """A record that somebody has opened in an emergency."""
    person = marked(hooks)
    if person is None:
        return None
    why = {"reason": "Eleven har blivit akut sjuk"}
    if entered(hooks, "openPersonInEmergency", f"/v1/persons/{person['id']}/emergency-opening", "registrar", why) is None:
        return None
    openings = hooks.server.read("/v1/emergency-openings?isReviewed=false&sort=-openedAt&limit=1", OFFICER)[0]["data"]
    return openings and ({"id": openings[0]["id"]}, openings[0])


@maker("handlingPlan")
def handling_plan(hooks):
    """A plan that somebody has made: its second version."""
    person = marked(hooks)
    if person is None:
        return None
    body = {"responsibleId": at_work(hooks), "reason": "Samtal med vårdnadshavaren"}
    path = f"/v1/persons/{person['id']}/handling-plan"
    response = hooks.server.ask("PATCH", path, OFFICER, headers={"If-Match": "*"}, json=body)
    if not response.ok:
        hooks.note("updateHandlingPlan", response)
        return None
    return {"id": person["id"]}, {"id": person["id"], "version": response.json()["version"]}


@maker("protectedRelation")
def protected_relation(hooks):
    found = related(hooks)
    return found and ({"id": found[2]["id"]}, found[2])


@maker("protectedBan")
def protected_ban(hooks):
    person = marked(hooks)
    if person is None:
        return None
    body = {"personId": person["id"], "described": "Farbrodern, kallas Kalle", "kind": "contact-ban",
            "period": {"from": "2020-01-01"}, "reason": "Kontaktförbud, åklagarens beslut"}
    ban = entered(hooks, "createProtectedContactBan", "/v1/protected-contact-bans", another(hooks, OFFICER), body)
    return ban and ({"id": ban["id"]}, ban)


@maker("waitingProtectedBan")
def waiting_protected_ban(hooks):
    """A ban that another officer wants lifted: its second version."""
    found = protected_ban(hooks)
    if found is None:
        return None
    path = f"/v1/protected-contact-bans/{found[0]['id']}/lifting"
    reason = {"version": 1, "reason": "Åklagaren har hävt kontaktförbudet"}
    lifted = entered(hooks, "liftProtectedContactBan", path, another(hooks, OFFICER), reason)
    return lifted and (found[0], {"id": found[0]["id"], "version": 2})


@maker("waitingClearing")
def waiting_clearing(hooks):
    found = related(hooks)
    if found is None:
        return None
    body = {"personId": found[0]["id"], "relativeId": found[1]["id"], "reason": "Ensam vårdnad enligt domen"}
    clearing = entered(hooks, "createClearing", "/v1/clearings", another(hooks, OFFICER), body)
    return clearing and ({"id": clearing["id"]}, clearing)


@recipe("updateHandlingPlan")
def decide_plan(hooks, case):
    """The name that is shown fits its kind, and those named work there."""
    case.headers["If-Match"] = '"1"'
    body = case.body
    if not isinstance(body, dict) or RANDOM.random() < 0.05:
        return
    body["responsibleId"] = at_work(hooks)
    if isinstance(body.get("mayKnowIds"), list):
        body["mayKnowIds"] = [at_work(hooks)] if body["mayKnowIds"] else []
    body.pop("chosenName", None)
    if body.get("shownName") == "chosen":
        body["chosenName"] = {"givenName": "Kim", "familyName": "Ek"}
    if body.get("shownName") == "own":
        body["confirmed"] = True
    if "reviewDue" in body:
        body["reviewDue"] = in_time()


@recipe("reviewHandlingPlan")
def review_plan(hooks, case):
    if isinstance(case.body, dict) and RANDOM.random() < 0.95:
        case.body["version"] = 2
        if case.body.get("reviewDue"):
            case.body["reviewDue"] = in_time()


@recipe("saveHandlingPlanSetting")
def decide_interval(hooks, case):
    _, version = hooks.server.read("/v1/handling-plan-setting", OFFICER)
    case.headers["If-Match"] = version or '"0"'
    if isinstance(case.body, dict) and RANDOM.random() < 0.95:
        case.body["decidedOn"] = (date.today() - timedelta(days=RANDOM.randrange(1, 500))).isoformat()


@recipe("createClearing")
def clear(hooks, case):
    found = related(hooks)
    if found and isinstance(case.body, dict):
        case.body.update(personId=found[0]["id"], relativeId=found[1]["id"])


@recipe("createProtectedRelation")
@recipe("createProtectedContactBan")
def relate(hooks, case):
    person = marked(hooks)
    if person and isinstance(case.body, dict):
        case.body["personId"] = person["id"]


@recipe("exportPersonChanges")
def looked_back_at(hooks, case):
    """Somebody of the register, which the one who asks does not read."""
    if isinstance(case.body, dict) and RANDOM.random() < 0.95:
        person = someone(hooks)
        if person:
            case.body["personId"] = person["id"]
        # What was done since, or until, whatever was drawn.
        case.body.pop("from", None)
        case.body.pop("to", None)


@recipe("stateUnprotected")
def state(hooks, case):
    people = [person for person in (someone(hooks) for _ in range(RANDOM.randrange(1, 3))) if person]
    if people and isinstance(case.body, dict) and RANDOM.random() < 0.95:
        case.body["personIds"] = [person["id"] for person in people]


@recipe("withdrawClearing")
@recipe("withdrawProtectedRelation")
@recipe("updateProtectedRelation")
@recipe("updateProtectedContactBan")
def as_made(hooks, case):
    case.headers["If-Match"] = '"1"'


@recipe("confirmClearing")
@recipe("rejectClearing")
@recipe("confirmProtectedRelation")
@recipe("rejectProtectedRelation")
@recipe("liftProtectedContactBan")
def decided_as_made(hooks, case):
    if isinstance(case.body, dict) and RANDOM.random() < 0.9:
        case.body["version"] = 1


@recipe("confirmProtectedContactBan")
@recipe("rejectProtectedContactBan")
def decided_as_asked_for(hooks, case):
    if isinstance(case.body, dict) and RANDOM.random() < 0.9:
        case.body["version"] = 2


@recipe("searchProtectedContactBans")
@recipe("searchProtectedRelations")
def first_page(hooks, case):
    """A token that nobody gave leads to no page."""
    if isinstance(case.body, dict):
        case.body.pop("pageToken", None)
