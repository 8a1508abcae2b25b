"""Support leads' pages: masked records and the trail."""
