"""How the holdings of two sides are compared when many differ: by inventories, and believed when they hold still."""

from uuid import UUID

from django.utils import timezone

from cms import holdings
from cms.holdings import Holding, Sides, find, repair
from cms.report import Kind, Report

POSTS = [UUID(int=number) for number in range(1, holdings.MANY + 3)]
FIRST, SECOND = POSTS[:2]


def held(post_id, version=1):
    return Holding(post_id, version, f"digest {version}", gone=False)


def all_held(*but):
    return {post_id: held(post_id) for post_id in POSTS if post_id not in but}


def sides(theirs, mine, moving=frozenset(), looked=None, mended=None):
    """Return two sides that say this at each reading of their inventories, and at last of one post."""

    def both(post_id):
        looked.append(post_id)
        return theirs[-1].get(post_id), mine[-1].get(post_id)

    coming, mine_coming = iter(theirs), iter(mine)
    return Sides(
        theirs=lambda: next(coming),
        mine=lambda: next(mine_coming),
        both=both,
        moving=lambda post_ids: moving.intersection(post_ids),
        mend=lambda post_id: mended.append(post_id),
    )


def compared(*args, **kwargs):
    """Return what is found, how many posts are on their way, and which were looked at by themselves."""
    report, looked = Report(timezone.now()), []
    find(report, sides(*args, looked=looked, **kwargs), lambda: None)
    return {finding.post_id: finding.kind for finding in report.work}, report.waiting, looked


def test_what_many_differ_in_is_seen_by_two_inventories_of_each_side():
    found, waiting, looked = compared([{}, {}], [all_held(), all_held()])
    assert found == dict.fromkeys(POSTS, Kind.MISSING)
    assert (waiting, looked) == (0, [])


def test_a_few_are_looked_at_one_by_one():
    found, _waiting, looked = compared([all_held(FIRST)], [all_held()])
    assert found == {FIRST: Kind.MISSING}
    assert set(looked) == {FIRST}


def test_what_arrives_meanwhile_is_no_drift():
    found, _waiting, looked = compared([{}, {FIRST: held(FIRST)}], [all_held(), all_held()])
    assert found == dict.fromkeys(POSTS[1:], Kind.MISSING)
    assert looked == [FIRST]


def test_what_is_published_or_forgotten_meanwhile_is_looked_at_once_more():
    published = {**all_held(SECOND), FIRST: held(FIRST, version=2)}
    found, _waiting, looked = compared([{}, {}], [all_held(), published])
    assert found == {post_id: Kind.MISSING for post_id in POSTS if post_id != SECOND}
    assert set(looked) == {FIRST, SECOND}


def test_what_is_on_its_way_waits():
    found, waiting, looked = compared([{}, {}], [all_held(), all_held()], moving={FIRST})
    assert found == dict.fromkeys(POSTS[1:], Kind.MISSING)
    assert (waiting, looked) == (1, [])


def test_what_is_to_go_goes_first_and_the_site_before_it():
    site, orphan = UUID(int=0), UUID(int=2**64)
    mine, theirs = {**all_held(), site: held(site)}, {orphan: held(orphan)}
    report, mended = Report(timezone.now()), []
    both = sides([theirs, theirs], [mine, mine], looked=[], mended=mended)
    find(report, both, lambda: None)
    repair(report, both, lambda: None, until=float("inf"))
    assert mended == [site, orphan, *POSTS]
    assert {finding.error for finding in report.findings} == {"It is still missing.", "It is still orphan."}
