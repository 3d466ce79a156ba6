"""The known faults of a log, one file each, data only: being here is the registration."""
