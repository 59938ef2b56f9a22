"""The log as it is stored: tables, recorder, intake, on eventsourcing's interfaces and SQLAlchemy Core."""
