"""一线通: problem-report intake for village and town clinics."""

__version__ = "0.1.0"
