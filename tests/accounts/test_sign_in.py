"""Signing in and out: one answer for every refusal, lock-out, fixation, redirects only to own pages."""
from tests.factories.portals import Portal

def test_it_signs_in(portal: Portal):
    for name in ("alice","leo","ada","agnes"):
        portal.signed_in(name)
