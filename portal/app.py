"""Assembles the web process: parts, middleware, routers, error handlers. No logic lives here."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from jinja2 import Environment
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount

from portal import __version__, readiness
from portal.accounts import guard
from portal.accounts.oidc import provider_of
from portal.api import routes as api_routes
from portal.assembly import make_runtime
from portal.kinds.names import flag_of_channel, flag_of_type, joined
from portal.kinds.table import KINDS, kind_of, queue_label
from portal.pages import confirming, favicon
from portal.pages.account import notices as notice_routes
from portal.pages.account import sign_in as accounts_routes
from portal.pages.admin import notifications as notification_routes
from portal.pages.admin import policy, recalculation, rota, time
from portal.pages.admin import routes as admin_routes
from portal.pages.clinic import blank_form, complaints, help, track
from portal.pages.clinic import steps as intake_routes
from portal.pages.collaboration import routes as collaboration_routes
from portal.pages.confirming import QuietError
from portal.pages.desk import routes as desk_routes
from portal.pages.directory import routes as directory_routes
from portal.pages.follow_up import dissatisfactions
from portal.pages.health import routes as health_routes
from portal.pages.insights import books, cases, replies, review_packs, tables
from portal.pages.insights import complaints as complaint_figures
from portal.pages.insights import routes as insights_routes
from portal.pages.knowledge import routes as knowledge_routes
from portal.pages.review import routes as review_routes
from portal.pages.scores import correction as score_correction
from portal.pages.scores import own as own_score
from portal.pages.scores import policy as score_policy
from portal.pages.scores import quality as score_quality
from portal.pages.scores import team as team_scores
from portal.pages.staff_header import staff_header
from portal.pages.triage import routes as triage_routes
from portal.runtime import Runtime
from portal.screenshots.at_phone import at_phone
from portal.settings import Settings, data_folder
from portal.vault.spool_cipher import SpoolCipher
from portal.watch import clock_doubt, loosened
from portal.web.assets import StaticFolder
from portal.web.connections import Connections
from portal.web.context import WebParts
from portal.web.middleware import RequestFrame
from portal.web.notices import Notices
from portal.web.pages import add_error_handlers, unexpected_error
from portal.web.receiving import BodiesInFlight
from portal.web.routes import routes_of
from portal.web.templating import environment
from portal.wiring import TEXT_FIELDS

_ROUTES = routes_of(
    api_routes.router,
    intake_routes.router,
    complaints.router,
    track.router,
    accounts_routes.router,
    notice_routes.router,
    triage_routes.router,
    collaboration_routes.router,
    dissatisfactions.router,
    review_routes.router,
    directory_routes.router,
    knowledge_routes.router,
    desk_routes.router,
    blank_form.router,
    help.router,
    insights_routes.router,
    replies.router,
    books.router,
    cases.router,
    review_packs.router,
    complaint_figures.router,
    tables.router,
    own_score.router,
    score_correction.router,
    score_policy.router,
    score_quality.router,
    team_scores.router,
    admin_routes.router,
    time.router,
    policy.router,
    notification_routes.router,
    rota.router,
    recalculation.router,
    health_routes.router,
    favicon.router,
)
_DEVELOPMENT_ROUTES = routes_of(health_routes.development_router)


def create_app(settings: Settings) -> FastAPI:
    """The portal for one set of settings; first migrates the database and opens the vault."""
    runtime = make_runtime(settings)
    runtime.checkpoints.make_quietly()
    clock_doubt.beat(runtime.database)
    loosened.record_changes(runtime.database, settings)
    app = FastAPI(
        title="一线通",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_lifespan,
        # Files first: they are asked for most.
        routes=[_static_files(), *_ROUTES, *(_DEVELOPMENT_ROUTES if settings.is_development else ())],
    )
    app.state.runtime = runtime
    app.state.provider = provider_of(settings)
    sign = runtime.vault.signer("form token")
    bodies = BodiesInFlight(settings.data_dir, SpoolCipher)
    app.state.web = WebParts(
        settings, _templates(runtime), sign, TEXT_FIELDS, Notices(), bodies, staff_header, guard.public
    )
    app.state.connections = Connections(settings.trusted_proxies)
    app.add_middleware(GZipMiddleware, compresslevel=5)
    app.add_middleware(RequestFrame, is_https=settings.is_https, on_error=unexpected_error)
    add_error_handlers(app)
    app.add_exception_handler(QuietError, confirming.ask)
    return app


def _static_files() -> Mount:
    return Mount("/static", StaticFolder(directory=data_folder("static")), name="static")


def _templates(runtime: Runtime) -> Environment:
    made, settings = environment(), runtime.settings
    made.globals.update(all_kinds=list(KINDS.values()), kind_of=kind_of, queue_label=queue_label, joined=joined)
    made.globals.update(flag_of_channel=flag_of_channel, flag_of_type=flag_of_type)
    made.filters["at_phone"] = at_phone
    made.globals["condition"] = partial(readiness.finding, runtime)
    made.globals["intake_problem"] = partial(readiness.intake_problem, runtime)
    made.globals["samples"] = ()  # of a demo: what its visitors can try
    made.globals["credentials_end"] = _credentials_end(settings.credentials_grace_days)
    return made


def _credentials_end(days: int) -> str:
    """When reported credentials are destroyed, in the words of the notice beside their fields (PIPL 17)."""
    return f"问题关闭 {days} 天后" if days else "问题关闭后"


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    logging.getLogger("portal").info("一线通 %s", __version__)
    yield
    app.state.runtime.database.dispose()
