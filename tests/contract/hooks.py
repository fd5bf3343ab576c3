"""What schemathesis cannot know by itself: a token, ids that exist, the current version of a resource, a state in
which a call makes sense.

Loaded by schemathesis (see schemathesis.toml); `run` sets the environment:

    SKOLHUS_CONTRACT_URL       where the server is
    SKOLHUS_CONTRACT_ACCOUNTS  a file with the accounts of the roles, as `skolhus demo --json` prints it
    SKOLHUS_CONTRACT_ROLE      as which of them the server is asked
    SKOLHUS_CONTRACT_TOKEN_COMMAND   a shell command that prints an access token for {email}
    SKOLHUS_CONTRACT_COUNTS    the file that the counts of answers are written to
    SKOLHUS_CONTRACT_SEED      see `run`

Only requests that are meant to be valid are helped. Of those, some are left as they were made, so that an
unknown id and a stale version are met as well.
"""

import atexit
import json
import os
import re
import sys
import threading
import tomllib
import uuid
from datetime import date
from pathlib import Path

import schemathesis
from hypothesis import strategies

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import absences  # noqa: E402,F401
import activities  # noqa: E402,F401
import backgrounds  # noqa: E402,F401
import factors  # noqa: E402,F401
import feeds  # noqa: E402,F401
import lessons  # noqa: E402,F401
import pairs  # noqa: E402,F401
import protection  # noqa: E402,F401
import turns  # noqa: E402,F401
from bodies import Bodies  # noqa: E402
from recipes import MAKERS, RECIPES  # noqa: E402
from register import RANDOM, Document, Register, Server, fill  # noqa: E402
from rosters import archive  # noqa: E402

OVERRIDES = tomllib.loads((HERE / "overrides.toml").read_text(encoding="utf-8"))
OPERATIONS = OVERRIDES.get("operations", {})
# How many keep a generated id, version or page token.
LEFT_ALONE = 0.08
# How many of the calls that change something work on a thing of their own, made for them.
OF_ITS_OWN = 0.85
# How often something is tried to be made.
TRIES = 3

# Dates as the document bounds them, mostly of the years that people work with.
schemathesis.openapi.format("date", strategies.one_of(
    strategies.dates(date(2020, 1, 1), date(2030, 12, 31)),
    strategies.dates(date(2020, 1, 1), date(2030, 12, 31)),
    strategies.dates(date(1900, 1, 1), date(2199, 12, 31)),
).map(date.isoformat))
schemathesis.openapi.format("idn-email", strategies.from_regex(
    r"[a-zåäö0-9+_-]{1,20}(\.[a-zåäö0-9]{1,10})?@[a-zåäö0-9]{1,20}\.(se|example)", fullmatch=True))
schemathesis.openapi.media_type("application/zip", strategies.integers(1, 6).map(lambda n: archive("contract", n)))


class Hooks:
    """What is known of one run: the server, what its role sees, and how the calls were answered."""

    def __init__(self, raw):
        accounts = json.loads(Path(os.environ["SKOLHUS_CONTRACT_ACCOUNTS"]).read_text(encoding="utf-8"))["accounts"]
        self.document = Document(raw, OVERRIDES.get("fields", {}))
        self.register = Register(self.document, SERVER)
        self.bodies = Bodies(self.document, self.register, OVERRIDES.get("values", {}), OPERATIONS)
        self.bodies.make = self.new
        self.server = SERVER
        self.held = {}
        self.tokens = {}
        self.token_of_call = None
        self.on_success = None
        assert accounts, "no accounts"

    def kept(self, name, make):
        """Something made once for the whole run."""
        if self.held.get(name) is None:
            self.held[name] = make()
        return self.held[name]

    def note(self, what, response):
        """Why something could not be prepared."""
        noted = self.notes(what)
        key = f"{response.status_code} {reason(response)}"
        noted[key] = noted.get(key, 0) + 1

    def notes(self, what):
        return ANSWERS.setdefault("", {}).setdefault(what, {})

    # --- making things -----------------------------------------------------------------------------

    def new(self, collection):
        """A new resource of a collection."""
        kept, left = self.held.get(collection, (None, 0))
        if left <= 0 or kept is None:
            made = self.made(collection + "/{id}")
            kept, left = made and made[1], OVERRIDES.get("uses", {}).get(collection, 1)
        self.held[collection] = (kept, left - 1)
        return kept

    def made(self, template, before=()):
        """A resource of the call's own and the values of its path, brought into a state by the operations
        `before`; None when it cannot be made. Chance may make something that cannot be: then another is tried."""
        return next((made for _ in range(TRIES) if (made := self.make_one(template, before))), None)

    def make_one(self, template, before):
        collection, _, last = template.rpartition("/")
        definition = self.document.raw["paths"].get(collection, {}).get("post")
        role = definition and self.server.whoever_may(definition)
        parents = self.register.parents(collection)
        if not role or not parents:
            return None
        values = RANDOM.choice(parents)
        body = self.bodies.grown(definition["operationId"], self.register.by_id.get(values.get("id")))
        response = self.server.ask("POST", fill(collection, values), role, json=body)
        if response.status_code != 201:
            self.note(definition["operationId"], response)
            return None
        item = response.json()
        values = {**values, last.strip("{}"): str(item["id"])}
        self.register.remember(template, values, item)
        for operation in before:
            item = self.step(operation, values, template)
            if item is None:
                return None
        return values, item

    def step(self, operation, values, template):
        """Takes something one state further; what it is then."""
        path, method, definition = self.document.operations[operation]
        role = self.server.whoever_may(definition)
        current, version = self.server.read(fill(template, values), role)
        body = self.bodies.grown(operation, current, early=True)
        headers = {"If-Match": version} if version else {}
        response = self.server.ask(method.upper(), fill(path, values), role, headers=headers, json=body)
        if not response.ok:
            self.note(operation, response)
            return None
        return self.server.read(fill(template, values), role)[0]

    # --- helping a call ----------------------------------------------------------------------------

    def help(self, case):
        definition = case.operation.definition.raw
        operation = definition.get("operationId")
        settings = OPERATIONS.get(operation, {})
        if not self.server.may(definition):
            return
        left_alone = RANDOM.random() < LEFT_ALONE
        current = version = None
        if case.path_parameters:
            current, version = self.place(case, definition, settings, left_alone)
        if isinstance(case.body, (dict, list)) and case.media_type and "json" in case.media_type:
            if counted(case):
                case.body = self.bodies.grown(operation, current, case.body)
            elif isinstance(case.body, dict):
                # Boundary probes too: none may give the test's own accounts another role.
                fresh = settings.get("fresh", [])
                for field in fresh:
                    if field in case.body and (made := self.new(self.document.collection_of(field))):
                        case.body[field] = made["id"]
                self.bodies.relate(case.body, current or {}, {}, fresh)
        if case.query:
            case.query = self.query(case, left_alone)
        given = {name.lower(): name for name in case.headers or {}}
        if "idempotency-key" in given:
            case.headers[given["idempotency-key"]] = str(uuid.UUID(int=RANDOM.getrandbits(128), version=4))
        if version and not left_alone and self.document.takes(case.path, definition, "if-match"):
            case.headers[given.get("if-match", "If-Match")] = version
        if operation in RECIPES and not left_alone:
            RECIPES[operation](self, case)

    def place(self, case, definition, settings, left_alone):
        """Puts the id of something that is there, and tells what it is and its version."""
        template = case.path[: case.path.rindex("}") + 1]
        method = case.method.upper()
        fresh = settings.get("fresh_path")
        found = None
        changes = method != "GET" and not settings.get("shared")
        # What others need is never withdrawn, nor are the accounts that the test itself logs in with changed.
        only_own = fresh or method == "DELETE" or changes and settings.get("own")
        if only_own or changes and counted(case) and not left_alone and RANDOM.random() < OF_ITS_OWN:
            if fresh:
                found = MAKERS[fresh](self)
            else:
                found = self.made(template, settings.get("before", []))
        if found is None and not left_alone and not only_own:
            rows = self.register.rows(template)
            # Of many parents only some are read, and the one just made may be another's.
            if not rows and counted(case) and (made := self.made(template)):
                self.register.forget(template)
                rows = self.register.rows(template) or [made]
            found = RANDOM.choice(rows) if rows else None
            if found is None:
                ANSWERS.setdefault(definition["operationId"], {})["no ids"] = 1
        if found is None:
            return None, None
        values = found[0]
        case.path_parameters.update({name: values[name] for name in case.path_parameters if name in values})
        if method == "GET":
            return None, None
        here = self.document.raw["paths"].get(case.path, {})
        readable = here if "get" in here else self.document.raw["paths"].get(template, {})
        if "get" not in readable:
            return found[1], None
        path = case.path if readable is here else template
        if any(name not in values for name in re.findall(r"\{(\w+)\}", path)):
            # A recipe says the rest.
            return found[1], None
        return self.server.read(fill(path, values))

    def query(self, case, left_alone):
        query = {}
        for name, value in case.query.items():
            query[name] = self.bodies.one_stated(value, self.bodies.values, (name,))
            collection = self.document.collection_of(name)
            items = self.register.items(collection) if collection and not left_alone else []
            if items and isinstance(value, list):
                query[name] = [item["id"] for item in RANDOM.sample(items, min(len(value), len(items), 3))]
            elif items and isinstance(value, str):
                query[name] = RANDOM.choice(items)["id"]
        if "pageToken" in query and not left_alone:
            # A token belongs to the query it came from.
            held = self.tokens.get(case.operation.label)
            query.pop("pageToken")
            if held and RANDOM.random() < 0.5:
                return dict(held)
        return query


SERVER = Server(
    os.environ["SKOLHUS_CONTRACT_URL"].rstrip("/"),
    os.environ["SKOLHUS_CONTRACT_TOKEN_COMMAND"],
    json.loads(Path(os.environ["SKOLHUS_CONTRACT_ACCOUNTS"]).read_text(encoding="utf-8"))["accounts"],
    os.environ["SKOLHUS_CONTRACT_ROLE"],
)
LOCK = threading.RLock()
ANSWERS = {}
STATE = []


def hooks_for(case):
    if not STATE:
        STATE.append(Hooks(case.operation.schema.raw_schema))
    return STATE[0]


def valid(case):
    return case.meta is None or case.meta.generation.mode.name == "POSITIVE"


def counted(case):
    """Boundary probes and invalid requests say nothing of how deep the valid ones reach."""
    return valid(case) and (case.meta is None or case.meta.phase.name.value in ("examples", "fuzzing"))


def reason(response):
    """What a problem complains of, in short."""
    try:
        problem = response.json() if hasattr(response, "json") else json.loads(response.content)
    except ValueError:
        return ""
    errors = problem.get("errors") or []
    said = "; ".join(f"{error.get('pointer')}: {error.get('detail')}" for error in errors[:2])
    return f"{problem.get('code')} {said or problem.get('detail') or ''}"[:300]


@schemathesis.auth(refresh_interval=None)
class Bearer:
    def get(self, case, context):
        return ""

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {SERVER.token()}"}


@schemathesis.hook
def before_call(context, case, kwargs):
    with LOCK:
        hooks = hooks_for(case)
        hooks.token_of_call = hooks.on_success = None
        if valid(case):
            hooks.help(case)
        if hooks.token_of_call:
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {hooks.token_of_call}"}


@schemathesis.hook
def after_call(context, case, response):
    with LOCK:
        hooks = hooks_for(case)
        if hooks.on_success and 200 <= response.status_code < 300:
            hooks.on_success(response)
        if counted(case):
            answers = ANSWERS.setdefault(case.operation.definition.raw.get("operationId", ""), {})
            answers["label"] = case.operation.label
            key = str(response.status_code)
            answers[key] = answers.get(key, 0) + 1
            if response.status_code >= 400:
                reasons = answers.setdefault("reasons", {})
                said = f"{key} {reason(response)}"
                reasons[said] = reasons.get(said, 0) + 1
        if response.status_code == 200 and case.method.upper() == "GET":
            try:
                page = json.loads(response.content)
            except ValueError:
                return
            if isinstance(page, dict) and page.get("pageToken"):
                kept = {name: value for name, value in (case.query or {}).items() if name != "pageToken"}
                hooks.tokens[case.operation.label] = {**kept, "pageToken": page["pageToken"]}


@atexit.register
def write_counts():
    Path(os.environ["SKOLHUS_CONTRACT_COUNTS"]).write_text(
        json.dumps(ANSWERS, indent=1, sort_keys=True, ensure_ascii=False), encoding="utf-8")
