"""Placeholder until the pages are in."""

from fastapi import APIRouter

router = APIRouter()
