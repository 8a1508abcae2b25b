"""The icon for browsers that ask for it by its old name, whatever the page says."""

from fastapi import APIRouter, Depends
from starlette.responses import FileResponse

from portal.accounts.guard import anonymous
from portal.settings import data_folder

router = APIRouter(include_in_schema=False)


@router.get("/favicon.ico", dependencies=[Depends(anonymous)])
def favicon() -> FileResponse:
    icon = data_folder("static") / "img" / "favicon.ico"
    return FileResponse(icon, media_type="image/x-icon", headers={"cache-control": "public, max-age=86400"})
