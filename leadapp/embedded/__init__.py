"""Run PostgreSQL and Redis from wheels, for `make run` and `make test`.

Both live under one data folder and listen on 127.0.0.1 only, on free ports, behind a password. While
they run, ``services.json`` in that folder says how to reach them, so that a `manage.py` command in
another terminal finds them. ``DATABASE_URL`` and ``REDIS_URL`` replace either of them.
"""
