"""Second factors, sessions, apps: each call has an account of its own, so that the test's accounts go on with a password."""

import base64
import hashlib
import hmac
import time

from recipes import login, maker, recipe
from register import RANDOM

PASSWORD = "åtta röda äpplen"
ADMINISTRATOR = "administrator"


def shown(secret, later=0):
    """What an authenticator app shows, so many half minutes later."""
    step = int(time.time()) // 30 + later
    digest = hmac.new(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def asked(hooks, what, response, status):
    """The answer, if it has that status; else why not is noted."""
    if response.status_code == status:
        return response.json() if response.content else {}
    hooks.note(what, response)
    return None


def newcomer(hooks, person=False):
    """An account of the call's own that may log in, of a person of its own where that is asked for: its id and how."""
    # Another run against the same server may have the same seed.
    email = f"{time.time_ns()}@exempel.se"
    body = {"email": email}
    if person:
        values, _ = hooks.made("/v1/persons/{id}") or (None, None)
        if values is None:
            return None
        body["personId"] = values["id"]
    response = hooks.server.ask("POST", "/v1/accounts", ADMINISTRATOR, json=body)
    account = asked(hooks, "newcomer", response, 201)
    if account is None:
        return None
    path = f"/v1/accounts/{account['id']}/password"
    hooks.server.ask("POST", path, ADMINISTRATOR, json={"password": PASSWORD})
    role = {"accountId": account["id"], "role": "registrar", "valid": {"from": "2026-01-01"}}
    hooks.server.ask("POST", "/v1/role-assignments", ADMINISTRATOR, json=role)
    return account["id"], {"email": email, "password": PASSWORD}


def session_of(hooks, body):
    response = hooks.server.http.post(hooks.server.base + "/v1/sessions", json=body, timeout=20)
    session = asked(hooks, "session", response, 201)
    return session and session["accessToken"]


def invite(hooks, account):
    response = hooks.server.ask("POST", f"/v1/accounts/{account}/second-factor-invitation", ADMINISTRATOR)
    invitation = asked(hooks, "invitation", response, 201)
    return invitation and invitation["invitationCode"]


def post(hooks, token, path, body):
    headers = {"Authorization": f"Bearer {token}"}
    return hooks.server.http.post(hooks.server.base + path, json=body, headers=headers, timeout=20)


def invited(hooks):
    """How somebody logs in who is invited, their token and the code of the invitation."""
    found = newcomer(hooks)
    code = found and invite(hooks, found[0])
    token = code and session_of(hooks, found[1])
    return token and (found[1], token, code)


def begun(hooks):
    found = invited(hooks)
    if not found:
        return None
    body, token, code = found
    answer = asked(hooks, "begun", post(hooks, token, "/v1/me/second-factor", {"invitationCode": code}), 201)
    return answer and (body, token, answer["secret"])


def strong(hooks):
    """The token of a login with two factors."""
    found = begun(hooks)
    if not found:
        return None
    body, token, secret = found
    confirmed = post(hooks, token, "/v1/me/second-factor/confirmation", {"code": shown(secret)})
    if asked(hooks, "confirmed", confirmed, 201) is None:
        return None
    # The code that was shown is used up; the next one is taken half a minute early.
    return session_of(hooks, {**body, "code": shown(secret, 1)})


@recipe("beginSecondFactor")
def begin(hooks, case):
    if found := invited(hooks):
        _, hooks.token_of_call, code = found
        case.body = {"invitationCode": code}


@recipe("confirmSecondFactor")
def confirm(hooks, case):
    if found := begun(hooks):
        _, hooks.token_of_call, secret = found
        case.body = {"code": shown(secret)}


@recipe("replaceRecoveryCodes")
@recipe("removeOwnSecondFactor")
def with_two_factors(hooks, case):
    hooks.token_of_call = strong(hooks)


@maker("invitedAccount")
def invited_account(hooks):
    found = newcomer(hooks)
    return ({"id": found[0]}, None) if found and invite(hooks, found[0]) else None


@maker("ownSession")
def own_session(hooks):
    session = login(hooks.server)
    return session and ({"id": session["id"]}, None)


def app_session(hooks):
    """The token of an app that its account's owner has let in."""
    found = newcomer(hooks)
    token = found and session_of(hooks, found[1])
    if not token or asked(hooks, "app access", post(hooks, token, "/v1/me/app-access", None), 200) is None:
        return None
    return session_of(hooks, {**found[1], "clientKind": "app"})


@recipe("createWebHandover")
def hand_over(hooks, case):
    hooks.token_of_call = app_session(hooks)


@recipe("createWebSession")
def come_to_the_web(hooks, case):
    token = app_session(hooks)
    made = token and asked(hooks, "handover", post(hooks, token, "/v1/me/web-handovers", {"path": "/barn"}), 201)
    if made:
        case.body = {**(case.body if isinstance(case.body, dict) else {}), "code": made["code"]}


@recipe("createContactChange")
def change_contact(hooks, case):
    """Messages are few for an account and for a phone; the numbers are those that PTS keeps for films and books."""
    found = newcomer(hooks, person=True)
    hooks.token_of_call = found and session_of(hooks, found[1])
    if isinstance(case.body, dict) and isinstance(case.body.get("phone"), dict):
        case.body["phone"]["number"] = f"070-174 06 {RANDOM.randrange(5, 100):02}"
        if case.body.get("replaces"):
            case.body["replaces"] = "070-174 06 05"
