"""The portal watching itself: its clock, its store, its log, its settings, and alarms with the time they began."""
