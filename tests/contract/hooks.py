"""What schemathesis cannot know by itself: a token, ids that exist, the current version of a resource.

Loaded by schemathesis (see schemathesis.toml); `run` sets the environment:

    SKOLHUS_CONTRACT_URL      where the server is
    SKOLHUS_CONTRACT_TOKEN_COMMAND   a shell command that prints an access token (asked again every 4 minutes)
    SKOLHUS_CONTRACT_COUNTS   the file that the counts of answers are written to

Only requests that are meant to be valid are helped. Of those, some are left as they were made, so that an
unknown id and a stale version are met as well. Everything that is supplied is read through the API first,
with the same token: what the role cannot see it does not get.
"""

import atexit
import copy
import json
import os
import random
import re
import subprocess
import threading
import tomllib
import uuid
from pathlib import Path
from urllib.parse import quote

import requests
import schemathesis

BASE = os.environ["SKOLHUS_CONTRACT_URL"].rstrip("/")
TOKEN_COMMAND = os.environ["SKOLHUS_CONTRACT_TOKEN_COMMAND"]
COUNTS = Path(os.environ["SKOLHUS_CONTRACT_COUNTS"])
OVERRIDES = tomllib.loads((Path(__file__).parent / "overrides.toml").read_text(encoding="utf-8"))
OPERATIONS = OVERRIDES.get("operations", {})
UNIQUE = OVERRIDES.get("unique", {})
FIELDS = OVERRIDES.get("fields", {})

# Of the valid requests, how many are grown from the document's example rather than generated whole.
FROM_EXAMPLE = 0.75
# How many keep a generated id, version or page token.
LEFT_ALONE = 0.08
# How many ids of a collection are kept, and parents searched for a nested one.
KEPT, PARENTS = 50, 8


def token():
    done = subprocess.run(TOKEN_COMMAND, shell=True, check=True, stdout=subprocess.PIPE, timeout=60)
    return done.stdout.decode().strip()


@schemathesis.auth(refresh_interval=240)
class Bearer:
    current = None

    def get(self, case, context):
        Bearer.current = token()
        return Bearer.current

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


def ask(method, path, **kwargs):
    """A call of our own, beside the test; None when it does not succeed."""
    for attempt in range(2):
        if Bearer.current is None or attempt:
            Bearer.current = token()
        headers = {"Authorization": f"Bearer {Bearer.current}", "Accept": "application/json"}
        response = requests.request(method, BASE + path, headers=headers, timeout=20, **kwargs)
        if response.status_code != 401:
            return response if response.ok else None
    return None


class Document:
    """The parts of the OpenAPI document that the hooks read."""

    def __init__(self, raw):
        self.raw = raw
        self.lists = {path for path, item in raw["paths"].items() if "get" in item}

    def resolve(self, node):
        for _ in range(20):
            if not (isinstance(node, dict) and "$ref" in node):
                break
            target = self.raw
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def example(self, definition):
        """The documented example of an operation's JSON body."""
        body = self.resolve(definition.get("requestBody", {}))
        for kind, media in body.get("content", {}).items():
            if "json" not in kind:
                continue
            schema = self.resolve(media.get("schema", {}))
            for holder in (media, schema):
                if "example" in holder:
                    return holder["example"]
                examples = holder.get("examples")
                if isinstance(examples, list) and examples:
                    return examples[0]
                if isinstance(examples, dict) and examples:
                    return self.resolve(next(iter(examples.values()))).get("value")
        return None

    def collection_of(self, field):
        """The collection a field such as `schoolUnitId` or `termIds` names, if one has that name."""
        if field in FIELDS:
            return FIELDS[field]
        match = re.fullmatch(r"(.*[a-z])Ids?", field)
        if not match:
            return None
        word = re.sub(r"(?<!^)(?=[A-Z])", "-", match[1]).lower()
        plurals = {word + "s", word + "es", re.sub("y$", "ies", word)}
        # `offeringId` is also found as …/course-offerings; a short path wins over a long one.
        found = [
            path
            for path in self.lists
            if (last := path.rsplit("/", 1)[-1]) in plurals or any(last.endswith("-" + p) for p in plurals)
        ]
        return min(found, key=lambda path: (path.rsplit("/", 1)[-1] not in plurals, len(path), path), default=None)


class Seeds:
    """Values for the parameters of a path, read from the lists before it."""

    def __init__(self, document):
        self.document = document
        self.known = {}

    def at(self, template):
        """Sets of parameter values with which `template` (ending in a parameter) names something."""
        if template not in self.known:
            self.known[template] = self._read(template)
        return self.known[template]

    def _read(self, template):
        collection, _, last = template.rpartition("/")
        parameter = last.strip("{}")
        if collection not in self.document.lists:
            return []
        before = self.parents(collection)
        found = []
        for values in before[:PARENTS]:
            response = ask("GET", fill(collection, values))
            body = response.json() if response is not None else None
            items = body.get("data", []) if isinstance(body, dict) else body
            for item in items if isinstance(items, list) else []:
                value = item.get(parameter, item.get("id")) if isinstance(item, dict) else None
                if value is not None:
                    found.append({**values, parameter: str(value)})
        RANDOM.shuffle(found)
        return found[:KEPT]

    def parents(self, collection):
        if "{" not in collection:
            return [{}]
        end = collection.rindex("}") + 1
        return self.at(collection[:end])

    def ids(self, collection):
        return [values["id"] for values in self.at(collection + "/{id}")]


def fill(template, values):
    return re.sub(r"\{(\w+)\}", lambda m: quote(values[m[1]], safe=""), template)


# Seeded by `run`, so that a seed gives the same calls.
RANDOM = random.Random(int(os.environ.get("SKOLHUS_CONTRACT_SEED", "1")))
LOCK = threading.RLock()
STATE = {}
ANSWERS = {}
TOKENS = {}


def prepare(case):
    if not STATE:
        document = Document(case.operation.schema.raw_schema)
        STATE.update(document=document, seeds=Seeds(document))


def state():
    return STATE["document"], STATE["seeds"]


def valid(case):
    return case.meta is None or case.meta.generation.mode.name == "POSITIVE"


def counted(case):
    """Boundary probes and invalid requests say nothing of how deep the valid ones reach."""
    return valid(case) and (case.meta is None or case.meta.phase.name.value in ("examples", "fuzzing"))


def with_ids(value, field=None):
    """Puts ids that exist where a field names a resource, and new values where they must be new."""
    document, seeds = state()
    if isinstance(value, dict):
        return {key: with_ids(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [with_ids(item, field) for item in value]
    if isinstance(value, str) and field:
        if field in UNIQUE:
            return UNIQUE[field].replace("{n}", f"{RANDOM.randrange(10**8):08d}")
        collection = document.collection_of(field)
        if collection and (ids := seeds.ids(collection)):
            return RANDOM.choice(ids)
    return value


def body_for(case, definition, settings):
    """The example with one member as generated, or the generated body."""
    document, _ = state()
    body = case.body
    example = document.example(definition)
    if settings.get("generated") or example is None or RANDOM.random() > FROM_EXAMPLE:
        return with_ids(body)
    grown = copy.deepcopy(example)
    if isinstance(grown, dict) and isinstance(body, dict) and body:
        member = RANDOM.choice(sorted(body))
        grown[member] = body[member]
    return with_ids(grown)


def made_for(template):
    """A resource of the call's own: the values of its path, or None when it cannot be made."""
    document, seeds = state()
    collection = template.rpartition("/")[0]
    definition = document.raw["paths"].get(collection, {}).get("post")
    parents = seeds.parents(collection)
    if definition is None or not parents or (example := document.example(definition)) is None:
        return None
    values = RANDOM.choice(parents)
    response = ask("POST", fill(collection, values), json=with_ids(copy.deepcopy(example)))
    made = response.json() if response is not None and response.content else None
    if not isinstance(made, dict) or "id" not in made:
        return None
    return {**values, template.rpartition("/")[2].strip("{}"): str(made["id"])}


@schemathesis.hook
def before_call(context, case, kwargs):
    with LOCK:
        prepare(case)
        if not valid(case):
            return
        definition = case.operation.definition.raw
        settings = OPERATIONS.get(definition.get("operationId"), {})
        left_alone = RANDOM.random() < LEFT_ALONE
        if case.path_parameters and not left_alone:
            place(case, settings)
        if isinstance(case.body, (dict, list)) and case.media_type and "json" in case.media_type:
            case.body = body_for(case, definition, settings)
        if case.query:
            case.query = query_for(case, left_alone)
        headers = {name.lower(): name for name in case.headers or {}}
        if "idempotency-key" in headers:
            case.headers[headers["idempotency-key"]] = str(uuid.UUID(int=RANDOM.getrandbits(128), version=4))
        if takes(definition, case, "if-match") and not left_alone:
            response = ask("GET", fill(case.path, {k: str(v) for k, v in case.path_parameters.items()}))
            if response is not None and "ETag" in response.headers:
                case.headers[headers.get("if-match", "If-Match")] = response.headers["ETag"]


def place(case, settings):
    document, seeds = state()
    template = case.path[: case.path.rindex("}") + 1]
    found = None
    if case.method.upper() == "DELETE" or settings.get("fresh"):
        found = made_for(template)
    if found is None and (known := seeds.at(template)):
        found = RANDOM.choice(known)
    if found is None:
        ANSWERS.setdefault(case.operation.label, {})["no ids"] = 1
        return
    case.path_parameters.update({name: found[name] for name in case.path_parameters if name in found})


def query_for(case, left_alone):
    query = {name: with_ids(value, name) for name, value in case.query.items()}
    if "pageToken" in query and not left_alone:
        # A token belongs to the query it came from.
        held = TOKENS.get(case.operation.label)
        query.pop("pageToken")
        if held and RANDOM.random() < 0.5:
            return dict(held)
    return query


def takes(definition, case, header):
    document, _ = state()
    item = document.raw["paths"].get(case.path, {})
    for parameter in [*item.get("parameters", []), *definition.get("parameters", [])]:
        parameter = document.resolve(parameter)
        if parameter.get("in") == "header" and parameter.get("name", "").lower() == header:
            return True
    return False


@schemathesis.hook
def after_call(context, case, response):
    with LOCK:
        if counted(case):
            answers = ANSWERS.setdefault(case.operation.label, {})
            answers["id"] = case.operation.definition.raw.get("operationId", "")
            key = str(response.status_code)
            answers[key] = answers.get(key, 0) + 1
        if response.status_code == 200 and case.method.upper() == "GET":
            try:
                page = json.loads(response.content)
            except ValueError:
                return
            if isinstance(page, dict) and page.get("pageToken"):
                kept = {name: value for name, value in (case.query or {}).items() if name != "pageToken"}
                TOKENS[case.operation.label] = {**kept, "pageToken": page["pageToken"]}


@atexit.register
def write_counts():
    COUNTS.write_text(json.dumps(ANSWERS, indent=1, sort_keys=True), encoding="utf-8")
