"""Turns of term, and batches before they are sent: what is entered for each call is small, and its own."""

from pairs import entered, found
from recipes import BATCHES, batch, maker, recipe
from register import RANDOM


# How often it is tried: chance may make an offering or a term that cannot be.
TRIES = 4


def turning(hooks):
    """The body of a turn: a fresh offering in a term, and a fresh term after it."""
    return next((body for _ in range(TRIES) if (body := turning_once(hooks))), None)


def turning_once(hooks):
    offering = hooks.bodies.grown("createCourseOffering")
    offering.pop("id", None)
    offering.pop("partOfId", None)
    # A report term must be one of the offering's.
    offering["courseNumbers"] = {}
    made = entered(hooks, "createCourseOffering", "/v1/course-offerings", body=offering)
    if made is None:
        return None
    # Short, somewhere in a long time: a unit's terms of a kind share no day.
    year, month, day = 2060 + RANDOM.randrange(130), RANDOM.randrange(1, 6), RANDOM.randrange(1, 16)
    unit = made["schoolUnitId"]
    term = {"schoolUnitId": unit, "kind": "vt", "firstDay": f"{year}-{month:02}-{day:02}",
            "lastDay": f"{year}-{month:02}-{day + 12:02}", "name": f"VT {year}"}
    following = entered(hooks, "createTerm", "/v1/terms", body=term)
    return following and {
        "schoolUnitId": unit, "fromTermId": made["termIds"][0], "toTermId": following["id"],
        "copying": {"offeringIds": [made["id"]], "titlePattern": RANDOM.choice(["{title}", "{raised}", "{title} {term}"]),
                    "participants": RANDOM.choice(["active", "nobody"])},
    }


@recipe("previewTermTurn")
def preview(hooks, case):
    body = turning(hooks)
    if body and RANDOM.random() < 0.9:
        case.body = body


def previewed(hooks):
    body = turning(hooks)
    seen = body and entered(hooks, "previewTermTurn", "/v1/term-turns/preview", body=body)
    return seen and {**body, "fingerprint": seen["fingerprint"]}


@recipe("createTermTurn")
def turn(hooks, case):
    body = previewed(hooks)
    if body and RANDOM.random() < 0.9:
        case.body = body


@maker("termTurn")
def term_turn(hooks):
    body = previewed(hooks)
    return body and found(entered(hooks, "createTermTurn", "/v1/term-turns", body=body))


# A preview of a batch is asked with what the batch itself is asked with.
for operation in list(BATCHES):
    preview_of = "preview" + operation.removeprefix("create")
    BATCHES[preview_of] = BATCHES[operation]
    recipe(preview_of)(batch)
