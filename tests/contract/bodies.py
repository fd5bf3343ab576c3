"""Bodies that the register can take: grown from the document's example, with ids that belong together, dates
within the periods of what they refer to, and values that are new where they must be."""

import copy
import re
import uuid
from datetime import date, timedelta

from register import RANDOM

# Of the valid requests, how many are grown from the document's example rather than generated whole.
FROM_EXAMPLE = 0.8
# How many of the values that overrides.toml states are left as generated.
AS_GENERATED = 0.1
FIRST, LAST = "1900-01-01", "2199-12-31"
# Fields that hold the two ends of a period.
ENDS = (("from", "to"), ("firstDay", "lastDay"))
DAY = re.compile(r"(19|20|21)\d\d-\d\d-\d\d")
# An instant, and the day it begins with.
INSTANT = re.compile(r"((?:19|20|21)\d\d-\d\d-\d\d)(T\d\d:\d\d:00(?:Z|\+\d\d:\d\d))")
REFERENCE = re.compile(r".*[a-z]Ids?")


class Bodies:
    def __init__(self, document, register, values, operations):
        self.document = document
        self.register = register
        self.values = values
        self.operations = operations
        # Set by the hooks: makes something new in a collection.
        self.make = lambda collection: None

    def grown(self, operation, current=None, generated=None, early=False):
        """A body for the operation on `current` (what stands at its path, if anything). With `generated`, one
        member of it, or now and then the whole of it, is as the test made it. `early`: dates lie in the first
        part of what is possible, so that others can come after them."""
        path, method, definition = self.document.operations[operation]
        settings = self.operations.get(operation, {})
        self.year = RANDOM.randint(2040, 2190)
        known = {**self.values, **settings.get("values", {})}
        example = copy.deepcopy(self.document.example(definition))
        body = self.stated(example, known, (), 0) if isinstance(example, dict) else example
        if isinstance(generated, dict) and generated:
            new = self.stated(copy.deepcopy(generated), known, (), AS_GENERATED)
            if not isinstance(body, dict) or RANDOM.random() > FROM_EXAMPLE:
                body = new
            else:
                member = RANDOM.choice(sorted(new))
                body[member] = new[member]
        elif generated is not None and RANDOM.random() > FROM_EXAMPLE:
            body = copy.deepcopy(generated)
        if not isinstance(body, dict):
            return body
        if method == "post" and "id" in body:
            body["id"] = str(uuid.UUID(int=RANDOM.getrandbits(128), version=4))
        for field in settings.get("fresh", []):
            if made := self.make(self.document.collection_of(field)):
                body[field] = made["id"]
        twin = self.twin(path) if method == "post" and "{" not in path else None
        fresh = settings.get("fresh", [])
        self.relate(body, current or {}, twin or {}, fresh)
        self.date(body, current, method, settings, early)
        return body

    def stated(self, value, stated, place, left):
        """Puts the values that overrides.toml states for a field; of the generated ones a share is left."""
        whole = isinstance(stated.get(".".join(place), [""])[0], list)
        if place and (whole or not isinstance(value, list)):
            put = self.one_stated(value, stated, place, left)
            if put is not value:
                return put
        if isinstance(value, dict):
            return {key: self.stated(item, stated, (*place, key), left) for key, item in value.items()}
        if isinstance(value, list):
            # A list that is stated whole was left as generated.
            return value if whole else [self.stated(item, stated, place, left) for item in value]
        return value

    def one_stated(self, value, stated, place, left=AS_GENERATED):
        name = ".".join(place)
        if name in stated and value is not None and RANDOM.random() >= left:
            return self.filled(RANDOM.choice(stated[name]) if isinstance(stated[name], list) else stated[name])
        return value

    def filled(self, text):
        """A stated value with what its placeholders ask for."""
        if isinstance(text, dict):
            return {key: self.filled(item) for key, item in text.items()}
        if isinstance(text, list):
            return [self.filled(item) for item in text]
        if not isinstance(text, str):
            return text

        def put(match):
            kind, _, argument = match[1].partition(":")
            if kind == "n":
                width = int(argument or 8)
                return f"{RANDOM.randrange(10**width):0{width}d}"
            if kind == "y":
                return str(self.year)
            if kind == "l":
                return "".join(RANDOM.choice("abdefgiklmnorstuåäö") for _ in range(int(argument or 6)))
            if kind == "code":
                codes = self.codes(argument)
                return RANDOM.choice(codes) if codes else "none"
            if kind == "item":
                collection, _, field = argument.rpartition(":")
                items = self.register.items(collection)
                return str(RANDOM.choice(items)[field]) if items else "none"
            raise ValueError(f"overrides.toml: no such placeholder: {match[0]}")

        return re.sub(r"\{([nl](?::\d+)?|y|code:[a-z-]+|item:[a-z0-9/-]+:[a-zA-Z]+)\}", put, text)

    def codes(self, table):
        """The codes of a table that may be used without an end."""
        body, _ = self.register.server.read(f"/v1/code-tables/{table}")
        entries = (body or {}).get("entries", [])
        return [entry["code"] for entry in entries if not entry["valid"].get("to")]

    def twin(self, collection):
        """Something like it that is there already: its references belong together."""
        items = self.register.items(collection)
        return RANDOM.choice(items) if items else None

    def relate(self, body, current, twin, fresh):
        """Puts ids that exist, and that belong together, where a field names a resource."""
        held = {field: value for field, value in current.items() if REFERENCE.fullmatch(field)}
        for field in list(body):
            if field in fresh or body[field] is None or not twin.get(field):
                continue
            if REFERENCE.fullmatch(field) and self.document.collection_of(field):
                # One of several is enough: what else is said must fit each of them.
                several = isinstance(twin[field], list)
                body[field] = [RANDOM.choice(twin[field])] if several else twin[field]
                held[field] = body[field]
            elif field.endswith("Code") and RANDOM.random() >= AS_GENERATED:
                # A code may depend on what is referred to.
                body[field] = twin[field]
        for field in list(body):
            if field in fresh or field in held and body[field] == held[field]:
                continue
            body[field] = self.related(body[field], field, held)
            if body[field] is None and not isinstance(current.get(field), str) and REFERENCE.fullmatch(field):
                # Nothing there belongs to it; better not to name one.
                body.pop(field)

    def related(self, value, field, held):
        if isinstance(value, dict):
            return {key: self.related(item, key, held) for key, item in value.items()}
        if isinstance(value, list) and not REFERENCE.fullmatch(field):
            return [self.related(item, field, held) for item in value]
        collection = self.document.collection_of(field) if REFERENCE.fullmatch(field) else None
        if value is None or collection is None:
            return value
        items = self.register.items(collection)
        if not items:
            return value
        fitting = [item for item in items if belongs(item, held)]
        if isinstance(value, list):
            chosen = RANDOM.sample(fitting or items, min(len(value), len(fitting or items), 2))
            return [item["id"] for item in chosen]
        return RANDOM.choice(fitting)["id"] if fitting else None

    def date(self, body, current, method, settings, early):
        """Moves dates into the periods of what the body and its place refer to."""
        first, last = FIRST, LAST
        referred = {field: value for field, value in (current or {}).items() if REFERENCE.fullmatch(field)}
        referred.update((field, value) for field, value in body.items() if REFERENCE.fullmatch(field))
        periods = [period_of(self.register.by_id.get(ids[0] if isinstance(ids, list) and ids else str(ids)))
                   for ids in referred.values()]
        # A change of the thing itself may move its own days, both of them at once; what stands below it may not
        # leave them.
        if current and (method != "patch" or any((begin in body) != (end in body) for begin, end in ENDS)):
            periods.append(period_of(current))
        for begin, end in filter(None, periods):
            if max(first, begin) <= min(last, end or LAST):
                first, last = max(first, begin), min(last, end or LAST)
        after = settings.get("after") and reach(current, settings["after"])
        if after and after < last:
            first = max(first, day_after(after))
        if early:
            last = min(last, part_of_way(first, last))
        outer = (first, last)
        self.same_day(body, outer)
        for key, value in body.items():
            bounds = outer
            own = period_of(body)
            if isinstance(value, list) and own and max(first, own[0]) <= min(last, own[1] or LAST):
                bounds = (max(first, own[0]), min(last, own[1] or LAST))
            body[key] = moved(value, bounds, within=outer != (FIRST, LAST) or bounds != outer)
        order(body)


    def same_day(self, body, bounds):
        """Instants beyond what is referred to come to one day within it, all of a body to the same."""
        instants = {key: INSTANT.fullmatch(value) for key, value in body.items() if isinstance(value, str)}
        beyond = {key: found for key, found in instants.items() if found and not bounds[0] <= found[1] <= bounds[1]}
        if not beyond or bounds == (FIRST, LAST):
            return
        day = moved(FIRST if bounds[0] > FIRST else LAST, bounds, within=True)
        for key, found in beyond.items():
            body[key] = day + found[2]


def reach(value, way):
    for part in way.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def belongs(item, held):
    """Whether what is referred to by both is the same."""
    for field, value in held.items():
        theirs = item.get(field)
        if theirs is not None and value is not None and isinstance(theirs, str) and isinstance(value, str):
            if theirs != value:
                return False
    return True


def period_of(item):
    """First and last day of something that has them."""
    if not isinstance(item, dict):
        return None
    held = next((item[key] for key in ("period", "valid") if isinstance(item.get(key), dict)), item)
    for begin, end in ENDS:
        if isinstance(held.get(begin), str) and DAY.fullmatch(held[begin]):
            return held[begin], held.get(end)
    return None


def day_after(day):
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def part_of_way(first, last):
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return (begin + timedelta(days=min((end - begin).days, 400) // 3)).isoformat()


def moved(value, bounds, within):
    if isinstance(value, dict):
        return {key: moved(item, bounds, within) for key, item in value.items()}
    if isinstance(value, list):
        return [moved(item, bounds, within) for item in value]
    if within and isinstance(value, str) and DAY.fullmatch(value) and not bounds[0] <= value <= bounds[1]:
        begin, end = (date.fromisoformat(bound) for bound in bounds)
        return (begin + timedelta(days=RANDOM.randint(0, min((end - begin).days, 400)))).isoformat()
    return value


def order(value):
    """The first day of a period comes first."""
    if isinstance(value, list):
        for item in value:
            order(item)
    if isinstance(value, dict):
        for begin, end in ENDS:
            ends = value.get(begin), value.get(end)
            if all(isinstance(day, str) and DAY.fullmatch(day) for day in ends) and ends[0] > ends[1]:
                value[begin], value[end] = ends[1], ends[0]
        for item in value.values():
            order(item)
