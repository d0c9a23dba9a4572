from stormdesk.screenshots import OF_README, pages_of, picture_names
from warehouse.vocabulary import Role


def test_every_page_is_taken_for_some_role():
    from dashboard.navigation import PAGES

    taken = {spec.path for role in Role for spec in pages_of(role)}
    assert taken == {spec.path for spec in PAGES}


def test_a_customer_s_last_picture_shows_the_refusal():
    *opened, refused = pages_of(Role.CUSTOMER)
    assert [spec.path for spec in opened] == ["my_trips", "audit"]
    assert refused.path == "inbox"


def test_what_the_readme_shows_is_among_the_pictures():
    names = picture_names()
    assert len(set(names)) == len(names)
    assert set(OF_README.values()) <= {*names, "asset_graph-1440-light.png"}
