"""The register under test, as its document describes it and as one role sees it.

Everything that is supplied to a request is read here first, with the role's own token: what the role cannot
see it does not get. Only what a test needs made for it beforehand is made by whoever may.
"""

import os
import random
import re
import subprocess
import time
from urllib.parse import quote

import requests

# Seeded by `run`, so that a seed gives the same calls.
RANDOM = random.Random(int(os.environ.get("SKOLHUS_CONTRACT_SEED", "1")))
# How many rows of a collection are kept, and parents searched for a nested one.
KEPT, PARENTS = 60, 8
METHODS = ("get", "put", "post", "delete", "patch")


class Document:
    """The parts of the OpenAPI document that are read here."""

    def __init__(self, raw, fields):
        self.raw = raw
        self.fields = fields
        self.lists = {path for path, item in raw["paths"].items() if "get" in item}
        self.operations = {
            item[method]["operationId"]: (path, method, item[method])
            for path, item in raw["paths"].items()
            for method in METHODS
            if method in item
        }

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
        """A documented example of an operation's JSON body; one of several by chance."""
        body = self.resolve(definition.get("requestBody", {}))
        for kind, media in body.get("content", {}).items():
            if "json" not in kind:
                continue
            schema = self.resolve(media.get("schema", {}))
            if "example" in media:
                return media["example"]
            if media.get("examples"):
                return self.resolve(RANDOM.choice(list(media["examples"].values()))).get("value")
            if "example" in schema:
                return schema["example"]
            if schema.get("examples"):
                return RANDOM.choice(schema["examples"])
        return None

    def takes(self, path, definition, header):
        """Whether the operation takes the header."""
        item = self.raw["paths"].get(path, {})
        for parameter in [*item.get("parameters", []), *definition.get("parameters", [])]:
            parameter = self.resolve(parameter)
            if parameter.get("in") == "header" and parameter.get("name", "").lower() == header:
                return True
        return False

    def collection_of(self, field):
        """The collection a field such as `schoolUnitId` or `termIds` names, if one has that name."""
        if field in self.fields:
            return self.fields[field]
        match = re.fullmatch(r"(.*[a-z])Ids?", field)
        if not match:
            return None
        word = re.sub(r"(?<!^)(?=[A-Z])", "-", match[1]).lower()
        plurals = {word + "s", word + "es", re.sub("y$", "ies", word)}
        # `offeringId` is also found as …/course-offerings; a short path wins over a long one.
        found = [
            path
            for path in self.lists
            if "{" not in path
            and ((last := path.rsplit("/", 1)[-1]) in plurals or any(last.endswith("-" + p) for p in plurals))
        ]
        return min(found, key=lambda path: (path.rsplit("/", 1)[-1] not in plurals, len(path), path), default=None)


class Server:
    """Calls of our own, beside those that are tested."""

    def __init__(self, base, token_command, accounts, role):
        self.base = base
        self.token_command = token_command
        self.accounts = {account["role"]: account for account in accounts}
        self.role = role
        self.tokens = {}
        self.http = requests.Session()

    def token(self, role=None):
        role = role or self.role
        token, since = self.tokens.get(role, (None, 0.0))
        # A token lives ten minutes.
        if token is None or time.monotonic() - since > 240:
            command = self.token_command.replace("{email}", self.accounts[role]["email"])
            done = subprocess.run(command, shell=True, check=True, stdout=subprocess.PIPE, timeout=60)
            token = done.stdout.decode().strip()
            self.tokens[role] = (token, time.monotonic())
        return token

    def may(self, definition):
        """Whether the role's permissions include the operation; the document says so."""
        roles = definition.get("x-roles")
        return roles is None or self.role in roles

    def whoever_may(self, definition):
        """The role itself, else one that may; None when there is no account of such a role."""
        if self.may(definition):
            return self.role
        return next((role for role in definition["x-roles"] if role in self.accounts), None)

    def ask(self, method, path, role=None, headers=None, **kwargs):
        """The response, whatever it is."""
        given = {"Authorization": f"Bearer {self.token(role)}", "Accept": "application/json", **(headers or {})}
        return self.http.request(method, self.base + path, headers=given, timeout=20, **kwargs)

    def read(self, path, role=None):
        """What stands there and its version; nothing where the role sees nothing."""
        response = self.ask("GET", path, role)
        return (response.json(), response.headers.get("ETag")) if response.status_code == 200 else (None, None)


class Register:
    """What the role sees: rows of collections, found by their place or by their id."""

    def __init__(self, document, server):
        self.document = document
        self.server = server
        self.known = {}
        self.by_id = {}

    def rows(self, template):
        """Values with which `template` (ending in a parameter) names something, each with what stands there."""
        if template not in self.known:
            self.known[template] = self._read(template)
        return self.known[template]

    def forget(self, template):
        """Reads the rows anew when they are wanted next."""
        self.known.pop(template, None)

    def _read(self, template):
        collection, _, last = template.rpartition("/")
        parameter = last.strip("{}")
        if collection not in self.document.lists:
            return []
        found = []
        for values in self.parents(collection)[:PARENTS]:
            body, _ = self.server.read(fill(collection, values))
            items = body.get("data", []) if isinstance(body, dict) else body
            for item in items if isinstance(items, list) else []:
                value = item.get(parameter, item.get("id")) if isinstance(item, dict) else None
                if value is not None:
                    found.append(({**values, parameter: str(value)}, item))
                    self.by_id[str(value)] = item
        RANDOM.shuffle(found)
        return found[:KEPT]

    def parents(self, collection):
        if "{" not in collection:
            return [{}]
        return [values for values, _ in self.rows(collection[: collection.rindex("}") + 1])]

    def items(self, collection):
        return [item for _, item in self.rows(collection + "/{id}")]

    def remember(self, template, values, item):
        """Something that was made for one call: not to be handed to others."""
        if isinstance(item, dict) and "id" in item:
            self.by_id[str(item["id"])] = item
        return values, item


def fill(template, values):
    return re.sub(r"\{(\w+)\}", lambda m: quote(str(values[m[1]]), safe=""), template)
