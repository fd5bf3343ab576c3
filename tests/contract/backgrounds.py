"""Education backgrounds: a state of a person with a version of its own, which is not the person's."""

from absences import whose
from protection import someone
from recipes import maker, recipe
from register import RANDOM


def path(person):
    return f"/v1/persons/{person}/education-background"


@maker("statedBackground")
def stated_background(hooks):
    """What somebody has stated: its first version."""
    person = someone(hooks)
    if person is None:
        return None
    statement = {"code": "compulsory", "evidence": "Slutbetyg"}
    to = f"{path(person['id'])}/statement"
    response = hooks.server.ask("PUT", to, "registrar", headers={"If-Match": "*"}, json=statement)
    if not response.ok:
        hooks.note("stateEducationBackground", response)
        return None
    return {"id": person["id"]}, {"id": person["id"], "version": 1}


@recipe("stateEducationBackground")
@recipe("certifyEducationBackground")
def on_its_version(hooks, case):
    """On the version that is there; what is certified now comes after what was, and says why."""
    person = whose(hooks)
    if person is None:
        return
    case.path_parameters["id"] = person
    _, version = hooks.server.read(path(person))
    case.headers["If-Match"] = version or '"0"'
    if isinstance(case.body, dict) and "basis" in case.body and RANDOM.random() < 0.95:
        case.body.pop("on", None)
        case.body["reason"] = "Betyget visar annat"


@recipe("certifyEducationBackgrounds")
def each_of_somebody(hooks, case):
    """Each of a person of whom nothing is known yet."""
    items = case.body.get("items") if isinstance(case.body, dict) else None
    if not isinstance(items, list) or RANDOM.random() < 0.05:
        return
    for item in items[:3]:
        person = someone(hooks)
        if person and isinstance(item, dict):
            item.update(personId=person["id"], version=0)
            if isinstance(item.get("certification"), dict):
                item["certification"].pop("on", None)
    del items[3:]
