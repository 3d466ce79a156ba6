"""The instruments: the only modules that touch the outside world; they judge nothing."""
