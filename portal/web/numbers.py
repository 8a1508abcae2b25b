"""Whole numbers in an address: bounded at the border, because databases hold no more (64 bits) and Python does."""

from typing import Annotated

from fastapi import Path, Query

PathNumber = Annotated[int, Path(ge=0, lt=2**31)]
QueryNumber = Annotated[int, Query(ge=0, lt=2**31)]
PathRow = Annotated[int, Path(ge=0, lt=2**63)]
