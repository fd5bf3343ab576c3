"""The few operations whose requests neither the document nor overrides.toml can describe.

A recipe changes the case of a valid call before it is made. A maker makes what a call works on where it cannot be
made by a POST on the collection; overrides.toml names it (`fresh = "waitingJob"`).
"""

import time

from register import RANDOM
from rosters import archive

RECIPES, MAKERS = {}, {}


def recipe(operation):
    return lambda function: one_of(RECIPES, operation, function)


def maker(name):
    return lambda function: one_of(MAKERS, name, function)


def one_of(all_of_them, name, function):
    """Two of one name would silently be one."""
    assert name not in all_of_them, f"{name} is there already"
    all_of_them[name] = function
    return function


def login(server):
    """A session of the role's own account."""
    account = server.accounts[server.role]
    body = {"email": account["email"], "password": account["password"]}
    response = server.http.post(server.base + "/v1/sessions", json=body, timeout=20)
    return response.json() if response.status_code == 201 else None


@recipe("createSession")
def log_in(hooks, case):
    account = hooks.server.accounts[hooks.server.role]
    device = case.body.get("device") if isinstance(case.body, dict) else None
    case.body = {"email": account["email"], "password": account["password"], **({"device": device} if device else {})}


@recipe("refreshSession")
def refresh(hooks, case):
    if session := login(hooks.server):
        case.body = {"refreshToken": session["refreshToken"]}


@recipe("endCurrentSession")
def log_out(hooks, case):
    if session := login(hooks.server):
        hooks.token_of_call = session["accessToken"]


@recipe("changeOwnPassword")
def change_password(hooks, case):
    account = hooks.server.accounts[hooks.server.role]
    new = case.body.get("new") if isinstance(case.body, dict) else None
    case.body = {"current": account["password"], "new": new or "nio gröna päron"}
    # What it will be if the call succeeds.
    hooks.on_success = lambda response: account.update(password=case.body["new"])


@recipe("createToken")
def client_token(hooks, case):
    client = hooks.kept("client", lambda: new_client(hooks))
    if client:
        case.body = {"grant_type": "client_credentials", **client}
        if RANDOM.random() < 0.5:
            case.body["scope"] = "course:read"


def new_client(hooks):
    values, _ = hooks.made("/v1/clients/{id}") or (None, None)
    if values is None:
        return None
    _, _, definition = hooks.document.operations["createClientSecret"]
    response = hooks.server.ask("POST", f"/v1/clients/{values['id']}/secret", hooks.server.whoever_may(definition))
    return {"client_id": values["id"], "client_secret": response.json()["clientSecret"]} if response.ok else None


@recipe("createClientKey")
def key(hooks, case):
    """A public key that is one, under a new name; what it is told beside is as generated."""
    if isinstance(case.body, dict) and RANDOM.random() < 0.95:
        _, _, definition = hooks.document.operations["createClientKey"]
        jwk = dict(hooks.document.example(definition)["jwk"], kid=f"{RANDOM.randrange(10**8)}")
        case.body = {**{name: value for name, value in case.body.items() if name == "expiresAt"}, "jwk": jwk}


@recipe("createClientCertificate")
def certificate(hooks, case):
    """A request that is signed with its own key; networks have no bits beyond their prefix."""
    if isinstance(case.body, dict) and RANDOM.random() < 0.95:
        _, _, definition = hooks.document.operations["createClientCertificate"]
        order = hooks.document.example(definition)["certificateSigningRequest"]
        networks = RANDOM.choice([[], ["192.0.2.128/25"], ["198.51.100.7", "2001:db8::/32"]])
        case.body = {"certificateSigningRequest": order, "allowedNetworks": networks}


@maker("certificateAuthority")
def certificate_authority(hooks):
    """Whoever has issued a certificate: authorities are made by orders, and loaded on the command line."""
    made = hooks.made("/v1/clients/{id}/certificates/{certificateId}")
    return made and ({"id": made[1]["authorityId"]}, None)


# A batch: what begins one, what else it does to one and the field that names it, with which members of that
# operation's body, and what comes before.
BATCHES = {
    "createParticipationBatch": ("createParticipation", "completion", "participationId", "completeParticipation",
                                 ["startParticipation"]),
    "createGroupMembershipBatch": ("createGroupMembership", "change", "membershipId", "updateGroupMembership", []),
    "createEnrolmentBatch": ("createEnrolment", "withdrawal", "enrolmentId", None, []),
}


def batch(hooks, case):
    """One to begin and one to change, as in the examples; sometimes what was generated instead."""
    creation, action, names, change, before = BATCHES[case.operation.definition.raw["operationId"]]
    collection, _, _ = hooks.document.operations[creation]
    made = hooks.made(collection + "/{id}", before)
    if made is None or RANDOM.random() < 0.05:
        return
    values, current = made
    begun = hooks.bodies.grown(creation)
    begun.pop("id", None)
    changed = hooks.bodies.grown(change, current) if change else {}
    case.body = {"items": [
        {"action": "creation", **begun},
        {"action": action, names: values["id"], "version": current["version"], **changed},
    ]}
    RANDOM.shuffle(case.body["items"])


for operation in BATCHES:
    recipe(operation)(batch)


def job(hooks, query, content, wanted):
    """A job that has come to one of the wanted states."""
    headers = {"Content-Type": "application/zip"}
    response = hooks.server.ask("POST", f"/v1/imports/oneroster{query}", data=content, headers=headers)
    if response.status_code != 202:
        hooks.note("import", response)
        return None
    for _ in range(600):
        body, _ = hooks.server.read(f"/v1/jobs/{response.json()['id']}")
        if body is None or body["state"] in wanted:
            return body
        if body["state"] in ("failed", "cancelled"):
            noted = hooks.notes("import")
            noted[str(body["failure"])] = noted.get(str(body["failure"]), 0) + 1
            return None
        time.sleep(0.05)
    return None


@maker("waitingJob")
def waiting_job(hooks):
    """An import that would end more than it may without a person's word."""
    source = "contract-waiting"
    if not job(hooks, "?schoolType=FHS", archive(source, 4), ("done",)):
        return None
    body = job(hooks, "?schoolType=FHS", archive(source, 1), ("waiting",))
    return body and ({"id": body["id"]}, body)


@maker("job")
def any_job(hooks):
    body = job(hooks, "?dryRun=true", archive("contract", 3), ("done", "failed"))
    return body and ({"id": body["id"]}, body)


@recipe("listJobRows")
def rows_of_a_job(hooks, case):
    """A job that there is: nothing else may have been imported."""
    found = hooks.kept("job", lambda: any_job(hooks))
    if found and RANDOM.random() < 0.95:
        case.path_parameters["id"] = found[0]["id"]


@maker("protectedPerson")
def protected_person(hooks):
    found = hooks.kept("protected", lambda: protected_persons(hooks))
    return ({"id": RANDOM.choice(found)["id"]}, None) if found else None


def protected_persons(hooks):
    body = {"reason": "Genomgång av skyddade personuppgifter"}
    response = hooks.server.ask("POST", "/v1/protected-persons/search", json=body)
    return response.json()["data"] if response.ok else []


@maker("waitingReview")
def waiting_review(hooks):
    """A person whom somebody enters who must not know that the person is here already."""
    number = hooks.kept("protected number", lambda: protected_number(hooks))
    if number is None:
        return None
    body = hooks.bodies.grown("createPerson")
    body["identityNumbers"] = [{"value": number, "period": {"from": "2000-01-01"}}]
    body.pop("id", None)
    response = hooks.server.ask("POST", "/v1/persons", "registrar", json=body)
    if response.status_code != 202:
        hooks.note("waitingReview", response)
        return None
    waiting, _ = hooks.server.read("/v1/person-reviews?state=waiting&sort=-createdAt&limit=1")
    rows = waiting["data"] if waiting else []
    return ({"id": rows[0]["id"]}, rows[0]) if rows else None


@recipe("decidePersonReview")
def decide(hooks, case):
    """Who it is, is said exactly when it is somebody."""
    if not isinstance(case.body, dict) or RANDOM.random() < 0.1:
        return
    case.body.pop("personId", None)
    if case.body.get("decision") == "same-person":
        case.body["personId"] = RANDOM.choice(hooks.kept("protected", lambda: protected_persons(hooks)))["id"]


def protected_number(hooks):
    for person in hooks.kept("protected", lambda: protected_persons(hooks)):
        body = {"reason": "Genomgång av skyddade personuppgifter"}
        response = hooks.server.ask("POST", f"/v1/persons/{person['id']}/disclosure", json=body)
        for held in response.json().get("identityNumbers") or [] if response.ok else []:
            if held.get("kind") in ("personnummer", "coordination-number"):
                return held["value"]
    return None


@recipe("startOnerosterImport")
def upload(hooks, case):
    """A small set that is whole; what it is told beside is as generated."""
    case.body = archive(f"contract-{RANDOM.randrange(3)}", RANDOM.randint(1, 6))
    if isinstance(case.query, dict) and "schoolType" in case.query:
        case.query["schoolType"] = RANDOM.choice(hooks.bodies.codes("school-type") or ["FHS"])


COLUMNS = ["familyName", "givenName", "birthDate", "email", "phone", "city"]


@recipe("exportParticipantList")
@recipe("exportContactList")
@recipe("exportClassList")
def export(hooks, case):
    """One way of saying who, and columns that there are; now and then as generated."""
    if not isinstance(case.body, dict) or RANDOM.random() < 0.1:
        return
    if "offeringId" in case.body:
        case.body.pop("schoolUnitId", None)
    if "columns" in case.body:
        case.body["columns"] = RANDOM.sample(COLUMNS, RANDOM.randint(1, len(COLUMNS)))
