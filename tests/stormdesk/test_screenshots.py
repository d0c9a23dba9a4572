from stormdesk.camera import SCHEMES, WIDTHS
from stormdesk.screenshots import OF_README, name_of, pages_of
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
    taken = {
        f"{name_of(spec, role, width)}-{scheme}.png"
        for role in Role
        for spec in pages_of(role)
        for width in WIDTHS.values()
        for scheme in SCHEMES
    }
    assert set(OF_README.values()) - taken == {"asset_graph-1440-light.png"}
