"""What two persons, or two records, have to do with each other: relations, contact bans, doubles, numbers.

Nobody confirms what they entered themselves; what is to be confirmed is entered by another registrar.
"""

import time
from pathlib import Path

from recipes import maker, recipe
from register import RANDOM, fill

NUMBERS = Path(__file__).resolve().parents[2] / "domain/tests/data/personnummer/personnummer.txt"


def another(hooks, role):
    """An account of the role beside its own; the name it has among the accounts."""
    server = hooks.server
    name = f"another {role}"
    if name not in server.accounts:
        email = f"{role}{RANDOM.randrange(10**8):08d}@exempel.se"
        account = server.ask("POST", "/v1/accounts", "administrator", json={"email": email})
        account.raise_for_status()
        given = {"accountId": account.json()["id"], "role": role, "valid": {"from": "2026-01-01"}}
        server.ask("POST", "/v1/role-assignments", "administrator", json=given).raise_for_status()
        server.accounts[name] = {"email": email}
    return name


def another_registrar(hooks):
    return another(hooks, "registrar")


def entered(hooks, operation, path, role=None, body=None):
    """Something entered with a body of its own; None when chance made one that is refused."""
    if body is None:
        body = hooks.bodies.grown(operation)
        body.pop("id", None)
    response = hooks.server.ask("POST", path, role, json=body)
    if response.status_code not in (200, 201):
        hooks.note(operation, response)
        return None
    return response.json()


def found(item):
    return item and ({"id": item["id"]}, item)


# How often somebody is entered until one is.
TRIES = 5


@maker("waitingRelation")
def waiting_relation(hooks):
    return found(entered(hooks, "createRelation", "/v1/relations", another_registrar(hooks)))


@maker("waitingBan")
def waiting_ban(hooks):
    """A ban that another registrar wants lifted."""
    role = another_registrar(hooks)
    ban = entered(hooks, "createContactBan", "/v1/contact-bans", role)
    reason = {"version": 1, "reason": "Åklagaren har hävt kontaktförbudet"}
    return ban and found(entered(hooks, "liftContactBan", f"/v1/contact-bans/{ban['id']}/lifting", role, reason))


@recipe("confirmRelation")
@recipe("rejectRelation")
@recipe("confirmContactBan")
@recipe("rejectContactBan")
@recipe("liftContactBan")
def decided_as_read(hooks, case):
    """The version that the decision names is the present one, as a rule."""
    template = case.path[: case.path.rindex("}") + 1]
    current, _ = hooks.server.read(fill(template, case.path_parameters))
    if current and isinstance(case.body, dict) and RANDOM.random() < 0.9:
        case.body["version"] = current["version"]


@recipe("createRelationDecisionBatch")
@recipe("previewRelationDecisionBatch")
def decided_together(hooks, case):
    """Relations that another registrar has entered, as a rule; sometimes what was generated instead."""
    waiting = [waiting_relation(hooks) for _ in range(RANDOM.randint(1, 3))]
    if None in waiting or RANDOM.random() < 0.1:
        return
    note = "Kontrollerat mot folkbokföringen"
    case.body = {"items": [
        {"action": RANDOM.choice(["confirmation", "rejection"]), "relationId": values["id"], "version": current["version"], "note": note}
        for values, current in waiting
    ]}


def doubles(hooks):
    """Two records of somebody."""
    body = hooks.bodies.grown("createPerson")
    body.pop("id", None)
    body.update(identityNumbers=[], externalIdentifiers=[], birthDate="2001-01-15", protection="none")
    first = entered(hooks, "createPerson", "/v1/persons", body=body)
    second = first and entered(hooks, "createPerson", "/v1/persons", body={**body, "notDuplicateOf": [first["id"]]})
    return (first, second) if second else (None, None)


@maker("duplicateCandidate")
def duplicate_candidate(hooks):
    """A pair that the server has noticed."""
    first, second = doubles(hooks)
    if first is None:
        return None
    for _ in range(100):
        page, _ = hooks.server.read("/v1/duplicate-candidates?sort=-createdAt&limit=20")
        for candidate in (page or {}).get("data", []):
            if {first["id"], second["id"]} <= set(str(candidate).replace("'", " ").split()):
                return found(candidate)
        time.sleep(0.05)
    return None


@recipe("createPersonMerge")
@recipe("previewPersonMerge")
def merge(hooks, case):
    first, second = doubles(hooks)
    if first and isinstance(case.body, dict) and RANDOM.random() < 0.9:
        case.body.update(keepId=first["id"], mergeId=second["id"])
        if "keepVersion" in case.body:
            case.body.update(keepVersion=first["version"], mergeVersion=second["version"])


@maker("personMerge")
def person_merge(hooks):
    first, second = doubles(hooks)
    if first is None:
        return None
    body = {"keepId": first["id"], "keepVersion": first["version"], "mergeId": second["id"],
            "mergeVersion": second["version"], "reason": "Samma person, inskriven två gånger"}
    return found(entered(hooks, "createPersonMerge", "/v1/person-merges", body=body))


@recipe("changeIdentityNumber")
def change_number(hooks, case):
    """Somebody without a personnummer has been given one: of those that Skatteverket keeps for tests."""
    numbers = hooks.kept("numbers", lambda: NUMBERS.read_text(encoding="utf-8").split())
    units = hooks.register.items("/v1/school-units")
    if not units or not isinstance(case.body, dict) or RANDOM.random() < 0.05:
        return
    # One that is somebody's already makes the entry wait: then another one is tried.
    for _ in range(TRIES):
        number = RANDOM.choice(numbers)
        body = hooks.bodies.grown("createPerson")
        body.pop("id", None)
        # A number takes over only from one of the same month of birth.
        local = f"{number[:6]}15-T{RANDOM.randrange(1000):03d}"
        # A name of their own, or they look like somebody whom an earlier call has entered.
        family = "".join(RANDOM.choice("abdefghiklmnoprstuvåäö") for _ in range(10)).capitalize()
        body.update(name={"givenName": "Åsa", "familyName": family}, notDuplicateOf=[])
        body.update(externalIdentifiers=[], birthDate=None, protection="none", identityNumbers=[
            {"value": local, "kind": "t-number", "period": {"from": "2024-08-19"}, "issuedById": units[0]["id"]}])
        person = entered(hooks, "createPerson", "/v1/persons", body=body)
        if person:
            case.path_parameters["id"] = person["id"]
            case.body.update({"version": person["version"], "replaces": local, "from": "2026-08-17", "number": number})
            return


@recipe("saveCourseOfferingGroups")
def drive(hooks, case):
    """Groups of the offering's own school unit."""
    offering, _ = hooks.server.read(f"/v1/course-offerings/{case.path_parameters['id']}")
    if not offering or not isinstance(case.body, dict) or RANDOM.random() < 0.1:
        return
    groups = [group for group in hooks.register.items("/v1/groups")
              if group["schoolUnitId"] == offering["schoolUnitId"]]
    case.body = {"groups": [{"groupId": group["id"]} for group in RANDOM.sample(groups, min(len(groups), 2))]}


@recipe("previewRelation")
def one_or_the_other(hooks, case):
    """What would become of one that is there, or of a new one: the fields of both do not go together."""
    body = case.body
    if not isinstance(body, dict) or RANDOM.random() < 0.1:
        return
    if body.get("relationId"):
        for field in ("personId", "relativeId", "kind"):
            body.pop(field, None)
    else:
        body.pop("withdraw", None)
